//! Workers, which run the jobs of one lane each.

use portal::{
    Portal,
    jobs::{self, Lane, Stop},
};
use std::time::Duration;
use tokio::task::JoinHandle;

/// Interval at which a worker looks for jobs that another server queued, or that have come due.
const EVERY: Duration = Duration::from_secs(5);
/// After the signal to stop, what runs has this long to come to its next step.
const DRAIN: Duration = Duration::from_secs(10);

/// The workers of one server.
pub(crate) struct Workers {
    stop: Stop,
    running: Vec<JoinHandle<()>>,
}

impl Workers {
    pub(crate) fn start<const N: usize>(portal: &Portal, lanes: [Lane; N]) -> Self {
        let stop = Stop::default();
        let running = lanes.into_iter().map(|lane| tokio::spawn(work(portal.clone(), lane, stop.clone()))).collect();
        Self { stop, running }
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
