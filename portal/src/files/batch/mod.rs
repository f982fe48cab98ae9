//! A *batch*: many files generated, refreshed or deactivated at once, from a table of machines or a selection.
//!
//! It is planned first: each line says what it would come to, and nothing is done. Begun, it is worked on beside the requests: all of it in one
//! transaction, or a slice of lines in each. What a line led to is committed with it, so that a batch which was interrupted goes on where it was.

mod run;
pub mod table;
mod turn;
mod view;
mod work;

pub use table::{Cells, TableProblem};
pub use turn::Turn;
pub(crate) use turn::Turns;
pub use view::{BatchFile, BatchLine, BatchRow, BatchView, LineCounts, Move};

use super::list::Cursor;
use crate::{
    access::caller::AccountAccess,
    audit::AuditEvent,
    ctx::Failpoint,
    error::Error,
    store::{
        database::{Write, count, insert, known, records, row, rows, run},
        entity::{batch, batch_line},
    },
    submission::{Action, Asked, Before, SubmissionKey},
};
use chrono::{DateTime, TimeDelta, Utc};
use licensing::{
    Garn, PartNumber, Quantity, Serial,
    files::{
        batch::{Begin, Kind, LineState, MOST_LINES, Mode},
        deactivation::{Deactivation, Reason},
        list::Filter,
        request::{NewFileForm, Refusal, field},
    },
    offer::eligibility::Ineligible,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait, FromQueryResult, NotSet};
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc};
use table::{SERIAL, Table};
use work::{Outcome, Work};

/// Number of plans of each person that are kept until they are begun: the latest.
const MOST_PLANS: u32 = 10;
/// Time for which a plan is kept that is not begun.
const PLAN_KEPT: TimeDelta = TimeDelta::days(7);

/// Lines that are worked on together, in one transaction where each line is by itself: others write between them.
const SLICE: usize = 256;

/// What a batch is to do.
#[derive(Clone, Debug)]
pub struct NewBatch {
    pub kind: Kind,
    /// What all new files have in common: the form without machines.
    pub pattern: NewFileForm,
    /// Generate for hosts that have an active file of the same product and type, too.
    pub repeats: bool,
    pub lines: Lines,
}

/// Where the lines of a batch come from.
#[derive(Clone, Debug)]
pub enum Lines {
    /// CSV, with a head.
    Table(Vec<u8>),
    Files(Vec<Serial>),
    /// All files that a filter finds.
    Found(Filter),
}

/// Why there is no batch. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum NotPlanned {
    #[error("You cannot do this here.")]
    Ineligible(Ineligible),
    #[error(transparent)]
    Table(#[from] TableProblem),
    #[error("Select at least one file.")]
    NothingSelected,
    #[error("This form was already used for {reference}.")]
    KeyReused { garn: Garn, reference: String },
    #[error(transparent)]
    Error(#[from] Error),
}

/// Why a batch was not begun. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum NotBegun {
    #[error("There is a problem.")]
    Refused(Vec<Refusal>),
    #[error("{by} has planned this batch, and alone can begin it. Plan one of your own.")]
    Others { by: String },
    #[error(transparent)]
    Error(#[from] Error),
}

/// How far a batch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchState {
    Planned,
    Running,
    Done,
}

impl BatchState {
    const fn code(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Running => "running",
            Self::Done => "done",
        }
    }

    fn stored(text: &str) -> Result<Self, Error> {
        known([Self::Planned, Self::Running, Self::Done].into_iter().find(|state| state.code() == text), text)
    }
}

/// What all lines of a batch have in common.
struct Terms {
    kind: Kind,
    pattern: NewFileForm,
    repeats: bool,
}

/// A batch as it is kept.
struct Stored {
    id: i64,
    person_id: i64,
    by: String,
    state: BatchState,
    mode: Option<Mode>,
    deactivation: Option<Deactivation>,
    terms: Arc<Terms>,
}

/// A line with what it comes to.
struct PlannedLine {
    line: u32,
    cells: Cells,
    state: LineState,
    words: Option<String>,
}

/// `BT-0000001`
fn reference(id: i64) -> String {
    format!("BT-{id:07}")
}

