//! Another password, for somebody who has forgotten theirs. Whoever asks is answered the same, and costs the same, whether the address is known or not:
//! a job looks for the person.

use super::{
    password::{NewPassword, PasswordProblem},
    session::{Pace, SignInRefused, hash, network, subject},
};
use crate::{
    audit::AuditEvent,
    error::Error,
    event_type::EventType,
    jobs::{
        job::{Job, Outcome},
        queue::enqueue,
    },
    mail::{Letter, message},
    path,
    portal::Portal,
    store::{
        entity::password_reset,
        insertion::insert,
        statement::{row, run},
        write::Write,
    },
};
use chrono::TimeDelta;
use licensing::EmailAddress;
use sea_orm::{ActiveValue::Set, ConnectionTrait, FromQueryResult, NotSet};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// A link can be used this long.
const LASTS: TimeDelta = TimeDelta::hours(1);
/// Pace of asking for one address, from anywhere: each is a mail to somebody who may not have asked.
const OF_EMAIL: Pace = Pace { free: 3, gap: TimeDelta::minutes(5) };
/// Pace of asking from one network.
const OF_NETWORK: Pace = Pace { free: 20, gap: TimeDelta::seconds(10) };

/// Looks for the person of an address, and sends them the link.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ResetPassword {
    pub(crate) email: String,
}

impl Job for ResetPassword {
    const KIND: &'static str = "password-reset";
    const MOST_ATTEMPTS: u32 = 10;
    const DISCARDABLE: bool = true;

    fn subject(&self) -> String {
        "link that sets another password".to_owned()
    }
}

