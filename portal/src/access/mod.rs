//! Who somebody is, and what follows from it: every operation takes one of these capabilities.

pub(crate) mod account;
pub(crate) mod caller;

pub use account::AccountAccess;
pub use caller::{Caller, Person, Role};
