use crate::{
    Portal,
    error::Error,
    store::database::{Write, parsed, row},
};
use chrono::NaiveDate;
use chrono_tz::Tz;
use licensing::{Garn, LicenceModel};
use sea_orm::FromQueryResult;

/// What somebody is, over all accounts. Domain §1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Customer,
    Partner,
    Analyst,
    Administrator,
}

/// A signed-in person as pages show them.
#[derive(Clone, Debug)]
pub struct Person {
    pub name: String,
    pub email: String,
    /// Instants are shown in this zone.
    pub time_zone: Tz,
}

/// Somebody who has signed in. What they may do follows from here.
#[derive(Clone)]
pub struct Caller {
    portal: Portal,
    person_id: i64,
    person: Person,
    role: Role,
}

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
    time_zone: Tz,
}

impl Caller {
    pub(crate) fn new(portal: Portal, person_id: i64, person: Person, role: Role) -> Self {
        Self { portal, person_id, person, role }
    }

    #[must_use]
    pub fn person(&self) -> &Person {
        &self.person
    }

    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    #[must_use]
    pub fn portal(&self) -> &Portal {
        &self.portal
    }

    /// The number that logs and events know this person by.
    #[must_use]
    pub fn number(&self) -> i64 {
        self.person_id
    }

    pub(crate) fn person_id(&self) -> i64 {
        self.person_id
    }

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
        }
        let sql = format!(
            "SELECT a.id, a.garn, a.name, a.kind, a.licence_model, a.time_zone FROM accounts a WHERE a.garn = $2 AND {}",
            self.visible()
        );
        let values = [self.person_id.into(), garn.into()];
        let found: Option<Found> = row(self.portal.database.read(), "account of the caller", &sql, values).await?;
        let found = found.ok_or(Error::NotFound)?;
        Ok(AccountAccess {
            caller: self.clone(),
            account_id: found.id,
            garn: parsed(&found.garn)?,
            name: found.name,
            licence_model: crate::store::database::known(LicenceModel::from_code(&found.licence_model), &found.licence_model)?,
            of_partner: found.kind == "partner",
            time_zone: parsed(&found.time_zone)?,
        })
    }

    /// Whether account `a` is one of this person, `$1`: all of them for a licensing analyst, else their own, or one that granted their partner
    /// access. Two texts, because PostgreSQL plans a condition that only its parameter decides anew each time.
    pub(crate) fn visible(&self) -> &'static str {
        if self.role == Role::Analyst {
            "TRUE"
        } else {
            "(EXISTS (SELECT 1 FROM memberships m WHERE m.account_id = a.id AND m.person_id = $1)
                OR EXISTS (SELECT 1 FROM partner_grants g JOIN memberships m ON m.account_id = g.partner_id
                           WHERE g.customer_id = a.id AND m.person_id = $1))"
        }
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
        &self.caller.portal
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