fn id(reference: &str) -> Result<i64, Error> {
    reference.strip_prefix("BT-").and_then(|number| number.parse().ok()).ok_or(Error::NotFound)
}

impl AccountAccess {
    /// Plans a batch: what each of its lines comes to is noted, and nothing is done. Its reference.
    ///
    /// The same key with the same request gives the same batch again.
    ///
    /// # Errors
    /// [`NotPlanned`]; nothing was changed then.
    pub async fn plan_batch(&self, new: NewBatch, key: &SubmissionKey) -> Result<String, NotPlanned> {
        let NewBatch { kind, pattern, repeats, lines } = new;
        if let Some(reason) = self.refuses_deactivation().filter(|_| kind == Kind::Deactivate) {
            return Err(NotPlanned::Ineligible(reason));
        }
        let table = self.read_lines(kind, lines).await?;
        let own = [
            field::HOST_ID,
            field::MACHINE_NAME,
            field::SWITCHOVER_HOST_ID,
            field::SWITCHOVER_MACHINE_NAME,
            field::SWITCHOVER_LATER,
        ];
        let common = |name: &str| (field::is_choice(name) && !own.contains(&name)) || field::quantity_part(name).is_some();
        let pattern: NewFileForm = pattern
            .fields()
            .filter(|(name, value)| common(name) && !value.is_empty())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let terms = Arc::new(Terms { kind, pattern, repeats });
        let mut planned = self.try_plan(&terms, &table, key).await;
        // Another request took the key first, so this time it is found.
        if let Ok(None) = planned {
            planned = self.try_plan(&terms, &table, key).await;
        }
        planned?.ok_or_else(|| Error::internal("the submission key is taken and cannot be found").into())
    }

    async fn read_lines(&self, kind: Kind, lines: Lines) -> Result<Table, NotPlanned> {
        let of_serial = |serial: Serial| Cells::from([(SERIAL.to_owned(), serial.to_string())]);
        let lines: Vec<Cells> = match lines {
            Lines::Table(bytes) => {
                return Ok(tokio::task::spawn_blocking(move || table::read(kind, &bytes)).await.map_err(Error::internal)??);
            }
            Lines::Files(serials) => serials.into_iter().map(of_serial).collect(),
            Lines::Found(filter) => {
                let choices = self.activity_choices().await?;
                let mut found = Vec::new();
                let mut after: Option<Cursor> = None;
                loop {
                    let page = self.activity(&choices, &filter, after.as_ref(), 1_000).await?;
                    found.extend(page.rows.into_iter().map(|row| of_serial(row.serial)));
                    after = page.next;
                    if after.is_none() || found.len() > MOST_LINES {
                        break found;
                    }
                }
            }
        };
        match lines.len() {
            0 => Err(NotPlanned::NothingSelected),
            count if count > MOST_LINES => Err(TableProblem::TooMany.into()),
            _ => Ok(Table { columns: vec![SERIAL.to_owned()], ignored: Vec::new(), lines: (1..).zip(lines).collect() }),
        }
    }

