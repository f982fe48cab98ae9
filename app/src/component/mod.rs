//! What pages are built of.

mod changes;
mod columns;
mod error_summary;
mod field;
mod figures;
pub mod icon;
mod key_table;
mod line_state;
mod plate;
mod seal;
mod text;
mod time;

pub use changes::Changes;
pub use columns::Columns;
pub use error_summary::ErrorSummary;
pub use field::{Choice, Hidden, SearchForm, SelectField, TextArea, TextField, error_id, problem_of};
pub use figures::{capped, counted, thousands};
pub use icon::Icon;
pub use key_table::KeyTable;
pub use line_state::StateOfLine;
pub use plate::{EnforcementFacts, Plate, Restriction, StateBadge};
pub use seal::Seal;
pub use text::Plain;
pub use time::{Day, Instant};
