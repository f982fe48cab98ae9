//! What each person is sent, and the links in mails that end it.

use crate::{
    access::caller::Caller,
    audit::AuditEvent,
    error::Error,
    event_type::EventType,
    path,
    portal::Portal,
    store::{
        statement::{parsed, row, run},
        write::Write,
    },
};
use licensing::notice::{Notice, Notices};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::json;

/// Notices that one link ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    Files,
    Daily,
}

impl Group {
    /// As addresses have it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Daily => "daily",
        }
    }

    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Files, Self::Daily].into_iter().find(|group| group.code() == code)
    }

    /// Words of what is ended.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Files => "notices about activation files",
            Self::Daily => "the daily notices",
        }
    }

    const fn notices(self) -> &'static [Notice] {
        match self {
            Self::Files => &[Notice::Files, Notice::Attached],
            Self::Daily => &Notice::DAILY,
        }
    }
}

/// What somebody is sent.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn chosen(caller: &Caller) -> Result<Notices, Error> {
    stored(caller.portal().database.read(), caller.person_id()).await
}

async fn stored(on: &impl ConnectionTrait, person: i64) -> Result<Notices, Error> {
    #[derive(FromQueryResult)]
    struct Stored {
        notices: String,
    }
    let sql = "SELECT notices FROM notice_settings WHERE person_id = $1";
    let stored: Option<Stored> = row(on, "notices: chosen", sql, [person.into()]).await?;
    stored.map_or_else(|| Ok(Notices::default()), |stored| parsed(&stored.notices))
}

/// Chooses what somebody is sent. The same again changes nothing.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn choose(caller: &Caller, notices: &Notices) -> Result<(), Error> {
    let (portal, person) = (caller.portal(), caller.person_id());
    let write = portal.database.write().await?;
    let before = stored(write.on(), person).await?;
    if before == *notices {
        return Ok(());
    }
    set(portal, &write, person, notices).await?;
    let event = caller.event(write.now(), EventType::NoticesChosen, format!("person {person}"));
    write.commit(event.changing(json!({ "notices": before.to_string() }), json!({ "notices": notices.to_string() }))).await
}

async fn set(portal: &Portal, write: &Write, person: i64, notices: &Notices) -> Result<(), Error> {
    let sql = "INSERT INTO notice_settings (person_id, notices, secret) VALUES ($1, $2, $3)
               ON CONFLICT (person_id) DO UPDATE SET notices = excluded.notices";
    let values = [person.into(), notices.to_string().into(), portal.ctx.random_passphrase().into()];
    run(write.on(), "notices: choose", sql, values).await.map(drop)
}

/// Secret of a person's links, made where there is none yet.
pub(super) async fn secret(portal: &Portal, write: &Write, person: i64) -> Result<String, Error> {
    #[derive(FromQueryResult)]
    struct Stored {
        secret: String,
    }
    let sql = "INSERT INTO notice_settings (person_id, notices, secret) VALUES ($1, $2, $3)
               ON CONFLICT (person_id) DO UPDATE SET person_id = excluded.person_id RETURNING secret";
    let values = [person.into(), Notices::default().to_string().into(), portal.ctx.random_passphrase().into()];
    let stored: Option<Stored> = row(write.on(), "notices: secret", sql, values).await?;
    stored.map(|stored| stored.secret).ok_or_else(|| Error::internal("a row without its secret"))
}

/// Address of the link that ends the notices of `group`.
pub(super) fn link(portal: &Portal, secret: &str, group: Group) -> String {
    format!("{}{}", portal.settings.public_url, path::unsubscribe(secret, group.code()))
}

/// Address of whoever a link is of. Nothing is changed: programs open links, too.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn unsubscribing(portal: &Portal, secret: &str) -> Result<String, Error> {
    Ok(person(portal.database.read(), secret).await?.email)
}

#[derive(FromQueryResult)]
struct Person {
    id: i64,
    name: String,
    email: String,
}

async fn person(on: &impl ConnectionTrait, secret: &str) -> Result<Person, Error> {
    let sql = "SELECT p.id, p.name, p.email FROM notice_settings n JOIN people p ON p.id = n.person_id WHERE n.secret = $1";
    row(on, "notices: person", sql, [secret.into()]).await?.ok_or(Error::NotFound)
}

/// Ends the notices of a link. Doing so again changes nothing.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn unsubscribe(portal: &Portal, secret: &str, group: Group) -> Result<(), Error> {
    let write = portal.database.write().await?;
    let Person { id, name, .. } = person(write.on(), secret).await?;
    let before = stored(write.on(), id).await?;
    let after = before.clone().without(group.notices());
    if before == after {
        return Ok(());
    }
    set(portal, &write, id, &after).await?;
    let event = AuditEvent::by_operator(write.now(), &name, EventType::NoticesChosen, format!("person {id}")).of_person(id);
    write.commit(event.changing(json!({ "notices": before.to_string() }), json!({ "notices": after.to_string() }))).await
}