    /// `None` when the same person sent the same key at the same time and the other request was first.
    async fn try_plan(&self, terms: &Arc<Terms>, table: &Table, key: &SubmissionKey) -> Result<Option<String>, NotPlanned> {
        let Table { columns, ignored, lines } = table;
        let lines_json = serde_json::to_string(lines).map_err(Error::internal)?;
        let pattern = serde_json::to_string(&terms.pattern).map_err(Error::internal)?;
        let asked = BTreeMap::from([
            ("lines", lines_json.as_str()),
            ("pattern", pattern.as_str()),
            ("repeats", if terms.repeats { "yes" } else { "" }),
        ]);
        let asked = Asked::of(self, Action::Batch, terms.kind.code(), &asked, key)?;
        let on = self.portal().database.read();
        if let Some(reference) = before(self.submitted(on, &asked).await?)? {
            return Ok(Some(reference));
        }
        let mut work = Work::new(self, on, Arc::clone(terms), self.portal().now()).await?;
        if work.asks_for_too_many_offers(lines) {
            return Err(TableProblem::TooManyOffers.into());
        }
        work.survey(on, lines.iter().map(|(_, cells)| cells)).await?;
        if let Some(stranger) = work.not_offered(columns) {
            return Err(TableProblem::NotOffered(stranger).into());
        }
        let (planned, moves) = self.plan(on, work, lines.clone()).await?;
        self.portal().ctx.reach(Failpoint::BatchPlanned);
        let write = self.write().await?;
        let now = self.portal().now();
        if let Some(reference) = before(self.submitted(write.on(), &asked).await?)? {
            return Ok(Some(reference));
        }
        let stored = batch::ActiveModel {
            id: NotSet,
            account_id: Set(self.account_id()),
            person_id: Set(self.caller().person_id()),
            made_at: Set(now),
            kind: Set(terms.kind.code().to_owned()),
            pattern: Set(json!(terms.pattern)),
            repeats: Set(terms.repeats),
            moves: Set(json!(moves)),
            state: Set(BatchState::Planned.code().to_owned()),
            mode: Set(None),
            end_reason: Set(None),
            end_note: Set(None),
            begun_at: Set(None),
            ended_at: Set(None),
            told: Set(None),
            ignored: Set(json!(ignored)),
        };
        let batch_id = stored.insert(write.on()).await.map_err(Error::from)?.id;
        let count = planned.len();
        store_lines(&write, batch_id, planned).await?;
        expire_plans(&write, Some(self.caller().person_id()), now).await?;
        let reference = reference(batch_id);
        if !self.note_submission(&write, asked, reference.clone()).await? {
            return Ok(None);
        }
        let event = AuditEvent::on_account(now, self, "batch planned", reference.as_str())
            .changing(json!({}), json!({ "kind": terms.kind, "lines": count }));
        write.commit(event).await?;
        tracing::info!(reference, garn = %self.garn, lines = count, "batch planned");
        Ok(Some(reference))
    }

    /// What each line comes to that was surveyed, and what all of them take or give back.
    async fn plan(
        &self,
        on: &impl ConnectionTrait,
        mut work: Work,
        mut lines: Vec<(u32, Cells)>,
    ) -> Result<(Vec<PlannedLine>, BTreeMap<PartNumber, Quantity>), Error> {
        let mut planned = Vec::new();
        lines.iter_mut().for_each(|(_, cells)| work.pin(cells));
        let mut left = lines.into_iter();
        loop {
            let slice: Vec<(u32, Cells)> = left.by_ref().take(SLICE).collect();
            if slice.is_empty() {
                return Ok((planned, work.moves));
            }
            work.look_up(on, slice.iter().map(|(_, cells)| cells)).await?;
            let (worked, outcomes) = work.lines(slice).await?;
            work = worked;
            planned.extend(outcomes.into_iter().map(|(line, cells, outcome)| {
                let (state, words) = match outcome {
                    Outcome::Does(_) => (LineState::Ready, None),
                    Outcome::Left(words) => (LineState::Left, Some(words)),
                    Outcome::Refused(words) => (LineState::Refused, Some(words)),
                };
                PlannedLine { line, cells, state, words }
            }));
        }
    }

