use super::{
    apply::{Applied, apply},
    plan::{LineCounts, Planner, forget},
    reference::{id_of, reference},
    table::TableProblem,
};
use crate::{
    access::analyst::AnalystAccess,
    audit::AuditEvent,
    error::Error,
    event_type::EventType,
    jobs::{
        job::{Job, Outcome, Progress},
        queue::enqueue,
    },
    mail::{Letter, message},
    path,
    portal::Portal,
    store::{
        entity::import,
        insertion::insert_returning_ids,
        statement::{row, rows, run},
        write::Write,
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ActiveValue::Set, ConnectionTrait, FromQueryResult, NotSet};
use serde::{Deserialize, Serialize};

/// Maximum size of a table, in bytes.
pub const MOST_BYTES: usize = 64 * 1024 * 1024;
/// Imports that are read or planned and not applied, of all analysts: each keeps its lines.
const MOST_OPEN: i64 = 20;
/// What was compared and not applied is discarded after this time.
const PLAN_KEPT: TimeDelta = TimeDelta::days(7);
/// Imports that are listed, the latest.
const MOST_LISTED: u32 = 100;
/// Lines of a page.
pub const LINES_OF_PAGE: u32 = 100;

/// State of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportState {
    /// Its lines are planned.
    Reading,
    /// Every line has its verdict; nothing is changed yet.
    Planned,
    Applying,
    Applied,
    /// Nothing was changed, for this reason.
    Failed(String),
    Discarded,
}

/// An import.
#[derive(Clone, Debug)]
pub struct Import {
    /// Such as `IM-0000001`.
    pub reference: String,
    /// Name of its file.
    pub name: String,
    pub submitted_by: String,
    pub submitted_at: DateTime<Utc>,
    pub state: ImportState,
    pub counts: LineCounts,
    /// Lines that are planned so far, while it is read.
    pub progress: Option<u64>,
}

impl Import {
    /// Whether it can be applied: every line can, and one does something.
    #[must_use]
    pub fn can_be_applied(&self) -> bool {
        self.state == ImportState::Planned && self.counts.refused == 0 && self.counts.new + self.counts.changed > 0
    }
}

/// A line of an import.
#[derive(Clone, Debug, FromQueryResult)]
pub struct PlannedLine {
    pub line: i64,
    /// `new`, `changed`, `there` or `refused`.
    pub state: String,
    pub garn: String,
    pub sales_order: String,
    pub order_line: i64,
    /// What it would do, or why it is refused.
    pub told: String,
}

