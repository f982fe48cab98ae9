//! The data layer: the database, writes with their events, statements, tables.

pub(crate) mod copy;
pub(crate) mod database;
pub(crate) mod entity;
mod insertion;

pub use copy::{CopyError, copy_database};
pub use database::{DatabaseAddress, NotADatabaseUrl, PostgresAddress, Write};
