use chrono::{DateTime, TimeDelta, Utc};
use serde::{Serialize, de::DeserializeOwned};
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::watch;

/// A kind of work that is done beside requests. A value is its arguments, as they are stored.
pub(crate) trait Job: Serialize + DeserializeOwned {
    /// As it is stored.
    const KIND: &'static str;
    /// Attempts after which a job is parked until somebody looks.
    const MOST_ATTEMPTS: u32;
    /// Whether nothing else depends on it, so that an administrator may discard it.
    const DISCARDABLE: bool;

    /// Subject in words for administrators, who see no account's content.
    fn subject(&self) -> String;
}

/// A job's own words about itself, whatever its kind.
#[derive(Clone, Debug)]
pub(crate) struct Description {
    pub(crate) kind: &'static str,
    pub(crate) subject: String,
    pub(crate) discardable: bool,
}

impl Description {
    /// `None`: the arguments are not those of this kind.
    pub(crate) fn of<J: Job>(arguments: &serde_json::Value) -> Option<Self> {
        let job: J = serde_json::from_value(arguments.clone()).ok()?;
        Some(Self { kind: J::KIND, subject: job.subject(), discardable: J::DISCARDABLE })
    }
}

/// A job that a worker holds.
#[derive(Debug)]
pub(crate) struct Claimed {
    pub(crate) id: i64,
    pub(crate) kind: String,
    pub(crate) arguments: serde_json::Value,
    pub(crate) queued_at: DateTime<Utc>,
    /// This one included.
    pub(crate) attempts: u32,
}

/// Outcome of an attempt.
#[derive(Debug)]
pub(crate) enum Outcome {
    Done,
    /// It failed and is tried again later, or parked after [`Job::MOST_ATTEMPTS`].
    Failed(String),
    /// It cannot succeed.
    Parked(String),
    /// It was told to end; the rest is somebody else's.
    Stopped,
}

impl Outcome {
    /// Row values for the outcome: state, reason, and the instant when the job is due again.
    pub(crate) fn settle(self, attempts: u32, most: u32, now: DateTime<Utc>) -> Settled {
        let wait = TimeDelta::minutes(1 << attempts.min(8));
        match self {
            Self::Done => Settled { state: State::Done, reason: None, due_at: now },
            Self::Stopped => Settled { state: State::Queued, reason: None, due_at: now },
            Self::Failed(reason) if attempts < most => Settled { state: State::Queued, reason: Some(reason), due_at: now + wait },
            Self::Failed(reason) | Self::Parked(reason) => Settled { state: State::Parked, reason: Some(reason), due_at: now },
        }
    }
}

/// Row values at the end of an attempt.
pub(crate) struct Settled {
    pub(crate) state: State,
    pub(crate) reason: Option<String>,
    pub(crate) due_at: DateTime<Utc>,
}

/// State of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Queued,
    Parked,
    Done,
}

impl State {
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Parked => "parked",
            Self::Done => "done",
        }
    }
}

/// Tells workers to end before the next step, so that nothing is left half-way.
#[derive(Clone, Debug)]
pub struct Stop(watch::Sender<bool>);

impl Default for Stop {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Stop {
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    #[must_use]
    pub fn is_stopped(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns once [`Self::stop`] was called.
    pub async fn stopped(&self) {
        // The sender is here.
        let _ = self.0.subscribe().wait_for(|stopped| *stopped).await;
    }
}

/// Progress of a job, told by what runs it and stored with its heartbeat.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    done: AtomicU64,
    whole: AtomicU64,
}

impl Progress {
    /// `done` of `whole` steps.
    pub(crate) fn tell(&self, done: u64, whole: u64) {
        self.done.store(done, Ordering::Relaxed);
        self.whole.store(whole, Ordering::Relaxed);
    }

    /// (done, whole); `None` as long as nothing was told.
    pub(crate) fn read(&self) -> Option<(u64, u64)> {
        let whole = self.whole.load(Ordering::Relaxed);
        (whole > 0).then(|| (self.done.load(Ordering::Relaxed), whole))
    }
}
