//! Attachments that wait for the virus scanner. That it is away says nothing about an attachment.

use super::{
    follow,
    scanner::{Found, Scanner},
};
use crate::{
    audit::AuditEvent,
    error::Error,
    event_type::EventType,
    portal::Portal,
    store::statement::{row, rows, run},
};
use licensing::requests::RequestNumber;
use sea_orm::FromQueryResult;
use serde_json::json;
use std::sync::atomic::Ordering;

/// Attachments that are checked in one go.
const MOST_AT_ONCE: u32 = 50;

/// Checks the attachments that wait for the scanner; the number of those that it spoke about. Whoever is away is asked again later.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn scan_pending(portal: &Portal) -> Result<u32, Error> {
    #[derive(FromQueryResult)]
    struct Pending {
        id: i64,
        request_id: i64,
        name: String,
        object: String,
    }
    let Some(Scanner { address, was_away }) = &portal.scanner else { return Ok(0) };
    let sql = format!(
        "SELECT id, request_id, name, object FROM request_attachments WHERE scan = 'pending' AND removed_at IS NULL ORDER BY id LIMIT {MOST_AT_ONCE}"
    );
    let pending: Vec<Pending> = rows(portal.database.read(), "attachments: to be scanned", &sql, []).await?;
    let mut scanned = 0;
    for Pending { id, request_id, name, object } in pending {
        let blob = match portal.blobs.get(&object, None).await {
            // It was removed meanwhile.
            Err(Error::NotFound) => continue,
            blob => blob?,
        };
        let found = match address.scan(blob).await {
            Ok(found) => found,
            Err(error) => {
                // Told once.
                if !was_away.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "attachments wait for the virus scanner");
                }
                return Ok(scanned);
            }
        };
        if was_away.swap(false, Ordering::Relaxed) {
            tracing::info!("the virus scanner answers again");
        }
        let write = portal.database.write().await?;
        let head = follow::head(&write, request_id).await?;
        let now = portal.now();
        let number = RequestNumber::of_id(request_id).to_string();
        let (sql, event) = match &found {
            Found::Nothing => (
                "UPDATE request_attachments SET scan = 'clean' WHERE id = $1 AND scan = 'pending'",
                AuditEvent::by_operator(now, "virus scanner", EventType::RequestAttachmentClean, number),
            ),
            Found::Virus(virus) => (
                "UPDATE request_attachments SET scan = 'infected', removed_at = $2, about = $3 WHERE id = $1 AND scan = 'pending' AND removed_at IS NULL",
                AuditEvent::by_operator(now, "virus scanner", EventType::RequestAttachmentInfected, number)
                    .changing(json!({ "name": name }), json!({ "virus": virus })),
            ),
        };
        let mut values = vec![id.into()];
        if let Found::Virus(virus) = &found {
            values.extend([now.into(), format!("Removed: the virus scanner found {virus}").into()]);
        }
        if run(write.on(), "attachment: scanned", sql, values).await? == 0 {
            continue;
        }
        write.reach("attachment scanned");
        let event = match head.account_id {
            Some(account) => event.on_account(account),
            None => event,
        };
        write.commit(event).await?;
        if let Found::Virus(_) = found {
            portal.blobs.remove(&object).await?;
        }
        scanned += 1;
    }
    Ok(scanned)
}

/// Number of attachments that wait for the scanner.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn unscanned(portal: &Portal) -> Result<u64, Error> {
    #[derive(FromQueryResult)]
    struct Count {
        many: i64,
    }
    let sql = "SELECT COUNT(*) AS many FROM request_attachments WHERE scan = 'pending' AND removed_at IS NULL";
    let count: Option<Count> = row(portal.database.read(), "attachments: unscanned", sql, []).await?;
    Ok(count.map_or(0, |count| count.many.unsigned_abs()))
}
