//! Forms: fields, and what is wrong with them.

mod error_summary;
mod field;

pub use error_summary::{ErrorSummary, Problem, labelled};
pub use field::{Choice, Hidden, Needed, SearchForm, SelectField, TextArea, TextField, error_id, problem_of};
