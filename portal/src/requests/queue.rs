//! The queue of requests, in views and pages.

use crate::{
    access::analyst::AnalystAccess,
    error::Error,
    store::statement::{known, row, rows},
};
use chrono::{DateTime, NaiveDate, Utc};
use licensing::{
    HostId,
    requests::{RequestKind, RequestNumber, RequestState, words as words_of},
};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use std::{fmt, str::FromStr};

/// A saved view of the queue. Domain §7.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QueueView {
    Mine,
    #[default]
    Unassigned,
    Urgent,
    /// Needed by a day that is over.
    Overdue,
    Waiting,
    /// All that are open.
    Open,
    /// All there are.
    All,
}

impl QueueView {
    pub const ALL: [Self; 7] = [Self::Mine, Self::Unassigned, Self::Urgent, Self::Overdue, Self::Waiting, Self::Open, Self::All];

    /// As it stands in an address.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Mine => "mine",
            Self::Unassigned => "unassigned",
            Self::Urgent => "urgent",
            Self::Overdue => "overdue",
            Self::Waiting => "waiting",
            Self::Open => "open",
            Self::All => "all",
        }
    }

    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.code() == code)
    }

    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Mine => "Mine",
            Self::Unassigned => "Unassigned",
            Self::Urgent => "Urgent",
            Self::Overdue => "Overdue",
            Self::Waiting => "Waiting",
            Self::Open => "All open",
            Self::All => "All",
        }
    }

    /// Condition on requests `r`, and what it compares them with as `$1`.
    fn condition(self, access: &AnalystAccess) -> (&'static str, Option<Value>) {
        let today = || access.caller().portal().now().with_timezone(&access.caller().person().time_zone).date_naive();
        match self {
            Self::Mine => ("r.ended_at IS NULL AND r.assigned_to = $1", Some(access.caller().person_id().into())),
            Self::Unassigned => ("r.ended_at IS NULL AND NOT r.held AND r.assigned_to IS NULL", None),
            Self::Urgent => ("r.ended_at IS NULL AND NOT r.held AND r.urgent", None),
            Self::Overdue => ("r.ended_at IS NULL AND NOT r.held AND r.needed_by < $1", Some(today().into())),
            Self::Waiting => ("r.ended_at IS NULL AND r.state = 'waiting'", None),
            Self::Open => ("r.ended_at IS NULL AND NOT r.held", None),
            Self::All => ("NOT r.held", None),
        }
    }
}

/// Order of the queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QueueOrder {
    #[default]
    Newest,
    Oldest,
    /// By the day on which they are needed: those that are open and name one.
    Needed,
}

impl QueueOrder {
    pub const ALL: [Self; 3] = [Self::Newest, Self::Oldest, Self::Needed];

    /// As it stands in an address.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Oldest => "oldest",
            Self::Needed => "needed",
        }
    }

    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|order| order.code() == code)
    }

    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Newest => "Newest first",
            Self::Oldest => "Oldest first",
            Self::Needed => "Needed soonest",
        }
    }
}

/// Place in the queue that a page comes after, such as `AFR-0000123` or `2027-01-04~AFR-0000123`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    needed_by: Option<NaiveDate>,
    number: RequestNumber,
}

impl FromStr for Place {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let (day, number) = text.split_once('~').map_or((None, text), |(day, number)| (Some(day), number));
        let needed_by = day.map(|day| day.parse().map_err(drop)).transpose()?;
        Ok(Self { needed_by, number: number.parse().map_err(drop)? })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.needed_by {
            Some(day) => write!(f, "{day}~{}", self.number),
            None => self.number.fmt(f),
        }
    }
}

/// Code of the category filter that stands for questions.
pub const QUESTIONS: &str = "question";

/// What the queue is searched for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sought {
    pub view: QueueView,
    /// Number, e-mail address or host id, or the beginnings of words.
    pub text: String,
    /// Code of a category of the form, or [`QUESTIONS`]; empty for all.
    pub category: String,
    /// Row id of the analyst who has them.
    pub analyst: Option<i64>,
    pub order: QueueOrder,
    pub after: Option<Place>,
}

/// A line of the queue.
#[derive(Clone, Debug)]
pub struct QueueRow {
    pub number: RequestNumber,
    pub kind: RequestKind,
    pub category: Option<String>,
    pub file_type: Option<String>,
    pub state: RequestState,
    pub urgent: bool,
    pub needed_by: Option<NaiveDate>,
    pub subject: String,
    pub name: String,
    pub email: String,
    pub garn: Option<String>,
    pub analyst: Option<String>,
    pub submitted_at: DateTime<Utc>,
}

/// A page of the queue.
#[derive(Clone, Debug)]
pub struct QueuePage {
    pub rows: Vec<QueueRow>,
    /// Place that the next page comes after.
    pub next: Option<Place>,
    /// The words are so common that the search stopped at [`Self::next`], before the page was full.
    pub stopped: bool,
}

