//! What an account has ordered, and upgrades of it.

pub mod software;
pub mod summary;
pub mod upgrade;
