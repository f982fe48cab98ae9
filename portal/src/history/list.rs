//! Events, the latest first, a page at a time. However many there are, a page looks through so many of them and no more.

use super::{
    changes::{Changed, changes, lines},
    filter::HistoryFilter,
};
use crate::{
    access::{account::AccountAccess, administrator::AdministratorAccess, caller::Caller},
    error::Error,
    event_type::EventType,
    store::statement::{containing, marks, records, row, rows},
};
use chrono::{DateTime, NaiveDate, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use licensing::{Serial, capitalised};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Events that a page looks through.
const LOOKED_THROUGH: i64 = 5_000;
/// Ids ascend with time, but for clocks of several servers, which differ by less.
const SKEW: TimeDelta = TimeDelta::minutes(1);

/// Events of an account, for its people; or of the whole portal, for administrators.
#[derive(Clone)]
pub enum History {
    Account(AccountAccess),
    Portal(AdministratorAccess),
}

/// One event.
#[derive(Clone, Debug)]
pub struct HistoryEvent {
    pub id: i64,
    pub at: DateTime<Utc>,
    pub by: String,
    /// Name and GARN of the account that it is about.
    pub account: Option<(String, String)>,
    /// What happened, in a sentence.
    pub told: String,
    pub changes: Vec<Changed>,
}

/// Events of a page.
#[derive(Clone, Debug, Default)]
pub struct HistoryPage {
    pub events: Vec<HistoryEvent>,
    /// Id before which the next page goes on; `None`: there is nothing more.
    pub next: Option<i64>,
}

impl History {
    #[must_use]
    pub fn caller(&self) -> &Caller {
        match self {
            Self::Account(access) => access.caller(),
            Self::Portal(access) => access.caller(),
        }
    }
}

#[derive(FromQueryResult)]
struct Stored {
    id: i64,
    at: DateTime<Utc>,
    actor: String,
    action: String,
    subject: String,
    before: Option<serde_json::Value>,
    after: Option<serde_json::Value>,
    garn: Option<String>,
    account: Option<String>,
}

/// Conditions of a statement and their values.
#[derive(Default)]
struct Conditions {
    sql: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    /// Adds a condition, in which `{}` stands for the place of `value`.
    fn and(&mut self, sql: &str, value: impl Into<Value>) {
        self.values.push(value.into());
        self.sql.push(sql.replace("{}", &format!("${}", self.values.len())));
    }

    fn all(&self) -> String {
        if self.sql.is_empty() { "TRUE".to_owned() } else { self.sql.join(" AND ") }
    }
}

/// Events that `filter` finds before the event `before`, `most` at most.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn history(history: &History, filter: &HistoryFilter, before: Option<i64>, most: usize) -> Result<HistoryPage, Error> {
    let (caller, on) = (history.caller(), history.caller().portal().database.read());
    let zone = caller.person().time_zone;
    let mut scope = Conditions::default();
    if let History::Account(access) = history {
        scope.and("e.account_id = {}", access.account_id());
    }
    let serial: Option<Serial> = filter.subject.to_uppercase().parse().ok();
    if let Some(serial) = &serial {
        // Its account and its subject are one entry of an index.
        scope.and("e.account_id = (SELECT f.account_id FROM activation_files f WHERE f.serial = {})", serial.as_str());
        scope.and("e.subject = {}", serial.as_str());
    }
    let end = filter.through.map(|day| start_of(day + TimeDelta::days(1), zone));
    if let Some(end) = end {
        scope.and("e.id < {}", first_since(on, end + SKEW).await?);
    }
    if let Some(before) = before {
        scope.and("e.id < {}", before);
    }
    let floor = floor(on, &scope).await?;
    let mut found = scope;
    found.and("e.id >= {}", floor);
    if let Some(end) = end {
        found.and("e.at < {}", end);
    }
    let mut beginning = 0;
    if let Some(from) = filter.from.map(|day| start_of(day, zone)) {
        beginning = first_since(on, from - SKEW).await?;
        found.and("e.id >= {}", beginning);
        found.and("e.at >= {}", from);
    }
    if !filter.person.is_empty() {
        found.and("LOWER(e.actor) LIKE {} ESCAPE '!'", containing(&filter.person));
    }
    if serial.is_none() && !filter.subject.is_empty() {
        found.and("LOWER(e.subject) LIKE {} ESCAPE '!'", containing(&filter.subject));
    }
    let own = matches!(history, History::Account(access) if access.analyst().is_err());
    let types = EventType::ALL.iter().filter(|of| filter.kind.is_none_or(|kind| of.kind() == kind));
    let types: Vec<&str> = types.filter(|of| !own || !of.is_internal()).map(|of| of.code()).collect();
    if types.len() < EventType::ALL.len() {
        let first = found.values.len() + 1;
        found.sql.push(format!("e.action IN ({})", marks(first, types.len())));
        found.values.extend(types.into_iter().map(Value::from));
    }
    let sql = format!(
        "SELECT e.id, e.at, e.actor, e.action, e.subject, e.before, e.after, a.garn, a.name AS account
         FROM audit_events e LEFT JOIN accounts a ON a.id = e.account_id WHERE {} ORDER BY e.id DESC LIMIT {}",
        found.all(),
        most + 1
    );
    let mut stored: Vec<Stored> = rows(on, "history", &sql, found.values).await?;
    let more = stored.len() > most;
    stored.truncate(most);
    let next = if more { stored.last().map(|last| last.id) } else { Some(floor).filter(|floor| *floor > beginning) };
    let names = names(on, &stored).await?;
    Ok(HistoryPage { events: stored.into_iter().map(|stored| told(stored, &names)).collect(), next })
}

