//! What pages are built of.

mod columns;
mod error_summary;
mod field;
pub mod icon;
mod key_table;
mod plate;
mod text;
mod time;

pub use columns::Columns;
pub use error_summary::ErrorSummary;
pub use field::{Choice, Hidden, SelectField, TextField, error_id, problem_of};
pub use icon::Icon;
pub use key_table::KeyTable;
pub use plate::{EnforcementFacts, Plate, StateBadge};
pub use text::Plain;
pub use time::{Day, Instant};
