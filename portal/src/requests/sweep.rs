//! What is kept of requests, and for how long. What is removed leaves its event.

use crate::{
    audit::AuditEvent,
    error::Error,
    event_type::EventType,
    portal::Portal,
    store::{
        statement::{rows, run},
        write::Write,
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use licensing::requests::RequestNumber;
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult};
use std::collections::BTreeSet;

/// Attachments of a request that nobody has claimed, and whose mailbox nobody has confirmed, are kept so long.
const UNCONFIRMED: TimeDelta = TimeDelta::days(14);
/// Mails that became no message are kept so long.
const NOTED: TimeDelta = TimeDelta::days(90);
/// A blob without a record may still get one while its upload is under way.
const UNDER_WAY: TimeDelta = TimeDelta::days(1);
/// Requests of one round.
const MOST_AT_ONCE: u32 = 200;

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    pub requests: u64,
    pub attachments: u64,
    pub mails: u64,
    /// Blobs without a record.
    pub orphans: u64,
}

#[derive(FromQueryResult)]
struct Due {
    id: i64,
    account_id: Option<i64>,
}

#[derive(FromQueryResult)]
struct Object {
    object: String,
}

/// Removes what has been kept long enough. Several servers may do so at once.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`]; the rest is removed the next time.
pub async fn sweep(portal: &Portal) -> Result<Swept, Error> {
    let now = portal.now();
    let keep = portal.settings.keep;
    let mut swept = Swept::default();
    let attached = "EXISTS (SELECT 1 FROM request_attachments a WHERE a.request_id = r.id AND a.removed_at IS NULL)";
    let ended = format!("r.ended_at <= $1 AND {attached}");
    swept.attachments += attachments(portal, &ended, now - keep.attachments, EventType::RequestAttachmentsRemoved).await?;
    let unconfirmed = format!("r.submitted_at <= $1 AND r.mailbox_confirmed_at IS NULL AND r.state = 'new' AND {attached}");
    swept.attachments += attachments(portal, &unconfirmed, now - UNCONFIRMED, EventType::RequestAttachmentsExpired).await?;
    swept.requests = requests(portal, now - keep.requests).await?;
    swept.mails = mails(portal, now - NOTED).await? + unverified(portal, now - keep.attachments).await?;
    swept.orphans = orphans(portal, now - UNDER_WAY).await?;
    if swept != Swept::default() {
        let Swept { requests, attachments, mails, orphans } = swept;
        tracing::info!(requests, attachments, mails, orphans, "what was kept long enough is removed");
    }
    Ok(swept)
}

/// Requests that `condition` with the instant `$1` names.
async fn due(portal: &Portal, condition: &str, before: DateTime<Utc>) -> Result<Vec<Due>, Error> {
    let sql = format!("SELECT r.id, r.account_id FROM requests r WHERE {condition} ORDER BY r.id LIMIT {MOST_AT_ONCE}");
    rows(portal.database.read(), "requests: to be swept", &sql, [before.into()]).await
}

fn event(now: DateTime<Utc>, event_type: EventType, due: &Due) -> AuditEvent {
    let event = AuditEvent::by_operator(now, "portal", event_type, RequestNumber::of_id(due.id).to_string());
    match due.account_id {
        Some(account) => event.on_account(account),
        None => event,
    }
}

/// Removes the attachments of a request in a write; their blobs go when that is committed.
async fn remove_attachments(write: &Write, request: i64, now: DateTime<Utc>) -> Result<Vec<Object>, Error> {
    let sql = "UPDATE request_attachments SET removed_at = $1 WHERE request_id = $2 AND removed_at IS NULL RETURNING object";
    rows(write.on(), "request: sweep attachments", sql, [now.into(), request.into()]).await
}

async fn remove_blobs(portal: &Portal, objects: Vec<Object>) -> Result<u64, Error> {
    let many = objects.len() as u64;
    for Object { object } in objects {
        portal.blobs.remove(&object).await?;
    }
    Ok(many)
}

async fn attachments(portal: &Portal, condition: &str, before: DateTime<Utc>, event_type: EventType) -> Result<u64, Error> {
    let mut removed = 0;
    for due in due(portal, condition, before).await? {
        let write = portal.database.write().await?;
        let objects = remove_attachments(&write, due.id, portal.now()).await?;
        if objects.is_empty() {
            continue;
        }
        write.commit(event(portal.now(), event_type, &due)).await?;
        removed += remove_blobs(portal, objects).await?;
    }
    Ok(removed)
}

