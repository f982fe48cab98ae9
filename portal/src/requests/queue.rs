//! The queue of requests, in views and pages.

use crate::{
    access::analyst::AnalystAccess,
    error::Error,
    store::statement::{known, row, rows},
};
use chrono::{DateTime, NaiveDate, Utc};
use licensing::{
    HostId,
    requests::{RequestKind, RequestNumber, RequestState, words},
};
use sea_orm::{FromQueryResult, Value};

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

/// What the queue is searched for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sought {
    pub view: QueueView,
    /// Number, e-mail address or host id, or the beginnings of words.
    pub text: String,
    /// The number that the page comes after.
    pub after: Option<RequestNumber>,
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

/// A page of the queue, the latest first.
#[derive(Clone, Debug)]
pub struct QueuePage {
    pub rows: Vec<QueueRow>,
    /// There are more behind the last one.
    pub more: bool,
}

/// Number of lines of a page.
const PAGE: usize = 50;
/// Counted to one more than this.
pub const MOST_COUNTED: u32 = 10_000;

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

/// One page of the queue.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn queue(access: &AnalystAccess, sought: &Sought) -> Result<QueuePage, Error> {
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
    let text = sought.text.trim();
    let (condition, value) = sought.view.condition(access);
    let mut values: Vec<Value> = value.into_iter().collect();
    let mut conditions = vec![condition.to_owned()];
    if let Some(after) = sought.after {
        values.push(after.id().into());
        conditions.push(format!("r.id < ${}", values.len()));
    }
    let mut bind = |value: Value| {
        values.push(value);
        format!("${}", values.len())
    };
    match (text.to_uppercase().parse::<RequestNumber>(), HostId::typed(text)) {
        (Ok(number), _) => conditions.push(format!("r.id = {}", bind(number.id().into()))),
        (_, Ok(host)) => {
            let host = bind(host.to_string().into());
            conditions.push(format!("r.id IN (SELECT h.request_id FROM request_hosts h WHERE h.host_id = {host})"));
        }
        _ if text.contains('@') => conditions.push(format!("r.email = {}", bind(text.to_lowercase().into()))),
        // The beginnings of words, all of them.
        _ => conditions.extend(words(text).into_iter().map(|word| {
            let (from, to) = (bind(word.as_str().into()), bind(format!("{word}{}", char::MAX).into()));
            format!("r.id IN (SELECT w.request_id FROM request_words w WHERE w.word >= {from} AND w.word < {to})")
        })),
    }
    let sql = format!(
        "SELECT r.id, r.kind, r.category, r.file_type, r.state, r.urgent, r.needed_by, r.subject, r.name, r.email, r.garn,
            p.name AS analyst, r.submitted_at
         FROM requests r LEFT JOIN people p ON p.id = r.assigned_to
         WHERE {} ORDER BY r.id DESC LIMIT {}",
        conditions.join(" AND "),
        PAGE + 1
    );
    let mut stored: Vec<Stored> = rows(access.caller().portal().database.read(), "queue", &sql, values).await?;
    let more = stored.len() > PAGE;
    stored.truncate(PAGE);
    let line = |stored: Stored| {
        Ok(QueueRow {
            number: RequestNumber::of_id(stored.id),
            kind: known(RequestKind::from_code(&stored.kind), &stored.kind)?,
            category: stored.category,
            file_type: stored.file_type,
            state: known(RequestState::from_code(&stored.state), &stored.state)?,
            urgent: stored.urgent,
            needed_by: stored.needed_by,
            subject: stored.subject,
            name: stored.name,
            email: stored.email,
            garn: stored.garn,
            analyst: stored.analyst,
            submitted_at: stored.submitted_at,
        })
    };
    Ok(QueuePage { rows: stored.into_iter().map(line).collect::<Result<_, Error>>()?, more })
}
