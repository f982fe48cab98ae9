//! Capabilities: every operation takes one of them, so that nobody can ask for what is not theirs.

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
pub use change::{ChangeAccess, NotPermitted, PeopleAccess, SitesAccess};
