//! Who somebody is, and what follows from it: every operation takes one of these capabilities.

pub(crate) mod account;
pub(crate) mod administrator;
pub(crate) mod analyst;
pub(crate) mod caller;
pub(crate) mod change;
pub(crate) mod doctor;

pub use account::AccountAccess;
pub use administrator::{AdministratorAccess, NotAnAdministrator};
pub use analyst::{AnalystAccess, AnalystAccount, NotAnAnalyst};
pub use caller::{Caller, Person, Role};
pub use change::ChangeAccess;