/// Why a table was not taken, or an import not applied. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum NotImported {
    #[error(transparent)]
    Table(#[from] TableProblem),
    #[error("{MOST_OPEN} imports are open, as many as possible. Apply or discard one first.")]
    TooManyOpen,
    #[error("Lines are refused: {0}. Correct them in the table, and upload it again: an import is applied whole or not at all.")]
    Refused(i64),
    #[error("Every line is there already. There is nothing to apply.")]
    Nothing,
    #[error("The import is {0} meanwhile.")]
    Otherwise(&'static str),
    #[error("{STALE}")]
    Stale,
    #[error(transparent)]
    Error(#[from] Error),
}

const STALE: &str =
    "Accounts or orders were changed after the lines were compared. Nothing was imported. Upload the table again.";

/// Work on an import beside requests: planning its lines, or applying them.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct RunImport {
    pub(crate) import: i64,
    pub(crate) applies: bool,
}

impl Job for RunImport {
    const KIND: &'static str = "import";
    const MOST_ATTEMPTS: u32 = 5;
    const DISCARDABLE: bool = false;

    fn subject(&self) -> String {
        format!("{}, {}", reference(self.import), if self.applies { "to be applied" } else { "to be compared" })
    }
}

#[derive(FromQueryResult)]
struct Stored {
    id: i64,
    name: String,
    person_id: Option<i64>,
    submitted_by: String,
    submitted_at: DateTime<Utc>,
    object: Option<String>,
    state: String,
    reason: Option<String>,
    new_lines: i64,
    changed_lines: i64,
    there_lines: i64,
    refused_lines: i64,
    progress: Option<i64>,
}

const STORED: &str = "SELECT i.id, i.name, i.person_id, i.submitted_by, i.submitted_at, i.object, i.state, i.reason, i.new_lines,
        i.changed_lines, i.there_lines, i.refused_lines,
        CASE WHEN i.state = 'reading' THEN (SELECT MAX(l.line) FROM import_lines l WHERE l.import_id = i.id) END AS progress
    FROM imports i";

impl Stored {
    fn state(&self) -> ImportState {
        match (self.state.as_str(), &self.reason) {
            ("reading", _) => ImportState::Reading,
            ("planned", _) => ImportState::Planned,
            ("applying", _) => ImportState::Applying,
            ("applied", _) => ImportState::Applied,
            ("failed", Some(reason)) => ImportState::Failed(reason.clone()),
            _ => ImportState::Discarded,
        }
    }

    fn import(self) -> Import {
        Import {
            reference: reference(self.id),
            state: self.state(),
            counts: LineCounts {
                new: self.new_lines,
                changed: self.changed_lines,
                there: self.there_lines,
                refused: self.refused_lines,
            },
            progress: self.progress.and_then(|line| u64::try_from(line).ok()),
            name: self.name,
            submitted_by: self.submitted_by,
            submitted_at: self.submitted_at,
        }
    }
}

async fn stored(on: &impl ConnectionTrait, id: i64) -> Result<Stored, Error> {
    let found: Option<Stored> = row(on, "import", &format!("{STORED} WHERE i.id = $1"), [id.into()]).await?;
    found.ok_or(Error::NotFound)
}

/// Takes a table in: its lines are compared beside the requests, and nothing is changed. Its reference.
///
/// # Errors
/// [`NotImported`].
pub async fn begin_import(access: &AnalystAccess, name: &str, table: Vec<u8>) -> Result<String, NotImported> {
    let (caller, portal) = (access.caller(), access.caller().portal());
    if table.is_empty() {
        return Err(TableProblem::Nothing.into());
    }
    let object = portal.new_object_name();
    portal.blobs.put_bytes(&object, table).await?;
    drop_stale(portal).await?;
    let write = portal.database.write().await?;
    make_way(&write).await?;
    let id = store(&write, name, Some(caller.person_id()), &caller.person().name, Some(object)).await?;
    enqueue(&write, &RunImport { import: id, applies: false }, portal.now()).await?;
    write.commit(caller.event(portal.now(), EventType::ImportBegun, reference(id))).await?;
    Ok(reference(id))
}

/// Refuses another import while as many as possible are open.
pub(super) async fn make_way(write: &Write) -> Result<(), NotImported> {
    #[derive(FromQueryResult)]
    struct Open {
        open: i64,
    }
    let sql = "SELECT COUNT(*) AS open FROM imports WHERE state IN ('reading', 'planned', 'applying')";
    let open: Option<Open> = row(write.on(), "imports: open", sql, []).await?;
    if open.is_some_and(|open| open.open >= MOST_OPEN) { Err(NotImported::TooManyOpen) } else { Ok(()) }
}

/// Discards what was compared long ago and never applied.
pub(super) async fn drop_stale(portal: &Portal) -> Result<(), Error> {
    #[derive(FromQueryResult)]
    struct Old {
        id: i64,
    }
    let before = portal.now() - PLAN_KEPT;
    let sql = "UPDATE imports SET state = 'discarded' WHERE state = 'planned' AND changed_at <= $1 RETURNING id";
    let old: Vec<Old> = rows(portal.database.bookkeeping(), "imports: stale", sql, [before.into()]).await?;
    for Old { id } in old {
        forget(portal, id).await?;
    }
    Ok(())
}

pub(super) async fn store(
    write: &Write,
    name: &str,
    person: Option<i64>,
    by: &str,
    object: Option<String>,
) -> Result<i64, Error> {
    let row = import::ActiveModel {
        id: NotSet,
        name: Set(licensing::excerpt(name)),
        person_id: Set(person),
        submitted_by: Set(by.to_owned()),
        submitted_at: Set(write.now()),
        object: Set(object),
        state: Set("reading".to_owned()),
        reason: Set(None),
        new_lines: Set(0),
        changed_lines: Set(0),
        there_lines: Set(0),
        refused_lines: Set(0),
        changed_at: Set(write.now()),
    };
    let ids = insert_returning_ids::<import::Entity>(write.on(), vec![row]).await?;
    ids.first().copied().ok_or_else(|| Error::internal("a row without its id"))
}

/// Runs the work on an import.
pub(crate) async fn run_import(portal: &Portal, job: &RunImport, progress: &Progress) -> Result<Outcome, Error> {
    let import = stored(portal.database.read(), job.import).await?;
    match (import.state(), job.applies) {
        (ImportState::Reading, false) => compare(portal, &import, progress).await?,
        (ImportState::Applying, true) => finish(portal, &import).await?,
        // It was run before, or discarded meanwhile.
        _ => {}
    }
    Ok(Outcome::Done)
}

/// Plans the lines of an import.
async fn compare(portal: &Portal, import: &Stored, progress: &Progress) -> Result<(), Error> {
    let Some(object) = &import.object else { return Err(Error::internal("an import without its table")) };
    let bytes = portal.blobs.get(object, None).await?.whole_bytes().await?;
    // An attempt of before may have come some way.
    forget(portal, import.id).await?;
    let planned = Planner::new(portal, import.id).await?.plan(bytes, |done| progress.tell(done, done + 1)).await?;
    portal.ctx.reach("import planned");
    let write = portal.database.write().await?;
    if stored(write.on(), import.id).await?.state() != ImportState::Reading {
        // It was discarded meanwhile.
        drop(write);
        return forget(portal, import.id).await;
    }
    let told = settle(portal, &write, import.id, &planned).await?;
    tell(portal, &write, import, &told).await?;
    write.commit(event(portal, import, EventType::ImportCompared)).await?;
    if planned.is_err() {
        // The lines before the one that could not be read say nothing.
        forget(portal, import.id).await?;
    }
    portal.blobs.remove(object).await
}

/// Notes what came of planning; in words.
pub(super) async fn settle(
    portal: &Portal,
    write: &Write,
    id: i64,
    planned: &Result<LineCounts, TableProblem>,
) -> Result<String, Error> {
    let now = portal.now();
    match planned {
        Ok(counts) => {
            let sql =
                "UPDATE imports SET state = 'planned', new_lines = $1, changed_lines = $2, there_lines = $3, refused_lines = $4,
                           changed_at = $5, object = NULL WHERE id = $6 AND state = 'reading'";
            let LineCounts { new, changed, there, refused } = *counts;
            let values = [new.into(), changed.into(), there.into(), refused.into(), now.into(), id.into()];
            run(write.on(), "import: planned", sql, values).await?;
            Ok(format!(
                "Lines that are new: {new}; changed: {changed}; there already: {there}; refused: {refused}. Nothing is changed yet."
            ))
        }
        Err(problem) => {
            let sql = "UPDATE imports SET state = 'failed', reason = $1, changed_at = $2, object = NULL WHERE id = $3 AND state = 'reading'";
            run(write.on(), "import: failed", sql, [problem.to_string().into(), now.into(), id.into()]).await?;
            Ok(format!("{problem} Nothing was changed."))
        }
    }
}

/// Queues the mail to who began the import.
async fn tell(portal: &Portal, write: &Write, import: &Stored, words: &str) -> Result<(), Error> {
    #[derive(FromQueryResult)]
    struct Person {
        email: String,
    }
    let sql = "SELECT email FROM people WHERE id = $1 AND active";
    let person: Option<Person> = row(write.on(), "import: person", sql, [import.person_id.into()]).await?;
    let Some(Person { email }) = person else { return Ok(()) };
    let reference = reference(import.id);
    let url = format!("{}{}", portal.settings.public_url, path::import(&reference));
    let letter = Letter::default().words(format!("Import {reference}: {words}")).link("See each line", url);
    message::queue(write, &letter.mail(email, format!("Import {reference}")), portal.now()).await
}

fn event(portal: &Portal, import: &Stored, event_type: EventType) -> AuditEvent {
    let event = AuditEvent::by_operator(portal.now(), &import.submitted_by, event_type, reference(import.id));
    import.person_id.into_iter().fold(event, AuditEvent::of_person)
}

/// Applies an import, or notes why that cannot be.
async fn finish(portal: &Portal, import: &Stored) -> Result<(), Error> {
    portal.database.make_room(true).await?;
    let finished = finish_in_room(portal, import).await;
    portal.database.make_room(false).await?;
    finished
}

async fn finish_in_room(portal: &Portal, import: &Stored) -> Result<(), Error> {
    let write = portal.database.write_alone().await?;
    match apply(portal, &write, import.id, (&import.submitted_by, import.person_id)).await? {
        Applied::Done => {
            tell(portal, &write, import, "All lines are applied.").await?;
            write.commit(event(portal, import, EventType::ImportApplied)).await
        }
        Applied::Stale => {
            let sql = "UPDATE imports SET state = 'failed', reason = $1, changed_at = $2 WHERE id = $3";
            run(write.on(), "import: stale", sql, [STALE.into(), portal.now().into(), import.id.into()]).await?;
            tell(portal, &write, import, STALE).await?;
            write.commit(event(portal, import, EventType::ImportFailed)).await
        }
    }
}

/// Why an import cannot be applied as it is.
fn unfit(import: &Import) -> Option<NotImported> {
    match &import.state {
        ImportState::Planned if import.counts.refused > 0 => Some(NotImported::Refused(import.counts.refused)),
        ImportState::Planned if !import.can_be_applied() => Some(NotImported::Nothing),
        ImportState::Planned => None,
        ImportState::Reading => Some(NotImported::Otherwise("being compared")),
        ImportState::Applying => Some(NotImported::Otherwise("being applied")),
        ImportState::Applied => Some(NotImported::Otherwise("applied")),
        ImportState::Failed(_) => Some(NotImported::Otherwise("given up")),
        ImportState::Discarded => Some(NotImported::Otherwise("discarded")),
    }
}

/// Begins to apply an import, beside the requests.
///
/// # Errors
/// [`NotImported`]; nothing was changed then.
pub async fn apply_import(access: &AnalystAccess, reference: &str) -> Result<(), NotImported> {
    let (caller, portal) = (access.caller(), access.caller().portal());
    let id = id_of(reference).ok_or(Error::NotFound)?;
    let write = portal.database.write_alone().await?;
    let import = stored(write.on(), id).await?.import();
    if let Some(unfit) = unfit(&import) {
        return Err(unfit);
    }
    let sql = "UPDATE imports SET state = 'applying', changed_at = $1 WHERE id = $2";
    run(write.on(), "import: begun", sql, [portal.now().into(), id.into()]).await?;
    enqueue(&write, &RunImport { import: id, applies: true }, portal.now()).await?;
    write.commit(caller.event(portal.now(), EventType::ImportConfirmed, reference.to_owned())).await?;
    Ok(())
}

/// Discards an import that was not applied.
///
/// # Errors
/// [`NotImported::Otherwise`]: it is being applied, or was.
pub async fn discard_import(access: &AnalystAccess, reference: &str) -> Result<(), NotImported> {
    let (caller, portal) = (access.caller(), access.caller().portal());
    let id = id_of(reference).ok_or(Error::NotFound)?;
    let write = portal.database.write_alone().await?;
    let import = stored(write.on(), id).await?;
    if !matches!(import.state(), ImportState::Reading | ImportState::Planned) {
        return Err(unfit(&import.import()).unwrap_or(NotImported::Nothing));
    }
    let sql = "UPDATE imports SET state = 'discarded', object = NULL, changed_at = $1 WHERE id = $2";
    run(write.on(), "import: discarded", sql, [portal.now().into(), id.into()]).await?;
    write.commit(caller.event(portal.now(), EventType::ImportDiscarded, reference.to_owned())).await?;
    forget(portal, id).await?;
    if let Some(object) = import.object {
        portal.blobs.remove(&object).await?;
    }
    Ok(())
}

/// Imports, the latest first.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn imports(access: &AnalystAccess) -> Result<Vec<Import>, Error> {
    let sql = format!("{STORED} ORDER BY i.id DESC LIMIT {MOST_LISTED}");
    let found: Vec<Stored> = rows(access.caller().portal().database.read(), "imports", &sql, []).await?;
    Ok(found.into_iter().map(Stored::import).collect())
}

