//! The table that a batch is read from, a line for each file.

use licensing::{
    batch::{Kind, LONGEST_CELL, MOST_CELLS, MOST_LINES},
    form::field,
};
use std::collections::BTreeMap;

/// The columns that name a file that is there.
pub const SERIAL: &str = "serial";
pub const MACHINE_NAME: &str = field::MACHINE_NAME;

/// What a line says, by column; empty cells are left out.
pub type Cells = BTreeMap<String, String>;

/// A table as it was read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Table {
    /// Names of the columns that count, also of those without a filled cell.
    pub(crate) columns: Vec<String>,
    pub(crate) lines: Vec<Cells>,
}

/// Why a table cannot be read. Lines are counted below its head.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableProblem {
    #[error("Choose a table, or paste its lines.")]
    Nothing,
    #[error("The table is not UTF-8 text. Save it as “CSV UTF-8”, and send it again.")]
    NotText,
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
    #[error(
        "The column {0} is for a part that these files cannot have. Take it out, or name a part of this product and version."
    )]
    NotOffered(String),
    #[error("The table has no column {0}. Its first line names the columns.")]
    Missing(&'static str),
    #[error("The table has no column serial and none machine_name: one of them names the file of a line.")]
    Nameless,
    #[error("A column {0:?} is not known here. Take it out, or name it as in the template.")]
    Unknown(String),
    #[error("The column {0} is there twice. Take one out.")]
    Twice(String),
    #[error("Line {line} has {cells} cells, and the head has {columns}. A cell that holds a separator stands in quotes.")]
    Uneven { line: u64, cells: u64, columns: u64 },
    #[error("The table cannot be read as CSV.")]
    NotCsv,
}

/// The columns of a table that names files which are there.
pub const COLUMNS_OF_FILES: [&str; 2] = [SERIAL, MACHINE_NAME];

/// The columns of a table of machines whose files are alike otherwise.
pub const COLUMNS_OF_MACHINES: [&str; 5] =
    [field::MACHINE_NAME, field::HOST_ID, field::SWITCHOVER_MACHINE_NAME, field::SWITCHOVER_HOST_ID, field::SITE];

/// The columns that say what came of a line. A table that has them is read without them.
pub const COLUMNS_OF_RESULTS: [&str; 5] = ["line", "state", "reason", "file", "revision"];

/// Reads CSV as spreadsheets write it: separated by commas, semicolons or tabs, with or without a byte order mark, names of columns in any case.
///
/// # Errors
/// [`TableProblem`], the first there is.
pub(crate) fn read(kind: Kind, bytes: &[u8]) -> Result<Table, TableProblem> {
    let text = std::str::from_utf8(bytes).map_err(|_| TableProblem::NotText)?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    if text.contains('\0') {
        return Err(TableProblem::NotText);
    }
    if text.trim().is_empty() {
        return Err(TableProblem::Nothing);
    }
    let head = text.trim_start().lines().next().unwrap_or_default();
    let separator = [b',', b';', b'\t'].into_iter().max_by_key(|separator| {
        let found = head.bytes().filter(|byte| byte == separator).count();
        // Of none the comma counts.
        (found, *separator == b',')
    });
    let mut table =
        csv::ReaderBuilder::new().delimiter(separator.unwrap_or(b',')).trim(csv::Trim::All).from_reader(text.as_bytes());
    let columns = table.headers().map_err(|_| TableProblem::NotCsv)?.iter().map(|name| column(kind, name));
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    let twice = |(at, name): (usize, &Option<String>)| name.clone().filter(|_| columns[..at].contains(name));
    if let Some(twice) = columns.iter().enumerate().find_map(twice) {
        return Err(TableProblem::Twice(twice));
    }
    let has = |name: &str| columns.iter().flatten().any(|column| column == name);
    match kind {
        Kind::Generate if !has(MACHINE_NAME) => return Err(TableProblem::Missing(MACHINE_NAME)),
        Kind::Refresh | Kind::Deactivate if !has(SERIAL) && !has(MACHINE_NAME) => return Err(TableProblem::Nameless),
        _ => {}
    }
    let (mut lines, mut filled) = (Vec::new(), 0);
    for (line, record) in (1..).zip(table.records()) {
        let record = record.map_err(|error| match error.kind() {
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                TableProblem::Uneven { line, cells: *len, columns: *expected_len }
            }
            _ => TableProblem::NotCsv,
        })?;
        if lines.len() == MOST_LINES {
            return Err(TableProblem::TooMany);
        }
        let cells = columns.iter().zip(&record).filter(|(_, cell)| !cell.is_empty());
        let cells = cells.filter_map(|(column, cell)| Some((column.as_ref()?, cell)));
        if let Some((column, characters)) = cells.clone().find_map(|(column, cell)| {
            let characters = cell.chars().count();
            (characters > LONGEST_CELL).then_some((column, characters))
        }) {
            return Err(TableProblem::LongCell { line, column: column.clone(), characters });
        }
        let cells: Cells = cells.map(|(column, cell)| (column.clone(), cell.to_owned())).collect();
        filled += cells.len();
        if filled > MOST_CELLS {
            return Err(TableProblem::TooManyCells);
        }
        lines.push(cells);
    }
    if lines.is_empty() {
        Err(TableProblem::NoLines)
    } else {
        Ok(Table { columns: columns.into_iter().flatten().collect(), lines })
    }
}

