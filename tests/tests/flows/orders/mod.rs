//! Orders of an account.

mod import;
mod summary;
mod upgrade;