    /// Says anew what each line comes to that is not done, as things are now.
    ///
    /// # Errors
    /// [`NotBegun`], as [`Self::begin_batch`]. A batch that was begun stays as it is.
    pub async fn plan_batch_again(&self, reference: &str) -> Result<(), NotBegun> {
        // Worked out before anything is locked; lines that were done meanwhile stay so.
        let on = self.portal().database.read();
        let stored = self.own_batch(on, reference).await?;
        if stored.state != BatchState::Planned {
            return Ok(());
        }
        #[derive(FromQueryResult)]
        struct Line {
            line: i64,
            asked: serde_json::Value,
            state: String,
            words: Option<String>,
        }
        let sql = "SELECT line, asked, state, words FROM batch_lines WHERE batch_id = $1 AND state <> 'done' ORDER BY line";
        let found: Vec<Line> = rows(on, "batch: lines", sql, [stored.id.into()]).await?;
        let (mut lines, mut before) = (Vec::with_capacity(found.len()), Vec::with_capacity(found.len()));
        for Line { line, asked, state, words } in found {
            let cells = cells(asked)?;
            before.push((cells.clone(), known(LineState::from_code(&state), &state)?, words));
            lines.push((count(line)?, cells));
        }
        let mut work = Work::new(self, on, Arc::clone(&stored.terms), self.portal().now()).await?;
        work.survey(on, lines.iter().map(|(_, cells)| cells)).await?;
        let (planned, moves) = self.plan(on, work, lines).await?;
        self.portal().ctx.reach(Failpoint::BatchPlanned);
        let changed: Vec<PlannedLine> = planned
            .into_iter()
            .zip(before)
            .filter(|(line, (cells, state, words))| line.cells != *cells || line.state != *state || line.words != *words)
            .map(|(line, _)| line)
            .collect();
        let write = self.write().await?;
        if self.own_batch(write.on(), reference).await?.state != BatchState::Planned {
            return Ok(());
        }
        change_lines(&write, stored.id, changed).await?;
        let sql = "UPDATE batches SET moves = $1, told = NULL WHERE id = $2";
        run(write.on(), "batch: planned again", sql, [json!(moves).into(), stored.id.into()]).await?;
        write.commit(AuditEvent::on_account(self.portal().now(), self, "batch planned", reference)).await?;
        Ok(())
    }

    /// Begins a batch that is planned: it is worked on from now on. One that was begun already stays as it is.
    ///
    /// # Errors
    /// [`NotBegun`]; nothing was changed then.
    pub async fn begin_batch<'a>(&self, reference: &str, value: impl Fn(&str) -> &'a str) -> Result<(), NotBegun> {
        let write = self.write().await?;
        let now = self.portal().now();
        let stored = self.own_batch(write.on(), reference).await?;
        if stored.state != BatchState::Planned {
            return Ok(());
        }
        let LineCounts { ready, refused, .. } = view::counts(write.on(), stored.id).await?;
        let begin = Begin::parse(stored.terms.kind, ready, refused, value).map_err(NotBegun::Refused)?;
        let deactivation = begin.deactivation.as_ref();
        let sql = "UPDATE batches SET state = 'running', mode = $1, begun_at = $2, end_reason = $3, end_note = $4, told = NULL
                   WHERE id = $5 AND state = 'planned'";
        let values = [
            begin.mode.code().into(),
            now.into(),
            deactivation.map(|deactivation| deactivation.reason.code().to_owned()).into(),
            deactivation.and_then(|deactivation| deactivation.note.clone()).into(),
            stored.id.into(),
        ];
        if run(write.on(), "batch: begin", sql, values).await? != 1 {
            return Err(Error::internal("a batch was changed without its account's lock").into());
        }
        let event = AuditEvent::on_account(now, self, "batch begun", reference)
            .changing(json!({}), json!({ "mode": begin.mode, "lines": ready }));
        write.commit(event).await?;
        tracing::info!(reference, garn = %self.garn, lines = ready, "batch begun");
        self.portal().batch_begun.notify_one();
        Ok(())
    }

    async fn own_batch(&self, on: &impl ConnectionTrait, reference: &str) -> Result<Stored, NotBegun> {
        let stored = self.stored_batch(on, reference).await?;
        if stored.person_id == self.caller().person_id() { Ok(stored) } else { Err(NotBegun::Others { by: stored.by }) }
    }

    /// A batch of the account.
    async fn stored_batch(&self, on: &impl ConnectionTrait, reference: &str) -> Result<Stored, Error> {
        #[derive(FromQueryResult)]
        struct Found {
            id: i64,
            person_id: i64,
            by: String,
            state: String,
            kind: String,
            mode: Option<String>,
            pattern: serde_json::Value,
            repeats: bool,
            end_reason: Option<String>,
            end_note: Option<String>,
        }
        let found: Option<Found> = row(
            on,
            "batch",
            "SELECT b.id, b.person_id, p.name AS \"by\", b.state, b.kind, b.mode, b.pattern, b.repeats, b.end_reason, b.end_note
             FROM batches b JOIN people p ON p.id = b.person_id WHERE b.account_id = $1 AND b.id = $2",
            [self.account_id().into(), id(reference)?.into()],
        )
        .await?;
        let found = found.ok_or(Error::NotFound)?;
        let kind = known(Kind::from_code(&found.kind), &found.kind)?;
        let pattern = serde_json::from_value(found.pattern).map_err(Error::internal)?;
        let reason = found.end_reason.as_deref().and_then(Reason::from_code);
        Ok(Stored {
            id: found.id,
            person_id: found.person_id,
            by: found.by,
            state: BatchState::stored(&found.state)?,
            mode: found.mode.as_deref().and_then(Mode::from_code),
            deactivation: reason.map(|reason| Deactivation { reason, note: found.end_note }),
            terms: Arc::new(Terms { kind, pattern, repeats: found.repeats }),
        })
    }
}

