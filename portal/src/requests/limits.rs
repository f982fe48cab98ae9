//! Number of requests that are taken from one mailbox, domain or network in a day.

use crate::{
    error::Error,
    store::{
        statement::{row, run},
        write::Write,
    },
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
    mailbox: i64,
    mailbox_first: Option<DateTime<Utc>>,
    domain: i64,
    domain_first: Option<DateTime<Utc>>,
    network: i64,
    network_first: Option<DateTime<Utc>>,
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
        let sql = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0)), pg_advisory_xact_lock(hashtextextended($2, 0))";
        run(write.on(), "lock request", sql, texts.map(Into::into)).await?;
    }
    Ok(())
}

/// Counts what came before, and refuses what is too much.
pub(super) async fn check(
    write: &Write,
    (email, domain, network): (&str, &str, &str),
    now: DateTime<Utc>,
) -> Result<Result<Earlier, TooMany>, Error> {
    // The latest ones, as many as a day takes.
    let latest = |column: &str, place: u32, most: i64| {
        format!(
            "(SELECT COUNT(*) AS many, MIN(submitted_at) AS first
              FROM (SELECT submitted_at FROM requests WHERE {column} = ${place} AND submitted_at > $4 ORDER BY submitted_at DESC LIMIT {most}) r)"
        )
    };
    let sql = format!(
        "SELECT m.many AS mailbox, m.first AS mailbox_first, d.many AS domain, d.first AS domain_first, n.many AS network,
            n.first AS network_first, o.open, o.confirmed
         FROM {} m, {} d, {} n,
            (SELECT COUNT(CASE WHEN ended_at IS NULL THEN 1 END) AS open, COUNT(mailbox_confirmed_at) > 0 AS confirmed
             FROM requests WHERE email = $1) o",
        latest("email", 1, OF_MAILBOX),
        latest("domain", 2, OF_DOMAIN),
        latest("network", 3, OF_NETWORK)
    );
    let values = [email.into(), domain.into(), network.into(), (now - DAY).into()];
    let earlier: Option<Earlier> = row(write.on(), "requests of a day", &sql, values).await?;
    let earlier = earlier.ok_or_else(|| Error::internal("counts without a row"))?;
    for (many, first, most, of) in [
        (earlier.mailbox, earlier.mailbox_first, OF_MAILBOX, "this mailbox"),
        (earlier.domain, earlier.domain_first, OF_DOMAIN, "this company"),
        (earlier.network, earlier.network_first, OF_NETWORK, "this network"),
    ] {
        if let Some(first) = first.filter(|_| many >= most) {
            return Ok(Err(TooMany { many, of, again: first + DAY }));
        }
    }
    Ok(Ok(earlier))
}
