//! Orders of an account.

pub(crate) mod csv;
pub(crate) mod entry;
pub(crate) mod imports;
pub(crate) mod summary;
pub(crate) mod upgrade;
