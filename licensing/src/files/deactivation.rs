//! The form of *Deactivate*: why, and for a production file the name of its machine, typed. Domain §5.

use super::request::{Choice, Problem, Refusal, refusal};
use crate::{
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

/// A complete request to deactivate a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deactivation {
    pub reason: Reason,
    /// In the person's own words; there with [`Reason::Other`], may be with every reason.
    pub note: Option<String>,
}

impl Deactivation {
    /// Reads the form for a file of `licence_type` whose primary server is `machine`; `value` gives each field as typed.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the form; never empty.
    pub fn parse<'a>(licence_type: LicenceType, machine: &str, value: impl Fn(&str) -> &'a str) -> Result<Self, Vec<Refusal>> {
        let mut refusals = Vec::new();
        let mut refuse = |field, problem| refusals.push(refusal(field, problem));
        let typed = value(field::REASON);
        let reason = Reason::from_code(typed);
        match reason {
            None if typed.is_empty() => refuse(field::REASON, Problem::NoChoice(Choice::Reason)),
            None => refuse(field::REASON, Problem::NotOffered(Choice::Reason)),
            Some(_) => {}
        }
        let note = match typed_text(value(field::NOTE), LONGEST_NOTE) {
            Ok(note) => Some(note),
            Err(TextError::Empty) => {
                if reason == Some(Reason::Other) {
                    refuse(field::NOTE, Problem::NoReason);
                }
                None
            }
            Err(TextError::TooLong(..)) => {
                refuse(field::NOTE, Problem::TooLong(LONGEST_NOTE));
                None
            }
            Err(error) => {
                refuse(field::NOTE, Problem::Text("note", error));
                None
            }
        };
        if licence_type == LicenceType::Production && folded(value(field::MACHINE).trim()) != folded(machine) {
            refuse(field::MACHINE, Problem::OtherMachine(machine.to_owned()));
        }
        match reason {
            Some(reason) if refusals.is_empty() => Ok(Self { reason, note }),
            _ => Err(refusals),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(licence_type: LicenceType, pairs: &[(&str, &'static str)]) -> Result<Deactivation, Vec<String>> {
        let value = |name: &str| pairs.iter().find(|(n, _)| *n == name).map_or("", |(_, value)| *value);
        let parsed = Deactivation::parse(licence_type, "IC-PRD-01", value);
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
