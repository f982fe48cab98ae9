//! Orders of an account.

pub(crate) mod summary;
pub(crate) mod upgrade;
