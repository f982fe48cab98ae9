//! People of an account: who they are, what each may do there, and who is invited. Their own managers and licensing analysts change that.

use super::invitation::{NotInvited, OpenInvitation, To, invite_by_mail, open_to};
use crate::{
    access::{account::AccountAccess, change::PeopleAccess},
    error::Error,
    event_type::EventType,
    store::statement::{parsed, row, rows, run},
};
use licensing::{EmailAddress, people::Permissions};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::{Value, json};

/// A person of an account.
#[derive(Clone, Debug)]
pub struct Member {
    /// Number that addresses know them by.
    pub id: i64,
    pub name: String,
    pub email: String,
    /// They may sign in.
    pub active: bool,
    pub permissions: Permissions,
}

/// Why a person of an account was not changed. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum NotManaged {
    #[error("This is you. Somebody else who manages the account’s people, or your licensing analyst, changes what you may do.")]
    Oneself,
    #[error(transparent)]
    Error(#[from] Error),
}

#[derive(FromQueryResult)]
struct Stored {
    id: i64,
    name: String,
    email: String,
    active: bool,
    permissions: String,
}

impl Stored {
    fn member(self) -> Result<Member, Error> {
        let Self { id, name, email, active, permissions } = self;
        Ok(Member { id, name, email, active, permissions: parsed(&permissions)? })
    }
}

const STORED: &str =
    "SELECT p.id, p.name, p.email, p.active, m.permissions FROM memberships m JOIN people p ON p.id = m.person_id
    WHERE m.account_id = $1";

/// People of the account, by name.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn members(access: &AccountAccess) -> Result<Vec<Member>, Error> {
    let sql = format!("{STORED} ORDER BY p.name, p.id");
    let stored: Vec<Stored> = rows(access.portal().database.read(), "members", &sql, [access.account_id().into()]).await?;
    stored.into_iter().map(Stored::member).collect()
}

/// One person of the account.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn member(access: &PeopleAccess, person: i64) -> Result<Member, Error> {
    load(access, access.portal().database.read(), person).await
}

async fn load(access: &PeopleAccess, on: &impl ConnectionTrait, person: i64) -> Result<Member, Error> {
    let sql = format!("{STORED} AND p.id = $2");
    let stored: Option<Stored> = row(on, "member", &sql, [access.account_id().into(), person.into()]).await?;
    stored.ok_or(Error::NotFound)?.member()
}

/// Invites somebody to the account by mail.
///
/// # Errors
/// [`NotInvited`]; nothing was changed then.
pub async fn invite_member(access: &PeopleAccess, email: &str, permissions: &Permissions) -> Result<(), NotInvited> {
    let email = EmailAddress::typed(email)?;
    let write = access.write().await?;
    let to = To::Account { id: access.account_id(), name: &access.name, permissions };
    invite_by_mail(access.caller(), write, email, &to).await
}

/// Invitations to the account that nobody has accepted, the latest first.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn invitations_to_account(access: &PeopleAccess) -> Result<Vec<OpenInvitation>, Error> {
    open_to(access.portal(), Some(access.account_id())).await
}

/// Withdraws an open invitation to the account: its link ends.
///
/// # Errors
/// [`Error::NotFound`]: it was accepted or withdrawn before, or is none of this account.
pub async fn withdraw_member(access: &PeopleAccess, id: i64) -> Result<(), Error> {
    #[derive(FromQueryResult)]
    struct Withdrawn {
        email: String,
    }
    let write = access.write().await?;
    let sql = "UPDATE invitations SET withdrawn_at = $1
               WHERE id = $2 AND account_id = $3 AND accepted_at IS NULL AND withdrawn_at IS NULL RETURNING email";
    let values = [write.now().into(), id.into(), access.account_id().into()];
    let withdrawn: Option<Withdrawn> = row(write.on(), "member: withdraw", sql, values).await?;
    let Withdrawn { email } = withdrawn.ok_or(Error::NotFound)?;
    let event = access.event(write.now(), EventType::InvitationWithdrawn, email);
    write.commit(event).await
}

fn told(permissions: &Permissions) -> Value {
    json!({ "permissions": permissions.to_string() })
}

/// Changes what a person may do in the account. The same again changes nothing.
///
/// # Errors
/// [`NotManaged`]; nothing was changed then.
pub async fn change_member(access: &PeopleAccess, person: i64, permissions: &Permissions) -> Result<(), NotManaged> {
    let write = access.write().await?;
    let before = load(access, write.on(), person).await?;
    if before.permissions == *permissions {
        return Ok(());
    }
    if person == access.caller().person_id() {
        return Err(NotManaged::Oneself);
    }
    let sql = "UPDATE memberships SET permissions = $1 WHERE person_id = $2 AND account_id = $3";
    let values = [permissions.to_string().into(), person.into(), access.account_id().into()];
    run(write.on(), "member: change", sql, values).await?;
    let event = access.event(write.now(), EventType::PersonChanged, before.email.clone());
    write.commit(event.changing(told(&before.permissions), told(permissions))).await?;
    Ok(())
}

/// Takes a person from the account: they see it no more. Their sign-in stays.
///
/// # Errors
/// [`NotManaged`]; nothing was changed then.
pub async fn remove_member(access: &PeopleAccess, person: i64) -> Result<(), NotManaged> {
    let write = access.write().await?;
    let before = load(access, write.on(), person).await?;
    if person == access.caller().person_id() {
        return Err(NotManaged::Oneself);
    }
    let sql = "DELETE FROM memberships WHERE person_id = $1 AND account_id = $2";
    run(write.on(), "member: remove", sql, [person.into(), access.account_id().into()]).await?;
    let event = access.event(write.now(), EventType::PersonRemoved, before.email.clone());
    write.commit(event.changing(told(&before.permissions), Value::Null)).await?;
    Ok(())
}
