//! The keys that files are signed with.

mod keys;
