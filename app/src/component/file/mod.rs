//! Parts of pages that show an activation file.

mod key_table;
mod plate;
mod seal;

pub use key_table::KeyTable;
pub use plate::{EnforcementFacts, Plate, Restriction, StateBadge};
pub use seal::Seal;
