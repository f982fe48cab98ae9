//! The requester's side of a request: by its private link, or signed in.

use super::{
    confirmation::{letter_about, letter_to_parties},
    files::{HandedFile, handed, handed_bytes},
    message::{self, Message, MessageKind, NotSent},
};
use crate::{
    access::caller::{Caller, Role},
    audit::AuditEvent,
    error::Error,
    event_type::EventType,
    files::Download,
    mail::message as outgoing,
    path,
    portal::Portal,
    store::{
        statement::{known, row, rows, run},
        write::Write,
    },
    submission::key::SubmissionKey,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use licensing::{
    Garn,
    requests::{Answer, RequestKind, RequestNumber, RequestState},
};
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult};
use serde_json::json;

/// A link leads nowhere this long after its request has ended.
const LINK_LASTS: TimeDelta = TimeDelta::days(90);

/// Way in which somebody follows a request.
#[derive(Clone)]
pub enum Follower {
    /// By its private link.
    Link(String),
    Person(Caller),
}

/// One request, seen from the requester's side.
#[derive(Clone)]
pub struct RequestAccess {
    portal: Portal,
    id: i64,
    pub by: Follower,
}

/// A request as its requester sees it.
#[derive(Clone, Debug)]
pub struct RequestView {
    pub number: RequestNumber,
    pub kind: RequestKind,
    pub state: RequestState,
    /// Its mailbox is to be confirmed before an analyst sees it.
    pub held: bool,
    pub subject: String,
    pub urgent: bool,
    pub needed_by: Option<NaiveDate>,
    pub name: String,
    pub email: String,
    pub copies: Vec<String>,
    pub garn: Option<Garn>,
    pub answers: Vec<Answer>,
    pub submitted_at: DateTime<Utc>,
    pub mailbox_confirmed_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub messages: Vec<Message>,
    /// Activation files that were handed over.
    pub files: Vec<HandedFile>,
}

impl Portal {
    /// The request that `link` leads to.
    ///
    /// # Errors
    /// [`Error::NotFound`], the same for a link that was renewed or has run out and for none.
    pub async fn request_by_link(&self, link: &str) -> Result<RequestAccess, Error> {
        let sql = "SELECT id FROM requests WHERE link = $1 AND (ended_at IS NULL OR ended_at > $2)";
        let values = [link.into(), (self.now() - LINK_LASTS).into()];
        let found: Option<Id> = row(self.database.read(), "request: by link", sql, values).await?;
        let Id { id } = found.ok_or(Error::NotFound)?;
        Ok(RequestAccess { portal: self.clone(), id, by: Follower::Link(link.to_owned()) })
    }
}

#[derive(FromQueryResult)]
struct Id {
    id: i64,
}

impl Caller {
    /// A request that this person sent, or that belongs to an account which they see.
    ///
    /// # Errors
    /// [`Error::NotFound`], the same for a request of others and for none.
    pub async fn request(&self, number: RequestNumber) -> Result<RequestAccess, Error> {
        let sql = format!(
            "SELECT r.id FROM requests r LEFT JOIN accounts a ON a.id = r.account_id
             WHERE r.id = $2 AND (r.person_id = $1 OR (a.id IS NOT NULL AND {}))",
            self.visible("a")
        );
        let values = [self.person_id().into(), number.id().into()];
        let found: Option<Id> = row(self.portal().database.read(), "request of the caller", &sql, values).await?;
        let Id { id } = found.ok_or(Error::NotFound)?;
        Ok(RequestAccess { portal: self.portal().clone(), id, by: Follower::Person(self.clone()) })
    }
}

/// A line of the list of one's own requests.
#[derive(Clone, Debug)]
pub struct OwnRequest {
    pub number: RequestNumber,
    pub subject: String,
    pub state: RequestState,
    pub submitted_at: DateTime<Utc>,
    pub changed_at: DateTime<Utc>,
}

/// Row that an [`OwnRequest`] is read from.
#[derive(FromQueryResult)]
pub(super) struct StoredLine {
    id: i64,
    subject: String,
    state: String,
    submitted_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
}

