//! The form of *Deactivate*: why, and for a production file the name of its machine, typed. Domain §5.

use crate::{
    form::{ChoiceProblem, Refusal, TextProblem, TooLong},
    licence::LicenceType,
    value::{
        coded::coded,
        text::{TextError, folded, typed as typed_text},
    },
};
use serde::{Deserialize, Serialize};

/// Names of the form's fields.
pub mod field {
    pub const REASON: &str = "reason";
    pub const NOTE: &str = "note";
    pub const MACHINE: &str = "machine";
}

/// A note is at most so long, in characters.
pub const LONGEST_NOTE: usize = 500;

coded! {
    /// Why a file is given back.
    Reason {
        WronglyGenerated = "wrongly-generated", "It was generated wrongly";
        Reallocation = "reallocation", "Its licences are needed elsewhere";
        ServersChanged = "servers-changed", "A server was added or replaced";
        Other = "other", "Something else";
    }
}

const A_REASON: &str = "a reason";

/// Problem of a request to deactivate files.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeactivationProblem {
    #[error(transparent)]
    Choice(#[from] ChoiceProblem),
    #[error(transparent)]
    Note(#[from] TextProblem),
    #[error(transparent)]
    LongNote(#[from] TooLong),
    /// [`Reason::Other`] without a note.
    #[error("Say in a few words why.")]
    NoNote,
    /// The machine of the file is this, and something else was typed.
    #[error("This is not the name of its machine. Type {0} to deactivate the file.")]
    OtherMachine(String),
}

/// A request to deactivate files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DeactivationRequest {
    pub reason: Option<Reason>,
    /// In the person's own words.
    pub note: Option<String>,
    /// Name of the machine that the person means.
    pub machine: String,
    /// Fields whose text could not be read.
    #[serde(skip)]
    unread: Vec<Refusal<DeactivationProblem>>,
}

/// A complete request to deactivate files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deactivation {
    pub reason: Reason,
    /// In the person's own words; there with [`Reason::Other`], may be with every reason.
    pub note: Option<String>,
}

impl DeactivationRequest {
    /// Reads the form; `value` gives each field as typed.
    pub fn of_form<'a>(value: impl Fn(&str) -> &'a str) -> Self {
        let mut unread = Vec::new();
        let typed = value(field::REASON);
        let reason = Reason::from_code(typed);
        if reason.is_none() && !typed.is_empty() {
            unread.push(Refusal::new(field::REASON, ChoiceProblem::NotOffered(A_REASON)));
        }
        let note = match typed_text(value(field::NOTE), LONGEST_NOTE) {
            Ok(note) => Some(note),
            Err(error) => {
                unread.extend(match error {
                    TextError::Empty => None,
                    TextError::TooLong(..) => Some(Refusal::new(field::NOTE, TooLong(LONGEST_NOTE))),
                    error => Some(Refusal::new(field::NOTE, TextProblem::of("note", error))),
                });
                None
            }
        };
        Self { reason, note, machine: value(field::MACHINE).trim().to_owned(), unread }
    }

    /// The complete request for a file of `licence_type` whose primary server is `machine`. Of a production file its name is asked for.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the form; never empty.
    pub fn check(&self, licence_type: LicenceType, machine: &str) -> Result<Deactivation, Vec<Refusal<DeactivationProblem>>> {
        let other = licence_type == LicenceType::Production && folded(&self.machine) != folded(machine);
        self.complete(other.then(|| Refusal::new(field::MACHINE, DeactivationProblem::OtherMachine(machine.to_owned()))))
    }

    /// The complete request for many files, whose number was confirmed otherwise.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the form; never empty.
    pub fn check_many(&self) -> Result<Deactivation, Vec<Refusal<DeactivationProblem>>> {
        self.complete(None)
    }

    fn complete(&self, more: Option<Refusal<DeactivationProblem>>) -> Result<Deactivation, Vec<Refusal<DeactivationProblem>>> {
        let unread = |field: &'static str| self.unread.iter().filter(move |refusal| refusal.field == field).cloned();
        let mut refusals: Vec<Refusal<DeactivationProblem>> = unread(field::REASON).collect();
        if self.reason.is_none() && refusals.is_empty() {
            refusals.push(Refusal::new(field::REASON, ChoiceProblem::Nothing(A_REASON)));
        }
        refusals.extend(unread(field::NOTE));
        if self.reason == Some(Reason::Other) && self.note.is_none() && unread(field::NOTE).next().is_none() {
            refusals.push(Refusal::new(field::NOTE, DeactivationProblem::NoNote));
        }
        refusals.extend(more);
        match self.reason {
            Some(reason) if refusals.is_empty() => Ok(Deactivation { reason, note: self.note.clone() }),
            _ => Err(refusals),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(licence_type: LicenceType, pairs: &[(&str, &'static str)]) -> Result<Deactivation, Vec<String>> {
        let value = |name: &str| pairs.iter().find(|(n, _)| *n == name).map_or("", |(_, value)| *value);
        let parsed = DeactivationRequest::of_form(value).check(licence_type, "IC-PRD-01");
        parsed.map_err(|refusals| refusals.iter().map(|r| format!("{}: {}", r.field, r.problem)).collect())
    }

    #[test]
    fn a_production_file_is_given_back_by_name() {
        let complete = [("reason", "reallocation"), ("machine", " ic-prd-01 ")];
        let reason = Reason::Reallocation;
        assert_eq!(parse(LicenceType::Production, &complete), Ok(Deactivation { reason, note: None }));
        assert_eq!(
            parse(LicenceType::Production, &[]),
            Err(vec![
                "reason: Select a reason.".into(),
                "machine: This is not the name of its machine. Type IC-PRD-01 to deactivate the file.".into()
            ])
        );
        assert_eq!(parse(LicenceType::Trial, &[("reason", "reallocation")]), Ok(Deactivation { reason, note: None }));
    }

    #[test]
    fn another_reason_is_told_in_words_on_one_line() {
        let other = |note| parse(LicenceType::Trial, &[("reason", "other"), ("note", note)]);
        assert_eq!(other(" "), Err(vec!["note: Say in a few words why.".into()]));
        assert_eq!(
            other("a\u{7}b"),
            Err(vec![
                "note: The note cannot be used: it has a control or text-direction character (U+0007), which a reader cannot see."
                    .into()
            ])
        );
        let long: &'static str = "x".repeat(LONGEST_NOTE + 1).leak();
        assert_eq!(other(long), Err(vec!["note: The text is longer than 500 characters. Shorten it.".into()]));
        assert_eq!(other(" moved ").map(|d| d.note), Ok(Some("moved".into())));
    }
}
