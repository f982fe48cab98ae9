//! Read models of batches.

use crate::{
    access::account::AccountAccess,
    error::Error,
    files::{
        batch::{
            stored::{BatchState, Stored, cells, id, reference, stored_batch},
            table::Cells,
        },
        state::FileState,
    },
    store::{
        insertion::in_runs,
        statement::{count, known, marks, parsed, row, rows},
    },
};
use chrono::{DateTime, Utc};
use licensing::{
    HostId, PartNumber, Quantity, Serial,
    files::{
        batch::{Kind, LineState, Mode},
        request::NewFileForm,
    },
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use std::collections::{BTreeMap, BTreeSet};

/// A batch as lists show it.
#[derive(Clone, Debug)]
pub struct BatchRow {
    /// `BT-0000001`.
    pub reference: String,
    pub kind: Kind,
    pub state: BatchState,
    pub by: String,
    pub made_at: DateTime<Utc>,
    pub counts: LineCounts,
}

/// Lines of a batch, by how far they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineCounts {
    pub ready: u32,
    pub left: u32,
    pub refused: u32,
    pub done: u32,
}

impl LineCounts {
    #[must_use]
    pub fn of(&self, state: LineState) -> u32 {
        match state {
            LineState::Ready => self.ready,
            LineState::Left => self.left,
            LineState::Refused => self.refused,
            LineState::Done => self.done,
        }
    }

    #[must_use]
    pub fn all(&self) -> u32 {
        self.ready + self.left + self.refused + self.done
    }
}

/// A part, and what a batch takes of it or gives back.
#[derive(Clone, Debug)]
pub struct Move {
    pub number: PartNumber,
    pub description: String,
    pub quantity: Quantity,
    /// Quantity that the account has left now; `None` where no order bounds it.
    pub available: Option<Quantity>,
}

/// Everything that is shown of a batch, with a page of its lines.
#[derive(Clone, Debug)]
pub struct BatchView {
    pub row: BatchRow,
    /// `true` for the person who planned it and can begin it.
    pub own: bool,
    pub mode: Option<Mode>,
    /// Choices that all new files share.
    pub pattern: NewFileForm,
    pub repeats: bool,
    /// Columns of the table that were not needed.
    pub ignored: Vec<String>,
    pub begun_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    /// Why it was stopped the last time.
    pub told: Option<String>,
    pub moves: Vec<Move>,
    pub lines: Vec<BatchLine>,
    /// The next page begins after this line.
    pub next: Option<u32>,
}

/// A line of a batch.
#[derive(Clone, Debug)]
pub struct BatchLine {
    /// Counted below the table's head.
    pub line: u32,
    pub cells: Cells,
    pub state: LineState,
    /// Why it is left or refused.
    pub words: Option<String>,
    /// Differences that its revision makes, in words.
    pub changes: Option<String>,
    /// The file that it is about, or led to.
    pub file: Option<Serial>,
    /// The revision that it led to.
    pub revision: Option<u32>,
    /// The machines of that file.
    pub machines: Vec<String>,
}

/// A file that a batch made.
#[derive(Clone, Debug)]
pub struct BatchFile {
    pub line: u32,
    pub serial: Serial,
    pub revision: u32,
    /// The primary server's machine, then the switchover server's.
    pub machines: Vec<String>,
    pub host_ids: Vec<HostId>,
    pub file_name: String,
    pub bytes: Vec<u8>,
    /// Lower-case hexadecimal digits.
    pub sha256: String,
}

/// Maximum number of batches listed.
const MOST_LISTED: usize = 10;

#[derive(FromQueryResult)]
struct Counted {
    batch_id: i64,
    state: String,
    lines: i64,
}

/// Number of lines of a batch in each state.
pub(super) async fn counts(on: &impl ConnectionTrait, batch_id: i64) -> Result<LineCounts, Error> {
    Ok(counts_of(on, vec![batch_id]).await?.remove(&batch_id).unwrap_or_default())
}

async fn counts_of(on: &impl ConnectionTrait, batches: Vec<i64>) -> Result<BTreeMap<i64, LineCounts>, Error> {
    let mut counts: BTreeMap<i64, LineCounts> = BTreeMap::new();
    for batches in in_runs(batches) {
        let sql = format!(
            "SELECT batch_id, state, COUNT(*) AS lines FROM batch_lines WHERE batch_id IN ({}) GROUP BY batch_id, state",
            marks(1, batches.len())
        );
        for Counted { batch_id, state, lines } in rows(on, "batch: counts", &sql, batches.into_iter().map(Into::into)).await? {
            let lines = count(lines)?;
            let counts = counts.entry(batch_id).or_default();
            match known(LineState::from_code(&state), &state)? {
                LineState::Ready => counts.ready = lines,
                LineState::Left => counts.left = lines,
                LineState::Refused => counts.refused = lines,
                LineState::Done => counts.done = lines,
            }
        }
    }
    Ok(counts)
}