impl StoredLine {
    pub(super) fn line(self) -> Result<OwnRequest, Error> {
        Ok(OwnRequest {
            number: RequestNumber::of_id(self.id),
            subject: self.subject,
            state: known(RequestState::from_code(&self.state), &self.state)?,
            submitted_at: self.submitted_at,
            changed_at: self.changed_at,
        })
    }
}

/// Maximum number of own requests listed.
const MOST_LISTED: u32 = 200;

/// Requests that this person sent, or of accounts that they see, the latest first.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn own_requests(caller: &Caller) -> Result<Vec<OwnRequest>, Error> {
    if caller.role() == Role::Analyst {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT r.id, r.subject, r.state, r.submitted_at, r.changed_at FROM requests r
         WHERE r.person_id = $1 OR r.account_id IN (SELECT a.id FROM accounts a WHERE {})
         ORDER BY r.id DESC LIMIT {MOST_LISTED}",
        caller.visible("a")
    );
    let stored: Vec<StoredLine> =
        rows(caller.portal().database.read(), "requests of the caller", &sql, [caller.person_id().into()]).await?;
    stored.into_iter().map(StoredLine::line).collect()
}

impl RequestAccess {
    #[must_use]
    pub fn portal(&self) -> &Portal {
        &self.portal
    }

    #[must_use]
    pub fn number(&self) -> RequestNumber {
        RequestNumber::of_id(self.id)
    }

    fn person_id(&self) -> Option<i64> {
        match &self.by {
            Follower::Link(_) => None,
            Follower::Person(caller) => Some(caller.person_id()),
        }
    }

    /// Event by whoever follows the request.
    fn event(&self, state: &Head, event_type: EventType) -> AuditEvent {
        let number = self.number().to_string();
        let event = match &self.by {
            Follower::Link(_) => AuditEvent::by_operator(self.portal.now(), "requester", event_type, number),
            Follower::Person(caller) => caller.event(self.portal.now(), event_type, number),
        };
        match state.account_id {
            Some(account) => event.on_account(account),
            None => event,
        }
    }
}

/// What decides on a change of a request, read inside the write that makes it.
#[derive(FromQueryResult)]
pub(super) struct Head {
    pub(super) state: String,
    pub(super) held: bool,
    pub(super) assigned_to: Option<i64>,
    pub(super) account_id: Option<i64>,
    pub(super) revision: i64,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) copies: serde_json::Value,
    pub(super) link: String,
    pub(super) mailbox_key: String,
}

impl Head {
    pub(super) fn state(&self) -> Result<RequestState, Error> {
        known(RequestState::from_code(&self.state), &self.state)
    }

    /// Addresses that a reply goes to.
    pub(super) fn recipients(&self) -> Result<Vec<String>, Error> {
        let copies: Vec<String> = serde_json::from_value(self.copies.clone()).map_err(Error::internal)?;
        Ok(std::iter::once(self.email.clone()).chain(copies).collect())
    }
}

/// The request for a change: nobody else changes it until the write has ended.
pub(super) async fn head(write: &Write, id: i64) -> Result<Head, Error> {
    let lock = if write.on().get_database_backend() == DbBackend::Postgres { "FOR UPDATE" } else { "" };
    let sql = format!(
        "SELECT state, held, assigned_to, account_id, revision, name, email, copies, link, mailbox_key FROM requests WHERE id = $1 {lock}"
    );
    let head: Option<Head> = row(write.on(), "request: head", &sql, [id.into()]).await?;
    head.ok_or(Error::NotFound)
}

/// Sets the state of a request, and who has it.
pub(super) async fn set_state(
    write: &Write,
    id: i64,
    (state, assigned_to): (RequestState, Option<i64>),
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let sql = "UPDATE requests SET state = $1, assigned_to = $2, changed_at = $3, revision = revision + 1,
                   ended_at = CASE WHEN $4 THEN NULL ELSE COALESCE(ended_at, $3) END
               WHERE id = $5";
    let values = [state.code().into(), assigned_to.into(), now.into(), state.is_open().into(), id.into()];
    run(write.on(), "request: state", sql, values).await.map(drop)
}

