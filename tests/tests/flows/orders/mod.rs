//! Orders of an account.

mod summary;
mod upgrade;
