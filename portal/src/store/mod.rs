//! The data layer: the database, writes with their events, statements, tables.

pub(crate) mod address;
pub(crate) mod blobs;
mod copy;
pub(crate) mod database;
pub(crate) mod entity;
pub(crate) mod insertion;
pub(crate) mod statement;
pub(crate) mod write;

pub use address::{DatabaseAddress, NotADatabaseUrl, PostgresAddress};
pub use blobs::{BlobAddress, BlobBytes, NotABucket};
pub use copy::{CopyError, copy_database};
pub use entity::TABLES;
pub use write::Write;