/// The request with its conversation, without what analysts note among themselves.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn view(access: &RequestAccess) -> Result<RequestView, Error> {
    load(access.portal.database.read(), access.id, false).await
}

pub(super) async fn load(on: &impl ConnectionTrait, id: i64, notes: bool) -> Result<RequestView, Error> {
    #[derive(FromQueryResult)]
    struct Stored {
        kind: String,
        state: String,
        held: bool,
        subject: String,
        urgent: bool,
        needed_by: Option<NaiveDate>,
        name: String,
        email: String,
        copies: serde_json::Value,
        garn: Option<String>,
        answers: serde_json::Value,
        submitted_at: DateTime<Utc>,
        mailbox_confirmed_at: Option<DateTime<Utc>>,
        ended_at: Option<DateTime<Utc>>,
    }
    let sql = "SELECT kind, state, held, subject, urgent, needed_by, name, email, copies, garn, answers, submitted_at, mailbox_confirmed_at, ended_at
               FROM requests WHERE id = $1";
    let found: Option<Stored> = row(on, "request", sql, [id.into()]).await?;
    let stored = found.ok_or(Error::NotFound)?;
    Ok(RequestView {
        number: RequestNumber::of_id(id),
        kind: known(RequestKind::from_code(&stored.kind), &stored.kind)?,
        state: known(RequestState::from_code(&stored.state), &stored.state)?,
        held: stored.held,
        subject: stored.subject,
        urgent: stored.urgent,
        needed_by: stored.needed_by,
        name: stored.name,
        email: stored.email,
        copies: serde_json::from_value(stored.copies).map_err(Error::internal)?,
        garn: stored.garn.map(|garn| crate::store::statement::parsed(&garn)).transpose()?,
        answers: serde_json::from_value(stored.answers).map_err(Error::internal)?,
        submitted_at: stored.submitted_at,
        mailbox_confirmed_at: stored.mailbox_confirmed_at,
        ended_at: stored.ended_at,
        messages: message::load(on, id, notes).await?,
        files: handed(on, id).await?,
    })
}

/// Adds a message of the requester. A request that was over is open again.
///
/// # Errors
/// [`NotSent`]; nothing was changed then.
pub async fn reply(access: &RequestAccess, key: &SubmissionKey, typed: &str) -> Result<(), NotSent> {
    let body = message::text(typed)?;
    let write = access.portal.database.write().await?;
    let head = head(&write, access.id).await?;
    if message::is_stored(write.on(), access.id, key, &body).await? {
        return Ok(());
    }
    let now = access.portal.now();
    let author = match &access.by {
        Follower::Link(_) => &head.name,
        Follower::Person(caller) => &caller.person().name,
    };
    let (request, kind, person) = (access.id, MessageKind::Requester, access.person_id());
    message::store(&write, message::Draft { request, key, kind, person, author, body: &body, resolution: None, mail: None }, now)
        .await?;
    let state = head.state()?.replied(head.assigned_to.is_some());
    set_state(&write, access.id, (state, head.assigned_to), now).await?;
    if let Some(analyst) = head.assigned_to {
        tell_analyst(&access.portal, &write, analyst, access.number()).await?;
    }
    write.commit(access.event(&head, EventType::RequestReplied)).await?;
    Ok(())
}

/// Tells the analyst who has the request that something arrived.
pub(super) async fn tell_analyst(portal: &Portal, write: &Write, analyst: i64, number: RequestNumber) -> Result<(), Error> {
    #[derive(FromQueryResult)]
    struct Analyst {
        email: String,
    }
    let found: Option<Analyst> =
        row(write.on(), "person: email", "SELECT email FROM people WHERE id = $1 AND active", [analyst.into()]).await?;
    let Some(Analyst { email }) = found else { return Ok(()) };
    let link = format!("{}{}", portal.settings.public_url, path::request(number));
    let letter = letter_about(number);
    let letter = letter.words(format!("The requester added a message to {number}, which you work on.")).link("Read it", link);
    outgoing::queue(write, &letter.mail(email, format!("{number}: the requester wrote")), portal.now()).await
}

