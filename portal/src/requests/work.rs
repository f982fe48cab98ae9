//! The analyst's side of a request: who has it, what was answered, and the facts beside it.

use super::{
    attachment::{self, Attachment, Provided, Side},
    confirmation::{how_to_answer, letter_about, letter_to_parties},
    facts::{self, Facts},
    files::{self, BoundFile, NotHanded, bound},
    follow::{self, Head, RequestView},
    incoming::{self, NotedMail},
    message::{self, MessageKind, NotSent},
};
use crate::{
    access::{account::AccountAccess, analyst::AnalystAccess},
    audit::AuditEvent,
    error::Error,
    event_type::EventType,
    files::download::hexadecimal,
    mail::{Letter, MailedFile, MailedSource, message as outgoing},
    path,
    store::{
        statement::{row, rows, run},
        write::Write,
    },
    submission::key::SubmissionKey,
};
use chrono::{DateTime, Utc};
use licensing::{
    Serial,
    requests::{RequestNumber, RequestState, Resolution},
};
use sea_orm::FromQueryResult;
use serde_json::json;

/// A licensing analyst who can have a request.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Analyst {
    pub id: i64,
    pub name: String,
}

/// Why a request was not changed. Nothing was.
#[derive(Debug, thiserror::Error)]
pub enum NotHeld {
    #[error("{0} has this request. Ask for it, or read on without it.")]
    Taken(String),
    #[error(
        "Its mailbox has other open requests and is not confirmed yet. Wait until somebody confirms it by the link in the mail."
    )]
    Held,
    #[error("You do not have this request. Claim it first.")]
    NotYours,
    #[error("Something was added to this request meanwhile. Read it, then send your reply again: what you typed is below.")]
    ChangedMeanwhile,
    #[error("Give a reason: the requester reads it.")]
    NoReason,
    #[error("This analyst is not there. Select one of the list.")]
    NoSuchAnalyst,
    #[error("{0} was not generated for this request. Select files of the list.")]
    NotBound(Serial),
    #[error("A file that you selected was removed, or is still being checked. Select it again when it is there.")]
    NotProvided,
    #[error("Select one of the canned answers of the list.")]
    NoSuchAnswer,
    #[error("There is no account {0}. Check the GARN.")]
    NoSuchAccount(String),
    #[error(transparent)]
    NotSent(NotSent),
    #[error(transparent)]
    Error(#[from] Error),
}

impl From<NotHanded> for NotHeld {
    fn from(why: NotHanded) -> Self {
        match why {
            NotHanded::NotBound(serial) => Self::NotBound(serial),
            NotHanded::Error(error) => Self::Error(error),
        }
    }
}

impl From<NotSent> for NotHeld {
    fn from(why: NotSent) -> Self {
        match why {
            NotSent::Error(error) => Self::Error(error),
            why => Self::NotSent(why),
        }
    }
}

/// A request on the workbench.
#[derive(Clone, Debug)]
pub struct RequestWork {
    /// With notes among the messages.
    pub request: RequestView,
    pub assigned_to: Option<Analyst>,
    /// Whether the reader has it.
    pub is_mine: bool,
    /// State that a reply must be made for.
    pub revision: i64,
    pub facts: Facts,
    /// Files that were generated for it.
    pub files: Vec<BoundFile>,
    pub attachments: Vec<Attachment>,
    /// Mails that concern it without being messages.
    pub mails: Vec<NotedMail>,
    /// What was done with it: (when, by whom, what).
    pub timeline: Vec<(DateTime<Utc>, String, String)>,
}

/// Maximum size of provided files that a mail carries, in bytes: mail servers refuse more. Others are behind their links.
const MOST_MAILED: u64 = 12 * 1024 * 1024;
/// Maximum number of events listed.
const MOST_EVENTS: u32 = 200;

/// The request for an analyst.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn work(access: &AnalystAccess, number: RequestNumber) -> Result<RequestWork, Error> {
    #[derive(FromQueryResult)]
    struct Stored {
        assigned_to: Option<i64>,
        analyst: Option<String>,
        revision: i64,
        account_id: Option<i64>,
        garn: Option<String>,
        email: String,
    }
    #[derive(FromQueryResult)]
    struct Event {
        at: DateTime<Utc>,
        actor: String,
        action: String,
    }
    let on = access.caller().portal().database.read();
    let sql = "SELECT r.assigned_to, p.name AS analyst, r.revision, r.account_id, r.garn, r.email
               FROM requests r LEFT JOIN people p ON p.id = r.assigned_to WHERE r.id = $1";
    let found: Option<Stored> = row(on, "request: work", sql, [number.id().into()]).await?;
    let stored = found.ok_or(Error::NotFound)?;
    let request = follow::load(on, number.id(), true).await?;
    let facts = facts::load(access, number, (&stored.email, stored.garn.as_deref(), stored.account_id)).await?;
    let sql = format!("SELECT at, actor, action FROM audit_events WHERE subject = $1 ORDER BY id LIMIT {MOST_EVENTS}");
    let events: Vec<Event> = rows(on, "request: events", &sql, [number.to_string().into()]).await?;
    let assigned_to = stored.assigned_to.zip(stored.analyst).map(|(id, name)| Analyst { id, name });
    Ok(RequestWork {
        is_mine: stored.assigned_to == Some(access.caller().person_id()),
        request,
        assigned_to,
        revision: stored.revision,
        files: bound(on, number.id()).await?,
        attachments: attachment::list(on, number.id(), Side::Analyst).await?,
        mails: incoming::of_request(on, number.id()).await?,
        facts,
        timeline: events.into_iter().map(|event| (event.at, event.actor, event.action)).collect(),
    })
}