/// Number of lines of a page.
const PAGE: usize = 50;
/// Counted to one more than this.
pub const MOST_COUNTED: u32 = 10_000;
/// A word in no more requests than this leads to them; others are looked for in one request after the other.
const RARE: u32 = 10_000;
/// Requests that are looked through for common words.
const MOST_LOOKED_THROUGH: i64 = 4_000;
/// Words of a search.
const MOST_WORDS: usize = 8;

/// Number of requests of each view, in the order of [`QueueView::ALL`], each counted to one more than [`MOST_COUNTED`].
pub type ViewCounts = [u64; 7];

/// Number of requests of each view.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn view_counts(access: &AnalystAccess) -> Result<ViewCounts, Error> {
    #[derive(FromQueryResult)]
    struct Counted {
        many: i64,
    }
    let mut counts = ViewCounts::default();
    for (view, count) in QueueView::ALL.into_iter().zip(&mut counts) {
        let (condition, value) = view.condition(access);
        let sql = format!(
            "SELECT COUNT(*) AS many FROM (SELECT 1 AS one FROM requests r WHERE {condition} LIMIT {}) c",
            MOST_COUNTED + 1
        );
        let counted: Option<Counted> = row(access.caller().portal().database.read(), "queue: counts", &sql, value).await?;
        *count = counted.map_or(0, |counted| u64::try_from(counted.many).unwrap_or_default());
    }
    Ok(counts)
}

#[derive(FromQueryResult)]
struct Stored {
    id: i64,
    kind: String,
    category: Option<String>,
    file_type: Option<String>,
    state: String,
    urgent: bool,
    needed_by: Option<NaiveDate>,
    subject: String,
    name: String,
    email: String,
    garn: Option<String>,
    analyst: Option<String>,
    submitted_at: DateTime<Utc>,
}

impl Stored {
    fn line(self) -> Result<QueueRow, Error> {
        Ok(QueueRow {
            number: RequestNumber::of_id(self.id),
            kind: known(RequestKind::from_code(&self.kind), &self.kind)?,
            category: self.category,
            file_type: self.file_type,
            state: known(RequestState::from_code(&self.state), &self.state)?,
            urgent: self.urgent,
            needed_by: self.needed_by,
            subject: self.subject,
            name: self.name,
            email: self.email,
            garn: self.garn,
            analyst: self.analyst,
            submitted_at: self.submitted_at,
        })
    }
}

/// Conditions of a query, and the values that they are bound to.
#[derive(Default)]
struct Conditions {
    all: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    fn add(&mut self, condition: String) {
        self.all.push(condition);
    }
}

/// One page of the queue.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn queue(access: &AnalystAccess, sought: &Sought) -> Result<QueuePage, Error> {
    page(access, sought, PAGE).await
}

/// Lines of the queue for a table, page after page; at most [`MOST_COUNTED`].
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn queue_lines(access: &AnalystAccess, sought: &Sought) -> Result<Vec<QueueRow>, Error> {
    let most = usize::try_from(MOST_COUNTED).unwrap_or(usize::MAX);
    let mut sought = sought.clone();
    let mut lines = Vec::new();
    loop {
        let QueuePage { rows, next, .. } = page(access, &sought, 1_000).await?;
        lines.extend(rows);
        sought.after = next;
        if next.is_none() || lines.len() >= most {
            lines.truncate(most);
            return Ok(lines);
        }
    }
}

async fn page(access: &AnalystAccess, sought: &Sought, size: usize) -> Result<QueuePage, Error> {
    let on = access.caller().portal().database.read();
    let (condition, value) = sought.view.condition(access);
    let mut conditions = Conditions { all: vec![condition.to_owned()], values: value.into_iter().collect() };
    match sought.category.as_str() {
        "" => {}
        QUESTIONS => conditions.add("r.category IS NULL".to_owned()),
        category => {
            let category = conditions.bind(category);
            conditions.add(format!("r.category = {category}"));
        }
    }
    if let Some(analyst) = sought.analyst {
        let analyst = conditions.bind(analyst);
        conditions.add(format!("r.assigned_to = {analyst}"));
    }
    if sought.order == QueueOrder::Needed {
        conditions.add("r.needed_by IS NOT NULL AND r.ended_at IS NULL".to_owned());
    }
    if let Some(after) = sought.after {
        let id = conditions.bind(after.number.id());
        match (sought.order, after.needed_by) {
            (QueueOrder::Newest, _) => conditions.add(format!("r.id < {id}")),
            (QueueOrder::Oldest, _) => conditions.add(format!("r.id > {id}")),
            (QueueOrder::Needed, day) => {
                let day = conditions.bind(day.unwrap_or_default());
                conditions.add(format!("(r.needed_by, r.id) > ({day}, {id})"));
            }
        }
    }
    let stops = matching(on, sought, &mut conditions).await?;
    let order = match sought.order {
        QueueOrder::Newest => "r.id DESC",
        QueueOrder::Oldest => "r.id",
        QueueOrder::Needed => "r.needed_by, r.id",
    };
    let sql = format!(
        "SELECT r.id, r.kind, r.category, r.file_type, r.state, r.urgent, r.needed_by, r.subject, r.name, r.email, r.garn,
            p.name AS analyst, r.submitted_at
         FROM requests r LEFT JOIN people p ON p.id = r.assigned_to
         WHERE {} ORDER BY {order} LIMIT {}",
        conditions.all.join(" AND "),
        size + 1
    );
    let mut stored: Vec<Stored> = rows(on, "queue", &sql, conditions.values).await?;
    let more = stored.len() > size;
    stored.truncate(size);
    let rows = stored.into_iter().map(Stored::line).collect::<Result<Vec<_>, Error>>()?;
    let last = rows
        .last()
        .filter(|_| more)
        .map(|last| Place { needed_by: last.needed_by.filter(|_| sought.order == QueueOrder::Needed), number: last.number });
    let stopped = last.is_none() && stops.is_some();
    Ok(QueuePage { rows, next: last.or(stops), stopped })
}

