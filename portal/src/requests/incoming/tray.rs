//! Mails that became no message by themselves: those that wait for an analyst, and what programs sent.

use super::{
    incoming_mail::IncomingMail,
    receive::{Brought, Outcome, bring, make_message},
};
use crate::{
    access::analyst::AnalystAccess,
    error::Error,
    event_type::EventType,
    portal::Portal,
    requests::{attachment::discard, follow, queue::MOST_COUNTED},
    store::{
        blobs::BlobBytes,
        statement::{row, rows, run},
        write::Write,
    },
};
use chrono::{DateTime, Utc};
use licensing::requests::RequestNumber;
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::json;

/// Mails that are listed together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MailView {
    /// They wait for an analyst.
    #[default]
    Unverified,
    /// They wait for nobody: bounces, automatic replies, and what was not read.
    Noted,
    /// An analyst has dealt with them.
    Settled,
}

impl MailView {
    pub const ALL: [Self; 3] = [Self::Unverified, Self::Noted, Self::Settled];

    /// As it stands in an address.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unverified => "unverified",
            Self::Noted => "noted",
            Self::Settled => "settled",
        }
    }

    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.code() == code)
    }

    const fn outcomes(self) -> &'static str {
        match self {
            Self::Unverified => "('unverified')",
            Self::Noted => "('automatic', 'bounce', 'unreadable')",
            Self::Settled => "('added', 'dismissed')",
        }
    }
}

/// A mail in the tray.
#[derive(Clone, Debug)]
pub struct TrayMail {
    pub id: i64,
    pub at: DateTime<Utc>,
    /// Address that it says it comes from; empty when it does not name one.
    pub sender: String,
    pub subject: String,
    /// Why it is here. A sentence.
    pub reason: String,
    pub body: String,
    /// Request that it may belong to, or was added to.
    pub request: Option<RequestNumber>,
    /// Whether its content is kept whole.
    pub is_whole: bool,
    pub dismissed: bool,
}

/// A page of the tray.
#[derive(Clone, Debug)]
pub struct TrayPage {
    pub mails: Vec<TrayMail>,
    pub more: bool,
}

/// Why a mail was not dealt with. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum NotSettled {
    #[error("“{0}” is no number of a request. Enter one such as AFR-0000123.")]
    NoNumber(String),
    #[error("There is no request {0}. Check the number.")]
    NoSuchRequest(RequestNumber),
    #[error(transparent)]
    Error(#[from] Error),
}

/// Mails of a page.
const PAGE: usize = 25;

#[derive(FromQueryResult)]
struct Stored {
    id: i64,
    received_at: DateTime<Utc>,
    sender: String,
    subject: String,
    outcome: String,
    reason: String,
    body: String,
    request_id: Option<i64>,
    object: Option<String>,
}

impl Stored {
    fn mail(self) -> TrayMail {
        TrayMail {
            id: self.id,
            at: self.received_at,
            sender: self.sender,
            subject: self.subject,
            reason: self.reason,
            body: self.body,
            request: self.request_id.map(RequestNumber::of_id),
            is_whole: self.object.is_some(),
            dismissed: self.outcome == Outcome::Dismissed.code(),
        }
    }
}

const COLUMNS: &str = "id, received_at, sender, subject, outcome, reason, body, request_id, object";

/// A page of mails, the latest first, from behind the mail `after` on.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn tray(access: &AnalystAccess, view: MailView, after: Option<i64>) -> Result<TrayPage, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM received_mails WHERE outcome IN {} AND id < $1 ORDER BY id DESC LIMIT {}",
        view.outcomes(),
        PAGE + 1
    );
    let on = access.caller().portal().database.read();
    let mut stored: Vec<Stored> = rows(on, "mail: tray", &sql, [after.unwrap_or(i64::MAX).into()]).await?;
    let more = stored.len() > PAGE;
    stored.truncate(PAGE);
    Ok(TrayPage { mails: stored.into_iter().map(Stored::mail).collect(), more })
}

/// Number of mails that wait for an analyst; counted to one more than [`MOST_COUNTED`].
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn unverified(access: &AnalystAccess) -> Result<u64, Error> {
    #[derive(FromQueryResult)]
    struct Count {
        many: i64,
    }
    let sql = format!(
        "SELECT COUNT(*) AS many FROM (SELECT 1 FROM received_mails WHERE outcome = 'unverified' LIMIT {MOST_COUNTED}) w"
    );
    let count: Option<Count> = row(access.caller().portal().database.read(), "mail: count", &sql, []).await?;
    Ok(count.map_or(0, |count| count.many.unsigned_abs()))
}

/// A mail that concerns a request without being its message.
#[derive(Clone, Debug)]
pub struct NotedMail {
    pub at: DateTime<Utc>,
    pub sender: String,
    pub subject: String,
    pub reason: String,
    pub body: String,
}

/// Mails that name the request: bounces, automatic replies, and what waits.
pub(crate) async fn of_request(on: &impl ConnectionTrait, request: i64) -> Result<Vec<NotedMail>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM received_mails
         WHERE request_id = $1 AND outcome IN ('unverified', 'automatic', 'bounce', 'unreadable') ORDER BY id DESC LIMIT {PAGE}"
    );
    let stored: Vec<Stored> = rows(on, "mail: of a request", &sql, [request.into()]).await?;
    let noted = |mail: Stored| NotedMail {
        at: mail.received_at,
        sender: mail.sender,
        subject: mail.subject,
        reason: mail.reason,
        body: mail.body,
    };
    Ok(stored.into_iter().map(noted).collect())
}

