//! One's own name, time zone, password and sessions.

use super::{
    current_password::{WrongPassword, check_current_password},
    password::{NewPassword, PasswordProblem},
    reset::replace,
    session::hash,
};
use crate::{
    access::caller::Caller,
    error::Error,
    event_type::EventType,
    store::statement::{rows, run},
};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use licensing::{TextError, typed};
use sea_orm::FromQueryResult;
use serde_json::json;

/// Maximum length of a person's name, in characters.
const LONGEST_NAME: usize = 100;

/// Contents of the profile as somebody types it.
pub struct ProfileChange {
    pub name: String,
    /// A name of the time zone database.
    pub time_zone: String,
}

/// A session of one's own.
#[derive(Clone, Debug)]
pub struct SessionRow {
    pub began_at: DateTime<Utc>,
    pub seen_at: DateTime<Utc>,
    /// It is the one that asks.
    pub own: bool,
}

/// Why nothing of the profile was changed.
#[derive(Debug, thiserror::Error)]
pub enum NotChanged {
    #[error("Enter your name.")]
    NoName,
    #[error("The name cannot be used: {0}.")]
    Name(TextError),
    #[error("Select a time zone from the list, such as Europe/Berlin.")]
    TimeZone,
    #[error(transparent)]
    Current(#[from] WrongPassword),
    #[error(transparent)]
    Password(#[from] PasswordProblem),
    #[error(transparent)]
    Error(#[from] Error),
}

/// Changes name and time zone. The same again changes nothing.
///
/// # Errors
/// [`NotChanged`]; nothing was changed then.
pub async fn change_profile(caller: &Caller, change: &ProfileChange) -> Result<(), NotChanged> {
    let portal = caller.portal();
    let name = typed(&change.name, LONGEST_NAME).map_err(|error| match error {
        TextError::Empty => NotChanged::NoName,
        error => NotChanged::Name(error),
    })?;
    let zone: Tz = change.time_zone.trim().parse().map_err(|_| NotChanged::TimeZone)?;
    let before = caller.person();
    if before.name == name && before.time_zone == zone {
        return Ok(());
    }
    let write = portal.database.write().await?;
    let sql = "UPDATE people SET name = $1, time_zone = $2 WHERE id = $3";
    run(write.on(), "profile: change", sql, [name.clone().into(), zone.name().into(), caller.person_id().into()]).await?;
    let event = caller.event(portal.now(), EventType::ProfileChanged, format!("person {}", caller.person_id()));
    let told = |name: &str, zone: &str| json!({ "name": name, "time_zone": zone });
    write.commit(event.changing(told(&before.name, before.time_zone.name()), told(&name, zone.name()))).await?;
    Ok(())
}

/// Changes the password, and ends all sessions but the one of `token`.
///
/// # Errors
/// [`NotChanged`]; nothing was changed then.
pub async fn change_password(caller: &Caller, token: &str, current: &str, password: &str) -> Result<(), NotChanged> {
    let (portal, person) = (caller.portal(), caller.person());
    check_current_password(caller, current).await?;
    let chosen = NewPassword::chosen(password, &[&person.name, &person.email, &portal.settings.vendor])?;
    let password_hash = portal.passwords.hash_chosen(chosen, &portal.ctx).await?;
    let write = portal.database.write().await?;
    replace(portal, &write, caller.person_id(), &person.email, password_hash, Some(token)).await?;
    write.commit(caller.event(portal.now(), EventType::PasswordChanged, format!("person {}", caller.person_id()))).await?;
    Ok(())
}

/// One's own sessions, the one that asks (by its token) first, then the latest seen.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn sessions(caller: &Caller, token: &str) -> Result<Vec<SessionRow>, Error> {
    #[derive(FromQueryResult)]
    struct Stored {
        token_sha256: Vec<u8>,
        began_at: DateTime<Utc>,
        seen_at: DateTime<Utc>,
    }
    let portal = caller.portal();
    let sql = "SELECT token_sha256, began_at, seen_at FROM sessions WHERE person_id = $1 ORDER BY seen_at DESC, began_at DESC";
    let stored: Vec<Stored> = rows(portal.database.read(), "profile: sessions", sql, [caller.person_id().into()]).await?;
    let own = hash(token);
    let row = |Stored { token_sha256, began_at, seen_at }| SessionRow { own: token_sha256 == own, began_at, seen_at };
    let mut sessions: Vec<SessionRow> = stored.into_iter().map(row).collect();
    sessions.sort_by_key(|session| !session.own);
    Ok(sessions)
}

/// Ends all sessions of one's own but the one of `token`.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn end_other_sessions(caller: &Caller, token: &str) -> Result<(), Error> {
    let portal = caller.portal();
    let write = portal.database.write().await?;
    let sql = "DELETE FROM sessions WHERE person_id = $1 AND token_sha256 <> $2";
    run(write.on(), "profile: sessions ended", sql, [caller.person_id().into(), hash(token).into()]).await?;
    write.commit(caller.event(portal.now(), EventType::SessionsEnded, format!("person {}", caller.person_id()))).await
}