/// Analysts who can have a request, by name.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn analysts(access: &AnalystAccess) -> Result<Vec<Analyst>, Error> {
    let sql = "SELECT id, name FROM people WHERE staff_role = 'analyst' AND active ORDER BY name, id";
    rows(access.caller().portal().database.read(), "analysts", sql, []).await
}

/// Begins a change of a request.
async fn begin(access: &AnalystAccess, number: RequestNumber) -> Result<(Write, Head), Error> {
    let write = access.caller().portal().database.write().await?;
    let head = follow::head(&write, number.id()).await?;
    Ok((write, head))
}

fn event(access: &AnalystAccess, head: &Head, number: RequestNumber, event_type: EventType) -> AuditEvent {
    let event = access.caller().event(access.caller().portal().now(), event_type, number.to_string());
    match head.account_id {
        Some(account) => event.on_account(account),
        None => event,
    }
}

async fn name_of(write: &Write, person: i64) -> Result<String, Error> {
    #[derive(FromQueryResult)]
    struct Name {
        name: String,
    }
    let found: Option<Name> = row(write.on(), "person: name", "SELECT name FROM people WHERE id = $1", [person.into()]).await?;
    Ok(found.ok_or(Error::NotFound)?.name)
}

/// Takes a request that nobody has. Of several who do so at once one gets it.
///
/// # Errors
/// [`NotHeld::Taken`] and [`NotHeld::Error`].
pub async fn claim(access: &AnalystAccess, number: RequestNumber) -> Result<(), NotHeld> {
    let (write, head) = begin(access, number).await?;
    let me = access.caller().person_id();
    match head.assigned_to {
        Some(analyst) if analyst == me => return Ok(()),
        Some(analyst) => return Err(NotHeld::Taken(name_of(&write, analyst).await?)),
        None => {}
    }
    if head.held {
        return Err(NotHeld::Held);
    }
    let now = access.caller().portal().now();
    follow::set_state(&write, number.id(), (head.state()?.claimed(), Some(me)), now).await?;
    write.reach("request claimed");
    write.commit(event(access, &head, number, EventType::RequestClaimed)).await?;
    Ok(())
}

/// Gives a request back that this analyst has.
///
/// # Errors
/// [`NotHeld::NotYours`] and [`NotHeld::Error`].
pub async fn release(access: &AnalystAccess, number: RequestNumber) -> Result<(), NotHeld> {
    let (write, head) = begin(access, number).await?;
    if head.assigned_to != Some(access.caller().person_id()) {
        return Err(NotHeld::NotYours);
    }
    let now = access.caller().portal().now();
    follow::set_state(&write, number.id(), (head.state()?.released(), None), now).await?;
    write.commit(event(access, &head, number, EventType::RequestReleased)).await?;
    Ok(())
}

/// Gives a request to another analyst, whoever has it, and tells them.
///
/// # Errors
/// [`NotHeld`].
pub async fn hand_over(access: &AnalystAccess, number: RequestNumber, to: i64) -> Result<(), NotHeld> {
    #[derive(FromQueryResult)]
    struct Found {
        name: String,
        email: String,
    }
    let (write, head) = begin(access, number).await?;
    let sql = "SELECT name, email FROM people WHERE id = $1 AND staff_role = 'analyst' AND active";
    let found: Option<Found> = row(write.on(), "analyst", sql, [to.into()]).await?;
    let Found { name, email } = found.ok_or(NotHeld::NoSuchAnalyst)?;
    if head.assigned_to == Some(to) {
        return Ok(());
    }
    if head.held {
        return Err(NotHeld::Held);
    }
    let portal = access.caller().portal();
    let now = portal.now();
    follow::set_state(&write, number.id(), (head.state()?.claimed(), Some(to)), now).await?;
    let by = &access.caller().person().name;
    let link = format!("{}{}", portal.settings.public_url, path::request(number));
    let letter = letter_about(number).words(format!("{by} handed {number} over to you."));
    let letter = letter.link("Read it", link);
    outgoing::queue(&write, &letter.mail(email, format!("{number} was handed to you")), now).await?;
    let told = event(access, &head, number, EventType::RequestHandedOver)
        .changing(json!({ "analyst": head.assigned_to }), json!({ "analyst": name }));
    write.commit(told).await?;
    Ok(())
}

