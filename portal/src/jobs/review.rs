//! Jobs as administrators see them: what waits, what runs, and what was parked with its reason.

use super::{
    queue::{JobCounts, count_jobs},
    work::describe,
};
use crate::{
    access::administrator::AdministratorAccess,
    error::Error,
    event_type::EventType,
    store::{
        statement::{count, known, row, rows, run},
        write::Write,
    },
};
use chrono::{DateTime, Utc};
use sea_orm::FromQueryResult;
use serde_json::json;

/// Maximum number of jobs listed.
pub const MOST_LISTED: usize = 100;

/// State of an unfinished job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// To be run, again or for the first time.
    Queued,
    Running,
    /// Given up until somebody looks.
    Parked,
}

/// An unfinished job.
#[derive(Clone, Debug)]
pub struct JobRow {
    pub id: i64,
    /// Kind as it is stored, such as `mail`.
    pub kind: String,
    /// The same, if this version has jobs of that kind.
    known_kind: Option<&'static str>,
    /// Its subject; empty for a kind that this version does not have.
    pub subject: String,
    pub discardable: bool,
    pub state: JobState,
    pub queued_at: DateTime<Utc>,
    /// Instant of its next run, or end of its claim.
    pub due_at: DateTime<Utc>,
    /// Attempts that were begun.
    pub attempts: u32,
    /// Reason of the last failure.
    pub reason: Option<String>,
    /// Steps done, and all of them.
    pub progress: Option<(i64, i64)>,
}

/// Unfinished jobs.
#[derive(Clone, Debug)]
pub struct Jobs {
    /// [`MOST_LISTED`] at most: the parked ones first, then those that run, then what waits, the longest due first.
    pub rows: Vec<JobRow>,
    /// All of them, also those that are not listed.
    pub counts: JobCounts,
}

/// Why a job was left as it is.
#[derive(Debug, thiserror::Error)]
pub enum NotParked {
    #[error("Job {0} is not parked: it was retried, discarded or done meanwhile. The list shows how it is now.")]
    Otherwise(i64),
    #[error("Job {0} belongs to what it works on and cannot be discarded. Retry it.")]
    NotDiscardable(i64),
    #[error(transparent)]
    Error(#[from] Error),
}

/// Columns of [`Stored`].
const COLUMNS: &str = "id, kind, arguments, state, queued_at, due_at, attempts, reason, done, whole";

#[derive(FromQueryResult)]
struct Stored {
    id: i64,
    kind: String,
    arguments: serde_json::Value,
    state: String,
    queued_at: DateTime<Utc>,
    due_at: DateTime<Utc>,
    attempts: i64,
    reason: Option<String>,
    done: Option<i64>,
    whole: Option<i64>,
}

impl Stored {
    fn row(self) -> Result<JobRow, Error> {
        let Self { id, kind, arguments, state, queued_at, due_at, attempts, reason, done, whole } = self;
        let described = describe(&kind, &arguments);
        let (known_kind, discardable) = described.as_ref().map(|described| (described.kind, described.discardable)).unzip();
        let discardable = discardable.unwrap_or(false);
        let subject = described.map_or_else(String::new, |described| described.subject);
        let known_state = match state.as_str() {
            "queued" => Some(JobState::Queued),
            "running" => Some(JobState::Running),
            "parked" => Some(JobState::Parked),
            _ => None,
        };
        let state = known(known_state, &state)?;
        let attempts = count(attempts)?;
        Ok(JobRow {
            id,
            kind,
            known_kind,
            subject,
            discardable,
            state,
            queued_at,
            due_at,
            attempts,
            reason,
            progress: done.zip(whole),
        })
    }
}

/// Every job that is not done.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn list(access: &AdministratorAccess) -> Result<Jobs, Error> {
    let database = &access.caller().portal().database;
    let sql = format!(
        "SELECT {COLUMNS} FROM jobs WHERE state <> 'done'
         ORDER BY CASE state WHEN 'parked' THEN 0 WHEN 'running' THEN 1 ELSE 2 END, due_at, id LIMIT {MOST_LISTED}"
    );
    let stored: Vec<Stored> = rows(database.read(), "jobs: unfinished", &sql, []).await?;
    let rows = stored.into_iter().map(Stored::row).collect::<Result<_, _>>()?;
    Ok(Jobs { rows, counts: count_jobs(database, None).await? })
}

/// Gives a parked job one more attempt, at once.
///
/// # Errors
/// [`NotParked`]; nothing was changed then.
pub async fn retry(access: &AdministratorAccess, job: i64) -> Result<(), NotParked> {
    let (write, now) = (access.caller().portal().database.write().await?, access.caller().portal().now());
    let row = parked(&write, job).await?;
    let sql = "UPDATE jobs SET state = 'queued', due_at = $1 WHERE id = $2 AND state = 'parked'";
    once(job, run(write.on(), "jobs: retry", sql, [now.into(), job.into()]).await?)?;
    if let Some(kind) = row.known_kind {
        write.wake_workers(kind);
    }
    let event = access.caller().event(now, EventType::RetryJob, format!("job {job}"));
    Ok(write.commit(event.changing(json!({"kind": row.kind, "reason": row.reason}), json!({"state": "queued"}))).await?)
}

/// Removes a parked job that nothing else depends on. Its event keeps what it was about.
///
/// # Errors
/// [`NotParked`]; nothing was changed then.
pub async fn discard(access: &AdministratorAccess, job: i64) -> Result<(), NotParked> {
    let (write, now) = (access.caller().portal().database.write().await?, access.caller().portal().now());
    let row = parked(&write, job).await?;
    if !row.discardable {
        return Err(NotParked::NotDiscardable(job));
    }
    let sql = "DELETE FROM jobs WHERE id = $1 AND state = 'parked'";
    once(job, run(write.on(), "jobs: discard", sql, [job.into()]).await?)?;
    let event = access.caller().event(now, EventType::DiscardJob, format!("job {job}"));
    let before = json!({"kind": row.kind, "subject": row.subject, "reason": row.reason});
    Ok(write.commit(event.changing(before, json!(null))).await?)
}

async fn parked(write: &Write, job: i64) -> Result<JobRow, NotParked> {
    let sql = format!("SELECT {COLUMNS} FROM jobs WHERE id = $1 AND state = 'parked'");
    let stored: Option<Stored> = row(write.on(), "jobs: parked", &sql, [job.into()]).await?;
    Ok(stored.ok_or(NotParked::Otherwise(job))?.row()?)
}

/// Refuses a change that somebody else made first.
fn once(job: i64, changed: u64) -> Result<(), NotParked> {
    if changed == 1 { Ok(()) } else { Err(NotParked::Otherwise(job)) }
}
