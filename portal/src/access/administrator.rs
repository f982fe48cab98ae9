//! Administrators of the portal. Domain §1.

use super::caller::{Caller, Role};

/// An administrator, who looks after the portal itself and sees no account.
#[derive(Clone)]
pub struct AdministratorAccess(Caller);

/// The person is not an administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("only administrators do this")]
pub struct NotAnAdministrator;

impl Caller {
    /// Capability of an administrator.
    ///
    /// # Errors
    /// [`NotAnAdministrator`].
    pub fn administrator(&self) -> Result<AdministratorAccess, NotAnAdministrator> {
        if self.role() == Role::Administrator { Ok(AdministratorAccess(self.clone())) } else { Err(NotAnAdministrator) }
    }
}

impl AdministratorAccess {
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.0
    }
}