/// The latest batches of the account.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn list(access: &AccountAccess) -> Result<Vec<BatchRow>, Error> {
    #[derive(FromQueryResult)]
    struct Found {
        id: i64,
        kind: String,
        state: String,
        by: String,
        made_at: DateTime<Utc>,
    }
    let on = access.portal().database.read();
    let sql = format!(
        "SELECT b.id, b.kind, b.state, p.name AS \"by\", b.made_at FROM batches b JOIN people p ON p.id = b.person_id
         WHERE b.account_id = $1 ORDER BY b.id DESC LIMIT {MOST_LISTED}"
    );
    let found: Vec<Found> = rows(on, "batches", &sql, [access.account_id().into()]).await?;
    let counts = counts_of(on, found.iter().map(|batch| batch.id).collect()).await?;
    let row = |batch: Found| {
        Ok(BatchRow {
            reference: reference(batch.id),
            kind: known(Kind::from_code(&batch.kind), &batch.kind)?,
            state: BatchState::stored(&batch.state)?,
            by: batch.by,
            made_at: batch.made_at,
            counts: counts.get(&batch.id).copied().unwrap_or_default(),
        })
    };
    found.into_iter().map(row).collect()
}

/// A batch, with at most `most` of its lines that are in `state`, or in any, after line `after`.
///
/// # Errors
/// [`Error::NotFound`], the same for another account's batch and for none.
pub async fn view(
    access: &AccountAccess,
    reference: &str,
    state: Option<LineState>,
    after: u32,
    most: usize,
) -> Result<BatchView, Error> {
    #[derive(FromQueryResult)]
    struct Found {
        made_at: DateTime<Utc>,
        begun_at: Option<DateTime<Utc>>,
        ended_at: Option<DateTime<Utc>>,
        told: Option<String>,
        moves: serde_json::Value,
        ignored: serde_json::Value,
    }
    let on = access.portal().database.read();
    let stored = stored_batch(access, on, reference).await?;
    let sql = "SELECT made_at, begun_at, ended_at, told, moves, ignored FROM batches WHERE id = $1";
    let found: Option<Found> = row(on, "batch: times", sql, [stored.id.into()]).await?;
    let found = found.ok_or(Error::NotFound)?;
    let mut lines = lines(access, reference, state, after, most + 1).await?;
    let next = (lines.len() > most).then(|| lines.truncate(most)).and_then(|()| lines.last()).map(|line| line.line);
    let Stored { person_id, by, state, mode, terms, .. } = stored;
    let counts = counts(on, stored.id).await?;
    Ok(BatchView {
        row: BatchRow {
            reference: super::stored::reference(stored.id),
            kind: terms.kind,
            state,
            by,
            made_at: found.made_at,
            counts,
        },
        own: person_id == access.caller().person_id(),
        mode,
        pattern: terms.pattern.clone(),
        repeats: terms.repeats,
        ignored: serde_json::from_value(found.ignored).map_err(Error::internal)?,
        begun_at: found.begun_at,
        ended_at: found.ended_at,
        told: found.told,
        moves: described(access, on, serde_json::from_value(found.moves).map_err(Error::internal)?).await?,
        lines,
        next,
    })
}

/// Lines of a batch, as [`view`] shows them.
///
/// # Errors
/// [`Error::NotFound`], the same for another account's batch and for none.
pub async fn lines(
    access: &AccountAccess,
    reference: &str,
    state: Option<LineState>,
    after: u32,
    most: usize,
) -> Result<Vec<BatchLine>, Error> {
    #[derive(FromQueryResult)]
    struct Found {
        line: i64,
        asked: serde_json::Value,
        state: String,
        words: Option<String>,
        changes: Option<String>,
        revision: Option<i64>,
        serial: Option<String>,
        primary_machine: Option<String>,
        switchover_machine: Option<String>,
    }
    let on = access.portal().database.read();
    let stored = stored_batch(access, on, reference).await?;
    let of_state = if state.is_some() { "AND l.state = $4" } else { "" };
    let sql = format!(
        "SELECT l.line, l.asked, l.state, l.words, l.changes, l.revision, f.serial, r.primary_machine, r.switchover_machine
         FROM batch_lines l
         LEFT JOIN activation_files f ON f.id = COALESCE(l.file_id,
            (SELECT n.id FROM activation_files n WHERE n.serial = l.asked ->> 'serial' AND n.account_id = $3))
         LEFT JOIN file_revisions r ON r.file_id = f.id AND r.revision = COALESCE(l.revision, f.revision)
         WHERE l.batch_id = $1 AND l.line > $2 {of_state} ORDER BY l.line LIMIT {most}"
    );
    let values = [stored.id.into(), i64::from(after).into(), access.account_id().into()];
    let values = values.into_iter().chain(state.map(|state| state.code().into()));
    let found: Vec<Found> = rows(on, "batch: page of lines", &sql, values).await?;
    let line = |found: Found| {
        Ok(BatchLine {
            line: count(found.line)?,
            cells: cells(found.asked)?,
            state: known(LineState::from_code(&found.state), &found.state)?,
            words: found.words,
            changes: found.changes,
            file: found.serial.as_deref().map(parsed).transpose()?,
            revision: found.revision.map(count).transpose()?,
            machines: found.primary_machine.into_iter().chain(found.switchover_machine).collect(),
        })
    };
    found.into_iter().map(line).collect()
}

