//! Changes that customers and partners make themselves, each a permission of its own. Domain §1.

use super::account::AccountAccess;
use licensing::{
    LicenceModel,
    offer::eligibility::{Action, Ineligible},
    people::Permission,
};
use std::ops::Deref;

/// One account whose files and orders this person may change: customers and partners those of perpetual accounts, licensing analysts all.
#[derive(Clone)]
pub struct ChangeAccess(AccountAccess);

/// One account whose install sites this person manages.
#[derive(Clone)]
pub struct SitesAccess(AccountAccess);

/// One account whose people this person manages.
#[derive(Clone)]
pub struct PeopleAccess(AccountAccess);

/// A thing that a person may not do in an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("You are not permitted to {0} here. Ask somebody who manages the account’s people for the permission.")]
pub struct NotPermitted(pub Permission);

impl AccountAccess {
    /// The right to change files and orders of the account. A certification is asked for where a file is generated.
    ///
    /// # Errors
    /// [`Ineligible::NotPermitted`] and [`Ineligible::LicenceModel`], which name `action`.
    pub fn change(&self, action: Action) -> Result<ChangeAccess, Ineligible> {
        if !self.may(Permission::Files) {
            return Err(Ineligible::NotPermitted(action));
        }
        let perpetual = self.licence_model == LicenceModel::Perpetual;
        if perpetual || self.caller().analyst().is_ok() {
            Ok(ChangeAccess(self.clone()))
        } else {
            Err(Ineligible::LicenceModel(self.licence_model, action))
        }
    }

    /// The right to manage the account's install sites.
    ///
    /// # Errors
    /// [`NotPermitted`].
    pub fn manage_sites(&self) -> Result<SitesAccess, NotPermitted> {
        self.permitted(Permission::Sites).map(SitesAccess)
    }

    /// The right to manage the account's people.
    ///
    /// # Errors
    /// [`NotPermitted`].
    pub fn manage_people(&self) -> Result<PeopleAccess, NotPermitted> {
        self.permitted(Permission::People).map(PeopleAccess)
    }

    fn permitted(&self, permission: Permission) -> Result<Self, NotPermitted> {
        if self.may(permission) { Ok(self.clone()) } else { Err(NotPermitted(permission)) }
    }
}

impl Deref for ChangeAccess {
    type Target = AccountAccess;
    fn deref(&self) -> &AccountAccess {
        &self.0
    }
}

impl Deref for SitesAccess {
    type Target = AccountAccess;
    fn deref(&self) -> &AccountAccess {
        &self.0
    }
}

impl Deref for PeopleAccess {
    type Target = AccountAccess;
    fn deref(&self) -> &AccountAccess {
        &self.0
    }
}
