//! The request for a file: its form, what is wrong with it, and what it would give.

mod content;
pub mod field;
mod file;
mod form;
mod label;
mod preview;
mod problem;
#[cfg(test)]
mod tests;

pub use content::{ContentRequest, GenerateRequest, ServerRequest, UpdateRequest};
pub use file::{MailConnector, NewFile, SystemType};
pub use form::NewFileForm;
pub use label::{label, label_of};
pub use preview::{PartChange, Preview, Selection};
pub use problem::{FileProblem, LONGEST_GRACE, Pool};
