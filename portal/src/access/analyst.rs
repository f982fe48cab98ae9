//! Licensing analysts. Domain §1.

use super::{
    account::AccountAccess,
    caller::{Caller, Role},
};
use std::ops::Deref;

/// A licensing analyst, who acts for every account.
#[derive(Clone)]
pub struct AnalystAccess(Caller);

/// One account, acted on by a licensing analyst.
#[derive(Clone)]
pub struct AnalystAccount(AccountAccess);

/// The person is not a licensing analyst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("only licensing analysts do this")]
pub struct NotAnAnalyst;

impl Caller {
    /// Capability of a licensing analyst.
    ///
    /// # Errors
    /// [`NotAnAnalyst`].
    pub fn analyst(&self) -> Result<AnalystAccess, NotAnAnalyst> {
        if self.role() == Role::Analyst { Ok(AnalystAccess(self.clone())) } else { Err(NotAnAnalyst) }
    }
}

impl AnalystAccess {
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.0
    }
}

impl AccountAccess {
    /// Capability of a licensing analyst over the account.
    ///
    /// # Errors
    /// [`NotAnAnalyst`].
    pub fn analyst(&self) -> Result<AnalystAccount, NotAnAnalyst> {
        self.caller().analyst().map(|_| AnalystAccount(self.clone()))
    }
}

impl Deref for AnalystAccount {
    type Target = AccountAccess;
    fn deref(&self) -> &AccountAccess {
        &self.0
    }
}
