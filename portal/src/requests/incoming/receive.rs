//! Receiving a mail: it becomes a message of its request, or it waits for an analyst. Nothing is ever answered by itself.

use super::incoming_mail::{Automatic, IncomingMail};
use crate::{
    audit::AuditEvent,
    error::Error,
    event_type::EventType,
    portal::Portal,
    requests::{
        attachment::{Kept, MOST_ATTACHMENTS, NotAttached, Upload, discard, keep, record},
        follow::{self, Head},
        message::{self, MessageKind},
        reply_address::Claim,
    },
    store::{
        entity::received_mail,
        statement::{row, rows},
        write::Write,
    },
    submission::key::SubmissionKey,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use licensing::{EmailAddress, requests::RequestNumber};
use sea_orm::{FromQueryResult, Value};
use sha2::{Digest, Sha256};
use std::{io, io::Read};

/// Maximum size of a mail that is read, in bytes.
pub const LONGEST_MAIL: u64 = 25 * 1024 * 1024;
/// Mails that a request takes within a day.
const OF_REQUEST: i64 = 50;
/// Mails of one sender, and of all, whose content waits for an analyst.
const OF_SENDER: i64 = 20;
const OF_ALL: i64 = 10_000;
/// Size of all mails whose content waits, in bytes.
const MOST_WAITING: i64 = 2 * 1024 * 1024 * 1024;

/// A mail as it arrives.
#[derive(Debug)]
pub struct RawMail {
    bytes: Vec<u8>,
    /// It is longer than what was read of it.
    cut: bool,
}

impl RawMail {
    /// Reads a mail to its end, and keeps at most [`LONGEST_MAIL`] bytes of it.
    ///
    /// # Errors
    /// Whatever reading it says.
    pub fn read(mut from: impl Read) -> io::Result<Self> {
        let mut bytes = Vec::new();
        from.by_ref().take(LONGEST_MAIL).read_to_end(&mut bytes)?;
        let cut = io::copy(&mut from, &mut io::sink())? > 0;
        Ok(Self { bytes, cut })
    }

    /// A mail of which only the header was fetched, because the whole is longer than [`LONGEST_MAIL`].
    #[must_use]
    pub fn header_of_long(bytes: Vec<u8>) -> Self {
        Self { bytes, cut: true }
    }
}

impl From<Vec<u8>> for RawMail {
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes, cut: false }
    }
}

/// What a mail became.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// A message of a request.
    Message(RequestNumber),
    /// It waits for an analyst.
    Unverified,
    /// A program sent it: it is noted.
    Automatic,
    /// It was not read, and is noted.
    Unreadable,
    /// It came before.
    Twice,
}

/// What is to be done with a mail.
struct Decision {
    outcome: Outcome,
    /// A sentence for analysts.
    reason: String,
    /// Request that it belongs to, or that it may belong to.
    request: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Message,
    Unverified,
    Automatic,
    Bounce,
    Unreadable,
    /// An analyst added it to a request.
    Added,
    Dismissed,
}

impl Outcome {
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Unverified => "unverified",
            Self::Automatic => "automatic",
            Self::Bounce => "bounce",
            Self::Unreadable => "unreadable",
            Self::Added => "added",
            Self::Dismissed => "dismissed",
        }
    }
}

