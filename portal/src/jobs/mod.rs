//! Work beside the requests: one queue for mail, batches and all that takes its time.
//!
//! A job is queued in the transaction that it belongs to, so that neither is there without the other. A worker claims it, runs it and notes what came of
//! it. Whatever ends a worker, its claim ends after a while, and the job is run again: every job is written so that running it twice does no harm.

pub(crate) mod job;
pub(crate) mod queue;
mod review;
mod work;

pub use job::Stop;
pub use queue::JobCounts;
pub use review::{JobRow, JobState, Jobs, MOST_LISTED, NotParked, discard, list, retry};
pub use work::{Lane, Queued, reclaim, run_due, unfinished, unsent_mail};
