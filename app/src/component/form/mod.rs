//! Forms: fields, and what is wrong with them.

mod code_field;
mod error_summary;
mod field;

pub use code_field::{CODE, CodeField, code_status};
pub use error_summary::{ErrorSummary, Problem, labelled};
pub use field::{Choice, Hidden, Needed, SearchForm, SelectField, TextArea, TextField, error_id, problem_of};
