//! Who somebody is, and what follows from it: every operation takes one of these capabilities.

pub(crate) mod caller;

pub use caller::{AccountAccess, Caller, Person, Role};
