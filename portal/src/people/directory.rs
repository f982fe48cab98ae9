//! All people, for administrators: who they are to the vendor, and whether they may sign in.

use super::{code::CodeProblem, confirmation::confirm, reset::forget};
use crate::{
    access::administrator::AdministratorAccess,
    error::Error,
    event_type::EventType,
    portal::Portal,
    store::{
        statement::{containing, known, row, rows, run},
        write::Write,
    },
};
use chrono::{DateTime, Utc};
use licensing::people::StaffRole;
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::json;

/// People of a page.
pub const PEOPLE_OF_PAGE: usize = 50;

/// A person as administrators see them.
#[derive(Clone, Debug)]
pub struct PersonRow {
    /// Number that addresses know them by.
    pub id: i64,
    pub name: String,
    pub email: String,
    pub role: Option<StaffRole>,
    /// They may sign in.
    pub active: bool,
    /// Their name and address can be removed.
    pub can_be_anonymised: bool,
    /// Accounts that they belong to: name and GARN.
    pub accounts: Vec<(String, String)>,
}

/// Why a person was not changed. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum NotAdministered {
    #[error("This is you. Another administrator changes your role, and whether you may sign in.")]
    Oneself,
    #[error("The sign-in has not been disabled long enough, or the person is anonymous already.")]
    NotYet,
    #[error(transparent)]
    Code(#[from] CodeProblem),
    #[error(transparent)]
    Error(#[from] Error),
}

#[derive(FromQueryResult)]
struct Stored {
    id: i64,
    name: String,
    email: String,
    staff_role: Option<String>,
    active: bool,
    disabled_at: Option<DateTime<Utc>>,
}

const STORED: &str = "SELECT p.id, p.name, p.email, p.staff_role, p.active, p.disabled_at FROM people p";

impl Stored {
    fn person(self, portal: &Portal, accounts: Vec<(String, String)>) -> Result<PersonRow, Error> {
        let Self { id, name, email, staff_role, active, disabled_at } = self;
        let long_ago = disabled_at.is_some_and(|at| at + portal.settings.keep.people <= portal.now());
        let can_be_anonymised = !active && long_ago && email != anonymous(id);
        let role = staff_role.as_ref().map(|role| known(StaffRole::from_code(role), role)).transpose()?;
        Ok(PersonRow { id, name, email, role, active, can_be_anonymised, accounts })
    }
}

/// People by address, behind the address `after`, whose name or address contains `search`: one more than a page, if there are so many. Without
/// their accounts.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn people(access: &AdministratorAccess, search: &str, after: &str) -> Result<Vec<PersonRow>, Error> {
    let sql = format!(
        "{STORED} WHERE p.email > $1 AND (p.email LIKE $2 ESCAPE '!' OR LOWER(p.name) LIKE $2 ESCAPE '!') ORDER BY p.email LIMIT {}",
        PEOPLE_OF_PAGE + 1
    );
    let values = [after.into(), containing(search).into()];
    let stored: Vec<Stored> = rows(access.caller().portal().database.read(), "people", &sql, values).await?;
    stored.into_iter().map(|stored| stored.person(access.caller().portal(), Vec::new())).collect()
}

/// One person.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn person(access: &AdministratorAccess, id: i64) -> Result<PersonRow, Error> {
    let portal = access.caller().portal();
    load(portal, portal.database.read(), id).await
}

async fn load(portal: &Portal, on: &impl ConnectionTrait, id: i64) -> Result<PersonRow, Error> {
    #[derive(FromQueryResult)]
    struct Account {
        name: String,
        garn: String,
    }
    let stored: Option<Stored> = row(on, "person", &format!("{STORED} WHERE p.id = $1"), [id.into()]).await?;
    let sql = "SELECT a.name, a.garn FROM memberships m JOIN accounts a ON a.id = m.account_id WHERE m.person_id = $1
               ORDER BY a.name, a.id LIMIT 100";
    let accounts: Vec<Account> = rows(on, "person: accounts", sql, [id.into()]).await?;
    stored.ok_or(Error::NotFound)?.person(portal, accounts.into_iter().map(|account| (account.name, account.garn)).collect())
}

