//! Changes that customers and partners make themselves. Domain §1.

use super::account::AccountAccess;
use licensing::{
    LicenceModel,
    offer::eligibility::{Action, Ineligible},
};
use std::ops::Deref;

/// One account whose files and orders this person may change: customers and partners those of perpetual accounts, licensing analysts all.
#[derive(Clone)]
pub struct ChangeAccess(AccountAccess);

impl AccountAccess {
    /// The right to change files and orders of the account. A certification is asked for where a file is generated.
    ///
    /// # Errors
    /// [`Ineligible::LicenceModel`], which names `action`.
    pub fn change(&self, action: Action) -> Result<ChangeAccess, Ineligible> {
        let perpetual = self.licence_model == LicenceModel::Perpetual;
        if perpetual || self.caller().analyst().is_ok() {
            Ok(ChangeAccess(self.clone()))
        } else {
            Err(Ineligible::LicenceModel(self.licence_model, action))
        }
    }
}

impl Deref for ChangeAccess {
    type Target = AccountAccess;
    fn deref(&self) -> &AccountAccess {
        &self.0
    }
}
