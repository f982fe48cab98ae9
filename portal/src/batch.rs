//! A *batch*: many files generated, refreshed or deactivated at once, from a table of machines or a selection.
//!
//! It is planned first: each line says what it would come to, and nothing is done. Begun, it is worked on beside the requests: all of it in one
//! transaction, or a slice of lines in each. What a line led to is committed with it, so that a batch which was interrupted goes on where it was.

mod run;
pub mod table;
mod view;
mod work;

pub use table::{Cells, TableProblem};
pub use view::{BatchFile, BatchLine, BatchRow, BatchView, LineCounts, Move};

use crate::{
    AccountAccess, AuditEvent, Cursor, Error, SubmissionKey, Write,
    database::{insert, known, row, run},
    entity::{batch, batch_line},
    submission::{Action, Asked, Before},
};
use licensing::{
    Garn, PartNumber, Quantity, Serial,
    activity::Filter,
    batch::{Begin, Kind, LineState, MOST_LINES, Mode},
    deactivation::{Deactivation, Reason},
    eligibility::Ineligible,
    form::{NewFileForm, Refusal, field},
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait, FromQueryResult, NotSet};
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc};
use table::SERIAL;
use work::{Outcome, Work};

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
        let lines = self.read_lines(kind, lines).await?;
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
        let mut planned = self.try_plan(&terms, &lines, key).await;
        // Another request took the key first, so this time it is found.
        if let Ok(None) = planned {
            planned = self.try_plan(&terms, &lines, key).await;
        }
        planned?.ok_or_else(|| Error::internal("the submission key is taken and cannot be found").into())
    }

    async fn read_lines(&self, kind: Kind, lines: Lines) -> Result<Vec<Cells>, NotPlanned> {
        let of_serial = |serial: Serial| Cells::from([(SERIAL.to_owned(), serial.to_string())]);
        let lines: Vec<Cells> = match lines {
            Lines::Table(bytes) => table::read(kind, &bytes)?,
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
            _ => Ok(lines),
        }
    }

    /// `None` when the same person sent the same key at the same time and the other request was first.
    async fn try_plan(&self, terms: &Arc<Terms>, lines: &[Cells], key: &SubmissionKey) -> Result<Option<String>, NotPlanned> {
        let lines_json = serde_json::to_string(lines).map_err(Error::internal)?;
        let pattern = serde_json::to_string(&terms.pattern).map_err(Error::internal)?;
        let asked = BTreeMap::from([
            ("lines", lines_json.as_str()),
            ("pattern", pattern.as_str()),
            ("repeats", if terms.repeats { "yes" } else { "" }),
        ]);
        let asked = Asked::of(self, Action::Batch, terms.kind.code(), &asked, key)?;
        let on = self.portal().database.read();
        let (planned, moves) = self.plan(on, terms, (1..).zip(lines.iter().cloned())).await?;
        let write = self.write().await?;
        let now = self.portal().now();
        match self.submitted(&write, &asked).await? {
            Some(Before::Same(reference)) => return Ok(Some(reference)),
            Some(Before::Other(garn, reference)) => return Err(NotPlanned::KeyReused { garn, reference }),
            None => {}
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
        };
        let batch_id = stored.insert(write.on()).await.map_err(Error::from)?.id;
        let count = planned.len();
        store_lines(&write, batch_id, planned).await?;
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

    /// What each line comes to, and what all of them take or give back.
    async fn plan(
        &self,
        on: &impl ConnectionTrait,
        terms: &Arc<Terms>,
        lines: impl Iterator<Item = (u32, Cells)>,
    ) -> Result<(Vec<PlannedLine>, BTreeMap<PartNumber, Quantity>), Error> {
        let mut work = Work::new(self, on, Arc::clone(terms), self.portal().now()).await?;
        let mut planned = Vec::new();
        let mut lines: Vec<(u32, Cells)> = lines.collect();
        work.survey(on, lines.iter().map(|(_, cells)| cells)).await?;
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
        let write = self.write().await?;
        let stored = self.own_batch(&write, reference).await?;
        if stored.state != BatchState::Planned {
            return Ok(());
        }
        #[derive(FromQueryResult)]
        struct Line {
            line: i64,
            asked: serde_json::Value,
        }
        let sql = "SELECT line, asked FROM batch_lines WHERE batch_id = $1 AND state <> 'done' ORDER BY line";
        let lines: Vec<Line> = crate::database::rows(write.on(), "batch: lines", sql, [stored.id.into()]).await?;
        let lines = lines.into_iter().map(|line| Ok((crate::database::count(line.line)?, cells(line.asked)?)));
        let lines = lines.collect::<Result<Vec<_>, Error>>()?;
        let (planned, moves) = self.plan(write.on(), &stored.terms, lines.into_iter()).await?;
        let sql = "DELETE FROM batch_lines WHERE batch_id = $1 AND state <> 'done'";
        run(write.on(), "batch: lines of before", sql, [stored.id.into()]).await?;
        store_lines(&write, stored.id, planned).await?;
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
        let stored = self.own_batch(&write, reference).await?;
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

    async fn own_batch(&self, write: &Write, reference: &str) -> Result<Stored, NotBegun> {
        let stored = self.stored_batch(write.on(), reference).await?;
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
