//! What an account has ordered.

pub(crate) mod summary;
pub(crate) mod upgrade;
