//! Messages of a request: what the requester writes, replies to it, and notes that analysts alone see.

use crate::{
    error::Error,
    store::{
        entity::request_message,
        insertion::insert,
        statement::{known, row, rows, run},
        write::Write,
    },
    submission::key::SubmissionKey,
};
use chrono::{DateTime, Utc};
use licensing::{
    TextError,
    requests::{LONGEST_TEXT, Resolution, quoted, words as words_of},
    typed_lines,
};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbBackend, FromQueryResult, NotSet};
use serde_json::json;

/// Author's side of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageKind {
    Requester,
    Reply,
    /// For analysts alone.
    Note,
}

impl MessageKind {
    const ALL: [Self; 3] = [Self::Requester, Self::Reply, Self::Note];

    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Requester => "requester",
            Self::Reply => "reply",
            Self::Note => "note",
        }
    }
}

/// A message as it is shown.
#[derive(Clone, Debug)]
pub struct Message {
    pub kind: MessageKind,
    pub at: DateTime<Utc>,
    pub author: String,
    pub body: String,
    /// History that a mail quotes below what its author wrote.
    pub history: String,
    /// State that a reply led to.
    pub resolution: Option<Resolution>,
    /// It came by mail: what was not taken of that, in sentences.
    pub mail: Option<String>,
}

/// Why a message was not sent. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum NotSent {
    #[error("Enter a message.")]
    Empty,
    #[error("The message cannot be sent: {0}.")]
    Unusable(TextError),
    #[error(
        "The same form was sent before with other words. They are in the conversation; send the new ones as a message of their own."
    )]
    KeyReused,
    #[error(transparent)]
    Error(#[from] Error),
}

/// A message before it is stored.
pub(super) struct Draft<'a> {
    pub(super) request: i64,
    pub(super) key: &'a SubmissionKey,
    pub(super) kind: MessageKind,
    pub(super) person: Option<i64>,
    pub(super) author: &'a str,
    pub(super) body: &'a str,
    pub(super) resolution: Option<Resolution>,
    /// Row id of the mail that it came by.
    pub(super) mail: Option<i64>,
}

/// Text of a message as somebody typed it.
pub(super) fn text(typed: &str) -> Result<String, NotSent> {
    typed_lines(typed, LONGEST_TEXT).map_err(|error| match error {
        TextError::Empty => NotSent::Empty,
        error => NotSent::Unusable(error),
    })
}

/// Whether a message was stored under `key` already: the form came twice.
pub(super) async fn is_stored(on: &impl ConnectionTrait, request: i64, key: &SubmissionKey, body: &str) -> Result<bool, NotSent> {
    #[derive(FromQueryResult)]
    struct Stored {
        body: String,
    }
    let sql = "SELECT body FROM request_messages WHERE request_id = $1 AND key = $2";
    let stored: Option<Stored> = row(on, "request: message of a form", sql, [request.into(), key.as_str().into()]).await?;
    match stored {
        Some(stored) if stored.body == body => Ok(true),
        Some(_) => Err(NotSent::KeyReused),
        None => Ok(false),
    }
}

/// Stores a message, and the words that its request is searched by.
pub(super) async fn store(write: &Write, draft: Draft<'_>, now: DateTime<Utc>) -> Result<(), Error> {
    let (request, words) = (draft.request, quoted(draft.body).0);
    store_alone(write, &draft, now).await?;
    note_words(write, request, words).await
}

/// Stores a message whose words are noted with others.
pub(super) async fn store_alone(write: &Write, draft: &Draft<'_>, now: DateTime<Utc>) -> Result<(), Error> {
    let row = request_message::ActiveModel {
        id: NotSet,
        request_id: Set(draft.request),
        key: Set(draft.key.as_str().to_owned()),
        at: Set(now),
        kind: Set(draft.kind.code().to_owned()),
        person_id: Set(draft.person),
        author: Set(draft.author.to_owned()),
        body: Set(draft.body.to_owned()),
        resolution: Set(draft.resolution.map(|resolution| resolution.code().to_owned())),
        mail_id: Set(draft.mail),
    };
    insert::<request_message::Entity>(write.on(), vec![row]).await?;
    write.reach("message stored");
    Ok(())
}

/// Notes the words of a text that its request is searched by.
pub(super) async fn note_words(write: &Write, request: i64, text: &str) -> Result<(), Error> {
    let words = match write.on().get_database_backend() {
        DbBackend::Postgres => "SELECT jsonb_array_elements_text($2::jsonb), $1",
        _ => "SELECT value, $1 FROM json_each($2) WHERE TRUE",
    };
    let sql = format!("INSERT INTO request_words (word, request_id) {words} ON CONFLICT DO NOTHING");
    run(write.on(), "request: words", &sql, [request.into(), json!(words_of(text)).to_string().into()]).await.map(drop)
}

/// Messages of a request, the first one first; notes only for analysts.
pub(super) async fn load(on: &impl ConnectionTrait, request: i64, notes: bool) -> Result<Vec<Message>, Error> {
    #[derive(FromQueryResult)]
    struct Stored {
        at: DateTime<Utc>,
        kind: String,
        author: String,
        body: String,
        resolution: Option<String>,
        remarks: Option<String>,
    }
    let but = if notes { "" } else { "AND m.kind <> 'note'" };
    let sql = format!(
        "SELECT m.at, m.kind, m.author, m.body, m.resolution, r.reason AS remarks
         FROM request_messages m LEFT JOIN received_mails r ON r.id = m.mail_id WHERE m.request_id = $1 {but} ORDER BY m.id"
    );
    let stored: Vec<Stored> = rows(on, "request: messages", &sql, [request.into()]).await?;
    stored
        .into_iter()
        .map(|stored| {
            let kind = MessageKind::ALL.into_iter().find(|kind| kind.code() == stored.kind);
            let resolution = stored.resolution.map(|code| known(Resolution::from_code(&code), &code)).transpose()?;
            let kind = known(kind, &stored.kind)?;
            let by_mail = stored.remarks.is_some();
            let (body, history) = if by_mail { quoted(&stored.body) } else { (stored.body.as_str(), "") };
            Ok(Message {
                kind,
                at: stored.at,
                author: stored.author,
                body: body.to_owned(),
                history: history.to_owned(),
                resolution,
                mail: stored.remarks,
            })
        })
        .collect()
}
