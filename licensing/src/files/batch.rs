//! The form that begins a batch: the same done to many files at once.

use super::{
    deactivation::Deactivation,
    request::{Choice, Problem, Refusal, refusal},
};
use crate::{
    licence::LicenceType,
    value::{coded::coded, text::Name},
};
use serde::{Deserialize, Serialize};

/// Names of the form's fields, beside those of a deactivation.
pub mod field {
    pub const MODE: &str = "mode";
    pub const COUNT: &str = "count";
}

/// Maximum number of lines of a batch.
pub const MOST_LINES: usize = 10_000;
/// Maximum number of filled cells of its table: what is parsed and kept of each is far more than its text.
pub const MOST_CELLS: usize = 200_000;
/// Maximum length of a cell, in characters. The longest thing that one holds is a name.
pub const LONGEST_CELL: usize = 2 * Name::LONGEST;
/// Maximum number of combinations of product, version and licence type: an offer is read for each.
pub const MOST_OFFERS: usize = 50;

coded! {
    /// What a batch does with each of its lines.
    Kind {
        Generate = "generate", "Generate";
        Refresh = "refresh", "Refresh";
        Deactivate = "deactivate", "Deactivate";
    }
}

coded! {
    /// What a line that is refused means for the others.
    Mode {
        Whole = "all-or-nothing", "All or nothing";
        Lines = "line-by-line", "Line by line";
    }
}

coded! {
    /// How far a line of a batch is.
    LineState {
        Ready = "ready", "ready";
        Left = "left", "left as it is";
        Refused = "refused", "refused";
        Done = "done", "done";
    }
}

/// A complete request to begin a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begin {
    pub mode: Mode,
    /// Of a batch that deactivates.
    pub deactivation: Option<Deactivation>,
}

impl Begin {
    /// Reads the form of a batch with so many lines that are `ready` and `refused`; `value` gives each field as typed.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the form; never empty.
    pub fn parse<'a>(kind: Kind, ready: u32, refused: u32, value: impl Fn(&str) -> &'a str) -> Result<Self, Vec<Refusal>> {
        let mut refusals = Vec::new();
        let typed = value(field::MODE);
        let mode = Mode::from_code(typed);
        match mode {
            _ if ready == 0 => refusals.push(refusal(field::MODE, Problem::NothingToDo)),
            None if typed.is_empty() => refusals.push(refusal(field::MODE, Problem::NoChoice(Choice::Mode))),
            None => refusals.push(refusal(field::MODE, Problem::NotOffered(Choice::Mode))),
            Some(Mode::Whole) if refused > 0 => refusals.push(refusal(field::MODE, Problem::RefusedLines(refused))),
            Some(_) => {}
        }
        let mut deactivation = None;
        if kind == Kind::Deactivate {
            // The number of files is typed here, instead of a machine's name.
            match Deactivation::parse(LicenceType::Trial, "", &value) {
                Ok(complete) => deactivation = Some(complete),
                Err(more) => refusals.extend(more),
            }
            if value(field::COUNT).trim() != ready.to_string() {
                refusals.push(refusal(field::COUNT, Problem::OtherCount(ready)));
            }
        }
        match mode {
            Some(mode) if refusals.is_empty() => Ok(Self { mode, deactivation }),
            _ => Err(refusals),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::deactivation::Reason;

    fn parse(kind: Kind, refused: u32, pairs: &[(&str, &'static str)]) -> Result<Begin, Vec<String>> {
        let value = |name: &str| pairs.iter().find(|(n, _)| *n == name).map_or("", |(_, value)| *value);
        Begin::parse(kind, 37, refused, value)
            .map_err(|refusals| refusals.into_iter().map(|r| format!("{}: {}", r.field, r.problem)).collect())
    }

    #[test]
    fn all_or_nothing_asks_that_no_line_is_refused() {
        let whole = Begin { mode: Mode::Whole, deactivation: None };
        assert_eq!(parse(Kind::Generate, 0, &[("mode", "all-or-nothing")]), Ok(whole));
        let said = "mode: 2 lines are refused, and all or nothing does nothing then. \
                    Mend them in the table and send that again, or choose line by line.";
        assert_eq!(parse(Kind::Generate, 2, &[("mode", "all-or-nothing")]), Err(vec![said.into()]));
        assert_eq!(parse(Kind::Generate, 2, &[("mode", "line-by-line")]).map(|begin| begin.mode), Ok(Mode::Lines));
        assert_eq!(parse(Kind::Generate, 0, &[]), Err(vec!["mode: Select what happens when a line is refused.".into()]));
        let none = Begin::parse(Kind::Refresh, 0, 0, |_| "line-by-line").map_err(|refusals| refusals[0].problem.to_string());
        assert_eq!(none, Err("No line has anything to do. Mend the table and send it again.".into()));
    }

    #[test]
    fn who_deactivates_types_how_many() {
        let complete = [("mode", "line-by-line"), ("reason", "reallocation"), ("count", " 37 ")];
        let deactivation = Deactivation { reason: Reason::Reallocation, note: None };
        assert_eq!(parse(Kind::Deactivate, 0, &complete), Ok(Begin { mode: Mode::Lines, deactivation: Some(deactivation) }));
        assert_eq!(
            parse(Kind::Deactivate, 0, &[("mode", "line-by-line"), ("count", "36")]),
            Err(vec![
                "reason: Select a reason.".into(),
                "count: This is not the number of files. Type 37 to deactivate them.".into()
            ])
        );
    }
}