#[derive(FromQueryResult)]
struct Waiting {
    mail_sha256: Vec<u8>,
    sender: String,
    body: String,
    object: Option<String>,
    outcome: String,
}

async fn waiting(on: &impl ConnectionTrait, id: i64) -> Result<Waiting, Error> {
    let sql = "SELECT mail_sha256, sender, body, object, outcome FROM received_mails WHERE id = $1";
    let found: Option<Waiting> = row(on, "mail: waiting", sql, [id.into()]).await?;
    found.filter(|mail| mail.outcome == Outcome::Unverified.code()).ok_or(Error::NotFound)
}

/// A mail that waits, as it came.
///
/// # Errors
/// [`Error::NotFound`]: it waits no longer, or its content was not kept.
pub async fn raw_mail(access: &AnalystAccess, id: i64) -> Result<BlobBytes, Error> {
    let portal = access.caller().portal();
    let object = waiting(portal.database.read(), id).await?.object.ok_or(Error::NotFound)?;
    portal.blobs.get(&object, None).await
}

/// Adds a mail that waits to the request with the `typed` number, as a message of its requester's side.
///
/// # Errors
/// [`NotSettled`]; nothing was changed then.
pub async fn add_to_request(access: &AnalystAccess, id: i64, typed: &str) -> Result<RequestNumber, NotSettled> {
    let portal = access.caller().portal();
    let no_number = |_| NotSettled::NoNumber(licensing::excerpt(typed));
    let number: RequestNumber = typed.trim().to_uppercase().parse().map_err(no_number)?;
    let mail = waiting(portal.database.read(), id).await?;
    let brought = attachments(portal, &mail).await?;
    let added = async {
        let write = portal.database.write().await?;
        let head = match follow::head(&write, number.id()).await {
            Err(Error::NotFound) => return Err(NotSettled::NoSuchRequest(number)),
            head => head?,
        };
        let Waiting { object, .. } = settle(&write, access, id, (Outcome::Added, Some(number))).await?;
        let author = if mail.sender.is_empty() { "Mail without a sender" } else { &mail.sender };
        let as_message = (id, mail.mail_sha256.as_slice(), author);
        let remarks = make_message(portal, &write, (number.id(), &head), as_message, &mail.body, &brought).await?;
        let sql = "UPDATE received_mails SET reason = $1 WHERE id = $2";
        run(write.on(), "mail: remarks", sql, [remarks.join(" ").into(), id.into()]).await?;
        let event = access.caller().event(portal.now(), EventType::MailAddedToRequest, number.to_string());
        let event = match head.account_id {
            Some(account) => event.on_account(account),
            None => event,
        };
        write.commit(event.changing(json!({ "mail": id }), serde_json::Value::Null)).await?;
        Ok(object)
    };
    match added.await {
        Ok(object) => {
            forget(portal, object).await;
            Ok(number)
        }
        Err(why) => {
            discard(portal, &brought.kept).await;
            Err(why)
        }
    }
}

/// Attachments of a mail that waits.
async fn attachments(portal: &Portal, mail: &Waiting) -> Result<Brought, Error> {
    let Some(object) = &mail.object else { return Ok(Brought { kept: Vec::new(), remarks: Vec::new() }) };
    let bytes = portal.blobs.get(object, None).await?.whole_bytes().await?;
    let read = tokio::task::spawn_blocking(move || IncomingMail::read(&bytes, "").0).await.map_err(Error::internal)?;
    bring(portal, read.attachments).await
}

/// Dismisses a mail that waits. Its text stays; what it carries does not.
///
/// # Errors
/// [`Error::NotFound`]: it waits no longer.
pub async fn dismiss(access: &AnalystAccess, id: i64) -> Result<(), Error> {
    let portal = access.caller().portal();
    let write = portal.database.write().await?;
    let Waiting { object, .. } = settle(&write, access, id, (Outcome::Dismissed, None)).await?;
    write.commit(access.caller().event(portal.now(), EventType::MailDismissed, format!("mail {id}"))).await?;
    forget(portal, object).await;
    Ok(())
}

/// Notes what was done with a mail that waits, unless somebody else was faster.
async fn settle(
    write: &Write,
    access: &AnalystAccess,
    id: i64,
    (outcome, request): (Outcome, Option<RequestNumber>),
) -> Result<Waiting, Error> {
    let mail = waiting(write.on(), id).await?;
    let sql = "UPDATE received_mails SET outcome = $1, request_id = COALESCE($2, request_id), settled_by = $3, settled_at = $4, object = NULL, kept_bytes = 0,
                   body = CASE WHEN $1 = 'added' THEN '' ELSE body END
               WHERE id = $5 AND outcome = 'unverified'";
    let now = access.caller().portal().now();
    let values =
        [outcome.code().into(), request.map(RequestNumber::id).into(), access.caller().person_id().into(), now.into(), id.into()];
    if run(write.on(), "mail: settle", sql, values).await? == 0 {
        return Err(Error::NotFound);
    }
    Ok(mail)
}

/// Removes the content of a mail that was dealt with. What stays behind is swept later.
async fn forget(portal: &Portal, object: Option<String>) {
    if let Some(object) = object
        && let Err(error) = portal.blobs.remove(&object).await
    {
        tracing::warn!(%error, "the content of a mail was not removed yet");
    }
}