fn told(stored: Stored, names: &BTreeMap<i64, String>) -> HistoryEvent {
    let Stored { id, at, actor, action, subject, before, after, garn, account } = stored;
    let told = match EventType::stored(&action) {
        Some(event_type) => event_type.told(&subject),
        None => format!("{}: {subject}.", capitalised(&action)),
    };
    let changes = changes(before.as_ref(), after.as_ref(), names);
    HistoryEvent { id, at, by: actor, account: account.zip(garn), told, changes }
}

/// Id of the last event that a page looks through; 0 when it comes to the beginning.
async fn floor(on: &impl ConnectionTrait, scope: &Conditions) -> Result<i64, Error> {
    #[derive(FromQueryResult)]
    struct Found {
        id: i64,
    }
    let sql =
        format!("SELECT e.id FROM audit_events e WHERE {} ORDER BY e.id DESC LIMIT 1 OFFSET {}", scope.all(), LOOKED_THROUGH - 1);
    let found: Option<Found> = row(on, "history: floor", &sql, scope.values.clone()).await?;
    Ok(found.map_or(0, |found| found.id))
}

/// Id of the first event at `at` or later, found by halving: events are numbered as they happen.
async fn first_since(on: &impl ConnectionTrait, at: DateTime<Utc>) -> Result<i64, Error> {
    #[derive(FromQueryResult)]
    struct Last {
        last: Option<i64>,
    }
    #[derive(FromQueryResult)]
    struct Event {
        at: DateTime<Utc>,
    }
    let last: Option<Last> = row(on, "history: last", "SELECT MAX(id) AS last FROM audit_events", []).await?;
    let (mut from, mut to) = (1, last.and_then(|last| last.last).unwrap_or(0) + 1);
    while from < to {
        let middle = from + (to - from) / 2;
        let sql = "SELECT at FROM audit_events WHERE id >= $1 ORDER BY id LIMIT 1";
        let event: Option<Event> = row(on, "history: at", sql, [middle.into()]).await?;
        if event.is_none_or(|event| event.at >= at) { to = middle } else { from = middle + 1 }
    }
    Ok(from)
}

/// The first instant of a day in a zone; where clocks skip it, the day of UTC.
pub(crate) fn start_of(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let midnight = day.and_time(chrono::NaiveTime::MIN);
    zone.from_local_datetime(&midnight).earliest().map_or_else(|| midnight.and_utc(), |start| start.with_timezone(&Utc))
}

/// Names of the order lines that events tell of, by row id.
async fn names(on: &impl ConnectionTrait, events: &[Stored]) -> Result<BTreeMap<i64, String>, Error> {
    #[derive(FromQueryResult)]
    struct Line {
        id: i64,
        sales_order: String,
        line: i64,
        number: String,
    }
    let ids: BTreeSet<i64> = events.iter().flat_map(|event| lines(event.before.as_ref(), event.after.as_ref())).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let sql = format!(
        "SELECT e.id, o.sales_order, e.line, p.number FROM entitlements e JOIN orders o ON o.id = e.order_id JOIN parts p ON p.id = e.part_id
         WHERE e.id IN (SELECT CAST(t.value AS BIGINT) FROM {})",
        records(on, 1)
    );
    let found: Vec<Line> = rows(on, "history: order lines", &sql, [json!(ids).to_string().into()]).await?;
    Ok(found.into_iter().map(|line| (line.id, format!("{} line {}, {}", line.sales_order, line.line, line.number))).collect())
}
