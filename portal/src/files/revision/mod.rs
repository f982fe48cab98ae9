//! One revision of a file: what it is made of, what that moves in the ledger, and where it is kept.

pub(crate) mod draft;
pub(crate) mod listing;
pub(crate) mod store;
