//! The table that a batch is read from, a line for each file.

use crate::table::{self, NotATable, Row};
use licensing::{
    excerpt,
    files::{
        batch::{Kind, LONGEST_CELL, MOST_CELLS, MOST_LINES},
        request::field,
    },
};
use std::{borrow::Cow, collections::BTreeMap};

/// The columns that name a file that is there.
pub const SERIAL: &str = "serial";
pub const MACHINE_NAME: &str = field::MACHINE_NAME;

/// Cells of a line, by column; empty ones are left out.
pub type Cells = BTreeMap<String, String>;

/// A table as it was read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Table {
    /// Names of the columns that count, also of those without a filled cell.
    pub(crate) columns: Vec<String>,
    /// Columns that are not needed, by the names that they have in the table.
    pub(crate) ignored: Vec<String>,
    /// Each with its number.
    pub(crate) lines: Vec<(u32, Cells)>,
}

/// Why a table cannot be read. Lines are counted below its head.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableProblem {
    #[error("Choose a table, or paste its lines.")]
    Nothing,
    #[error(transparent)]
    NotATable(#[from] NotATable),
    #[error("The table has a head and no lines below it. Add a line for each file.")]
    NoLines,
    #[error("The table has more than 10,000 lines. Send it in parts.")]
    TooMany,
    #[error("More than 128 KiB of lines were pasted. Save them as a file, and choose that.")]
    LongPaste,
    #[error("The table has more than 200,000 filled cells. Send it in parts.")]
    TooManyCells,
    #[error("Line {line}, column {column}: the cell has {characters} characters; at most {LONGEST_CELL} are possible.")]
    LongCell { line: u64, column: String, characters: usize },
    #[error("The table asks for more than 50 combinations of product, version and licence type. Send it in parts.")]
    TooManyOffers,
    #[error("The column {0} is for a part that these files cannot have. Remove it, or name a part of this product and version.")]
    NotOffered(String),
    #[error("The table has no column {0}. Its first line names the columns.")]
    Missing(&'static str),
    #[error("The table has neither a column serial nor a column machine_name: one of them names the file of a line.")]
    Nameless,
    #[error("A column {0:?} is not known. Remove it, or name it as in the template.")]
    Unknown(String),
    #[error("The column {0} is there twice. Remove one.")]
    Twice(String),
}

/// The columns of a table that names files which are there.
pub const COLUMNS_OF_FILES: [&str; 2] = [SERIAL, MACHINE_NAME];

/// The columns of a table of machines whose files are alike otherwise.
pub const COLUMNS_OF_MACHINES: [&str; 5] =
    [field::MACHINE_NAME, field::HOST_ID, field::SWITCHOVER_MACHINE_NAME, field::SWITCHOVER_HOST_ID, field::SITE];

/// The columns that say what came of a line. A table that has them is read without them.
pub const COLUMNS_OF_RESULTS: [&str; 5] = ["line", "state", "reason", "file", "revision"];

/// Reads a table as spreadsheets write it, with names of columns in any case.
///
/// # Errors
/// [`TableProblem`], the first there is.
pub(crate) fn read(kind: Kind, bytes: &[u8]) -> Result<Table, TableProblem> {
    let (mut columns, mut ignored): (Vec<Option<String>>, Vec<String>) = (Vec::new(), Vec::new());
    let (mut lines, mut filled) = (Vec::new(), 0);
    let head = |names: &[Cow<'_, str>]| {
        for name in names {
            let column = match column(kind, name)? {
                Column::Counts(name) => Some(name),
                Column::OfResults => None,
                Column::NotNeeded => {
                    ignored.push(excerpt(name));
                    None
                }
            };
            if let Some(twice) = column.as_ref().filter(|name| columns.iter().flatten().any(|known| known == *name)) {
                return Err(TableProblem::Twice(twice.clone()));
            }
            columns.push(column);
        }
        let has = |name: &str| columns.iter().flatten().any(|column| column == name);
        match kind {
            Kind::Generate if !has(MACHINE_NAME) => Err(TableProblem::Missing(MACHINE_NAME)),
            Kind::Refresh | Kind::Deactivate if !has(SERIAL) && !has(MACHINE_NAME) => Err(TableProblem::Nameless),
            _ => Ok(()),
        }
    };
    let mut rows = Vec::new();
    table::read(bytes, table::MOST_UNPACKED, head, |Row { line, cells }| {
        if rows.len() == MOST_LINES {
            return Err(TableProblem::TooMany);
        }
        // Empty cells take room, too.
        let cells = cells.into_iter().enumerate().filter(|(_, cell)| !cell.is_empty());
        let cells: Vec<(usize, String)> = cells.map(|(at, cell)| (at, cell.into_owned())).collect();
        filled += cells.len();
        if filled > MOST_CELLS {
            return Err(TableProblem::TooManyCells);
        }
        rows.push((line, cells));
        Ok(())
    })?;
    if columns.is_empty() && ignored.is_empty() {
        return Err(TableProblem::Nothing);
    }
    for (line, cells) in rows {
        let mut own = Cells::new();
        for (column, cell) in cells.into_iter().filter_map(|(at, cell)| Some((columns.get(at)?.as_ref()?, cell))) {
            let characters = cell.chars().count();
            if characters > LONGEST_CELL {
                return Err(TableProblem::LongCell { line, column: column.clone(), characters });
            }
            own.insert(column.clone(), cell);
        }
        // A line whose filled cells are all passed over says nothing.
        if !own.is_empty() {
            lines.push((u32::try_from(line).map_err(|_| TableProblem::TooMany)?, own));
        }
    }
    if lines.is_empty() {
        Err(TableProblem::NoLines)
    } else {
        Ok(Table { columns: columns.into_iter().flatten().collect(), ignored, lines })
    }
}

/// Meaning of a column.
enum Column {
    Counts(String),
    /// It says what came of a line before.
    OfResults,
    NotNeeded,
}

/// A column by the name that somebody gave it: `Host id` is `host_id`. A table that names files may have any others.
fn column(kind: Kind, typed: &str) -> Result<Column, TableProblem> {
    let name = typed.to_lowercase().replace([' ', '-'], "_");
    if COLUMNS_OF_RESULTS.contains(&name.as_str()) {
        return Ok(Column::OfResults);
    }
    match (kind, field::quantity_part(&typed.to_lowercase())) {
        (Kind::Generate, Some(part)) => Ok(Column::Counts(typed.to_lowercase().replace(part, &part.to_uppercase()))),
        (Kind::Generate, None) if field::is_choice(&name) && name != field::SWITCHOVER_LATER => Ok(Column::Counts(name)),
        (Kind::Refresh | Kind::Deactivate, _) if COLUMNS_OF_FILES.contains(&name.as_str()) => Ok(Column::Counts(name)),
        (Kind::Refresh | Kind::Deactivate, _) => Ok(Column::NotNeeded),
        (Kind::Generate, None) => Err(TableProblem::Unknown(excerpt(typed))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(kind: Kind, text: &str) -> Result<Vec<String>, String> {
        let shown =
            |(_, cells): (u32, Cells)| cells.iter().map(|(name, cell)| format!("{name}={cell}")).collect::<Vec<_>>().join(" ");
        read(kind, text.as_bytes()).map(|table| table.lines.into_iter().map(shown).collect()).map_err(|why| why.to_string())
    }

    #[test]
    fn a_table_is_read_as_spreadsheets_write_it() {
        let expected = vec!["host_id=6300270E26DF machine_name=IC-1".to_owned(), "machine_name=IC-2".to_owned()];
        for text in [
            "machine_name,host_id\r\nIC-1,6300270E26DF\r\nIC-2,\r\n",
            "\u{FEFF}Machine name;Host ID\nIC-1;6300270E26DF\n\nIC-2;\n",
            "MACHINE-NAME\thost_id\n\"IC-1\"\t6300270E26DF\n IC-2 \t\n",
        ] {
            assert_eq!(lines(Kind::Generate, text), Ok(expected.clone()), "{text:?}");
        }
        let quantities = lines(Kind::Generate, "machine_name,Assigned.sw-001-4.0-al02\nIC-1,5");
        assert_eq!(quantities, Ok(vec!["assigned.SW-001-4.0-AL02=5 machine_name=IC-1".to_owned()]));
        assert_eq!(lines(Kind::Refresh, "serial\nAF-0000001"), Ok(vec!["serial=AF-0000001".to_owned()]));
        let activity = "Serial,Revision,State,Licence type,Machine\nAF-0000001,1,active,Production,IC-1\n";
        let table = read(Kind::Deactivate, activity.as_bytes()).expect("a table");
        assert_eq!(table.ignored, ["Licence type", "Machine"]);
        assert_eq!(table.lines, [(1, Cells::from([(SERIAL.to_owned(), "AF-0000001".to_owned())]))]);
        let results = "line,state,reason,file,revision,serial\n1,refused,why,,,AF-0000001";
        assert_eq!(lines(Kind::Refresh, results), Ok(vec!["serial=AF-0000001".to_owned()]));
    }

    #[test]
    fn what_is_no_table_says_so() {
        for (kind, text, words) in [
            (Kind::Generate, " \n", "Choose a table, or paste its lines."),
            (Kind::Generate, "machine_name\n", "The table has a head and no lines below it. Add a line for each file."),
            (Kind::Generate, "host_id\n1", "The table has no column machine_name. Its first line names the columns."),
            (Kind::Generate, "Name\n1", "A column \"Name\" is not known. Remove it, or name it as in the template."),
            (
                Kind::Refresh,
                "Name\n1",
                "The table has neither a column serial nor a column machine_name: one of them names the file of a line.",
            ),
            (Kind::Generate, "machine_name,machine name\n1,2", "The column machine_name is there twice. Remove one."),
            (
                Kind::Generate,
                "machine_name,host_id\nIC-1,1\nIC-2",
                "Line 2 has 1 cells, and the head has 2. A cell that holds a separator stands in quotes.",
            ),
        ] {
            assert_eq!(lines(kind, text), Err(words.to_owned()), "{text:?}");
        }
        let text = "Line 2 of the table is neither UTF-8 nor UTF-16 text. Save it as “CSV UTF-8”, and send it again.";
        for bytes in [&b"machine_name\n\xFF"[..], b"machine_name\na\0b"] {
            assert_eq!(read(Kind::Generate, bytes).map_err(|why| why.to_string()), Err(text.to_owned()));
        }
        let many = format!("serial\n{}", "AF-0000001\n".repeat(MOST_LINES + 1));
        assert_eq!(read(Kind::Refresh, many.as_bytes()), Err(TableProblem::TooMany));
    }
}