/// Receives a mail. The same mail received again, on whatever way, changes nothing.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`]; nothing was kept then, and it is to be delivered again.
pub async fn receive(portal: &Portal, raw: RawMail) -> Result<Receipt, Error> {
    let own = portal.settings.mail.from.as_str().to_owned();
    let cut = raw.cut;
    let read = tokio::task::spawn_blocking(move || {
        let (mail, why) = IncomingMail::read(&raw.bytes, &own);
        (mail, why, raw.bytes)
    });
    let (mail, unreadable, bytes) = read.await.map_err(Error::internal)?;
    let sha256 = if cut || unreadable.is_some() { Sha256::digest(&bytes).to_vec() } else { identity(&mail) };
    let known: Option<Id> = row(
        portal.database.read(),
        "mail: received before",
        "SELECT id FROM received_mails WHERE mail_sha256 = $1",
        [sha256.clone().into()],
    )
    .await?;
    if known.is_some() {
        return Ok(Receipt::Twice);
    }
    let decision = match unreadable {
        _ if cut => refused(&mail, "It is larger than 25 MB: what it carries was not read."),
        Some(why) => refused(&mail, &why.to_string()),
        None => decide(portal, &mail).await?,
    };
    match decision.outcome {
        Outcome::Message => take(portal, decision, mail, sha256).await,
        outcome => note(portal, decision, &mail, (sha256, bytes)).await.map(|is_new| match outcome {
            _ if !is_new => Receipt::Twice,
            Outcome::Unverified => Receipt::Unverified,
            Outcome::Unreadable => Receipt::Unreadable,
            _ => Receipt::Automatic,
        }),
    }
}

#[derive(FromQueryResult)]
struct Id {
    id: i64,
}

#[derive(FromQueryResult)]
struct Count {
    many: i64,
}

