//! A second factor that was lost: two administrators reset it together, or an operator on the server's terminal.

use super::{
    code::CodeProblem,
    confirmation::confirm,
    second_factor::{forget_factor, tell},
    session::has_second_factor,
};
use crate::{
    access::administrator::AdministratorAccess,
    audit::AuditEvent,
    error::Error,
    event_type::EventType,
    portal::Portal,
    store::{
        statement::{row, run},
        write::Write,
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use licensing::{EmailAddress, NotAnEmailAddress};
use sea_orm::{ConnectionTrait, FromQueryResult};

/// A reset that one administrator asked for waits this long for another one.
const WAITS: TimeDelta = TimeDelta::hours(24);

/// Where the reset of somebody's second factor stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FactorState {
    None,
    SetUp,
    /// Another administrator has to agree.
    Asked {
        by: String,
        by_oneself: bool,
        until: DateTime<Utc>,
    },
}

/// Why a second factor was not reset. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum FactorNotReset {
    #[error("This is you. Two other administrators reset your second factor, or an operator on the server’s terminal.")]
    Oneself,
    #[error("{0} has no second factor.")]
    None(String),
    #[error("You have asked for it. Another administrator has to agree.")]
    AskedAlready,
    #[error(transparent)]
    Address(#[from] NotAnEmailAddress),
    #[error("Nobody has the address {0}.")]
    Nobody(EmailAddress),
    #[error(transparent)]
    Code(#[from] CodeProblem),
    #[error(transparent)]
    Error(#[from] Error),
}

#[derive(FromQueryResult)]
struct Asked {
    asked_by: i64,
    name: String,
    asked_at: DateTime<Utc>,
}

async fn asked(on: &impl ConnectionTrait, person: i64, now: DateTime<Utc>) -> Result<Option<Asked>, Error> {
    let sql = "SELECT r.asked_by, p.name, r.asked_at FROM factor_resets r JOIN people p ON p.id = r.asked_by
               WHERE r.person_id = $1 AND r.asked_at > $2 AND p.active AND p.staff_role = 'administrator'";
    row(on, "factor reset", sql, [person.into(), (now - WAITS).into()]).await
}

/// Where the reset of a person's second factor stands.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn factor_state(access: &AdministratorAccess, person: i64) -> Result<FactorState, Error> {
    let caller = access.caller();
    let (read, now) = (caller.portal().database.read(), caller.portal().now());
    if !has_second_factor(read, person).await? {
        return Ok(FactorState::None);
    }
    Ok(match asked(read, person, now).await? {
        None => FactorState::SetUp,
        Some(Asked { asked_by, name, asked_at }) => {
            FactorState::Asked { by: name, by_oneself: asked_by == caller.person_id(), until: asked_at + WAITS }
        }
    })
}

/// Asks for a reset of a person's second factor, or agrees with another administrator who did: then it is gone, with every session of theirs. Whether
/// it is gone.
///
/// # Errors
/// [`FactorNotReset`].
pub async fn reset_second_factor(access: &AdministratorAccess, person: i64, code: &str) -> Result<bool, FactorNotReset> {
    #[derive(FromQueryResult)]
    struct Person {
        email: String,
    }
    confirm(access, code).await?;
    let caller = access.caller();
    let portal = caller.portal();
    let write = portal.database.write_alone().await?;
    let sql = "SELECT email FROM people WHERE id = $1";
    let found: Option<Person> = row(write.on(), "factor reset: person", sql, [person.into()]).await?;
    let Person { email } = found.ok_or(Error::NotFound)?;
    if person == caller.person_id() {
        return Err(FactorNotReset::Oneself);
    }
    if !has_second_factor(write.on(), person).await? {
        return Err(FactorNotReset::None(email));
    }
    let now = write.now();
    match asked(write.on(), person, now).await? {
        Some(asked) if asked.asked_by == caller.person_id() => Err(FactorNotReset::AskedAlready),
        Some(asked) => {
            reset(portal, &write, person, &email).await?;
            let event = caller.event(now, EventType::SecondFactorReset, email);
            write.commit(event.changing(serde_json::json!({ "asked by": asked.name }), serde_json::Value::Null)).await?;
            Ok(true)
        }
        None => {
            let sql = "INSERT INTO factor_resets (person_id, asked_by, asked_at) VALUES ($1, $2, $3)
                       ON CONFLICT (person_id) DO UPDATE SET asked_by = $2, asked_at = $3";
            run(write.on(), "factor reset: asked", sql, [person.into(), caller.person_id().into(), now.into()]).await?;
            write.commit(caller.event(now, EventType::SecondFactorResetAsked, email)).await?;
            Ok(false)
        }
    }
}

/// Resets the second factor of the person with this address, for the command line.
///
/// # Errors
/// [`FactorNotReset`].
pub async fn reset_second_factor_of(portal: &Portal, email: &str) -> Result<(), FactorNotReset> {
    #[derive(FromQueryResult)]
    struct Person {
        id: i64,
    }
    let email = EmailAddress::typed(email)?;
    let write = portal.database.write_alone().await?;
    let sql = "SELECT id FROM people WHERE email = $1";
    let person: Option<Person> = row(write.on(), "factor reset: person", sql, [email.as_str().into()]).await?;
    let Person { id } = person.ok_or_else(|| FactorNotReset::Nobody(email.clone()))?;
    if !has_second_factor(write.on(), id).await? {
        return Err(FactorNotReset::None(email.to_string()));
    }
    reset(portal, &write, id, email.as_str()).await?;
    let event = AuditEvent::by_operator(write.now(), "operator", EventType::SecondFactorReset, email.to_string());
    Ok(write.commit(event).await?)
}

async fn reset(portal: &Portal, write: &Write, person: i64, email: &str) -> Result<(), Error> {
    forget_factor(write, person).await?;
    run(write.on(), "factor reset: sessions", "DELETE FROM sessions WHERE person_id = $1", [person.into()]).await?;
    tell(portal, write, email, "was reset by the vendor. Sign in and set up another one").await
}