/// The columns that lines of a batch have.
///
/// # Errors
/// [`Error::NotFound`], the same for another account's batch and for none.
pub async fn columns(access: &AccountAccess, reference: &str) -> Result<Vec<String>, Error> {
    #[derive(FromQueryResult)]
    struct Line {
        asked: serde_json::Value,
    }
    let on = access.portal().database.read();
    let stored = stored_batch(access, on, reference).await?;
    let sql = "SELECT asked FROM batch_lines WHERE batch_id = $1";
    let lines: Vec<Line> = rows(on, "batch: columns", sql, [stored.id.into()]).await?;
    let mut columns = BTreeSet::new();
    for Line { asked } in lines {
        columns.extend(cells(asked)?.into_keys());
    }
    Ok(columns.into_iter().collect())
}

/// Files that a batch made and that are active, after line `after`, at most `most`: the exact bytes of the revision that it made.
///
/// # Errors
/// [`Error::NotFound`], the same for another account's batch and for none.
pub async fn files(access: &AccountAccess, reference: &str, after: u32, most: usize) -> Result<Vec<BatchFile>, Error> {
    #[derive(FromQueryResult)]
    struct Found {
        line: i64,
        serial: String,
        current: i64,
        revision: i64,
        primary_machine: String,
        switchover_machine: Option<String>,
        primary_host: Option<String>,
        switchover_host: Option<String>,
        bytes: Vec<u8>,
        sha256: Vec<u8>,
    }
    let on = access.portal().database.read();
    let batch_id = id(reference)?;
    let sql = format!(
        "SELECT l.line, f.serial, f.revision AS current, r.revision, r.primary_machine, r.switchover_machine, r.primary_host,
            r.switchover_host, r.bytes, r.sha256
         FROM batch_lines l JOIN batches b ON b.id = l.batch_id JOIN activation_files f ON f.id = l.file_id
         JOIN file_revisions r ON r.file_id = f.id AND r.revision = l.revision
         WHERE b.account_id = $1 AND l.batch_id = $2 AND l.line > $3 AND f.state = '{}' ORDER BY l.line LIMIT {most}",
        FileState::Active.code()
    );
    let values = [access.account_id().into(), batch_id.into(), i64::from(after).into()];
    let found: Vec<Found> = rows(on, "batch: files", &sql, values).await?;
    let file = |found: Found| {
        let revision = count(found.revision)?;
        let superseded = (found.revision != found.current).then_some(revision);
        let hosts = found.primary_host.iter().chain(&found.switchover_host).map(|host| parsed(host));
        let host_ids = hosts.collect::<Result<_, _>>()?;
        Ok(BatchFile {
            line: count(found.line)?,
            revision,
            file_name: crate::files::download::file_name_of(&found.serial, superseded, FileState::Active),
            serial: parsed(&found.serial)?,
            machines: std::iter::once(found.primary_machine).chain(found.switchover_machine).collect(),
            host_ids,
            sha256: crate::files::download::hexadecimal(&found.sha256),
            bytes: found.bytes,
        })
    };
    found.into_iter().map(file).collect()
}

/// Parts with their descriptions and what is left of them, in the catalogue's order.
async fn described(
    access: &AccountAccess,
    on: &impl ConnectionTrait,
    mut moves: BTreeMap<PartNumber, Quantity>,
) -> Result<Vec<Move>, Error> {
    #[derive(FromQueryResult)]
    struct Part {
        number: String,
        description: String,
        bounded: bool,
        assigned: i64,
        pooled: i64,
    }
    let mut described = Vec::new();
    for numbers in in_runs(moves.keys().map(ToString::to_string).collect()) {
        let sql = format!(
            "SELECT p.number, p.description, COUNT(e.id) > 0 AND COUNT(CASE WHEN e.unlimited THEN 1 END) = 0 AS bounded,
                CAST(COALESCE(SUM(e.owned_assigned - e.allocated_assigned), 0) AS BIGINT) AS assigned,
                CAST(COALESCE(SUM(e.owned_pooled - e.allocated_pooled), 0) AS BIGINT) AS pooled
             FROM parts p LEFT JOIN entitlements e ON e.part_id = p.id AND e.account_id = $1
             WHERE p.number IN ({}) GROUP BY p.id, p.number, p.description ORDER BY p.id",
            marks(2, numbers.len())
        );
        let values = std::iter::once(access.account_id().into()).chain(numbers.into_iter().map(Into::into));
        for part in rows::<Part>(on, "batch: parts", &sql, values).await? {
            let number: PartNumber = parsed(&part.number)?;
            let Some(quantity) = moves.remove(&number) else { continue };
            let available =
                part.bounded.then(|| Ok::<_, Error>(Quantity::new(count(part.assigned)?, count(part.pooled)?))).transpose()?;
            described.push(Move { number, description: part.description, quantity, available });
        }
    }
    Ok(described)
}