/// A column by the name that somebody gave it: `Host id` is `host_id`; none of those that are passed over.
fn column(kind: Kind, typed: &str) -> Result<Option<String>, TableProblem> {
    let name = typed.to_lowercase().replace([' ', '-'], "_");
    if COLUMNS_OF_RESULTS.contains(&name.as_str()) {
        return Ok(None);
    }
    match (kind, field::quantity_part(&typed.to_lowercase())) {
        (Kind::Generate, Some(part)) => Ok(Some(typed.to_lowercase().replace(part, &part.to_uppercase()))),
        (Kind::Generate, None) if field::is_choice(&name) && name != field::SWITCHOVER_LATER => Ok(Some(name)),
        (Kind::Refresh | Kind::Deactivate, _) if COLUMNS_OF_FILES.contains(&name.as_str()) => Ok(Some(name)),
        _ => Err(TableProblem::Unknown(typed.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(kind: Kind, text: &str) -> Result<Vec<String>, String> {
        let shown = |cells: Cells| cells.iter().map(|(name, cell)| format!("{name}={cell}")).collect::<Vec<_>>().join(" ");
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
        let results = "line,state,reason,file,revision,serial\n1,refused,why,,,AF-0000001";
        assert_eq!(lines(Kind::Refresh, results), Ok(vec!["serial=AF-0000001".to_owned()]));
    }

    #[test]
    fn what_is_no_table_says_so() {
        for (kind, text, words) in [
            (Kind::Generate, " \n", "Choose a table, or paste its lines."),
            (Kind::Generate, "machine_name\n", "The table has a head and no lines below it. Add a line for each file."),
            (Kind::Generate, "host_id\n1", "The table has no column machine_name. Its first line names the columns."),
            (Kind::Refresh, "Name\n1", "A column \"Name\" is not known here. Take it out, or name it as in the template."),
            (Kind::Generate, "machine_name,machine name\n1,2", "The column machine_name is there twice. Take one out."),
            (
                Kind::Generate,
                "machine_name,host_id\nIC-1,1\nIC-2",
                "Line 2 has 1 cells, and the head has 2. A cell that holds a separator stands in quotes.",
            ),
        ] {
            assert_eq!(lines(kind, text), Err(words.to_owned()), "{text:?}");
        }
        assert_eq!(read(Kind::Generate, b"machine_name\n\xFF"), Err(TableProblem::NotText));
        assert_eq!(read(Kind::Generate, b"machine_name\na\0b"), Err(TableProblem::NotText));
        let many = format!("serial\n{}", "AF-0000001\n".repeat(MOST_LINES + 1));
        assert_eq!(read(Kind::Refresh, many.as_bytes()), Err(TableProblem::TooMany));
    }
}