/// Closes the request: its requester needs nothing more. One that is over stays as it is.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`]; nothing was changed then.
pub async fn close(access: &RequestAccess) -> Result<(), Error> {
    let write = access.portal.database.write().await?;
    let head = head(&write, access.id).await?;
    if !head.state()?.is_open() {
        return Ok(());
    }
    let now = access.portal.now();
    if head.held {
        run(write.on(), "request: not held", "UPDATE requests SET held = FALSE WHERE id = $1", [access.id.into()]).await?;
    }
    set_state(&write, access.id, (RequestState::Closed, head.assigned_to), now).await?;
    write.commit(access.event(&head, EventType::RequestClosed)).await
}

/// Gives the request another link. The one of before leads nowhere from then on; the new one is mailed to the requester.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`]; nothing was changed then.
pub async fn renew_link(access: &RequestAccess) -> Result<String, Error> {
    let portal = &access.portal;
    let write = portal.database.write().await?;
    let head = head(&write, access.id).await?;
    if let Follower::Link(link) = &access.by
        && *link != head.link
    {
        return Err(Error::NotFound);
    }
    let link = URL_SAFE_NO_PAD.encode(portal.ctx.random::<24>());
    run(write.on(), "request: link", "UPDATE requests SET link = $1 WHERE id = $2", [link.clone().into(), access.id.into()])
        .await?;
    let number = access.number();
    let letter = letter_to_parties(portal, number, &head.mailbox_key)
        .words(format!("The link to your request {number} was renewed. The one of before no longer works."))
        .link("Follow it here", format!("{}{}", portal.settings.public_url, path::follow(&link)));
    outgoing::queue(&write, &letter.mail(&head.email, format!("Activation file request {number}")), portal.now()).await?;
    write.commit(access.event(&head, EventType::RequestLinkRenewed)).await?;
    Ok(link)
}

/// Bytes of a file that was handed over with a reply.
///
/// # Errors
/// [`Error::NotFound`], the same for a file that was not handed over and for none.
pub async fn download_handed(access: &RequestAccess, serial: &str) -> Result<Download, Error> {
    let portal = &access.portal;
    let (download, account) = handed_bytes(portal.database.read(), access.id, serial).await?;
    let note = async {
        let write = portal.database.write().await?;
        let event = match &access.by {
            Follower::Link(_) => AuditEvent::by_operator(portal.now(), "requester", EventType::Download, serial),
            Follower::Person(caller) => caller.event(portal.now(), EventType::Download, serial),
        };
        let told = json!({ "request": access.number().to_string() });
        write.commit(event.on_account(account).changing(serde_json::Value::Null, told)).await
    };
    if let Err(error) = note.await {
        tracing::warn!(%error, serial, "a download was not noted");
    }
    Ok(download)
}

/// Confirms that somebody reads the mailbox which the request names, by the key that was mailed there.
///
/// # Errors
/// [`Error::NotFound`]: the key is another one.
pub async fn confirm_mailbox(access: &RequestAccess, key: &str) -> Result<(), Error> {
    let portal = &access.portal;
    let write = portal.database.write().await?;
    let head = head(&write, access.id).await?;
    let sql = "UPDATE requests SET mailbox_confirmed_at = COALESCE(mailbox_confirmed_at, $1), held = FALSE WHERE id = $2 AND mailbox_key = $3";
    let now = portal.now();
    if run(write.on(), "request: mailbox", sql, [now.into(), access.id.into(), key.into()]).await? == 0 {
        return Err(Error::NotFound);
    }
    // The others of this mailbox need not wait either.
    let others = "UPDATE requests SET held = FALSE WHERE email = $1 AND held";
    run(write.on(), "requests: of a confirmed mailbox", others, [head.email.clone().into()]).await?;
    write.commit(access.event(&head, EventType::MailboxConfirmed)).await
}