/// The cells of a line as they are kept.
fn cells(asked: serde_json::Value) -> Result<Cells, Error> {
    serde_json::from_value(asked).map_err(Error::internal)
}

/// The reference of the batch that a submission led to before.
fn before(submitted: Option<Before>) -> Result<Option<String>, NotPlanned> {
    match submitted {
        Some(Before::Same(reference)) => Ok(Some(reference)),
        Some(Before::Other(garn, reference)) => Err(NotPlanned::KeyReused { garn, reference }),
        None => Ok(None),
    }
}

/// Drops the lines of plans that are older than [`PLAN_KEPT`], and of `person` those beyond the latest [`MOST_PLANS`]. Lines that are done stay.
pub(super) async fn expire_plans(write: &Write, person: Option<i64>, now: DateTime<Utc>) -> Result<u64, Error> {
    const EXPIRED: &str = "This plan has expired: the latest 10 plans of each person are kept, for 7 days. Send its table again.";
    let too_many = format!(
        "b.person_id = $2 AND b.id NOT IN (SELECT n.id FROM batches n WHERE n.person_id = $2 AND n.state = 'planned'
            ORDER BY n.id DESC LIMIT {MOST_PLANS})"
    );
    let expired = format!("SELECT b.id FROM batches b WHERE b.state = 'planned' AND (b.made_at < $1 OR {too_many})");
    let values = || [(now - PLAN_KEPT).into(), person.unwrap_or_default().into()];
    let sql = format!("DELETE FROM batch_lines WHERE state <> 'done' AND batch_id IN ({expired})");
    let lines = run(write.on(), "batch: lines of expired plans", &sql, values()).await?;
    if lines > 0 {
        let none_waits = "NOT EXISTS (SELECT 1 FROM batch_lines l WHERE l.batch_id = batches.id AND l.state <> 'done')";
        let sql = format!("UPDATE batches SET told = '{EXPIRED}' WHERE id IN ({expired}) AND {none_waits}");
        run(write.on(), "batch: expired plans", &sql, values()).await?;
    }
    Ok(lines)
}

/// Says of lines anew what they come to; those that are done stay so.
async fn change_lines(write: &Write, batch_id: i64, lines: Vec<PlannedLine>) -> Result<(), Error> {
    let sql = format!(
        "UPDATE batch_lines SET state = t.value ->> 2, words = t.value ->> 3, asked = t.value -> 4
         FROM {} WHERE batch_id = CAST(t.value ->> 0 AS BIGINT) AND line = CAST(t.value ->> 1 AS BIGINT) AND state <> 'done'",
        records(write.on(), 1)
    );
    let lines =
        lines.into_iter().map(|PlannedLine { line, cells, state, words }| json!([batch_id, line, state.code(), words, cells]));
    let lines = lines.collect::<serde_json::Value>().to_string();
    run(write.on(), "batch: what lines come to", &sql, [lines.into()]).await?;
    Ok(())
}

async fn store_lines(write: &Write, batch_id: i64, lines: Vec<PlannedLine>) -> Result<(), Error> {
    let lines = lines.into_iter().map(|PlannedLine { line, cells, state, words }| batch_line::ActiveModel {
        batch_id: Set(batch_id),
        line: Set(line.into()),
        asked: Set(json!(cells)),
        state: Set(state.code().to_owned()),
        words: Set(words),
        file_id: Set(None),
        revision: Set(None),
    });
    insert::<batch_line::Entity>(write, lines.collect()).await
}
