//! Number of requests that are taken from one mailbox, domain or network in a day.

use crate::{
    error::Error,
    store::{statement::row, write::Write},
};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult};

/// Time over which requests are counted.
const DAY: TimeDelta = TimeDelta::days(1);
const OF_MAILBOX: i64 = 10;
const OF_DOMAIN: i64 = 100;
const OF_NETWORK: i64 = 50;
/// Open requests that a mailbox may have before somebody who reads it has confirmed it.
const UNCONFIRMED: i64 = 2;

/// Too many requests came within a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{many} requests came from {of} within a day; no more are taken before {}. What you typed is kept: send it again then, or write to us.", again.format("%-d %b %Y, %H:%M UTC"))]
pub struct TooMany {
    pub many: i64,
    pub of: &'static str,
    /// When the next one is taken.
    pub again: DateTime<Utc>,
}

/// What the sender of a request has sent before.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub(super) struct Earlier {
    /// Requests of the mailbox that are open.
    open: i64,
    /// Whether somebody who reads the mailbox has confirmed it.
    confirmed: bool,
}

impl Earlier {
    /// Whether the mailbox must be confirmed before an analyst sees the next request.
    pub(super) fn holds(self) -> bool {
        self.open >= UNCONFIRMED && !self.confirmed
    }
}

/// Makes other submissions of the same form or mailbox wait until this write has ended, so that counts stay true.
pub(super) async fn lock(write: &Write, texts: [&str; 2]) -> Result<(), Error> {
    if write.on().get_database_backend() == DbBackend::Postgres {
        for text in texts {
            crate::store::statement::run(
                write.on(),
                "lock request",
                "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
                [text.into()],
            )
            .await?;
        }
    }
    Ok(())
}

/// Counts what came before, and refuses what is too much.
pub(super) async fn check(
    write: &Write,
    (email, domain, network): (&str, &str, &str),
    now: DateTime<Utc>,
) -> Result<Result<Earlier, TooMany>, Error> {
    #[derive(FromQueryResult)]
    struct Counted {
        many: i64,
        first: Option<DateTime<Utc>>,
    }
    for (column, value, most, of) in [
        ("email", email, OF_MAILBOX, "this mailbox"),
        ("domain", domain, OF_DOMAIN, "this company"),
        ("network", network, OF_NETWORK, "this network"),
    ] {
        let sql = format!(
            "SELECT COUNT(*) AS many, MIN(submitted_at) AS first
             FROM (SELECT submitted_at FROM requests WHERE {column} = $1 AND submitted_at > $2 ORDER BY submitted_at DESC LIMIT {most}) r"
        );
        let counted: Option<Counted> = row(write.on(), "requests of a day", &sql, [value.into(), (now - DAY).into()]).await?;
        if let Some(Counted { many, first: Some(first) }) = counted
            && many >= most
        {
            return Ok(Err(TooMany { many, of, again: first + DAY }));
        }
    }
    let sql = "SELECT COUNT(CASE WHEN ended_at IS NULL THEN 1 END) AS open,
                   COUNT(mailbox_confirmed_at) > 0 AS confirmed
               FROM requests WHERE email = $1";
    let earlier: Option<Earlier> = row(write.on(), "requests of a mailbox", sql, [email.into()]).await?;
    Ok(Ok(earlier.unwrap_or(Earlier { open: 0, confirmed: false })))
}
