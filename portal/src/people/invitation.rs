//! Invitations: how people come in. Each is a secret link for one mailbox, good for one use within seven days; opening it changes nothing.

use super::{
    code::CodeProblem,
    confirmation::confirm,
    password::{NewPassword, PasswordProblem},
    session::{Proved, SignedIn, hash},
};
use crate::{
    access::{administrator::AdministratorAccess, caller::Caller},
    audit::AuditEvent,
    error::Error,
    event_type::EventType,
    mail::{Letter, message},
    path,
    portal::Portal,
    store::{
        entity::invitation,
        insertion::insert,
        statement::{known, parsed, row, rows, run},
        write::Write,
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use licensing::{
    EmailAddress, Garn, NotAnEmailAddress, TextError,
    people::{Permissions, StaffRole},
    typed,
};
use sea_orm::{ActiveValue::Set, FromQueryResult, NotSet};
use serde_json::{Value, json};

/// An invitation can be accepted this long.
const LASTS: TimeDelta = TimeDelta::days(7);
/// Maximum number of open invitations to one account, or to the staff.
pub const MOST_OPEN: i64 = 100;
/// Maximum number of invitations by one person within a day: each is a mail to an address that they choose.
const MOST_A_DAY: i64 = 100;
/// Maximum length of a person's name, in characters.
const LONGEST_NAME: usize = 100;

/// What an invitation makes of the person who accepts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvitedAs {
    Staff(StaffRole),
    /// A person of an account.
    Member {
        garn: Garn,
        account: String,
        permissions: Permissions,
    },
}

/// An invitation as its link shows it.
#[derive(Clone, Debug)]
pub struct Invitation {
    pub email: EmailAddress,
    pub invited_as: InvitedAs,
    /// The address has a sign-in: its person accepts signed in.
    pub has_sign_in: bool,
}

/// An invitation that nobody has accepted yet.
#[derive(Clone, Debug)]
pub struct OpenInvitation {
    pub id: i64,
    pub email: EmailAddress,
    pub invited_as: InvitedAs,
    pub invited_by: String,
    pub ends_at: DateTime<Utc>,
    /// Its seven days are over.
    pub ended: bool,
}

/// Why nobody was invited. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum NotInvited {
    #[error(transparent)]
    Address(#[from] NotAnEmailAddress),
    #[error("Select what the person is to be.")]
    NoRole,
    #[error("There is no account {0}. Enter the GARN as the list of accounts has it.")]
    NoAccount(String),
    #[error("{0} is that already.")]
    Already(EmailAddress),
    #[error("{MOST_OPEN} invitations are open, as many as possible. Withdraw one first.")]
    TooManyOpen,
    #[error("You have invited {MOST_A_DAY} people within a day, as many as possible. Invite the others tomorrow.")]
    TooManyToday,
    #[error(transparent)]
    Code(#[from] CodeProblem),
    #[error(transparent)]
    Error(#[from] Error),
}

/// Contents of the form that accepts an invitation without a sign-in.
pub struct Acceptance {
    pub name: String,
    pub password: String,
    /// Device and session that the browser has already.
    pub device: Option<String>,
    pub replaces: Option<String>,
}

/// Why an invitation was not accepted. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum NotAccepted {
    #[error("{}", name_words(.0))]
    Name(TextError),
    #[error(transparent)]
    Password(#[from] PasswordProblem),
    /// The address has a sign-in meanwhile.
    #[error("This address has a sign-in. Sign in to accept the invitation.")]
    HasSignIn,
    /// Somebody else is signed in.
    #[error("This invitation is for {0}. Sign out, and sign in with that address.")]
    OtherPerson(EmailAddress),
    #[error(transparent)]
    Error(#[from] Error),
}

fn name_words(error: &TextError) -> String {
    match error {
        TextError::Empty => "Enter your name.".to_owned(),
        error => format!("The name cannot be used: {error}."),
    }
}

/// Row of an invitation with what it is to.
#[derive(FromQueryResult)]
struct Stored {
    id: i64,
    email: String,
    staff_role: Option<String>,
    garn: Option<String>,
    account: Option<String>,
    account_id: Option<i64>,
    permissions: String,
    invited_by: Option<String>,
    ends_at: DateTime<Utc>,
    has_sign_in: bool,
}

/// Columns of [`Stored`], of the open invitations `i`.
const STORED: &str =
    "SELECT i.id, i.email, i.staff_role, a.garn, a.name AS account, i.account_id, i.permissions, b.name AS invited_by, i.ends_at,
        EXISTS (SELECT 1 FROM people p WHERE p.email = i.email) AS has_sign_in
    FROM invitations i LEFT JOIN accounts a ON a.id = i.account_id LEFT JOIN people b ON b.id = i.invited_by
    WHERE i.accepted_at IS NULL AND i.withdrawn_at IS NULL";

impl Stored {
    fn invited_as(&self) -> Result<InvitedAs, Error> {
        match (&self.staff_role, &self.garn, &self.account) {
            (Some(role), ..) => Ok(InvitedAs::Staff(known(StaffRole::from_code(role), role)?)),
            (None, Some(garn), Some(account)) => {
                Ok(InvitedAs::Member { garn: parsed(garn)?, account: account.clone(), permissions: parsed(&self.permissions)? })
            }
            _ => Err(Error::internal("an invitation to nothing")),
        }
    }
}

/// The account, by its row id, or the staff.
pub(super) enum To<'a> {
    Staff(StaffRole),
    Account { id: i64, name: &'a str, permissions: &'a Permissions },
}

/// Who invites: row id and name; no id for the command line.
struct By<'a> {
    id: Option<i64>,
    name: &'a str,
}

/// Invites somebody to be an administrator, from the server's terminal; the link, which nobody is sent.
///
/// # Errors
/// [`NotInvited`]; nothing was changed then.
pub async fn invite_administrator(portal: &Portal, email: &str) -> Result<String, NotInvited> {
    let write = portal.database.write_alone().await?;
    let by = By { id: None, name: "command line" };
    let (secret, event) = invite(portal, &write, &by, EmailAddress::typed(email)?, &To::Staff(StaffRole::Administrator)).await?;
    write.commit(event).await?;
    Ok(url(portal, &secret))
}

/// Invites somebody by mail: to the staff as `role`, or to the account `garn`.
///
/// # Errors
/// [`NotInvited`]; nothing was changed then.
pub async fn invite_by_administrator(
    access: &AdministratorAccess,
    email: &str,
    role: Option<StaffRole>,
    garn: &str,
    permissions: &Permissions,
    code: &str,
) -> Result<(), NotInvited> {
    #[derive(FromQueryResult)]
    struct Found {
        id: i64,
        name: String,
    }
    let portal = access.caller().portal();
    let email = EmailAddress::typed(email)?;
    if role.is_some() {
        confirm(access, code).await?;
    }
    let write = portal.database.write_alone().await?;
    let account: Option<Found> = match garn.trim() {
        "" => None,
        garn => {
            let sql = "SELECT id, name FROM accounts WHERE garn = $1";
            let found: Option<Found> = row(write.on(), "invitation: account", sql, [garn.to_uppercase().into()]).await?;
            Some(found.ok_or_else(|| NotInvited::NoAccount(licensing::excerpt(garn)))?)
        }
    };
    let to = match (role, &account) {
        (Some(role), None) => To::Staff(role),
        (None, Some(Found { id, name })) => To::Account { id: *id, name, permissions },
        _ => return Err(NotInvited::NoRole),
    };
    invite_by_mail(access.caller(), write, email, &to).await
}

pub(super) async fn invite_by_mail(caller: &Caller, write: Write, email: EmailAddress, to: &To<'_>) -> Result<(), NotInvited> {
    let portal = caller.portal();
    let by = By { id: Some(caller.person_id()), name: &caller.person().name };
    let (secret, event) = invite(portal, &write, &by, email.clone(), to).await?;
    let vendor = &portal.settings.vendor;
    let what = match to {
        To::Staff(role) => format!("You are invited to the activation-file portal of {vendor} as {}.", with_article(*role)),
        To::Account { name, .. } => {
            format!("You are invited to the activation-file portal of {vendor}, to work with the account {name}.")
        }
    };
    let letter = Letter::default().words(what).link("Accept the invitation", url(portal, &secret)).words(
        "The link is for you alone. It can be used once, within 7 days. If you do not know what this is about, ignore this mail.",
    );
    message::queue(&write, &letter.mail(email.as_str(), format!("Invitation to the portal of {vendor}")), portal.now()).await?;
    write.commit(event).await?;
    Ok(())
}

/// A role with its article.
#[must_use]
fn with_article(role: StaffRole) -> String {
    match role {
        StaffRole::Analyst => format!("a {role}"),
        StaffRole::Administrator => format!("an {role}"),
    }
}

fn url(portal: &Portal, secret: &str) -> String {
    format!("{}{}", portal.settings.public_url, path::invitation(secret))
}

/// Stores an invitation in place of an earlier one to the same; its secret, and its event.
async fn invite(
    portal: &Portal,
    write: &Write,
    by: &By<'_>,
    email: EmailAddress,
    to: &To<'_>,
) -> Result<(String, AuditEvent), NotInvited> {
    #[derive(FromQueryResult)]
    struct There {
        already: bool,
        open: i64,
        today: i64,
    }
    let now = portal.now();
    let (role, account, permissions) = match to {
        To::Staff(role) => (Some(role.code()), None, String::new()),
        To::Account { id, permissions, .. } => (None, Some(*id), permissions.to_string()),
    };
    // An invitation to the same replaces the one before: its link ends.
    let sql = "UPDATE invitations SET withdrawn_at = $1
               WHERE email = $2 AND accepted_at IS NULL AND withdrawn_at IS NULL AND COALESCE(account_id, -1) = $3";
    let same = account.unwrap_or(-1);
    run(write.on(), "invitation: replaced", sql, [now.into(), email.as_str().into(), same.into()]).await?;
    let sql = "SELECT
            EXISTS (SELECT 1 FROM people p LEFT JOIN memberships m ON m.person_id = p.id AND m.account_id = $2
                    WHERE p.email = $1 AND (m.account_id IS NOT NULL OR p.staff_role = $3)) AS already,
            (SELECT COUNT(*) FROM invitations WHERE accepted_at IS NULL AND withdrawn_at IS NULL AND COALESCE(account_id, -1) = $2) AS open,
            (SELECT COUNT(*) FROM invitations WHERE invited_by = $4 AND invited_at > $5) AS today";
    let a_day_ago = now - TimeDelta::days(1);
    let values = [email.as_str().into(), same.into(), role.unwrap_or_default().into(), by.id.into(), a_day_ago.into()];
    let there: Option<There> = row(write.on(), "invitation: bounds", sql, values).await?;
    match there {
        Some(There { already: true, .. }) => return Err(NotInvited::Already(email)),
        Some(There { open: MOST_OPEN.., .. }) => return Err(NotInvited::TooManyOpen),
        Some(There { today: MOST_A_DAY.., .. }) => return Err(NotInvited::TooManyToday),
        _ => {}
    }
    let secret = portal.new_token();
    let invited = invitation::ActiveModel {
        id: NotSet,
        secret_sha256: Set(hash(secret.as_str())),
        email: Set(email.to_string()),
        staff_role: Set(role.map(str::to_owned)),
        account_id: Set(account),
        permissions: Set(permissions.clone()),
        invited_by: Set(by.id),
        invited_at: Set(now),
        ends_at: Set(now + LASTS),
        withdrawn_at: Set(None),
        accepted_at: Set(None),
        accepted_by: Set(None),
    };
    insert::<invitation::Entity>(write.on(), vec![invited]).await?;
    let event = AuditEvent::by_operator(now, by.name, EventType::PersonInvited, email.to_string());
    let event = event.changing(Value::Null, told(role, &permissions));
    let event = by.id.into_iter().fold(event, AuditEvent::of_person);
    Ok((secret.as_str().to_owned(), account.into_iter().fold(event, AuditEvent::on_account)))
}

fn told(role: Option<&str>, permissions: &str) -> Value {
    match role {
        Some(role) => json!({ "role": role }),
        None => json!({ "permissions": permissions }),
    }
}

/// Invitations to the staff and to accounts that nobody has accepted, the latest first.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn open_invitations(access: &AdministratorAccess) -> Result<Vec<OpenInvitation>, Error> {
    open_to(access.caller().portal(), None).await
}

/// Open invitations, those to one account (its row id) or all, the latest first.
pub(super) async fn open_to(portal: &Portal, account: Option<i64>) -> Result<Vec<OpenInvitation>, Error> {
    let of_account = if account.is_some() { "AND i.account_id = $1" } else { "" };
    let sql = format!("{STORED} {of_account} ORDER BY i.id DESC LIMIT {MOST_OPEN}");
    let stored: Vec<Stored> = rows(portal.database.read(), "invitations: open", &sql, account.map(Into::into)).await?;
    let now = portal.now();
    let open = |stored: Stored| {
        Ok(OpenInvitation {
            id: stored.id,
            email: parsed(&stored.email)?,
            invited_as: stored.invited_as()?,
            invited_by: stored.invited_by.unwrap_or_else(|| "the command line".to_owned()),
            ends_at: stored.ends_at,
            ended: stored.ends_at <= now,
        })
    };
    stored.into_iter().map(open).collect()
}

/// Withdraws an open invitation: its link ends.
///
/// # Errors
/// [`Error::NotFound`]: it was accepted or withdrawn before, or there is none.
pub async fn withdraw_invitation(access: &AdministratorAccess, id: i64) -> Result<(), Error> {
    #[derive(FromQueryResult)]
    struct Withdrawn {
        email: String,
        account_id: Option<i64>,
    }
    let portal = access.caller().portal();
    let write = portal.database.write().await?;
    let sql = "UPDATE invitations SET withdrawn_at = $1 WHERE id = $2 AND accepted_at IS NULL AND withdrawn_at IS NULL
               RETURNING email, account_id";
    let withdrawn: Option<Withdrawn> = row(write.on(), "invitation: withdraw", sql, [portal.now().into(), id.into()]).await?;
    let Withdrawn { email, account_id } = withdrawn.ok_or(Error::NotFound)?;
    let event = access.caller().event(portal.now(), EventType::InvitationWithdrawn, email);
    write.commit(account_id.into_iter().fold(event, AuditEvent::on_account)).await
}

/// The invitation of a link. Nothing is changed.
///
/// # Errors
/// [`Error::NotFound`]: there is none, or it was accepted or withdrawn, or its days are over.
pub async fn invitation(portal: &Portal, secret: &str) -> Result<Invitation, Error> {
    let stored = load(portal, portal.database.read(), secret).await?;
    Ok(Invitation { email: parsed(&stored.email)?, invited_as: stored.invited_as()?, has_sign_in: stored.has_sign_in })
}

async fn load(portal: &Portal, on: &impl sea_orm::ConnectionTrait, secret: &str) -> Result<Stored, Error> {
    let sql = format!("{STORED} AND i.secret_sha256 = $1 AND i.ends_at > $2");
    row(on, "invitation", &sql, [hash(secret).into(), portal.now().into()]).await?.ok_or(Error::NotFound)
}

/// Accepts an invitation: makes the person, and signs them in.
///
/// # Errors
/// [`NotAccepted`]; nothing was changed then.
pub async fn accept(portal: &Portal, secret: &str, acceptance: Acceptance) -> Result<SignedIn, NotAccepted> {
    #[derive(FromQueryResult)]
    struct Inserted {
        id: i64,
    }
    let Acceptance { name, password, device, replaces } = acceptance;
    let shown = load(portal, portal.database.read(), secret).await?;
    if shown.has_sign_in {
        return Err(NotAccepted::HasSignIn);
    }
    let name = typed(&name, LONGEST_NAME).map_err(NotAccepted::Name)?;
    let password = NewPassword::chosen(&password, &[&name, &shown.email, &portal.settings.vendor])?;
    // Hashing takes its time: nobody waits for it.
    let password_hash = portal.passwords.hash_chosen(password, &portal.ctx).await?;
    let write = begin(portal, secret).await?;
    let stored = load(portal, write.on(), secret).await?;
    // Two invitations of one address may be accepted at once.
    let sql = "INSERT INTO people (email, name, password_hash, time_zone, active)
               VALUES ($1, $2, $3, COALESCE((SELECT time_zone FROM accounts WHERE id = $4), 'UTC'), TRUE)
               ON CONFLICT (email) DO NOTHING RETURNING id";
    let values = [stored.email.clone().into(), name.clone().into(), password_hash.into(), stored.account_id.into()];
    let inserted: Option<Inserted> = row(write.on(), "invitation: person", sql, values).await?;
    let Inserted { id } = inserted.ok_or(NotAccepted::HasSignIn)?;
    write.reach("person stored");
    let event = apply(&write, &stored, id, &name).await?;
    let begun = portal.begin_session(&write, (id, &name), (device, replaces), Proved::Password).await?;
    write.record(vec![begun.event]).await?;
    write.commit(event).await?;
    Ok(begun.signed_in)
}

/// Accepts an invitation of somebody who has signed in.
///
/// # Errors
/// [`NotAccepted::OtherPerson`] and [`NotAccepted::Error`]; nothing was changed then.
pub async fn accept_signed_in(caller: &Caller, secret: &str) -> Result<(), NotAccepted> {
    let portal = caller.portal();
    let write = begin(portal, secret).await?;
    let stored = load(portal, write.on(), secret).await?;
    if stored.email != caller.person().email {
        return Err(NotAccepted::OtherPerson(parsed(&stored.email)?));
    }
    let event = apply(&write, &stored, caller.person_id(), &caller.person().name).await?;
    write.commit(event).await?;
    Ok(())
}

/// Begins the write that accepts an invitation: it waits for another one of the same.
async fn begin(portal: &Portal, secret: &str) -> Result<Write, Error> {
    let write = portal.database.write().await?;
    if portal.database.backend() == sea_orm::DbBackend::Postgres {
        let sql = "SELECT id FROM invitations WHERE secret_sha256 = $1 FOR UPDATE";
        run(write.on(), "invitation: lock", sql, [hash(secret).into()]).await?;
    }
    Ok(write)
}

/// Makes the person what the invitation says, and notes that it was accepted; the event.
async fn apply(write: &Write, stored: &Stored, person: i64, name: &str) -> Result<AuditEvent, Error> {
    let now = write.now();
    let sql = "UPDATE invitations SET accepted_at = $1, accepted_by = $2 WHERE id = $3";
    run(write.on(), "invitation: accept", sql, [now.into(), person.into(), stored.id.into()]).await?;
    match (&stored.staff_role, stored.account_id) {
        (Some(role), _) => {
            let sql = "UPDATE people SET staff_role = $1 WHERE id = $2";
            run(write.on(), "invitation: role", sql, [role.clone().into(), person.into()]).await?;
        }
        (None, account) => {
            let sql = "INSERT INTO memberships (person_id, account_id, permissions) VALUES ($1, $2, $3)
                       ON CONFLICT (person_id, account_id) DO UPDATE SET permissions = $3";
            let values = [person.into(), account.into(), stored.permissions.clone().into()];
            run(write.on(), "invitation: membership", sql, values).await?;
        }
    }
    write.reach("invitation accepted");
    let event = AuditEvent::by_operator(now, name, EventType::InvitationAccepted, stored.email.clone()).of_person(person);
    let event = event.changing(Value::Null, told(stored.staff_role.as_deref(), &stored.permissions));
    Ok(stored.account_id.into_iter().fold(event, AuditEvent::on_account))
}
