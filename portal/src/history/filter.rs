//! Filters of *History*, as an address has them.

use crate::event_type::EventKind;
use chrono::NaiveDate;
use licensing::form;

/// Names of the fields.
pub mod field {
    pub const PERSON: &str = "person";
    pub const KIND: &str = "kind";
    pub const SUBJECT: &str = "subject";
    pub const FROM: &str = "from";
    pub const THROUGH: &str = "through";
}

/// What is sought in a history. Empty texts seek nothing.
#[derive(Clone, Debug, Default)]
pub struct HistoryFilter {
    /// Part of the name of whoever did it.
    pub person: String,
    pub kind: Option<EventKind>,
    /// Serial number, or part of the subject.
    pub subject: String,
    /// First and last day, in the reader's time zone.
    pub from: Option<NaiveDate>,
    pub through: Option<NaiveDate>,
}

impl HistoryFilter {
    /// Reads the fields; `value` gives each as typed.
    ///
    /// # Errors
    /// (field, what is wrong with it)
    pub fn parse<'a>(value: impl Fn(&str) -> &'a str) -> Result<Self, Vec<(&'static str, String)>> {
        let mut problems = Vec::new();
        let mut day = |field: &'static str| match value(field).trim() {
            "" => None,
            typed => form::day(typed).map_err(|problem| problems.push((field, problem.to_string()))).ok(),
        };
        let (from, through) = (day(field::FROM), day(field::THROUGH));
        if from.zip(through).is_some_and(|(from, through)| through < from) {
            problems.push((field::THROUGH, "The last day is before the first.".to_owned()));
        }
        let kind = match value(field::KIND) {
            "" => None,
            code => {
                let kind = EventKind::from_code(code);
                if kind.is_none() {
                    problems.push((field::KIND, "Select one of the list.".to_owned()));
                }
                kind
            }
        };
        let text = |field| value(field).trim().to_owned();
        if problems.is_empty() {
            Ok(Self { person: text(field::PERSON), kind, subject: text(field::SUBJECT), from, through })
        } else {
            Err(problems)
        }
    }

    /// Whether everything is found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self { person, kind, subject, from, through } = self;
        person.is_empty() && kind.is_none() && subject.is_empty() && from.is_none() && through.is_none()
    }
}