/// One import.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn import(access: &AnalystAccess, reference: &str) -> Result<Import, Error> {
    let id = id_of(reference).ok_or(Error::NotFound)?;
    Ok(stored(access.caller().portal().database.read(), id).await?.import())
}

/// Lines of an import behind the line `after`, up to `most`; those in `state`, or all.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn lines_of_import(
    access: &AnalystAccess,
    reference: &str,
    state: Option<&str>,
    after: i64,
    most: u32,
) -> Result<Vec<PlannedLine>, Error> {
    let id = id_of(reference).ok_or(Error::NotFound)?;
    lines(access.caller().portal(), id, state, after, most).await
}

async fn lines(portal: &Portal, id: i64, state: Option<&str>, after: i64, most: u32) -> Result<Vec<PlannedLine>, Error> {
    let of_state = if state.is_some() { "AND state = $3" } else { "" };
    let sql = format!(
        "SELECT line, state, garn, sales_order, order_line, told FROM import_lines
         WHERE import_id = $1 AND line > $2 {of_state} ORDER BY line LIMIT {most}"
    );
    let values = [Some(id.into()), Some(after.into()), state.map(Into::into)].into_iter().flatten();
    rows(portal.database.read(), "import: lines", &sql, values).await
}

/// Name of the command line in events.
const TERMINAL: &str = "command line";

