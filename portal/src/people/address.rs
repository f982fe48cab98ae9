//! Another e-mail address for a sign-in: both mailboxes confirm it, the one of before and the new one.

use super::{
    current_password::{WrongPassword, check_current_password},
    session::{Token, hash},
};
use crate::{
    access::caller::Caller,
    audit::AuditEvent,
    error::Error,
    event_type::EventType,
    mail::{Letter, message},
    path,
    portal::Portal,
    store::{
        entity::address_change,
        insertion::insert,
        statement::{row, run},
    },
};
use chrono::TimeDelta;
use licensing::{EmailAddress, NotAnEmailAddress};
use sea_orm::{ActiveValue::Set, ConnectionTrait, FromQueryResult};
use serde_json::json;

/// Both mailboxes have so long to confirm.
const LASTS: TimeDelta = TimeDelta::hours(24);

/// Why no change was begun.
#[derive(Debug, thiserror::Error)]
pub enum NotMoved {
    #[error(transparent)]
    Address(#[from] NotAnEmailAddress),
    #[error("This is your address.")]
    Same,
    #[error(transparent)]
    Password(#[from] WrongPassword),
    #[error(transparent)]
    Error(#[from] Error),
}

/// A change as its links show it.
#[derive(Clone, Debug)]
pub struct AddressChange {
    pub old: String,
    pub new: String,
    /// The link is the one that the new address was sent.
    pub of_new: bool,
}

/// Outcome of a confirmation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmed {
    /// The other mailbox has to confirm it, too.
    One,
    /// The address is changed.
    Both,
}

/// Begins the change to another address: both get a link. An address that is somebody's is answered alike, and gets none.
///
/// # Errors
/// [`NotMoved`]; nothing was changed then.
pub async fn begin_address_change(caller: &Caller, email: &str, password: &str) -> Result<(), NotMoved> {
    #[derive(FromQueryResult)]
    struct Taken {
        taken: bool,
    }
    let (portal, person, old) = (caller.portal(), caller.person_id(), &caller.person().email);
    let email = EmailAddress::typed(email)?;
    if email.as_str() == old {
        return Err(NotMoved::Same);
    }
    check_current_password(caller, password).await?;
    let write = portal.database.write().await?;
    let now = write.now();
    let sql = "SELECT EXISTS (SELECT 1 FROM people WHERE email = $1) AS taken";
    let taken: Option<Taken> = row(write.on(), "address: taken", sql, [email.as_str().into()]).await?;
    let taken = taken.is_some_and(|taken| taken.taken);
    let (of_old, of_new) = (portal.new_token(), portal.new_token());
    run(write.on(), "address: of before", "DELETE FROM address_changes WHERE person_id = $1", [person.into()]).await?;
    let change = address_change::ActiveModel {
        person_id: Set(person),
        email: Set(email.to_string()),
        old_secret_sha256: Set(hash(of_old.as_str())),
        new_secret_sha256: Set(hash(of_new.as_str())),
        old_confirmed_at: Set(None),
        new_confirmed_at: Set(None),
        ends_at: Set(now + LASTS),
    };
    insert::<address_change::Entity>(write.on(), vec![change]).await?;
    let vendor = portal.vendor();
    let letter = |secret: &Token| {
        Letter::default()
            .words(format!("Your sign-in at the portal of {vendor} is to have the address {email} in place of {old}."))
            .link("Confirm it", format!("{}{}", portal.settings.public_url, path::address_change(secret.as_str())))
            .words("Both addresses confirm it, within 24 hours. If you did not ask for it, ignore this mail, and change your password.")
    };
    let subject = format!("Another address at the portal of {vendor}");
    message::queue(&write, &letter(&of_old).mail(&**old, &*subject), now).await?;
    if !taken {
        message::queue(&write, &letter(&of_new).mail(email.as_str(), &*subject), now).await?;
    }
    let event = caller.event(now, EventType::AddressChangeBegun, format!("person {person}"));
    write.commit(event.changing(json!({ "address": old }), json!({ "address": email.as_str() }))).await?;
    Ok(())
}

#[derive(FromQueryResult)]
struct Found {
    person_id: i64,
    name: String,
    old: String,
    new: String,
    of_new: bool,
    other_confirmed: bool,
}

async fn load(portal: &Portal, on: &impl ConnectionTrait, secret: &str) -> Result<Found, Error> {
    let sql = "SELECT c.person_id, p.name, p.email AS old, c.email AS \"new\", c.new_secret_sha256 = $1 AS of_new,
                   CASE WHEN c.new_secret_sha256 = $1 THEN c.old_confirmed_at IS NOT NULL ELSE c.new_confirmed_at IS NOT NULL END AS other_confirmed
               FROM address_changes c JOIN people p ON p.id = c.person_id
               WHERE (c.old_secret_sha256 = $1 OR c.new_secret_sha256 = $1) AND c.ends_at > $2 AND p.active";
    row(on, "address: change", sql, [hash(secret).into(), portal.now().into()]).await?.ok_or(Error::NotFound)
}

/// The change of a link. Nothing is changed: programs open links, too.
///
/// # Errors
/// [`Error::NotFound`]: there is none, or its time is over.
pub async fn address_change(portal: &Portal, secret: &str) -> Result<AddressChange, Error> {
    let Found { old, new, of_new, .. } = load(portal, portal.database.read(), secret).await?;
    Ok(AddressChange { old, new, of_new })
}

/// Confirms a change from one mailbox; the second one changes the address, and tells both.
///
/// # Errors
/// [`Error::NotFound`]: there is none, its time is over, or the new address has become somebody's.
pub async fn confirm_address(portal: &Portal, secret: &str) -> Result<Confirmed, Error> {
    let write = portal.database.write_alone().await?;
    let Found { person_id, name, old, new, of_new, other_confirmed } = load(portal, write.on(), secret).await?;
    let now = write.now();
    if !other_confirmed {
        let column = if of_new { "new_confirmed_at" } else { "old_confirmed_at" };
        let sql = format!("UPDATE address_changes SET {column} = $1 WHERE person_id = $2");
        run(write.on(), "address: confirmed", &sql, [now.into(), person_id.into()]).await?;
        write.commit_bookkeeping().await?;
        return Ok(Confirmed::One);
    }
    run(write.on(), "address: done", "DELETE FROM address_changes WHERE person_id = $1", [person_id.into()]).await?;
    let sql = "UPDATE people SET email = $1 WHERE id = $2 AND NOT EXISTS (SELECT 1 FROM people o WHERE o.email = $1)";
    if run(write.on(), "address: changed", sql, [new.clone().into(), person_id.into()]).await? == 0 {
        return Err(Error::NotFound);
    }
    // Who knew the address may have been signed in with it.
    run(write.on(), "address: devices", "DELETE FROM devices WHERE person_id = $1", [person_id.into()]).await?;
    let letter = Letter::default()
        .words(format!("Your sign-in at the portal of {} has the address {new} now, in place of {old}.", portal.vendor()))
        .link("The portal", portal.settings.public_url.clone());
    for email in [&old, &new] {
        message::queue(&write, &letter.mail(&**email, format!("Address changed at the portal of {}", portal.vendor())), now)
            .await?;
    }
    let event =
        AuditEvent::by_operator(now, &name, EventType::AddressChanged, format!("person {person_id}")).of_person(person_id);
    write.commit(event.changing(json!({ "address": old }), json!({ "address": new }))).await?;
    Ok(Confirmed::Both)
}
