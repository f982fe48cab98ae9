//! Tables as spreadsheets read and write them: one reader and one writer for all of them.
//!
//! A written table is read back unchanged: a mark at its beginning says that it is UTF-8, and a cell that a spreadsheet would take for a formula
//! has an apostrophe before it, which reading removes again.

use calamine::{Data, DataRef, ExcelDateTime, Reader as _, Xlsx};
use licensing::value::encoding::{self, NotText};
use std::{
    borrow::Cow,
    io::{Cursor, Read},
};
use zip::ZipArchive;

/// Columns of a table at most; wider ones are not made by people.
const MOST_COLUMNS: usize = 1_000;
/// A workbook is unpacked to at most so many MiB, where nothing else is said.
pub(crate) const MOST_UNPACKED: u64 = 32;

/// Why bytes cannot be read as a table. Lines are counted below the head, but for text that cannot be read at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotATable {
    #[error("Line {} of the table is neither UTF-8 nor UTF-16 text. Save it as “CSV UTF-8”, and send it again.", .0.line)]
    Text(NotText),
    #[error("Line {line} has {cells} cells, and the head has {columns}. A cell that holds a separator stands in quotes.")]
    Uneven { line: u64, cells: usize, columns: usize },
    #[error("Line {line} has {cell:?} in a column that has no name. Name the column, or empty the cell.")]
    Nameless { line: u64, cell: String },
    #[error("The table has more than 1,000 columns. Remove those that are not needed.")]
    TooWide,
    #[error("The table cannot be read as CSV.")]
    NotCsv,
    #[error("The workbook cannot be read. Save it as .xlsx once more, or as “CSV UTF-8”.")]
    NotAWorkbook,
    #[error("The workbook is larger than {0} MiB when it is unpacked. Send its lines in parts.")]
    TooLarge(u64),
}

/// A row of a table: its line, counted below the head, and its cells, one for each column that has a name.
pub(crate) struct Row<'a> {
    pub(crate) line: u64,
    pub(crate) cells: Vec<Cow<'a, str>>,
}

