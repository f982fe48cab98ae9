//! One account, seen by somebody who may see it.

use crate::{
    access::caller::{Caller, Role},
    audit::AuditEvent,
    error::Error,
    event_type::EventType,
    portal::Portal,
    store::{
        statement::{parsed, row},
        write::Write,
    },
};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use licensing::{
    Garn, LicenceModel,
    people::{Permission, Permissions},
};
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
    permissions: Permissions,
    pub(crate) time_zone: Tz,
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
            own: String,
            granted: String,
        }
        let sql = format!(
            "SELECT a.id, a.garn, a.name, a.kind, a.licence_model, a.time_zone,
                EXISTS (SELECT 1 FROM accounts b WHERE b.id <> a.id AND {}) AS has_others,
                COALESCE((SELECT m.permissions FROM memberships m WHERE m.account_id = a.id AND m.person_id = $1), '') AS own,
                COALESCE((SELECT string_agg(m.permissions, ' ') FROM partner_grants g JOIN memberships m ON m.account_id = g.partner_id
                          WHERE g.customer_id = a.id AND m.person_id = $1), '') AS granted
             FROM accounts a WHERE a.garn = $2 AND {}",
            self.visible("b"),
            self.visible("a")
        );
        let values = [self.person_id().into(), garn.into()];
        let found: Option<Found> = row(self.portal().database.read(), "account of the caller", &sql, values).await?;
        let found = found.ok_or(Error::NotFound)?;
        let (own, granted): (Permissions, Permissions) = (parsed(&found.own)?, parsed(&found.granted)?);
        // Who manages the people of a partner does not manage those of its customers.
        let permitted = if self.role() == Role::Analyst { Permissions::all() } else { own.and(&granted.without_people()) };
        Ok(AccountAccess {
            caller: self.clone(),
            account_id: found.id,
            garn: parsed(&found.garn)?,
            name: found.name,
            licence_model: crate::store::statement::known(LicenceModel::from_code(&found.licence_model), &found.licence_model)?,
            of_partner: found.kind == "partner",
            has_others: found.has_others,
            permissions: permitted,
            time_zone: parsed(&found.time_zone)?,
        })
    }
}

impl AccountAccess {
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Whether this person may do such things in the account.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(permission)
    }

    pub(crate) fn account_id(&self) -> i64 {
        self.account_id
    }

    pub(crate) fn portal(&self) -> &Portal {
        self.caller.portal()
    }

    /// Event by this person on behalf of the account, at the instant that the changed rows bear.
    pub(crate) fn event(&self, at: DateTime<Utc>, event_type: EventType, subject: impl Into<String>) -> AuditEvent {
        self.caller.event(at, event_type, subject).on_account(self.account_id)
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