/// A reply to the requester.
#[derive(Clone, Debug)]
pub struct Answer {
    pub text: String,
    pub resolution: Resolution,
    /// Files bound to the request that are handed over with it.
    pub files: Vec<Serial>,
    /// Row ids of provided files that are handed over with it.
    pub provided: Vec<i64>,
    /// State of the request that the reply was written for.
    pub revision: i64,
}

/// The mail that a reply would send.
#[derive(Clone, Debug)]
pub struct MailPreview {
    pub recipients: Vec<String>,
    pub subject: String,
    pub text: String,
    /// Names of the attached files.
    pub files: Vec<String>,
}

/// Shows the mail of a reply before it goes. Nothing is changed.
///
/// # Errors
/// [`NotHeld`], as the reply itself.
pub async fn preview(access: &AnalystAccess, number: RequestNumber, reply: &Answer) -> Result<MailPreview, NotHeld> {
    let body = text_of(reply)?;
    let (write, head) = begin(access, number).await?;
    may_answer(access, &head, reply)?;
    let letter = letter(&write, access, (number, &head), reply, &body).await?;
    let mail = letter.mail("", subject(number));
    // What was noted for the letter ends with the write.
    let files = mail.files.into_iter().map(|file| file.name).collect();
    Ok(MailPreview { recipients: head.recipients()?, subject: mail.subject, text: mail.body, files })
}

fn subject(number: RequestNumber) -> String {
    format!("Activation file request {number}")
}

fn text_of(reply: &Answer) -> Result<String, NotHeld> {
    match message::text(&reply.text) {
        Err(NotSent::Empty) if reply.resolution == Resolution::Reject => Err(NotHeld::NoReason),
        text => Ok(text?),
    }
}

fn may_answer(access: &AnalystAccess, head: &Head, reply: &Answer) -> Result<(), NotHeld> {
    if head.assigned_to != Some(access.caller().person_id()) {
        return Err(NotHeld::NotYours);
    }
    if head.revision != reply.revision {
        return Err(NotHeld::ChangedMeanwhile);
    }
    Ok(())
}

/// Sends a reply to all addresses of the request, and notes what it makes of the request.
///
/// # Errors
/// [`NotHeld`]; nothing was changed then.
pub async fn answer(access: &AnalystAccess, number: RequestNumber, key: &SubmissionKey, reply: &Answer) -> Result<(), NotHeld> {
    let body = text_of(reply)?;
    let (write, head) = begin(access, number).await?;
    let me = access.caller().person_id();
    if message::is_stored(write.on(), number.id(), key, &body).await? {
        return Ok(());
    }
    may_answer(access, &head, reply)?;
    let portal = access.caller().portal();
    let now = portal.now();
    let author = &access.caller().person().name;
    let draft = message::Draft {
        request: number.id(),
        key,
        kind: MessageKind::Reply,
        person: Some(me),
        author,
        body: &body,
        resolution: Some(reply.resolution),
        mail: None,
    };
    message::store(&write, draft, now).await?;
    follow::set_state(&write, number.id(), (reply.resolution.state(), Some(me)), now).await?;
    let answered = "UPDATE requests SET answered_at = COALESCE(answered_at, $1) WHERE id = $2";
    run(write.on(), "request: answered", answered, [now.into(), number.id().into()]).await.map_err(NotHeld::Error)?;
    let letter = letter(&write, access, (number, &head), reply, &body).await?;
    for recipient in head.recipients()? {
        outgoing::queue(&write, &letter.mail(recipient, subject(number)), now).await?;
    }
    let told = event(access, &head, number, EventType::RequestAnswered)
        .changing(json!({ "state": head.state }), json!({ "state": reply.resolution.state() }));
    write.commit(told).await?;
    Ok(())
}