/// Reads a table: `head` is given the names of its columns, `row` each row that has anything in it. Columns without a name, and rows without a filled
/// cell, are passed over. Either may end the reading with a problem of its own. A workbook is unpacked to at most `most_unpacked` MiB.
pub(crate) fn read<E: From<NotATable>>(
    bytes: &[u8],
    most_unpacked: u64,
    head: impl FnOnce(&[Cow<'_, str>]) -> Result<(), E>,
    row: impl FnMut(Row<'_>) -> Result<(), E>,
) -> Result<(), E> {
    // Workbooks are ZIP archives.
    if bytes.starts_with(b"PK\x03\x04") { read_workbook(bytes, most_unpacked, head, row) } else { read_csv(bytes, head, row) }
}

/// Which columns count: those with a name.
struct Columns {
    named: Vec<bool>,
}

impl Columns {
    fn of(names: &[Cow<'_, str>]) -> Result<Self, NotATable> {
        if names.len() > MOST_COLUMNS {
            return Err(NotATable::TooWide);
        }
        Ok(Self { named: names.iter().map(|name| !name.is_empty()).collect() })
    }

    /// The cells of a row below names; `None` where all are empty.
    fn cells<'a>(&self, line: u64, cells: Vec<Cow<'a, str>>) -> Result<Option<Vec<Cow<'a, str>>>, NotATable> {
        let is_named = |at: usize| self.named.get(at).copied().unwrap_or(false);
        if cells.iter().all(|cell| cell.is_empty()) {
            return Ok(None);
        }
        let nameless = cells.iter().enumerate().find(|(at, cell)| !is_named(*at) && !cell.is_empty());
        if let Some((_, cell)) = nameless.filter(|(at, _)| *at < self.named.len()) {
            return Err(NotATable::Nameless { line, cell: licensing::excerpt(cell) });
        }
        if nameless.is_some() || cells.len() < self.named.len() {
            return Err(NotATable::Uneven { line, cells: cells.len(), columns: self.named.len() });
        }
        Ok(Some(cells.into_iter().enumerate().filter(|(at, _)| is_named(*at)).map(|(_, cell)| cell).collect()))
    }
}

fn read_csv<E: From<NotATable>>(
    bytes: &[u8],
    head: impl FnOnce(&[Cow<'_, str>]) -> Result<(), E>,
    mut row: impl FnMut(Row<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let text = encoding::read(bytes).map_err(NotATable::Text)?;
    let begin = text.len() - text.trim_start_matches(['\r', '\n']).len();
    let (separator, body) = separator(&text[begin..]);
    let mut table = csv::ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(body.as_bytes());
    let (mut columns, mut head, mut record) = (None, Some(head), csv::StringRecord::new());
    // Line ends up to here, and those before the line of the head.
    let (mut passed, mut ends, mut ends_of_head) = (0, 0, 0);
    while table.read_record(&mut record).map_err(|_| NotATable::NotCsv)? {
        let begin =
            record.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or(usize::MAX)).min(body.len());
        // Blank lines before a record are passed over with it.
        let begin = body.len() - body[begin..].trim_start_matches(['\r', '\n']).len();
        ends += body[passed..begin].matches('\n').count() as u64;
        passed = begin;
        let cells: Vec<Cow<'_, str>> = record.iter().map(unguarded).collect();
        let Some(columns) = &columns else {
            if cells.iter().any(|cell| !cell.is_empty()) {
                columns = Some(Columns::of(&cells)?);
                named(&cells, head.take())?;
                ends_of_head = ends;
            }
            continue;
        };
        let line = ends - ends_of_head;
        if let Some(cells) = columns.cells(line, cells)? {
            row(Row { line, cells })?;
        }
    }
    Ok(())
}

/// Tells the names of the columns that have one.
fn named<E>(cells: &[Cow<'_, str>], head: Option<impl FnOnce(&[Cow<'_, str>]) -> Result<(), E>>) -> Result<(), E> {
    let names: Vec<Cow<'_, str>> = cells.iter().filter(|name| !name.is_empty()).cloned().collect();
    head.map_or(Ok(()), |head| head(&names))
}

/// Separator of the cells, as a first line `sep=;` names it, or else the most frequent in the head; with the table below such a line.
fn separator(text: &str) -> (u8, &str) {
    let first = text.lines().next().unwrap_or_default();
    if let Some([separator @ (b',' | b';' | b'\t' | b'|')]) = first.trim_end().strip_prefix("sep=").map(str::as_bytes) {
        return (*separator, text[first.len()..].trim_start_matches(['\r', '\n']));
    }
    let found = |separator: &u8| first.bytes().filter(|byte| byte == separator).count();
    // Of none the comma counts.
    let separator = [b',', b';', b'\t'].into_iter().max_by_key(|separator| (found(separator), *separator == b','));
    (separator.unwrap_or(b','), text)
}

fn read_workbook<E: From<NotATable>>(
    bytes: &[u8],
    most_unpacked: u64,
    head: impl FnOnce(&[Cow<'_, str>]) -> Result<(), E>,
    mut row: impl FnMut(Row<'_>) -> Result<(), E>,
) -> Result<(), E> {
    unpacks(bytes, most_unpacked)?;
    let none = |_| NotATable::NotAWorkbook;
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(none)?;
    let sheet = workbook.sheet_names().first().cloned().ok_or(NotATable::NotAWorkbook)?;
    let mut sheet = workbook.worksheet_cells_reader(&sheet).map_err(none)?;
    let (mut columns, mut head): (Option<Columns>, _) = (None, Some(head));
    let (mut at, mut row_of_head, mut cells): (u32, u32, Vec<Cow<'_, str>>) = (0, 0, Vec::new());
    // One cell after the other: a sheet whose last cell is far away has few of them all the same.
    loop {
        let cell = sheet.next_cell().map_err(none)?;
        let position = cell.as_ref().map(calamine::Cell::get_position);
        if position.is_none_or(|(row, _)| row != at) && !cells.is_empty() {
            let (line, mut filled) = (u64::from(at - row_of_head), std::mem::take(&mut cells));
            match &columns {
                None if filled.iter().any(|cell| !cell.is_empty()) => {
                    columns = Some(Columns::of(&filled)?);
                    named(&filled, head.take())?;
                    row_of_head = at;
                }
                None => {}
                Some(columns) => {
                    // Empty cells at the end of a row are not in the sheet.
                    filled.resize(filled.len().max(columns.named.len()), Cow::Borrowed(""));
                    if let Some(cells) = columns.cells(line, filled)? {
                        row(Row { line, cells })?;
                    }
                }
            }
        }
        let Some((cell, (of_row, column))) = cell.zip(position) else { return Ok(()) };
        at = of_row;
        let column = column as usize;
        if column >= MOST_COLUMNS {
            return Err(NotATable::TooWide.into());
        }
        cells.resize(cells.len().max(column + 1), Cow::Borrowed(""));
        cells[column] = Cow::Owned(unguarded(own_text(cell.get_value()).trim()).into_owned());
    }
}

/// Whether the archive is what it says, and no more than can be unpacked.
fn unpacks(bytes: &[u8], most: u64) -> Result<(), NotATable> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| NotATable::NotAWorkbook)?;
    let mut left = most * 1024 * 1024;
    for at in 0..archive.len() {
        let file = archive.by_index(at).map_err(|_| NotATable::NotAWorkbook)?;
        let unpacked = std::io::copy(&mut file.take(left + 1), &mut std::io::sink()).map_err(|_| NotATable::NotAWorkbook)?;
        left = left.checked_sub(unpacked).ok_or(NotATable::TooLarge(most))?;
    }
    Ok(())
}

/// The cell's own text: a number as it is stored, without what its format would hide.
fn own_text(value: &DataRef<'_>) -> String {
    match Data::from(value.clone()) {
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        Data::Float(number) => format!("{number:E}"),
        Data::DateTime(instant) if instant.is_datetime() => day(instant),
        Data::Empty | Data::Error(_) => String::new(),
        other => other.to_string(),
    }
}

/// A date as people agree on it; one with a time of the day is no such date, and is given with it.
fn day(instant: ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, milli) = instant.to_ymd_hms_milli();
    let date = format!("{year:04}-{month:02}-{day:02}");
    if (hour, minute, second, milli) == (0, 0, 0, 0) { date } else { format!("{date} {hour:02}:{minute:02}:{second:02}") }
}

/// `true` for characters that make a formula at the beginning of a cell, full-width signs included.
fn begins_formula(c: char) -> bool {
    matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '＝' | '＋' | '－' | '＠')
}

/// `true` for characters that begin another cell for some spreadsheets.
fn separates(c: char) -> bool {
    matches!(c, ';' | '\t')
}

/// The parts of a cell that a spreadsheet may take for a beginning: its own, and what stands after a semicolon or a tab.
fn beginnings(cell: &str) -> impl Iterator<Item = &str> {
    cell.split_inclusive(separates)
}

/// Whether `part` begins, after apostrophes, as a formula does.
fn is_formula(part: &str) -> bool {
    part.trim_start_matches('\'').starts_with(begins_formula)
}

/// A cell that a spreadsheet shows as the text that it is.
fn guarded(cell: &str) -> Cow<'_, str> {
    if !beginnings(cell).any(is_formula) {
        return Cow::Borrowed(cell);
    }
    Cow::Owned(beginnings(cell).flat_map(|part| [if is_formula(part) { "'" } else { "" }, part]).collect())
}

/// The cell that [`guarded`] has written.
fn unguarded(cell: &str) -> Cow<'_, str> {
    let guard = |part: &str| part.starts_with('\'') && is_formula(part);
    if !beginnings(cell).any(guard) {
        return Cow::Borrowed(cell);
    }
    Cow::Owned(beginnings(cell).map(|part| if guard(part) { &part[1..] } else { part }).collect())
}

/// The beginning of a table that is written: it lets spreadsheets read what follows as UTF-8.
pub const MARK: &str = "\u{FEFF}";

/// Lines of a table that begins with [`MARK`].
#[must_use]
pub fn lines<L: IntoIterator<Item = String>>(lines: impl IntoIterator<Item = L>) -> Vec<u8> {
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).flexible(true).from_writer(Vec::new());
    for line in lines {
        let cells: Vec<String> = line.into_iter().map(|cell| guarded(&cell).into_owned()).collect();
        // Memory is all that it writes to.
        let _ = table.write_record(cells);
    }
    table.into_inner().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The head, then each row with its line.
    fn table(bytes: &[u8]) -> Result<Vec<String>, String> {
        let mut found = Vec::new();
        let mut rows = Vec::new();
        let read = read::<NotATable>(
            bytes,
            MOST_UNPACKED,
            |names| {
                found.push(names.join("|"));
                Ok(())
            },
            |Row { line, cells }| {
                rows.push(format!("{line}: {}", cells.join("|")));
                Ok(())
            },
        );
        read.map_err(|problem| problem.to_string())?;
        found.extend(rows);
        Ok(found)
    }

    #[test]
    fn blank_columns_and_rows_are_passed_over_and_a_first_line_says_what_separates() {
        let expected = vec!["machine_name|host_id".to_owned(), "1: IC-1|A".into(), "3: IC-2|".into()];
        for text in ["machine_name,host_id,,\nIC-1,A,,\n,,,\nIC-2,,,\n", "machine_name;host_id\nIC-1;A\n\nIC-2;\n"] {
            assert_eq!(table(text.as_bytes()), Ok(expected.clone()), "{text:?}");
        }
        let marked = "\u{FEFF}sep=;\r\nmachine_name;host_id\r\nIC,1;A\r\n";
        assert_eq!(table(marked.as_bytes()), Ok(vec!["machine_name|host_id".into(), "1: IC,1|A".into()]));
        let utf_16: Vec<u8> = marked.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(table(&utf_16), table(marked.as_bytes()));
        assert_eq!(table(b"a,,b\n1,,2\n"), Ok(vec!["a|b".into(), "1: 1|2".into()]));
        assert_eq!(table(b"\n\na\n1\n"), Ok(vec!["a".into(), "1: 1".into()]));
        assert_eq!(table(b" \n"), Ok(vec![]));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (bytes, words) in [
            (
                &b"a\nM\xDCNCHEN\n"[..],
                "Line 2 of the table is neither UTF-8 nor UTF-16 text. Save it as “CSV UTF-8”, and send it again.",
            ),
            (b"a,b\n1,2\n3\n", "Line 2 has 1 cells, and the head has 2. A cell that holds a separator stands in quotes."),
            (b"a,b\n1,2,3\n", "Line 1 has 3 cells, and the head has 2. A cell that holds a separator stands in quotes."),
            (b"a,,b\n1,x,2\n", "Line 1 has \"x\" in a column that has no name. Name the column, or empty the cell."),
            (b"PK\x03\x04nothing", "The workbook cannot be read. Save it as .xlsx once more, or as “CSV UTF-8”."),
        ] {
            assert_eq!(table(bytes), Err(words.to_owned()), "{}", String::from_utf8_lossy(bytes));
        }
        let wide = ",".repeat(MOST_COLUMNS);
        assert_eq!(table(wide.replace(',', "a,").as_bytes()), Err(NotATable::TooWide.to_string()));
    }

    #[test]
    fn what_is_written_is_read_back_unchanged_and_is_no_formula() {
        let cells = [
            "-LAB-01",
            "'-LAB-01",
            "''=x",
            "=1+1",
            "+49 30",
            "@home",
            "＝SUM",
            "－1",
            "a;=cmd",
            "a;'=cmd",
            "a\t+b;c",
            "it's",
            "'quoted'",
            "MÜNCHEN",
            "a,b",
            "\"",
            "",
            "50:56:89:00:1E:12",
            "a;b",
        ];
        let head = (0..cells.len()).map(|column| format!("c{column}")).collect::<Vec<_>>();
        let written = lines([head, cells.map(str::to_owned).to_vec()]);
        let written = [MARK.as_bytes(), &written].concat();
        let mut read_back = Vec::new();
        let keep = |row: Row<'_>| {
            read_back.extend(row.cells.iter().map(ToString::to_string));
            Ok::<_, NotATable>(())
        };
        read(&written, MOST_UNPACKED, |_| Ok(()), keep).expect("a table");
        assert_eq!(read_back, cells);
        for cell in cells {
            assert!(beginnings(&guarded(cell)).all(|part| !part.starts_with(begins_formula)), "{cell}");
        }
    }
}
