//! Workers, which run the jobs of one lane each.

use portal::{
    Portal,
    jobs::{self, Lane, Stop},
    requests::ImapMailbox,
};
use std::time::Duration;
use tokio::{task::JoinHandle, time::Instant};

/// Interval at which a worker looks for jobs that another server queued, or that have come due.
const EVERY: Duration = Duration::from_secs(5);
/// A server removes what was kept long enough so long after its start, and at this interval.
const SWEEP_AFTER: Duration = Duration::from_mins(2);
const SWEEP_EVERY: Duration = Duration::from_hours(6);
/// A server looks for notices of the morning so long after its start, and at this interval.
const NOTICES_AFTER: Duration = Duration::from_mins(3);
const NOTICES_EVERY: Duration = Duration::from_mins(10);
/// Interval at which the mailbox is looked into.
const MAILBOX_EVERY: Duration = Duration::from_secs(10);
/// After the signal to stop, what runs has this long to come to its next step.
const DRAIN: Duration = Duration::from_secs(10);

/// The workers of one server.
pub(crate) struct Workers {
    stop: Stop,
    running: Vec<JoinHandle<()>>,
}

impl Workers {
    pub(crate) fn start<const N: usize>(portal: &Portal, lanes: [Lane; N], mailbox: Option<ImapMailbox>) -> Self {
        let stop = Stop::default();
        let lanes = lanes.into_iter().map(|lane| tokio::spawn(work(portal.clone(), lane, stop.clone())));
        let mailbox = mailbox.map(|mailbox| tokio::spawn(receive(portal.clone(), mailbox, stop.clone())));
        let sweeper = tokio::spawn(sweep(portal.clone(), stop.clone()));
        let notices = tokio::spawn(tell(portal.clone(), stop.clone()));
        Self { running: lanes.chain(mailbox).chain([sweeper, notices]).collect(), stop }
    }

    /// Ends all workers: each finishes the step that it is at. One that does not come to its end in time is ended there, and another server goes on with
    /// its job.
    pub(crate) async fn stop(mut self) {
        self.stop.stop();
        for worker in std::mem::take(&mut self.running) {
            let abort = worker.abort_handle();
            if tokio::time::timeout(DRAIN, worker).await.is_err() {
                abort.abort();
                tracing::warn!("a worker was ended in the middle of a job");
            }
        }
    }
}

/// A server that is dropped leaves nothing running.
impl Drop for Workers {
    fn drop(&mut self) {
        self.stop.stop();
    }
}

/// Removes what was kept long enough, now and then.
async fn sweep(portal: Portal, stop: Stop) {
    let mut times = tokio::time::interval_at(Instant::now() + SWEEP_AFTER, SWEEP_EVERY);
    loop {
        tokio::select! {
            () = stop.stopped() => return,
            _ = times.tick() => {}
        }
        if let Err(error) = portal::requests::sweep(&portal).await {
            tracing::warn!(%error, "what was kept long enough is not removed yet");
        }
    }
}

/// Sends the daily notices, to each person in their morning.
async fn tell(portal: Portal, stop: Stop) {
    let mut times = tokio::time::interval_at(Instant::now() + NOTICES_AFTER, NOTICES_EVERY);
    loop {
        tokio::select! {
            () = stop.stopped() => return,
            _ = times.tick() => {}
        }
        match portal::notices::send_daily(&portal).await {
            Ok(0) => {}
            Ok(people) => tracing::info!(people, "daily notices queued"),
            Err(error) => tracing::warn!(%error, "daily notices wait"),
        }
    }
}

/// Looks into the mailbox until the server ends. What is under way when it does is received the next time.
async fn receive(portal: Portal, mailbox: ImapMailbox, stop: Stop) {
    let mut was_away = false;
    while !stop.is_stopped() {
        let fetched = tokio::select! {
            () = stop.stopped() => return,
            fetched = mailbox.fetch(&portal) => fetched,
        };
        match fetched {
            Ok(received) => {
                if received > 0 || was_away {
                    tracing::info!(?mailbox, received, "mailbox read");
                }
                was_away = false;
            }
            // Told once: it is asked again soon.
            Err(error) if !was_away => {
                tracing::warn!(?mailbox, %error, "the mailbox was not read");
                was_away = true;
            }
            Err(_) => {}
        }
        tokio::select! {
            () = stop.stopped() => return,
            () = tokio::time::sleep(MAILBOX_EVERY) => {}
        }
    }
}

async fn work(portal: Portal, lane: Lane, stop: Stop) {
    if let Err(error) = jobs::reclaim(&portal, &lane).await {
        tracing::warn!(%error, "jobs of before wait until their claims end");
    }
    let mut queued = jobs::Queued::of(&portal, &lane);
    while !stop.is_stopped() {
        if let Err(error) = jobs::run_due(&portal, &lane, &stop).await {
            tracing::warn!(%error, "jobs wait for the database");
        }
        tokio::select! {
            () = stop.stopped() => return,
            () = queued.changed() => {
                tokio::select! {
                    () = stop.stopped() => return,
                    () = tokio::time::sleep(lane.gathers()) => {}
                }
            }
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}