async fn begin(access: &AdministratorAccess, id: i64) -> Result<(Write, PersonRow), NotAdministered> {
    let write = access.caller().portal().database.write_alone().await?;
    let before = load(access.caller().portal(), write.on(), id).await?;
    if id == access.caller().person_id() {
        return Err(NotAdministered::Oneself);
    }
    Ok((write, before))
}

/// Lets a person sign in again, or ends every session of theirs at once and lets them in no more.
///
/// # Errors
/// [`NotAdministered`]; nothing was changed then.
pub async fn set_active(access: &AdministratorAccess, id: i64, active: bool) -> Result<(), NotAdministered> {
    let (write, before) = begin(access, id).await?;
    if before.active == active {
        return Ok(());
    }
    let disabled_at = (!active).then(|| write.now());
    let sql = "UPDATE people SET active = $1, disabled_at = $2 WHERE id = $3";
    run(write.on(), "person: active", sql, [active.into(), disabled_at.into(), id.into()]).await?;
    if !active {
        run(write.on(), "person: sessions", "DELETE FROM sessions WHERE person_id = $1", [id.into()]).await?;
        forget(&write, id).await?;
    }
    let event_type = if active { EventType::PersonEnabled } else { EventType::PersonDisabled };
    let event = access.caller().event(write.now(), event_type, before.email);
    write.commit(event).await?;
    Ok(())
}

/// Changes what a person is to the vendor: `None` makes them nothing beside a person of their accounts. `code` confirms it.
///
/// # Errors
/// [`NotAdministered`]; nothing was changed then.
pub async fn change_role(
    access: &AdministratorAccess,
    id: i64,
    role: Option<StaffRole>,
    code: &str,
) -> Result<(), NotAdministered> {
    confirm(access, code).await?;
    let (write, before) = begin(access, id).await?;
    if before.role == role {
        return Ok(());
    }
    let code = |role: Option<StaffRole>| role.map(StaffRole::code);
    let sql = "UPDATE people SET staff_role = $1 WHERE id = $2";
    run(write.on(), "person: role", sql, [code(role).into(), id.into()]).await?;
    let event = access.caller().event(write.now(), EventType::RoleChanged, before.email);
    write.commit(event.changing(json!({ "role": code(before.role) }), json!({ "role": code(role) }))).await?;
    Ok(())
}

/// Address of somebody who was anonymised. RFC 6761 keeps its domain for nobody.
fn anonymous(id: i64) -> String {
    format!("former-{id}@person.invalid")
}

/// Removes name and address of a person whose sign-in has been disabled long enough, from everything that was done, too. `code` confirms it.
///
/// # Errors
/// [`NotAdministered`]; nothing was changed then.
pub async fn anonymise(access: &AdministratorAccess, id: i64, code: &str) -> Result<(), NotAdministered> {
    confirm(access, code).await?;
    let (write, before) = begin(access, id).await?;
    if !before.can_be_anonymised {
        return Err(NotAdministered::NotYet);
    }
    let (name, email) = (format!("Former person {id}"), anonymous(id));
    for table in [
        "memberships",
        "devices",
        "recovery_codes",
        "second_factors",
        "factor_resets",
        "notice_settings",
        "address_changes",
        "password_resets",
        "certifications",
    ] {
        run(write.on(), "person: forgotten", &format!("DELETE FROM {table} WHERE person_id = $1"), [id.into()]).await?;
    }
    let sql = "UPDATE people SET name = $1, email = $2, password_hash = '', staff_role = NULL, time_zone = 'UTC' WHERE id = $3";
    run(write.on(), "person: anonymous", sql, [name.clone().into(), email.clone().into(), id.into()]).await?;
    let sql = "UPDATE audit_events SET actor = $1 WHERE person_id = $2";
    run(write.on(), "person: events", sql, [name.into(), id.into()]).await?;
    let sql = "UPDATE audit_events SET subject = $1 WHERE subject = $2";
    run(write.on(), "person: events about them", sql, [email.clone().into(), before.email.clone().into()]).await?;
    let sql = "UPDATE invitations SET email = $1 WHERE email = $2";
    run(write.on(), "person: invitations", sql, [email.clone().into(), before.email.into()]).await?;
    let event = access.caller().event(write.now(), EventType::PersonAnonymised, email);
    write.commit(event).await?;
    Ok(())
}
