//! Order lines of an account, and their upgrades.

pub mod imports;
pub mod software;
pub mod summary;
pub mod upgrade;