/// Compares a table from the server's terminal, and tells of each line but those that are there to `told`; with `applies` it is applied when
/// no line is refused.
///
/// # Errors
/// [`NotImported`]; nothing was changed then.
pub async fn import_from_terminal(
    portal: &Portal,
    name: &str,
    table: Vec<u8>,
    applies: bool,
    mut told: impl FnMut(&PlannedLine),
) -> Result<LineCounts, NotImported> {
    let write = portal.database.write().await?;
    let id = store(&write, name, None, TERMINAL, None).await?;
    write.commit(AuditEvent::by_operator(portal.now(), TERMINAL, EventType::ImportBegun, reference(id))).await?;
    let planned = Planner::new(portal, id).await?.plan(table, |_| {}).await?;
    let write = portal.database.write().await?;
    settle(portal, &write, id, &planned).await?;
    write.commit_bookkeeping().await?;
    let counts = match planned {
        Ok(counts) => counts,
        Err(problem) => {
            forget(portal, id).await?;
            return Err(problem.into());
        }
    };
    let mut after = 0;
    loop {
        let page = lines(portal, id, None, after, 1000).await?;
        let Some(last) = page.last() else { break };
        after = last.line;
        page.iter().filter(|line| line.state != "there").for_each(&mut told);
    }
    if !applies || counts.refused > 0 || counts.new + counts.changed == 0 {
        let sql = "UPDATE imports SET state = 'discarded' WHERE id = $1";
        run(portal.database.bookkeeping(), "import: tried", sql, [id.into()]).await?;
        forget(portal, id).await?;
        let refused = applies && counts.refused > 0;
        return if refused { Err(NotImported::Refused(counts.refused)) } else { Ok(counts) };
    }
    let import = stored(portal.database.read(), id).await?;
    finish(portal, &import).await?;
    match stored(portal.database.read(), id).await?.state() {
        ImportState::Applied => Ok(counts),
        _ => Err(NotImported::Stale),
    }
}
