use super::{
    job::{Claimed, Description, Job, Outcome, Progress, Stop},
    queue::{self, JobCounts},
};
use crate::{
    error::Error,
    files::batch::{RunBatch, expire_old_plans, run_batch},
    mail::{Mail, MailedSource, Mailer},
    orders::import::{RunImport, run_import},
    people::{ResetPassword, send_reset},
    portal::Portal,
    requests::{ConfirmRequest, confirm_request, provided_bytes, scan_pending},
    store::{statement::row, write::QueuedKinds},
};
use chrono::TimeDelta;
use sea_orm::FromQueryResult;
use std::time::Duration;
use tokio::sync::watch;

/// A claim that is not renewed for so long is anybody's.
const LEASE: TimeDelta = TimeDelta::seconds(30);
/// A claim is renewed so often.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// A claim on mail, which is not renewed: longer than a mail server is waited for.
const MAIL_LEASE: TimeDelta = TimeDelta::minutes(5);
/// Mail that is claimed together.
const MAILS: usize = 20;

/// Jobs that one worker runs, with what it needs for them. The jobs of one lane do not wait for those of another.
pub enum Lane {
    Mail(Box<Mailer>),
    Batches,
    /// What strangers ask for: confirmations of activation file requests, and links that set another password.
    Requests,
    /// Accounts and orders that come in.
    Imports,
}

impl Lane {
    /// Time that jobs are gathered for once the first was queued. Mail is claimed and noted together: a claim for each would cost as much as what the
    /// mail tells about.
    #[must_use]
    pub fn gathers(&self) -> Duration {
        match self {
            Self::Mail(_) => Duration::from_secs(1),
            Self::Batches | Self::Requests | Self::Imports => Duration::ZERO,
        }
    }

    fn kinds(&self) -> &'static [&'static str] {
        match self {
            Self::Mail(_) => &[Mail::KIND],
            Self::Batches => &[RunBatch::KIND],
            Self::Requests => &[ConfirmRequest::KIND, ResetPassword::KIND],
            Self::Imports => &[RunImport::KIND],
        }
    }
}

/// A job's words about itself; `None` for a kind that this version does not have.
pub(super) fn describe(kind: &str, arguments: &serde_json::Value) -> Option<Description> {
    match kind {
        Mail::KIND => Description::of::<Mail>(arguments),
        RunBatch::KIND => Description::of::<RunBatch>(arguments),
        ConfirmRequest::KIND => Description::of::<ConfirmRequest>(arguments),
        ResetPassword::KIND => Description::of::<ResetPassword>(arguments),
        RunImport::KIND => Description::of::<RunImport>(arguments),
        _ => None,
    }
}

/// Tells when jobs of a lane are queued by this server.
pub struct Queued {
    kinds: &'static [&'static str],
    queued: watch::Receiver<QueuedKinds>,
    /// Number of times that jobs of these kinds were queued, when that was last asked.
    seen: u64,
}

impl Queued {
    #[must_use]
    pub fn of(portal: &Portal, lane: &Lane) -> Self {
        Self { kinds: lane.kinds(), queued: portal.database.jobs_queued(), seen: 0 }
    }

    /// Returns when jobs were queued since the last call.
    pub async fn changed(&mut self) {
        let so_far = |queued: &QueuedKinds| self.kinds.iter().filter_map(|kind| queued.get(kind)).sum::<u64>();
        let seen = self.seen;
        let now = self.queued.wait_for(|queued| so_far(queued) != seen).await.map(|queued| so_far(&queued));
        match now {
            Ok(now) => self.seen = now,
            // The portal is gone, and nothing will be queued.
            Err(_) => std::future::pending().await,
        }
    }
}