/// Adds what the text asks for. For common words alone, only so many requests are looked through: the place where the search stops, unless that is the end.
async fn matching(on: &impl ConnectionTrait, sought: &Sought, conditions: &mut Conditions) -> Result<Option<Place>, Error> {
    let text = sought.text.trim();
    if let Ok(number) = text.to_uppercase().parse::<RequestNumber>() {
        let id = conditions.bind(number.id());
        conditions.add(format!("r.id = {id}"));
        return Ok(None);
    }
    if let Ok(host) = HostId::typed(text) {
        let host = conditions.bind(host.to_string());
        conditions.add(format!("r.id IN (SELECT h.request_id FROM request_hosts h WHERE h.host_id = {host})"));
        return Ok(None);
    }
    if text.contains('@') {
        let email = conditions.bind(text.to_lowercase());
        conditions.add(format!("r.email = {email}"));
        return Ok(None);
    }
    let mut words: Vec<(i64, String)> = Vec::new();
    for word in words_of(text).into_iter().take(MOST_WORDS) {
        words.push((requests_with(on, &word).await?, word));
    }
    words.sort();
    // The rarest word leads to the requests, where it is rare; the others are looked for in those.
    let led = words.first().is_some_and(|(many, _)| *many <= i64::from(RARE));
    for (at, (_, word)) in words.iter().enumerate() {
        let (from, to) = (conditions.bind(word.as_str()), conditions.bind(end_of(word)));
        conditions.add(if at == 0 && led {
            format!("r.id IN (SELECT w.request_id FROM request_words w WHERE w.word >= {from} AND w.word < {to})")
        } else {
            format!("EXISTS (SELECT 1 FROM request_words w WHERE w.request_id = r.id AND w.word >= {from} AND w.word < {to})")
        });
    }
    if words.is_empty() || led || sought.order == QueueOrder::Needed {
        return Ok(None);
    }
    #[derive(FromQueryResult)]
    struct Ends {
        first: Option<i64>,
        last: Option<i64>,
    }
    let ends: Option<Ends> =
        row(on, "queue: ends", "SELECT (SELECT MIN(id) FROM requests) AS first, (SELECT MAX(id) FROM requests) AS last", [])
            .await?;
    let Some(Ends { first: Some(first), last: Some(last) }) = ends else { return Ok(None) };
    let after = sought.after.map(|after| after.number.id());
    let (stop, is_end) = if sought.order == QueueOrder::Newest {
        let stop = after.unwrap_or(last + 1) - MOST_LOOKED_THROUGH;
        let bound = conditions.bind(stop);
        conditions.add(format!("r.id >= {bound}"));
        (stop, stop <= first)
    } else {
        let stop = after.unwrap_or(first - 1) + MOST_LOOKED_THROUGH;
        let bound = conditions.bind(stop);
        conditions.add(format!("r.id <= {bound}"));
        (stop, stop >= last)
    };
    Ok((!is_end).then_some(Place { needed_by: None, number: RequestNumber::of_id(stop) }))
}

/// End of the words that begin with `word`.
fn end_of(word: &str) -> String {
    format!("{word}{}", char::MAX)
}

/// Number of requests with a word that begins with `word`, counted to one more than [`RARE`].
async fn requests_with(on: &impl ConnectionTrait, word: &str) -> Result<i64, Error> {
    #[derive(FromQueryResult)]
    struct Counted {
        many: i64,
    }
    let sql = format!(
        "SELECT COUNT(*) AS many FROM (SELECT 1 AS one FROM request_words w WHERE w.word >= $1 AND w.word < $2 LIMIT {}) c",
        RARE + 1
    );
    let counted: Option<Counted> = row(on, "queue: word", &sql, [word.into(), end_of(word).into()]).await?;
    Ok(counted.map_or(0, |counted| counted.many))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_written_as_it_is_read() {
        for text in ["AFR-0000123", "2027-01-04~AFR-0000123"] {
            assert_eq!(text.parse::<Place>().map(|place| place.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "123", "soon~AFR-0000123", "2027-01-04~"] {
            assert_eq!(text.parse::<Place>(), Err(()), "{text}");
        }
    }
}
