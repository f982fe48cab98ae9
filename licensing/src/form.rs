//! Refusals of forms. Each form has an enum of its own problems, whose `Display` is the sentence that people read: it names the fact and the next step.

use crate::value::text::{TextError, excerpt};
use chrono::{Datelike, NaiveDate};
use std::error::Error;

/// One problem of a form, and the field where it is corrected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal<P> {
    pub field: String,
    pub problem: P,
}

impl<P: Error> Refusal<P> {
    pub fn new(field: impl Into<String>, problem: impl Into<P>) -> Self {
        Self { field: field.into(), problem: problem.into() }
    }

    /// The same problem as one of a form that has this form within it.
    pub fn within<Q: Error + From<P>>(self) -> Refusal<Q> {
        Refusal { field: self.field, problem: self.problem.into() }
    }
}

/// Problem of a choice from a list, by the words for the list's entries, such as "an install site".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceProblem {
    #[error("Select {0}.")]
    Nothing(&'static str),
    #[error("What was sent is not among this account's choices. Select {0} from the list.")]
    NotOffered(&'static str),
}

/// Typed text that is not a date.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{}” is not a date. Enter year, month and day, such as 2027-01-31.", excerpt(.0))]
pub struct NotADate(pub String);

/// Day that was typed, of the years 1 to 9999: what is counted from it stays a day.
///
/// # Errors
/// [`NotADate`].
pub fn day(typed: &str) -> Result<NaiveDate, NotADate> {
    let day = typed.trim().parse::<NaiveDate>().ok().filter(|day| (1..=9999).contains(&day.year()));
    day.ok_or_else(|| NotADate(typed.trim().to_owned()))
}

/// Maximum length of a text, in characters, which the typed one exceeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The text is longer than {0} characters. Shorten it.")]
pub struct TooLong(pub usize);

/// Problem of a text, by the label of its field within a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextProblem {
    #[error("Enter the {0}.")]
    Missing(&'static str),
    #[error("The {0} cannot be used: {1}.")]
    Unusable(&'static str, TextError),
}

impl TextProblem {
    #[must_use]
    pub fn of(label: &'static str, error: TextError) -> Self {
        match error {
            TextError::Empty => Self::Missing(label),
            error => Self::Unusable(label, error),
        }
    }
}
