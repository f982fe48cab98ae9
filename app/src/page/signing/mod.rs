//! The keys that files are signed with.

pub mod keys;
