use super::job::{Claimed, Job, Settled};
use crate::{
    error::Error,
    store::{
        database::Database,
        entity::job,
        statement::{count, elements, marks, row, rows, run},
        write::Write,
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ActiveValue::Set, DbBackend, EntityTrait, FromQueryResult, NotSet, Value};
use serde_json::json;

/// Queues `job` in the write that it belongs to. It may run from `due_at` on.
pub(crate) async fn enqueue<J: Job>(write: &Write, job: &J, due_at: DateTime<Utc>) -> Result<(), Error> {
    let row = job::ActiveModel {
        id: NotSet,
        kind: Set(J::KIND.to_owned()),
        arguments: Set(serde_json::to_value(job).map_err(Error::internal)?),
        queued_at: Set(due_at),
        attempts: Set(0),
        due_at: Set(due_at),
        reason: Set(None),
        done: Set(None),
        whole: Set(None),
        state: Set("queued".to_owned()),
    };
    job::Entity::insert(row).exec_without_returning(write.on()).await?;
    // What is due later is found when its time has come: a worker that looked now would hold up the next write for nothing.
    if due_at <= write.now() {
        write.wake_workers(J::KIND);
    }
    Ok(())
}

/// Claims up to `most` jobs of `kinds` that are due, the longest due first. A claim ends after `lease` unless it is renewed: then its worker is dead,
/// and the job is anybody's.
pub(crate) async fn claim(
    database: &Database,
    kinds: &[&str],
    most: usize,
    now: DateTime<Utc>,
    lease: TimeDelta,
) -> Result<Vec<Claimed>, Error> {
    #[derive(FromQueryResult)]
    struct Found {
        id: i64,
        kind: String,
        arguments: serde_json::Value,
        queued_at: DateTime<Utc>,
        attempts: i64,
    }
    let on = database.bookkeeping();
    // Who waits for the row of another's claim would find it claimed.
    let skip = if database.backend() == DbBackend::Postgres { "FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "UPDATE jobs SET state = 'running', attempts = attempts + 1, due_at = $2
         WHERE id IN (SELECT id FROM jobs WHERE state IN ('queued', 'running') AND due_at <= $1 AND kind IN {}
                      ORDER BY due_at, id LIMIT {most} {skip})
         RETURNING id, kind, arguments, queued_at, attempts",
        elements(on, 3)
    );
    let values: [Value; 3] = [now.into(), (now + lease).into(), json!(kinds).to_string().into()];
    let mut found: Vec<Found> = rows(on, "jobs: claim", &sql, values).await?;
    found.sort_by_key(|job| job.id);
    let claimed = |job: Found| {
        let Found { id, kind, arguments, queued_at, attempts } = job;
        Ok(Claimed { id, kind, arguments, queued_at, attempts: count(attempts)? })
    };
    found.into_iter().map(claimed).collect()
}

/// Renews a claim, and stores how far the job has come (done, whole); `false` when the claim is lost.
pub(crate) async fn renew(
    database: &Database,
    job: &Claimed,
    progress: Option<(u64, u64)>,
    until: DateTime<Utc>,
) -> Result<bool, Error> {
    let (done, whole) = progress.map(|(done, whole)| (done.cast_signed(), whole.cast_signed())).unzip();
    let sql = "UPDATE jobs SET due_at = $1, done = $2, whole = $3 WHERE id = $4 AND state = 'running' AND attempts = $5";
    let values = [until.into(), done.into(), whole.into(), job.id.into(), i64::from(job.attempts).into()];
    Ok(run(database.bookkeeping(), "jobs: renew", sql, values).await? == 1)
}

/// Stores the outcome of an attempt. A lost claim is left to the worker that holds it now.
pub(crate) async fn settle(database: &Database, job: &Claimed, settled: Settled) -> Result<(), Error> {
    let sql = "UPDATE jobs SET state = $1, reason = $2, due_at = $3 WHERE id = $4 AND state = 'running' AND attempts = $5";
    let Settled { state, reason, due_at } = settled;
    let values = [state.code().into(), reason.into(), due_at.into(), job.id.into(), i64::from(job.attempts).into()];
    run(database.bookkeeping(), "jobs: settle", sql, values).await?;
    Ok(())
}

/// Marks all of these as done.
pub(crate) async fn settle_done(database: &Database, jobs: &[Claimed]) -> Result<(), Error> {
    let sql =
        format!("UPDATE jobs SET state = 'done', reason = NULL WHERE state = 'running' AND id IN ({})", marks(1, jobs.len()));
    run(database.bookkeeping(), "jobs: done", &sql, jobs.iter().map(|job| job.id.into())).await?;
    Ok(())
}

/// Releases claims on jobs that were not run to their end: they are due at once, and the attempt does not count.
pub(crate) async fn release(database: &Database, jobs: &[Claimed], now: DateTime<Utc>) -> Result<(), Error> {
    for job in jobs {
        let sql = "UPDATE jobs SET state = 'queued', attempts = attempts - 1, due_at = $1 WHERE id = $2 AND state = 'running' AND attempts = $3";
        let values = [now.into(), job.id.into(), i64::from(job.attempts).into()];
        run(database.bookkeeping(), "jobs: release", sql, values).await?;
    }
    Ok(())
}

/// Makes jobs of `kinds` that somebody claims due at once. For kinds that two workers may run at the same time.
pub(crate) async fn reclaim(database: &Database, kinds: &[&str], now: DateTime<Utc>) -> Result<(), Error> {
    let on = database.bookkeeping();
    let sql = format!("UPDATE jobs SET due_at = $1 WHERE state = 'running' AND kind IN {}", elements(on, 2));
    run(on, "jobs: reclaim", &sql, [now.into(), json!(kinds).to_string().into()]).await?;
    Ok(())
}

/// Jobs that are not done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromQueryResult)]
pub struct JobCounts {
    /// To be run, again or for the first time.
    pub queued: i64,
    /// Claimed by a worker.
    pub running: i64,
    /// Given up until somebody looks.
    pub parked: i64,
}

/// Counts the jobs that are not done, of `kind` or of all kinds.
pub(crate) async fn count_jobs(database: &Database, kinds: Option<&[&str]>) -> Result<JobCounts, Error> {
    let of_kinds = kinds.map(|_| format!("AND kind IN {}", elements(database.read(), 1))).unwrap_or_default();
    let sql = format!(
        "SELECT COUNT(CASE WHEN state = 'queued' THEN 1 END) AS queued, COUNT(CASE WHEN state = 'running' THEN 1 END) AS running,
            COUNT(CASE WHEN state = 'parked' THEN 1 END) AS parked
         FROM jobs WHERE state <> 'done' {of_kinds}"
    );
    let counts: Option<JobCounts> =
        row(database.read(), "jobs: counts", &sql, kinds.map(|kinds| Value::from(json!(kinds).to_string()))).await?;
    Ok(counts.unwrap_or_default())
}