/// The letter of a reply; the files that it carries are noted as handed over in `write`.
async fn letter(
    write: &Write,
    access: &AnalystAccess,
    (number, head): (RequestNumber, &Head),
    reply: &Answer,
    body: &str,
) -> Result<Letter, NotHeld> {
    let portal = access.caller().portal();
    let now = portal.now();
    let author = &access.caller().person().name;
    let follow = format!("{}{}", portal.settings.public_url, path::follow(&head.link));
    let handed = files::hand_over(write, number.id(), &reply.files, now).await?;
    let mut letter = letter_to_parties(portal, number, &head.mailbox_key)
        .by_person()
        .words(body)
        .words(format!("{author}, {}", portal.settings.vendor));
    for file in &handed {
        letter = letter
            .link(format!("Activation file {}, also attached", file.name), format!("{follow}/files/{}", file.serial))
            .words(format!("SHA-256 of {}: {}", file.name, file.sha256));
    }
    let provided = attachment::hand_over(write, number.id(), &reply.provided, now).await?.ok_or(NotHeld::NotProvided)?;
    let mut mailed: Vec<_> = handed.into_iter().map(|file| file.mailed).collect();
    let mut room = MOST_MAILED;
    for Provided { id, name, bytes, sha256 } in provided {
        let fits = room.checked_sub(bytes);
        let how = if fits.is_some() { ", also attached" } else { "" };
        letter = letter
            .link(format!("{name}{how}"), format!("{follow}/attachments/{id}"))
            .words(format!("SHA-256 of {name}: {}", hexadecimal(&sha256)));
        if let Some(left) = fits {
            room = left;
            mailed.push(MailedFile { source: MailedSource::Attachment(id), name });
        }
    }
    Ok(letter.link(how_to_answer(portal), &follow).with(mailed))
}

/// Adds a note that analysts alone see. Whoever has the request.
///
/// # Errors
/// [`NotHeld`]; nothing was changed then.
pub async fn note(access: &AnalystAccess, number: RequestNumber, key: &SubmissionKey, typed: &str) -> Result<(), NotHeld> {
    let body = message::text(typed)?;
    let (write, head) = begin(access, number).await?;
    if message::is_stored(write.on(), number.id(), key, &body).await? {
        return Ok(());
    }
    let draft = message::Draft {
        request: number.id(),
        key,
        kind: MessageKind::Note,
        person: Some(access.caller().person_id()),
        author: &access.caller().person().name,
        body: &body,
        resolution: None,
        mail: None,
    };
    message::store(&write, draft, access.caller().portal().now()).await?;
    write.commit(event(access, &head, number, EventType::RequestNoted)).await?;
    Ok(())
}

/// Binds a file of `account` to the request that it was generated for. Doing so again changes nothing.
///
/// # Errors
/// [`Error::NotFound`]: the file or the request is not there.
pub async fn bind_file(
    access: &AnalystAccess,
    account: &AccountAccess,
    number: RequestNumber,
    serial: &Serial,
) -> Result<(), Error> {
    let (write, _) = begin(access, number).await?;
    let now = access.caller().portal().now();
    if !files::bind(&write, number.id(), (account.account_id(), serial), now).await? {
        return Ok(());
    }
    let event = access.caller().event(now, EventType::RequestFileBound, number.to_string()).on_account(account.account_id());
    write.commit(event.changing(serde_json::Value::Null, json!({ "file": serial }))).await
}

/// Links a request to the account that it is about, and shows it to the account's people.
///
/// # Errors
/// [`NotHeld::NoSuchAccount`] and [`NotHeld::Error`].
pub async fn link_account(access: &AnalystAccess, number: RequestNumber, typed: &str) -> Result<(), NotHeld> {
    let unknown = || NotHeld::NoSuchAccount(licensing::excerpt(typed));
    let account = match access.caller().account(&typed.trim().to_uppercase()).await {
        Ok(account) => account,
        Err(Error::NotFound) => return Err(unknown()),
        Err(error) => return Err(error.into()),
    };
    let (write, head) = begin(access, number).await?;
    if head.account_id == Some(account.account_id()) {
        return Ok(());
    }
    let sql = "UPDATE requests SET account_id = $1, revision = revision + 1 WHERE id = $2";
    run(write.on(), "request: account", sql, [account.account_id().into(), number.id().into()]).await.map_err(NotHeld::Error)?;
    let told = access.caller().event(access.caller().portal().now(), EventType::RequestLinked, number.to_string());
    write.commit(told.on_account(account.account_id())).await?;
    Ok(())
}

/// State of a request in the words of what happens next, for its requester.
#[must_use]
pub const fn next_step(state: RequestState, held: bool) -> &'static str {
    if held {
        return "Confirm your mailbox by the link in the mail. An analyst sees the request then.";
    }
    match state {
        RequestState::New => "A licensing analyst will take it. You get a mail when there is an answer.",
        RequestState::InReview => "A licensing analyst works on it. You get a mail when there is an answer.",
        RequestState::Waiting => "We need something from you: read the last message and answer it here.",
        RequestState::Fulfilled => {
            "You have what you asked for. If something is missing, write here: the request is opened again."
        }
        RequestState::Answered => "It is answered. If something is left, write here: the request is opened again.",
        RequestState::Rejected => {
            "It was rejected for the reason given in the last message. If you do not agree, write here: the request is opened again."
        }
        RequestState::Closed => "It is closed. If you need something after all, write here: the request is opened again.",
    }
}
