//! Orders of an account.

mod entry;
mod import;
mod summary;
mod upgrade;
