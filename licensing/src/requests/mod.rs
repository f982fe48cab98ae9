//! Activation file requests: the form, what somebody asks with it, and the states that a request goes through. Domain §7.

mod details;
mod form;
mod number;
mod problem;
mod quoted;
mod state;
#[cfg(test)]
mod tests;
mod words;

pub use details::{Answer, LONGEST_TEXT, RequestDetails, Requester};
pub use form::{Choice, Field, FieldKind, Group, RequestForm, RequestFormError, RequestKind, Section, field};
pub use number::RequestNumber;
pub use problem::RequestProblem;
pub use quoted::quoted;
pub use state::{RequestState, Resolution};
pub use words::words;
