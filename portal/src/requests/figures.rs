//! Figures of the requests: how many are open and how old they are, and how each week went.

use crate::{
    access::analyst::AnalystAccess,
    error::Error,
    store::statement::{row, rows},
};
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use sea_orm::{DbBackend, FromQueryResult};
use std::collections::BTreeMap;

/// Weeks that are looked back at, this one included.
const WEEKS: i64 = 26;

/// Figures of requests.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// Number of those that are open.
    pub open: u64,
    /// Number of those that are open, by how long they have been: (to this many days, number); the last is without end.
    pub ages: Vec<(Option<i64>, u64)>,
    /// Weeks, the first one first, each by its Monday.
    pub weeks: Vec<(NaiveDate, Week)>,
    /// The same weeks together, by category; questions are the category without a name.
    pub categories: Vec<(Option<String>, Week)>,
}

/// Requests of a week or a category.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Week {
    pub sent: u64,
    /// Number of those that have an answer.
    pub answered: u64,
    /// Sum of the times to first answers, in hours.
    hours: f64,
}

impl Week {
    /// Mean time to the first answer, in hours; `None` when there is none.
    #[must_use]
    pub fn mean_hours(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 requests")]
        let many = self.answered as f64;
        (self.answered > 0).then(|| self.hours / many)
    }

    fn add(&mut self, day: &Day) {
        self.sent += day.sent.unsigned_abs();
        self.answered += day.answered.unsigned_abs();
        self.hours += day.hours;
    }
}

#[derive(FromQueryResult)]
struct Day {
    day: String,
    category: Option<String>,
    sent: i64,
    answered: i64,
    hours: f64,
}

#[derive(FromQueryResult)]
struct Count {
    many: i64,
}

/// Ends of the classes of age, in days.
const AGES: [Option<i64>; 5] = [Some(1), Some(3), Some(7), Some(30), None];

/// Figures as they are now.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn figures(access: &AnalystAccess) -> Result<Figures, Error> {
    let portal = access.caller().portal();
    let (on, now) = (portal.database.read(), portal.now());
    let mut figures = Figures::default();
    let mut until = now + TimeDelta::days(1);
    for end in AGES {
        let from = end.map_or(DateTime::<Utc>::UNIX_EPOCH, |days| now - TimeDelta::days(days));
        let sql = "SELECT COUNT(*) AS many FROM requests r WHERE r.ended_at IS NULL AND NOT r.held AND r.submitted_at >= $1 AND r.submitted_at < $2";
        let counted: Option<Count> = row(on, "figures: open", sql, [from.into(), until.into()]).await?;
        let many = counted.map_or(0, |count| count.many.unsigned_abs());
        figures.open += many;
        figures.ages.push((end, many));
        until = from;
    }
    let today = now.date_naive();
    let monday = |day: NaiveDate| day - TimeDelta::days(i64::from(day.weekday().num_days_from_monday()));
    let first = monday(today) - TimeDelta::weeks(WEEKS - 1);
    let (day, hours) = match on.get_database_backend() {
        DbBackend::Postgres => (
            "CAST(CAST(submitted_at AT TIME ZONE 'UTC' AS DATE) AS TEXT)",
            "CAST(EXTRACT(EPOCH FROM answered_at - submitted_at) / 3600 AS DOUBLE PRECISION)",
        ),
        _ => ("substr(submitted_at, 1, 10)", "(julianday(answered_at) - julianday(submitted_at)) * 24"),
    };
    let sql = format!(
        "SELECT {day} AS day, category, COUNT(*) AS sent, COUNT(answered_at) AS answered, COALESCE(SUM({hours}), 0.0) AS hours
         FROM requests WHERE submitted_at >= $1 AND NOT held GROUP BY {day}, category"
    );
    let days: Vec<Day> = rows(on, "figures: weeks", &sql, [first.and_time(chrono::NaiveTime::MIN).and_utc().into()]).await?;
    let mut weeks: BTreeMap<NaiveDate, Week> = (0..WEEKS).map(|week| (first + TimeDelta::weeks(week), Week::default())).collect();
    let mut categories: BTreeMap<Option<String>, Week> = BTreeMap::new();
    for row in days {
        let on: NaiveDate = row.day.parse().map_err(Error::internal)?;
        weeks.entry(monday(on)).or_default().add(&row);
        categories.entry(row.category.clone()).or_default().add(&row);
    }
    figures.weeks = weeks.into_iter().collect();
    figures.categories = categories.into_iter().collect();
    Ok(figures)
}
