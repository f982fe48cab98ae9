//! One account, seen by somebody who may see it.

use crate::{
    access::caller::Caller,
    audit::AuditEvent,
    error::Error,
    portal::Portal,
    store::{
        statement::{parsed, row},
        write::Write,
    },
};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use licensing::{Garn, LicenceModel};
use sea_orm::FromQueryResult;

/// One account, seen by somebody who may see it.
#[derive(Clone)]
pub struct AccountAccess {
    caller: Caller,
    account_id: i64,
    pub garn: Garn,
    pub name: String,
    pub licence_model: LicenceModel,
    /// A partner's own account, which has what its people make for themselves; the others are customers'.
    pub of_partner: bool,
    /// The caller may see other accounts, too.
    pub has_others: bool,
    time_zone: Tz,
}

impl Caller {
    /// The account with this reference number, if this person may see it.
    ///
    /// # Errors
    /// [`Error::NotFound`], the same for an account of others and for one that does not exist.
    pub async fn account(&self, garn: &str) -> Result<AccountAccess, Error> {
        #[derive(FromQueryResult)]
        struct Found {
            id: i64,
            garn: String,
            name: String,
            kind: String,
            licence_model: String,
            time_zone: String,
            has_others: bool,
        }
        let sql = format!(
            "SELECT a.id, a.garn, a.name, a.kind, a.licence_model, a.time_zone,
                EXISTS (SELECT 1 FROM accounts b WHERE b.id <> a.id AND {}) AS has_others
             FROM accounts a WHERE a.garn = $2 AND {}",
            self.visible("b"),
            self.visible("a")
        );
        let values = [self.person_id().into(), garn.into()];
        let found: Option<Found> = row(self.portal().database.read(), "account of the caller", &sql, values).await?;
        let found = found.ok_or(Error::NotFound)?;
        Ok(AccountAccess {
            caller: self.clone(),
            account_id: found.id,
            garn: parsed(&found.garn)?,
            name: found.name,
            licence_model: crate::store::statement::known(LicenceModel::from_code(&found.licence_model), &found.licence_model)?,
            of_partner: found.kind == "partner",
            has_others: found.has_others,
            time_zone: parsed(&found.time_zone)?,
        })
    }
}

impl AccountAccess {
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    pub(crate) fn account_id(&self) -> i64 {
        self.account_id
    }

    pub(crate) fn portal(&self) -> &Portal {
        self.caller.portal()
    }

    /// Event by this person on behalf of the account, at the instant that the changed rows bear.
    pub(crate) fn event(&self, at: DateTime<Utc>, action: &'static str, subject: impl Into<String>) -> AuditEvent {
        self.caller.event(at, action, subject).on_account(self.account_id)
    }

    /// Begins a write to this account. Until it commits, nobody else writes to the account.
    pub(crate) async fn write(&self) -> Result<Write, Error> {
        let write = self.portal().database.write().await?;
        write.lock_account(self.account_id).await?;
        Ok(write)
    }

    /// Today in the account's time zone. Domain §4.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        self.portal().now().with_timezone(&self.time_zone).date_naive()
    }
}
