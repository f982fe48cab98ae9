//! A *batch*: many files generated, refreshed or deactivated at once, from a table of machines or a selection.
//!
//! It is planned first: each line says what it would come to, and nothing is done. Begun, it is worked on beside the requests: all of it in one
//! transaction, or a slice of lines in each. What a line led to is committed with it, so that a batch which was interrupted goes on where it was.

mod begin;
pub(crate) mod doctor;
mod mail;
mod plan;
mod run;
mod stored;
pub mod table;
mod view;
mod work;

pub use begin::begin;
pub use plan::{Lines, NewBatch, NotPlanned, discard, plan, plan_again, turn_to_plan};
pub(crate) use run::{RunBatch, expire_old_plans, run_batch};
pub use stored::{BatchState, NotBegun};
pub use table::{Cells, TableProblem};
pub use view::{BatchFile, BatchLine, BatchRow, BatchView, LineCounts, Move, columns, files, lines, list, view};