/// Digest of what makes a mail the same on every way that it takes.
fn identity(mail: &IncomingMail) -> Vec<u8> {
    let sender = mail.sender.as_ref().map(EmailAddress::as_str).unwrap_or_default();
    let mut digest = Sha256::new();
    for part in [&mail.message_id, sender, &mail.subject, &mail.text] {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    for (name, bytes) in &mail.attachments {
        digest.update(name.len().to_be_bytes());
        digest.update(name);
        digest.update(Sha256::digest(bytes));
    }
    digest.finalize().to_vec()
}

fn refused(mail: &IncomingMail, reason: &str) -> Decision {
    Decision { outcome: Outcome::Unreadable, reason: reason.to_owned(), request: mail.numbers.first().map(|number| number.id()) }
}

/// What a request says about who takes part in it.
#[derive(FromQueryResult)]
struct Parties {
    id: i64,
    mailbox_key: String,
    email: String,
    copies: serde_json::Value,
    person: Option<String>,
}

impl Parties {
    fn include(&self, sender: &EmailAddress) -> Result<bool, Error> {
        let copies: Vec<String> = serde_json::from_value(self.copies.clone()).map_err(Error::internal)?;
        let person = self.person.as_deref().is_some_and(|person| person.eq_ignore_ascii_case(sender.as_str()));
        Ok(person || self.email == sender.as_str() || copies.iter().any(|copy| copy == sender.as_str()))
    }
}

async fn parties(portal: &Portal, number: RequestNumber) -> Result<Option<Parties>, Error> {
    let sql = "SELECT r.id, r.mailbox_key, r.email, r.copies, p.email AS person
               FROM requests r LEFT JOIN people p ON p.id = r.person_id AND p.active WHERE r.id = $1";
    row(portal.database.read(), "mail: parties of a request", sql, [number.id().into()]).await
}

async fn decide(portal: &Portal, mail: &IncomingMail) -> Result<Decision, Error> {
    // A reply address that was told: who sends to it has read a mail about the request.
    let mut told = None;
    if let Some(mailbox) = &portal.settings.mail.replies_to {
        for claim in mail.recipients.iter().filter_map(|recipient| Claim::of(mailbox, recipient)) {
            if let Some(parties) = parties(portal, claim.number).await?.filter(|parties| claim.holds(&parties.mailbox_key)) {
                told = Some(parties);
                break;
            }
        }
    }
    let decision = |outcome, reason: String, request| Ok(Decision { outcome, reason, request });
    let about = told.as_ref().map(|parties| parties.id);
    match mail.automatic {
        Some(Automatic::Bounce) => {
            return decision(Outcome::Bounce, "A mail server could not deliver a mail of ours.".to_owned(), about);
        }
        Some(Automatic::Reply) => return decision(Outcome::Automatic, "A program sent it.".to_owned(), about),
        None => {}
    }
    let Some(sender) = &mail.sender else {
        return decision(Outcome::Unverified, "It does not name one sender.".to_owned(), about);
    };
    if let Some(authority) = &portal.settings.mail.authority
        && !authenticated(&mail.authentications, authority)
    {
        return decision(Outcome::Unverified, format!("{authority} does not confirm that {sender} sent it."), about);
    }
    let mut found = None;
    let reason = if let Some(parties) = told {
        let takes_part = parties.include(sender)?;
        let reason = format!("{sender} takes no part in {}.", RequestNumber::of_id(parties.id));
        found = takes_part.then_some(parties.id);
        reason
    } else {
        for number in &mail.numbers {
            if let Some(parties) = parties(portal, *number).await?
                && parties.include(sender)?
            {
                found = Some(parties.id);
                break;
            }
        }
        match mail.numbers.first() {
            Some(number) => format!("{sender} takes no part in {number}."),
            None => "It names no request.".to_owned(),
        }
    };
    let Some(id) = found else { return decision(Outcome::Unverified, reason, about) };
    let since = portal.now() - TimeDelta::days(1);
    let sql = "SELECT COUNT(*) AS many FROM received_mails WHERE request_id = $1 AND received_at > $2 AND outcome = 'message'";
    let so_far: Option<Count> = row(portal.database.read(), "mail: of a request", sql, [id.into(), since.into()]).await?;
    if so_far.is_some_and(|so_far| so_far.many >= OF_REQUEST) {
        let number = RequestNumber::of_id(id);
        return decision(Outcome::Unverified, format!("{number} has taken {OF_REQUEST} mails within a day."), Some(id));
    }
    decision(Outcome::Message, String::new(), Some(id))
}

/// Whether the mail server `authority` says that the sender is who it says. RFC 8601: the server's own field stands first, and begins with its name.
fn authenticated(fields: &[String], authority: &str) -> bool {
    let own = fields.iter().find_map(|field| {
        let (name, results) = field.split_once(';')?;
        name.split_whitespace().next().is_some_and(|name| name.eq_ignore_ascii_case(authority)).then(|| results.to_lowercase())
    });
    own.is_some_and(|results| results.split(';').any(|result| result.split_whitespace().next() == Some("dmarc=pass")))
}

/// What a mail brings to its request.
pub(super) struct Brought {
    pub(super) kept: Vec<Kept>,
    /// Sentences about attachments that were not taken.
    pub(super) remarks: Vec<String>,
}

/// Judges and writes the attachments of a mail.
pub(super) async fn bring(portal: &Portal, attachments: Vec<(String, Vec<u8>)>) -> Result<Brought, Error> {
    let mut brought = Brought { kept: Vec::new(), remarks: Vec::new() };
    let most = usize::try_from(MOST_ATTACHMENTS).unwrap_or(usize::MAX);
    let left = attachments.len().saturating_sub(most);
    for (name, bytes) in attachments.into_iter().take(most) {
        let kept = async {
            let mut upload = Upload::begin(&name)?;
            upload.take(&bytes)?;
            keep(portal, upload).await
        };
        match kept.await {
            Ok(kept) => brought.kept.push(kept),
            Err(NotAttached::Error(error)) => {
                discard(portal, &brought.kept).await;
                return Err(error);
            }
            Err(why) => brought.remarks.push(why.to_string()),
        }
    }
    if left > 0 {
        brought.remarks.push(format!("{left} more attachments were not taken: a mail brings at most {most}."));
    }
    Ok(brought)
}

/// Makes a mail a message of the request; what its attachments lack is added to the remarks.
pub(super) async fn make_message(
    portal: &Portal,
    write: &Write,
    (request, head): (i64, &Head),
    (mail, sha256, author): (i64, &[u8], &str),
    body: &str,
    brought: &Brought,
) -> Result<Vec<String>, Error> {
    let now = portal.now();
    let key: SubmissionKey = URL_SAFE_NO_PAD.encode(&sha256[..16]).parse().map_err(Error::internal)?;
    let body = if body.is_empty() { "(The mail has no text.)" } else { body };
    let kind = MessageKind::Requester;
    let draft = message::Draft { request, key: &key, kind, person: None, author, body, resolution: None, mail: Some(mail) };
    message::store(write, draft, now).await?;
    let mut remarks = brought.remarks.clone();
    for kept in &brought.kept {
        match record(write, request, kept, (None, false), now).await {
            Ok(()) => {}
            Err(NotAttached::Error(error)) => return Err(error),
            Err(why) => remarks.push(why.to_string()),
        }
    }
    let state = head.state()?.replied(head.assigned_to.is_some());
    follow::set_state(write, request, (state, head.assigned_to), now).await?;
    if let Some(analyst) = head.assigned_to {
        follow::tell_analyst(portal, write, analyst, RequestNumber::of_id(request)).await?;
    }
    Ok(remarks)
}

async fn take(portal: &Portal, decision: Decision, mut mail: IncomingMail, sha256: Vec<u8>) -> Result<Receipt, Error> {
    let request = decision.request.ok_or_else(|| Error::internal("a message without a request"))?;
    let number = RequestNumber::of_id(request);
    let brought = bring(portal, std::mem::take(&mut mail.attachments)).await?;
    let taken = async {
        let write = portal.database.write().await?;
        let head = follow::head(&write, request).await?;
        let now = portal.now();
        let Some(id) = insert(&write, &decision, &mail, (&sha256, None), now).await? else { return Ok(Receipt::Twice) };
        write.reach("mail noted");
        let sender = mail.sender.as_ref().map(EmailAddress::as_str).unwrap_or_default();
        let author = if sender == head.email { &head.name } else { sender };
        let remarks = make_message(portal, &write, (request, &head), (id, &sha256, author), &mail.text, &brought).await?;
        if !remarks.is_empty() {
            let sql = "UPDATE received_mails SET reason = $1 WHERE id = $2";
            crate::store::statement::run(write.on(), "mail: remarks", sql, [remarks.join(" ").into(), id.into()]).await?;
        }
        let event = AuditEvent::by_operator(now, "requester", EventType::RequestRepliedByMail, number.to_string());
        let event = match head.account_id {
            Some(account) => event.on_account(account),
            None => event,
        };
        write.commit(event).await?;
        Ok(Receipt::Message(number))
    };
    let taken: Result<Receipt, Error> = taken.await;
    if !matches!(taken, Ok(Receipt::Message(_))) {
        discard(portal, &brought.kept).await;
    }
    taken
}

/// Row of a mail; `None` when the same mail has one.
async fn insert(
    write: &Write,
    decision: &Decision,
    mail: &IncomingMail,
    (sha256, object): (&[u8], Option<(&str, i64)>),
    now: DateTime<Utc>,
) -> Result<Option<i64>, Error> {
    let sql = format!(
        "INSERT INTO {} (mail_sha256, received_at, sender, subject, outcome, reason, body, request_id, object, kept_bytes)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (mail_sha256) DO NOTHING RETURNING id",
        received_mail::TABLE
    );
    // A message has its text in the conversation.
    let body = if decision.outcome == Outcome::Message { "" } else { mail.text.as_str() };
    let (object, kept_bytes) = object.unzip();
    let values: [Value; 10] = [
        sha256.to_vec().into(),
        now.into(),
        mail.sender.as_ref().map(|sender| sender.as_str().to_owned()).unwrap_or_default().into(),
        mail.subject.clone().into(),
        decision.outcome.code().into(),
        decision.reason.clone().into(),
        body.into(),
        decision.request.into(),
        object.map(str::to_owned).into(),
        kept_bytes.unwrap_or_default().into(),
    ];
    let inserted: Vec<Id> = rows(write.on(), "mail: note", &sql, values).await?;
    Ok(inserted.into_iter().next().map(|row| row.id))
}

/// Notes a mail that is no message; whether it is new. The content of one that waits for an analyst is kept whole, unless too many wait.
async fn note(
    portal: &Portal,
    mut decision: Decision,
    mail: &IncomingMail,
    (sha256, bytes): (Vec<u8>, Vec<u8>),
) -> Result<bool, Error> {
    // A number that nobody has is none.
    if let Some(id) = decision.request
        && parties(portal, RequestNumber::of_id(id)).await?.is_none()
    {
        decision.request = None;
    }
    let mut object = None;
    if decision.outcome == Outcome::Unverified {
        let size = i64::try_from(bytes.len()).map_err(Error::internal)?;
        if size == 0 || many_wait(portal, mail, size).await? {
            decision.reason.push_str(" Too many mails wait already: its attachments were not kept.");
        } else {
            let name = portal.new_object_name();
            portal.blobs.put_bytes(&name, bytes).await?;
            object = Some((name, size));
        }
    }
    let noted = async {
        let write = portal.database.write().await?;
        let now = portal.now();
        let Some(id) =
            insert(&write, &decision, mail, (&sha256, object.as_ref().map(|(name, size)| (name.as_str(), *size))), now).await?
        else {
            return Ok(false);
        };
        write.commit(AuditEvent::by_operator(now, "mail", EventType::MailNoted, format!("mail {id}"))).await?;
        Ok(true)
    };
    let noted: Result<bool, Error> = noted.await;
    if let (Some((object, _)), false) = (&object, matches!(noted, Ok(true))) {
        portal.blobs.remove(object).await?;
    }
    noted
}

async fn many_wait(portal: &Portal, mail: &IncomingMail, size: i64) -> Result<bool, Error> {
    let sender = mail.sender.as_ref().map(|sender| sender.as_str().to_owned()).unwrap_or_default();
    let sql = format!(
        "SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM received_mails WHERE outcome = 'unverified' LIMIT {OF_ALL}) w) / {OF_ALL}
              + (SELECT COUNT(*) FROM received_mails WHERE sender = $1 AND received_at > $2 AND object IS NOT NULL) / {OF_SENDER}
              + CASE WHEN (SELECT COALESCE(SUM(kept_bytes), 0) FROM received_mails WHERE outcome = 'unverified') + $3 > {MOST_WAITING}
                THEN 1 ELSE 0 END AS many"
    );
    let since = portal.now() - TimeDelta::days(1);
    let waiting: Option<Count> =
        row(portal.database.read(), "mail: waiting", &sql, [sender.into(), since.into(), size.into()]).await?;
    Ok(waiting.is_some_and(|waiting| waiting.many > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_of_another_mail_server_counts_nothing() {
        let says = |fields: &[&str]| {
            authenticated(&fields.iter().map(|field| (*field).to_owned()).collect::<Vec<_>>(), "mx.meridian.example")
        };
        assert!(says(&[
            "mx.meridian.example; spf=pass smtp.mailfrom=a.example;\r\n dmarc=pass (p=reject) header.from=a.example"
        ]));
        assert!(!says(&["mx.meridian.example; dmarc=fail header.from=a.example", "mx.meridian.example; dmarc=pass"]));
        assert!(!says(&["mx.evil.example; dmarc=pass", "mx.evil.example; x=mx.meridian.example; dmarc=pass"]));
        assert!(!says(&[]));
    }

    #[test]
    fn a_mail_is_read_to_its_end_and_kept_in_part() {
        let long = io::repeat(b'a').take(LONGEST_MAIL + 1);
        let mail = RawMail::read(long).expect("a mail");
        assert_eq!((mail.bytes.len() as u64, mail.cut), (LONGEST_MAIL, true));
        assert!(!RawMail::read(&b"a"[..]).expect("a mail").cut);
    }
}