/// Why no other password was set. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum NotReset {
    #[error(transparent)]
    Password(#[from] PasswordProblem),
    #[error(transparent)]
    Error(#[from] Error),
}

/// Takes the wish for another password.
///
/// # Errors
/// [`SignInRefused::TooMany`] and [`SignInRefused::Error`].
pub async fn ask_for_reset(portal: &Portal, email: &EmailAddress, address: IpAddr) -> Result<(), SignInRefused> {
    for (subject, pace) in
        [(subject("reset of network", &network(address)), OF_NETWORK), (subject("reset of address", email.as_str()), OF_EMAIL)]
    {
        portal.count_attempt(&subject, pace).await?;
    }
    let write = portal.database.write().await?;
    enqueue(&write, &ResetPassword { email: email.to_string() }, portal.now()).await?;
    // Who asked is not known, and the address may be nobody's.
    let event =
        AuditEvent::by_operator(portal.now(), "stranger", EventType::PasswordResetAsked, portal.pseudonym(email.as_str()));
    write.commit(event).await?;
    Ok(())
}

/// Sends the link to the person of an address, if there is one who may sign in.
pub(crate) async fn send_reset(portal: &Portal, job: &ResetPassword) -> Result<Outcome, Error> {
    #[derive(FromQueryResult)]
    struct Person {
        id: i64,
        name: String,
    }
    let write = portal.database.write().await?;
    let sql = "SELECT id, name FROM people WHERE email = $1 AND active";
    let person: Option<Person> = row(write.on(), "reset: person", sql, [job.email.clone().into()]).await?;
    let Some(Person { id, name }) = person else { return Ok(Outcome::Done) };
    let now = portal.now();
    let secret = portal.new_token();
    // A later link ends the one before.
    forget(&write, id).await?;
    let reset = password_reset::ActiveModel {
        id: NotSet,
        secret_sha256: Set(hash(secret.as_str())),
        person_id: Set(id),
        asked_at: Set(now),
        ends_at: Set(now + LASTS),
        used_at: Set(None),
    };
    insert::<password_reset::Entity>(write.on(), vec![reset]).await?;
    let vendor = &portal.settings.vendor;
    let url = format!("{}{}", portal.settings.public_url, path::reset_password(secret.as_str()));
    let letter = Letter::default()
        .words(format!("Somebody asked for another password for your sign-in at the portal of {vendor}."))
        .link("Set another password", url)
        .words("The link can be used once, within an hour. If you did not ask for it, ignore this mail: your password stays as it is.");
    message::queue(&write, &letter.mail(job.email.clone(), format!("Password for the portal of {vendor}")), now).await?;
    let event = AuditEvent::by_operator(now, &name, EventType::PasswordResetSent, format!("person {id}"));
    write.commit(event.of_person(id)).await?;
    Ok(Outcome::Done)
}

/// Ends the links of a person that were not used.
pub(super) async fn forget(write: &Write, person: i64) -> Result<(), Error> {
    let sql = "DELETE FROM password_resets WHERE person_id = $1 AND used_at IS NULL";
    run(write.on(), "reset: forgotten", sql, [person.into()]).await.map(drop)
}

#[derive(FromQueryResult)]
struct Found {
    id: i64,
    person_id: i64,
    email: String,
    name: String,
}

async fn load(portal: &Portal, on: &impl ConnectionTrait, secret: &str) -> Result<Found, Error> {
    let sql = "SELECT r.id, r.person_id, p.email, p.name FROM password_resets r JOIN people p ON p.id = r.person_id
               WHERE r.secret_sha256 = $1 AND r.used_at IS NULL AND r.ends_at > $2 AND p.active";
    row(on, "reset", sql, [hash(secret).into(), portal.now().into()]).await?.ok_or(Error::NotFound)
}

/// Address whose password the link sets. Nothing is changed.
///
/// # Errors
/// [`Error::NotFound`]: there is no such link, or it was used, or its hour is over.
pub async fn can_be_reset(portal: &Portal, secret: &str) -> Result<String, Error> {
    Ok(load(portal, portal.database.read(), secret).await?.email)
}

/// Sets another password, ends every session of the person, and tells them by mail.
///
/// # Errors
/// [`NotReset`]; nothing was changed then.
pub async fn reset_password(portal: &Portal, secret: &str, password: &str) -> Result<(), NotReset> {
    let shown = load(portal, portal.database.read(), secret).await?;
    let password = NewPassword::chosen(password, &[&shown.name, &shown.email, &portal.settings.vendor])?;
    let password_hash = portal.passwords.hash_chosen(password, &portal.ctx).await?;
    let write = portal.database.write().await?;
    let now = portal.now();
    // Of two at once one finds it unused.
    let sql = "UPDATE password_resets SET used_at = $1 WHERE id = $2 AND used_at IS NULL AND ends_at > $1";
    if run(write.on(), "reset: used", sql, [now.into(), shown.id.into()]).await? == 0 {
        return Err(Error::NotFound.into());
    }
    replace(portal, &write, shown.person_id, &shown.email, password_hash, None).await?;
    let event = AuditEvent::by_operator(now, &shown.name, EventType::PasswordReset, format!("person {}", shown.person_id));
    write.commit(event.of_person(shown.person_id)).await?;
    Ok(())
}

/// Stores another password of a person, ends their sessions but the one of `keeps` (its token), and queues the mail that says so.
pub(super) async fn replace(
    portal: &Portal,
    write: &Write,
    person: i64,
    email: &str,
    password_hash: String,
    keeps: Option<&str>,
) -> Result<(), Error> {
    let sql = "UPDATE people SET password_hash = $1 WHERE id = $2";
    run(write.on(), "password: replaced", sql, [password_hash.into(), person.into()]).await?;
    write.reach("password stored");
    let sql = "DELETE FROM sessions WHERE person_id = $1 AND token_sha256 <> $2";
    run(write.on(), "password: sessions", sql, [person.into(), hash(keeps.unwrap_or_default()).into()]).await?;
    // Who knew the password may have been signed in there.
    run(write.on(), "password: devices", "DELETE FROM devices WHERE person_id = $1", [person.into()]).await?;
    forget(write, person).await?;
    let vendor = &portal.settings.vendor;
    let letter = Letter::default()
        .words(format!("The password of your sign-in at the portal of {vendor} was changed, and all other sessions were ended."))
        .link("If that was not you, set another one at once", format!("{}{}", portal.settings.public_url, path::FORGOTTEN));
    message::queue(write, &letter.mail(email, format!("Password changed at the portal of {vendor}")), portal.now()).await
}