/// Removes whole requests. The latest one stays: its number is not given out again.
async fn requests(portal: &Portal, before: DateTime<Utc>) -> Result<u64, Error> {
    let mut removed = 0;
    for due in due(portal, "r.ended_at <= $1 AND r.id < (SELECT MAX(l.id) FROM requests l)", before).await? {
        let write = portal.database.write().await?;
        // It may have been opened again.
        let lock = if write.on().get_database_backend() == DbBackend::Postgres { "FOR UPDATE" } else { "" };
        let sql = format!("SELECT id, account_id FROM requests WHERE id = $1 AND ended_at <= $2 {lock}");
        let still: Vec<Due> = rows(write.on(), "request: still over", &sql, [due.id.into(), before.into()]).await?;
        if still.is_empty() {
            continue;
        }
        let objects = remove_attachments(&write, due.id, portal.now()).await?;
        for (name, sql) in [
            ("request: sweep words", "DELETE FROM request_words WHERE request_id = $1"),
            ("request: sweep hosts", "DELETE FROM request_hosts WHERE request_id = $1"),
            ("request: sweep files", "DELETE FROM request_files WHERE request_id = $1"),
            ("request: sweep readers", "DELETE FROM request_readers WHERE request_id = $1"),
            ("request: sweep messages", "DELETE FROM request_messages WHERE request_id = $1"),
            ("request: sweep attachment rows", "DELETE FROM request_attachments WHERE request_id = $1"),
            ("request: sweep mails", "DELETE FROM received_mails WHERE request_id = $1 AND object IS NULL"),
            ("request: free mails", "UPDATE received_mails SET request_id = NULL WHERE request_id = $1"),
            ("request: sweep", "DELETE FROM requests WHERE id = $1"),
        ] {
            run(write.on(), name, sql, [due.id.into()]).await?;
        }
        write.reach("request swept");
        write.commit(event(portal.now(), EventType::RequestRemoved, &due)).await?;
        remove_blobs(portal, objects).await?;
        removed += 1;
    }
    Ok(removed)
}

/// Removes mails that wait for nobody and are no message.
async fn mails(portal: &Portal, before: DateTime<Utc>) -> Result<u64, Error> {
    let write = portal.database.write().await?;
    let sql =
        "DELETE FROM received_mails WHERE received_at <= $1 AND outcome IN ('automatic', 'bounce', 'unreadable', 'dismissed')";
    let removed = run(write.on(), "mail: sweep", sql, [before.into()]).await?;
    if removed > 0 {
        write.commit(AuditEvent::by_operator(portal.now(), "portal", EventType::MailsRemoved, counted(removed))).await?;
    }
    Ok(removed)
}

fn counted(mails: u64) -> String {
    if mails == 1 { "1 mail".to_owned() } else { format!("{mails} mails") }
}

/// Removes mails that have waited for an analyst as long as attachments are kept.
async fn unverified(portal: &Portal, before: DateTime<Utc>) -> Result<u64, Error> {
    #[derive(FromQueryResult)]
    struct Removed {
        object: Option<String>,
    }
    let write = portal.database.write().await?;
    let sql = "DELETE FROM received_mails WHERE outcome = 'unverified' AND received_at <= $1 RETURNING object";
    let removed: Vec<Removed> = rows(write.on(), "mail: sweep unverified", sql, [before.into()]).await?;
    let many = removed.len() as u64;
    if many > 0 {
        write.commit(AuditEvent::by_operator(portal.now(), "portal", EventType::UnverifiedMailsRemoved, counted(many))).await?;
        let objects = removed.into_iter().filter_map(|removed| removed.object).map(|object| Object { object });
        remove_blobs(portal, objects.collect()).await?;
    }
    Ok(many)
}

/// Removes blobs that no record names: an upload ended between both.
async fn orphans(portal: &Portal, before: DateTime<Utc>) -> Result<u64, Error> {
    let old = portal.blobs.names_before(before).await?;
    if old.is_empty() {
        return Ok(0);
    }
    let sql = "SELECT object FROM request_attachments WHERE removed_at IS NULL UNION ALL SELECT object FROM received_mails WHERE object IS NOT NULL
               UNION ALL SELECT object FROM imports WHERE object IS NOT NULL";
    let known: Vec<Object> = rows(portal.database.read(), "blobs: known", sql, []).await?;
    let known: BTreeSet<String> = known.into_iter().map(|known| known.object).collect();
    remove_blobs(portal, old.into_iter().filter(|name| !known.contains(name)).map(|object| Object { object }).collect()).await
}
