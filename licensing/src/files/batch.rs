//! The form that begins a batch: the same done to many files at once.

use super::deactivation::{Deactivation, DeactivationProblem, DeactivationRequest};
use crate::{
    form::{ChoiceProblem, Refusal},
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
    /// Action of a batch on each of its lines.
    Kind {
        Generate = "generate", "Generate";
        Refresh = "refresh", "Refresh";
        Deactivate = "deactivate", "Deactivate";
    }
}

coded! {
    /// Consequence of a refused line for the others.
    Mode {
        Whole = "all-or-nothing", "All or nothing";
        Lines = "line-by-line", "Line by line";
    }
}

coded! {
    /// State of a line of a batch.
    LineState {
        Ready = "ready", "ready";
        Left = "left", "skipped";
        Refused = "refused", "refused";
        Done = "done", "done";
    }
}

const A_MODE: &str = "what happens when a line is refused";

/// Problem of a request to begin a batch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchProblem {
    #[error(transparent)]
    Choice(#[from] ChoiceProblem),
    #[error(transparent)]
    Deactivation(#[from] DeactivationProblem),
    /// Number of refused lines, where all or nothing is asked for.
    #[error("{}", refused_lines(*.0))]
    RefusedLines(u32),
    #[error("No line has anything to do. Correct the table and send it again.")]
    NothingToDo,
    /// Number of files that the batch deactivates; another one was typed.
    #[error("This is not the number of files. Type {0} to deactivate them.")]
    OtherCount(u32),
}

fn refused_lines(lines: u32) -> String {
    let (are, it) = if lines == 1 { ("line is", "it") } else { ("lines are", "them") };
    format!(
        "{lines} {are} refused, and all or nothing does nothing then. \
         Correct {it} in the table and send that again, or choose line by line."
    )
}

/// A request to begin a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BeginRequest {
    pub mode: Option<Mode>,
    /// Present for a batch that deactivates.
    pub deactivation: DeactivationRequest,
    /// Number of files that the person means to deactivate.
    pub count: Option<u32>,
    /// A mode was sent that does not exist.
    unknown_mode: bool,
}

/// A complete request to begin a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begin {
    pub mode: Mode,
    /// Present for a batch that deactivates.
    pub deactivation: Option<Deactivation>,
}

impl BeginRequest {
    /// Reads the form; `value` gives each field as typed.
    pub fn of_form<'a>(value: impl Fn(&str) -> &'a str) -> Self {
        let typed = value(field::MODE);
        let mode = Mode::from_code(typed);
        Self {
            mode,
            count: value(field::COUNT).trim().parse().ok(),
            unknown_mode: mode.is_none() && !typed.is_empty(),
            deactivation: DeactivationRequest::of_form(value),
        }
    }

    /// The complete request for a batch with so many lines that are `ready` and `refused`.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the form; never empty.
    pub fn check(&self, kind: Kind, ready: u32, refused: u32) -> Result<Begin, Vec<Refusal<BatchProblem>>> {
        let mut refusals = Vec::new();
        match self.mode {
            _ if ready == 0 => refusals.push(Refusal::new(field::MODE, BatchProblem::NothingToDo)),
            None if self.unknown_mode => refusals.push(Refusal::new(field::MODE, ChoiceProblem::NotOffered(A_MODE))),
            None => refusals.push(Refusal::new(field::MODE, ChoiceProblem::Nothing(A_MODE))),
            Some(Mode::Whole) if refused > 0 => refusals.push(Refusal::new(field::MODE, BatchProblem::RefusedLines(refused))),
            Some(_) => {}
        }
        let mut deactivation = None;
        if kind == Kind::Deactivate {
            // The number of files is typed here, instead of a machine's name.
            match self.deactivation.check_many() {
                Ok(complete) => deactivation = Some(complete),
                Err(more) => refusals.extend(more.into_iter().map(Refusal::within)),
            }
            if self.count != Some(ready) {
                refusals.push(Refusal::new(field::COUNT, BatchProblem::OtherCount(ready)));
            }
        }
        match self.mode {
            Some(mode) if refusals.is_empty() => Ok(Begin { mode, deactivation }),
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
        BeginRequest::of_form(value)
            .check(kind, 37, refused)
            .map_err(|refusals| refusals.into_iter().map(|r| format!("{}: {}", r.field, r.problem)).collect())
    }

    #[test]
    fn all_or_nothing_asks_that_no_line_is_refused() {
        let whole = Begin { mode: Mode::Whole, deactivation: None };
        assert_eq!(parse(Kind::Generate, 0, &[("mode", "all-or-nothing")]), Ok(whole));
        let said = "mode: 2 lines are refused, and all or nothing does nothing then. \
                    Correct them in the table and send that again, or choose line by line.";
        assert_eq!(parse(Kind::Generate, 2, &[("mode", "all-or-nothing")]), Err(vec![said.into()]));
        assert_eq!(parse(Kind::Generate, 2, &[("mode", "line-by-line")]).map(|begin| begin.mode), Ok(Mode::Lines));
        assert_eq!(parse(Kind::Generate, 0, &[]), Err(vec!["mode: Select what happens when a line is refused.".into()]));
        let none = BeginRequest::of_form(|_| "line-by-line")
            .check(Kind::Refresh, 0, 0)
            .map_err(|refusals| refusals[0].problem.to_string());
        assert_eq!(none, Err("No line has anything to do. Correct the table and send it again.".into()));
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
