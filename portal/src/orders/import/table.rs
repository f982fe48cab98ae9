//! The table that an import is read from, a line for each order line.

use crate::table::{self, NotATable, Row};
use licensing::{
    excerpt,
    orders::import::{COLUMNS, ImportLine, column},
};
use std::{borrow::Cow, collections::BTreeSet};

/// Maximum number of lines.
pub const MOST_LINES: usize = 250_000;
/// A workbook is unpacked to at most so many MiB.
const MOST_UNPACKED: u64 = 256;
/// Maximum length of a cell, in characters.
const LONGEST_CELL: usize = 500;

/// Why a table cannot be read. Lines are counted below its head.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableProblem {
    #[error("Choose a table: CSV, or a workbook.")]
    Nothing,
    #[error(transparent)]
    NotATable(#[from] NotATable),
    #[error("The table has a head and no lines below it.")]
    NoLines,
    #[error("The table has more than 250,000 lines. Send it in parts.")]
    TooMany,
    #[error("The table has no column garn. Its first line names the columns, as in the template.")]
    NoGarn,
    #[error("A column {0:?} is not known. Remove it, or name it as in the template.")]
    Unknown(String),
    #[error("The column {0} is there twice. Remove one.")]
    Twice(String),
    /// Reading was ended by who reads.
    #[error("The reading was ended.")]
    Ended,
}

/// A line with its number, and what it says or what is wrong with it.
pub(super) struct Parsed {
    pub(super) line: u64,
    pub(super) content: Result<ImportLine, String>,
}

/// Reads a table, line by line; `take` is given each, and ends the reading with `false`.
pub(super) fn read(bytes: &[u8], mut take: impl FnMut(Parsed) -> bool) -> Result<(), TableProblem> {
    let names: std::cell::RefCell<Vec<&'static str>> = std::cell::RefCell::default();
    let head = |typed: &[Cow<'_, str>]| {
        let mut seen = BTreeSet::new();
        let mut columns = Vec::with_capacity(typed.len());
        for name in typed {
            let known = known(name).ok_or_else(|| TableProblem::Unknown(excerpt(name)))?;
            if !seen.insert(known) {
                return Err(TableProblem::Twice(known.to_owned()));
            }
            columns.push(known);
        }
        if !seen.contains(column::GARN) {
            return Err(TableProblem::NoGarn);
        }
        *names.borrow_mut() = columns;
        Ok(())
    };
    let mut lines = 0;
    table::read(bytes, MOST_UNPACKED, head, |Row { line, cells }| {
        lines += 1;
        if lines > MOST_LINES {
            return Err(TableProblem::TooMany);
        }
        let names = names.borrow();
        let long = cells.iter().position(|cell| cell.len() > LONGEST_CELL && cell.chars().count() > LONGEST_CELL);
        let content = match long {
            Some(at) => {
                Err(format!("{}: the cell has more than {LONGEST_CELL} characters.", names.get(at).copied().unwrap_or_default()))
            }
            None => {
                let value = |name: &str| {
                    names.iter().position(|column| *column == name).and_then(|at| cells.get(at)).map_or("", |cell| cell.as_ref())
                };
                ImportLine::parse(value)
                    .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
            }
        };
        if take(Parsed { line, content }) { Ok(()) } else { Err(TableProblem::Ended) }
    })?;
    match (names.borrow().is_empty(), lines) {
        (true, _) => Err(TableProblem::Nothing),
        (false, 0) => Err(TableProblem::NoLines),
        _ => Ok(()),
    }
}

/// A column by the name that somebody gave it: `Sales order` is `sales_order`.
fn known(typed: &str) -> Option<&'static str> {
    let name = typed.trim().to_lowercase().replace([' ', '-'], "_");
    COLUMNS.iter().map(|(column, _)| *column).find(|column| *column == name)
}