/// Runs the jobs of `lane` that are due; how many succeeded.
///
/// Several servers may do so at once: a job is claimed before it is run. `stop` ends it in order, before the next mail or the next slice of a batch;
/// when the future is dropped, what it held stays claimed until the claim ends.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`]. That a job fails is none: it is tried again later, or parked.
pub async fn run_due(portal: &Portal, lane: &Lane, stop: &Stop) -> Result<u32, Error> {
    let mut succeeded = 0;
    if matches!(lane, Lane::Batches) {
        expire_old_plans(portal).await?;
    }
    if matches!(lane, Lane::Requests) {
        scan_pending(portal).await?;
    }
    while !stop.is_stopped() {
        let (most, lease) = match lane {
            Lane::Mail(_) => (MAILS, MAIL_LEASE),
            Lane::Batches | Lane::Requests | Lane::Imports => (1, LEASE),
        };
        let claimed = queue::claim(&portal.database, lane.kinds(), most, portal.now(), lease).await?;
        let last = claimed.len() < most;
        succeeded += match lane {
            Lane::Mail(mailer) => send(portal, mailer, claimed, stop).await?,
            Lane::Batches | Lane::Requests | Lane::Imports => work(portal, claimed, stop).await?,
        };
        if last {
            break;
        }
    }
    Ok(succeeded)
}

/// Makes due what other servers ran when they ended, of lanes whose jobs two workers may run at once. For the start of a server.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn reclaim(portal: &Portal, lane: &Lane) -> Result<(), Error> {
    match lane {
        // A mail is not sent twice where that can be helped.
        Lane::Mail(_) => Ok(()),
        Lane::Batches | Lane::Requests | Lane::Imports => queue::reclaim(&portal.database, lane.kinds(), portal.now()).await,
    }
}

/// Jobs of `lane` that are not done.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn unfinished(portal: &Portal, lane: &Lane) -> Result<JobCounts, Error> {
    queue::count_jobs(&portal.database, Some(lane.kinds())).await
}

/// Mail that is not sent.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn unsent_mail(portal: &Portal) -> Result<JobCounts, Error> {
    queue::count_jobs(&portal.database, Some(&[Mail::KIND])).await
}

/// Sends mail, and notes what was sent together.
async fn send(portal: &Portal, mailer: &Mailer, claimed: Vec<Claimed>, stop: &Stop) -> Result<u32, Error> {
    let mut sent = Vec::with_capacity(claimed.len());
    let mut left = claimed.into_iter();
    while let Some(job) = left.next() {
        if stop.is_stopped() {
            let left: Vec<_> = std::iter::once(job).chain(left).collect();
            queue::release(&portal.database, &left, portal.now()).await?;
            break;
        }
        let outcome = match serde_json::from_value::<Mail>(job.arguments.clone()) {
            Ok(mail) => match attached(portal, &mail).await? {
                Some(files) => {
                    let sent = mailer.send(&mail, files, (job.id, job.queued_at), portal.now()).await;
                    sent.map_or_else(Outcome::Failed, |()| Outcome::Done)
                }
                None => Outcome::Parked("a file that it carries is not there".to_owned()),
            },
            Err(error) => Outcome::Parked(error.to_string()),
        };
        if matches!(outcome, Outcome::Done) {
            portal.ctx.reach("mail sent");
            portal.observed.mail("sent");
            sent.push(job);
            continue;
        }
        let settled = outcome.settle(job.attempts, Mail::MOST_ATTEMPTS, portal.now());
        portal.observed.mail(settled.state.code());
        // What the mail server said may hold addresses: it stays in the table.
        tracing::warn!(job = job.id, attempts = job.attempts, state = settled.state.code(), "mail was not sent");
        queue::settle(&portal.database, &job, settled).await?;
    }
    if !sent.is_empty() {
        queue::settle_done(&portal.database, &sent).await?;
    }
    Ok(u32::try_from(sent.len()).unwrap_or(u32::MAX))
}

