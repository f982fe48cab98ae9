//! Order lines of an account, and their upgrades.

pub mod entry;
pub mod imports;
pub mod order;
pub mod software;
pub mod summary;
pub mod upgrade;
