//! Answers that are kept ready: texts with gaps that a request fills.

use super::{
    follow::{self, RequestView},
    work::NotHeld,
};
use crate::{
    access::{analyst::AnalystAccess, caller::Caller},
    error::Error,
    event_type::EventType,
    portal::Portal,
    store::{
        entity::canned_answer,
        insertion::insert,
        statement::{row, rows, run},
    },
};
use chrono::{DateTime, Utc};
use licensing::{
    TextError,
    requests::{LONGEST_TEXT, RequestNumber},
    typed, typed_lines,
};
use sea_orm::{ActiveValue::Set, FromQueryResult, NotSet};

/// Maximum number of them.
const MOST: i64 = 200;
/// Maximum length of a name, in characters.
const LONGEST_NAME: usize = 80;

/// Gaps of an answer, each with what fills it.
pub const GAPS: [(&str, &str); 6] = [
    ("{name}", "name of the requester"),
    ("{number}", "number of the request"),
    ("{subject}", "its subject"),
    ("{garn}", "GARN that was typed"),
    ("{analyst}", "your name"),
    ("{vendor}", "name of the vendor"),
];

/// An answer that is kept ready.
#[derive(Clone, Debug, FromQueryResult)]
pub struct CannedAnswer {
    pub id: i64,
    pub name: String,
    pub body: String,
}

/// Why an answer was not kept. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum NotCanned {
    #[error("The name cannot be used: {0}.")]
    Name(TextError),
    #[error("The text cannot be used: {0}.")]
    Body(TextError),
    #[error("There is an answer of this name. Change that one, or enter another name.")]
    NameTaken,
    #[error("{MOST} answers are kept ready, as many as possible. Remove one first.")]
    TooMany,
    #[error(transparent)]
    Error(#[from] Error),
}

/// Answers by name.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn canned_answers(access: &AnalystAccess) -> Result<Vec<CannedAnswer>, Error> {
    rows(
        access.caller().portal().database.read(),
        "canned answers",
        "SELECT id, name, body FROM canned_answers ORDER BY name, id",
        [],
    )
    .await
}

/// Keeps an answer ready, in place of the one with the row id `id` if there is one.
///
/// # Errors
/// [`NotCanned`]; nothing was changed then.
pub async fn keep_canned(access: &AnalystAccess, id: Option<i64>, name: &str, body: &str) -> Result<(), NotCanned> {
    #[derive(FromQueryResult)]
    struct Others {
        many: i64,
        same: i64,
    }
    let portal = access.caller().portal();
    let name = typed(name, LONGEST_NAME).map_err(NotCanned::Name)?;
    let body = typed_lines(body, LONGEST_TEXT).map_err(NotCanned::Body)?;
    let write = portal.database.write().await?;
    let sql =
        "SELECT COUNT(*) AS many, COUNT(CASE WHEN LOWER(name) = LOWER($1) THEN 1 END) AS same FROM canned_answers WHERE id <> $2";
    let others: Option<Others> =
        row(write.on(), "canned answers: others", sql, [name.clone().into(), id.unwrap_or(-1).into()]).await?;
    match others {
        Some(Others { same: 1.., .. }) => return Err(NotCanned::NameTaken),
        Some(Others { many: MOST.., .. }) => return Err(NotCanned::TooMany),
        _ => {}
    }
    match id {
        Some(id) => {
            let sql = "UPDATE canned_answers SET name = $1, body = $2, changed_at = $3 WHERE id = $4";
            let values = [name.clone().into(), body.into(), portal.now().into(), id.into()];
            if run(write.on(), "canned answer: change", sql, values).await? == 0 {
                return Err(NotCanned::Error(Error::NotFound));
            }
        }
        None => insert::<canned_answer::Entity>(write.on(), vec![canned(name.clone(), body, portal.now())]).await?,
    }
    write.commit(access.caller().event(portal.now(), EventType::CannedAnswerKept, name)).await?;
    Ok(())
}

fn canned(name: String, body: String, now: DateTime<Utc>) -> canned_answer::ActiveModel {
    canned_answer::ActiveModel { id: NotSet, name: Set(name), body: Set(body), changed_at: Set(now) }
}

/// Removes an answer.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn remove_canned(access: &AnalystAccess, id: i64) -> Result<(), Error> {
    #[derive(FromQueryResult)]
    struct Removed {
        name: String,
    }
    let portal = access.caller().portal();
    let write = portal.database.write().await?;
    let sql = "DELETE FROM canned_answers WHERE id = $1 RETURNING name";
    let removed: Option<Removed> = row(write.on(), "canned answer: remove", sql, [id.into()]).await?;
    let Removed { name } = removed.ok_or(Error::NotFound)?;
    write.commit(access.caller().event(portal.now(), EventType::CannedAnswerRemoved, name)).await
}

/// Text of a canned answer for a request.
///
/// # Errors
/// [`Error::NotFound`], wrapped: the answer or the request is not there.
pub async fn canned_text(access: &AnalystAccess, number: RequestNumber, id: i64) -> Result<String, NotHeld> {
    #[derive(FromQueryResult)]
    struct Found {
        body: String,
    }
    let on = access.caller().portal().database.read();
    let found: Option<Found> = row(on, "canned answer", "SELECT body FROM canned_answers WHERE id = $1", [id.into()]).await?;
    let Found { body } = found.ok_or(NotHeld::NoSuchAnswer)?;
    let request = follow::load(on, number.id(), false).await?;
    Ok(filled(&body, &request, access.caller()))
}

/// Text of an answer with its gaps filled. What fills a gap is not read for gaps itself.
#[must_use]
fn filled(body: &str, request: &RequestView, analyst: &Caller) -> String {
    let fill = |gap: &str| match gap {
        "{name}" => Some(request.name.clone()),
        "{number}" => Some(request.number.to_string()),
        "{subject}" => Some(request.subject.clone()),
        "{garn}" => Some(request.garn.as_ref().map(ToString::to_string).unwrap_or_default()),
        "{analyst}" => Some(analyst.person().name.clone()),
        "{vendor}" => Some(analyst.portal().settings.vendor.clone()),
        _ => None,
    };
    let mut text = String::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        text.push_str(before);
        let end = from.find('}').map_or(1, |end| end + 1);
        match fill(&from[..end]) {
            Some(filling) => {
                text.push_str(&filling);
                rest = &from[end..];
            }
            None => {
                text.push('{');
                rest = &from[1..];
            }
        }
    }
    text.push_str(rest);
    text
}

/// Answers of the demo.
pub(crate) async fn fill_demo(portal: &Portal, write: &crate::store::write::Write) -> Result<(), Error> {
    let answers = [
        (
            "Which server?",
            "Hello {name},\n\nplease run GetHostID on the server that the file is for, and send us a picture of what it shows. \
             Without the host id we cannot make the file of {number}.",
        ),
        (
            "File attached",
            "Hello {name},\n\nthe activation file is attached, and behind the link below. Copy it to the server and restart the \
             licence service; the checker of the portal says whether it is the one that we signed.",
        ),
        (
            "Not owned",
            "Hello {name},\n\nwhat you ask for in {number} is not among the parts that {garn} owns. Your sales representative can \
             order it; write to us again when the order is there.",
        ),
    ];
    let rows = answers.map(|(name, body)| canned(name.to_owned(), body.to_owned(), portal.now()));
    insert::<canned_answer::Entity>(write.on(), rows.into()).await
}