/// Bytes of the files that a mail carries; `None` when one is not there.
async fn attached(portal: &Portal, mail: &Mail) -> Result<Option<Vec<Vec<u8>>>, Error> {
    #[derive(FromQueryResult)]
    struct Stored {
        bytes: Vec<u8>,
    }
    let mut files = Vec::with_capacity(mail.files.len());
    for file in &mail.files {
        let bytes = match file.source {
            MailedSource::Revision(id) => {
                let sql = "SELECT bytes FROM file_revisions WHERE id = $1";
                let stored: Option<Stored> = row(portal.database.read(), "mail: file", sql, [id.into()]).await?;
                stored.map(|Stored { bytes }| bytes)
            }
            MailedSource::Attachment(id) => provided_bytes(portal, id).await?,
        };
        let Some(bytes) = bytes else { return Ok(None) };
        files.push(bytes);
    }
    Ok(Some(files))
}

/// Runs jobs one after the other, and renews the claim on each meanwhile.
async fn work(portal: &Portal, claimed: Vec<Claimed>, stop: &Stop) -> Result<u32, Error> {
    let mut succeeded = 0;
    for job in claimed {
        let progress = Progress::default();
        let (outcome, most_attempts) = tokio::select! {
            ran = run(portal, &job, &progress, stop) => match ran {
                // The database is away: nothing is wrong with the job.
                Err(error) => {
                    let _ = queue::release(&portal.database, &[job], portal.now()).await;
                    return Err(error);
                }
                Ok(ran) => ran,
            },
            () = lost(portal, &job, &progress) => continue,
        };
        if matches!(outcome, Outcome::Stopped) {
            queue::release(&portal.database, &[job], portal.now()).await?;
            continue;
        }
        succeeded += u32::from(matches!(outcome, Outcome::Done));
        queue::settle(&portal.database, &job, outcome.settle(job.attempts, most_attempts, portal.now())).await?;
    }
    Ok(succeeded)
}

/// Runs one job by its kind: its outcome, and the number of attempts that it is given.
async fn run(portal: &Portal, job: &Claimed, progress: &Progress, stop: &Stop) -> Result<(Outcome, u32), Error> {
    match job.kind.as_str() {
        RunBatch::KIND => attempt(job, async |batch: RunBatch| run_batch(portal, &batch, progress, stop).await).await,
        ConfirmRequest::KIND => attempt(job, async |request: ConfirmRequest| confirm_request(portal, &request).await).await,
        ResetPassword::KIND => attempt(job, async |reset: ResetPassword| send_reset(portal, &reset).await).await,
        RunImport::KIND => attempt(job, async |import: RunImport| run_import(portal, &import, progress).await).await,
        kind => Err(Error::internal(format!("no lane runs jobs of the kind {kind:?}"))),
    }
}

/// One attempt of a job. That it fails is an outcome; that the database is away is an error.
async fn attempt<J: Job>(job: &Claimed, run: impl AsyncFnOnce(J) -> Result<Outcome, Error>) -> Result<(Outcome, u32), Error> {
    let outcome = match serde_json::from_value::<J>(job.arguments.clone()) {
        Err(_) => Outcome::Parked("its arguments cannot be read".to_owned()),
        Ok(arguments) => match run(arguments).await {
            Err(error @ Error::Unavailable(_)) => return Err(error),
            Err(error) => Outcome::Failed(error.to_string()),
            Ok(outcome) => outcome,
        },
    };
    Ok((outcome, J::MOST_ATTEMPTS))
}

/// Renews the claim on `job` until it is lost.
async fn lost(portal: &Portal, job: &Claimed, progress: &Progress) {
    loop {
        tokio::time::sleep(HEARTBEAT).await;
        match queue::renew(&portal.database, job, progress.read(), portal.now() + LEASE).await {
            Ok(true) => {}
            Ok(false) => {
                tracing::warn!(job = job.id, "another worker has taken a job over");
                return;
            }
            // The database is busy with what is run, or away: that is told by what is run.
            Err(error) => tracing::debug!(job = job.id, %error, "a claim could not be renewed"),
        }
    }
}
