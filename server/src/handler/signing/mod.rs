//! The keys that files are signed with.

pub(crate) mod keys;
