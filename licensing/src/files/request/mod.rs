//! The request for a file: its form, what is wrong with it, and what it would give.

pub mod field;
mod form;
mod preview;
mod problem;
#[cfg(test)]
mod tests;

pub use form::{MailConnector, NewFile, NewFileForm, SystemType};
pub use preview::{PartChange, Preview, Selection};
pub(crate) use problem::refusal;
pub use problem::{Choice, LONGEST_GRACE, Pool, Problem, Refusal};
