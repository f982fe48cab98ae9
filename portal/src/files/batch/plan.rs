//! Plans of batches: what each line would come to.

use super::{
    table::{self, SERIAL, Table},
    work::{BatchPlanner, Outcome},
};
use crate::{
    access::{account::AccountAccess, caller::Caller},
    error::Error,
    event_type::EventType,
    files::{
        batch::{
            stored::{BatchState, NotBegun, SLICE, Terms, cells, own_batch, reference},
            table::{Cells, TableProblem},
        },
        list::{Cursor, activity, activity_choices},
    },
    store::{
        entity::{batch, batch_line},
        insertion::insert,
        statement::{count, known, records, rows, run},
        write::Write,
    },
    submission::{
        KeyReused,
        key::SubmissionKey,
        once::{Asked, Submission, once},
    },
    turns::Turn,
};
use chrono::{DateTime, TimeDelta, Utc};
use licensing::{
    PartNumber, Quantity, Serial,
    files::{
        batch::{Kind, LineState, MOST_LINES},
        list::Filter,
        request::{NewFileForm, field},
    },
    offer::eligibility::{Action, Ineligible},
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait, FromQueryResult, NotSet};
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc};

/// Number of plans of each person that are kept until they are begun: the latest.
const MOST_PLANS: u32 = 10;

/// Time for which a plan is kept that is not begun.
pub(crate) const PLAN_KEPT: TimeDelta = TimeDelta::days(7);

/// Request for a batch.
#[derive(Clone, Debug)]
pub struct NewBatch {
    pub kind: Kind,
    /// Choices that all new files share: the form without machines.
    pub pattern: NewFileForm,
    /// Generate for hosts that have an active file of the same product and type, too.
    pub repeats: bool,
    pub lines: Lines,
}

/// Source of the lines of a batch.
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
    #[error(transparent)]
    KeyReused(#[from] KeyReused),
    #[error(transparent)]
    Error(#[from] Error),
}

/// A line with what it comes to.
struct PlannedLine {
    line: u32,
    cells: Cells,
    state: LineState,
    words: Option<String>,
    /// Differences that a further revision makes, in words.
    changes: Option<String>,
}

/// Waits until no other plan of this person is worked out. `None` when too many wait already.
pub async fn turn_to_plan(caller: &Caller) -> Option<Turn> {
    caller.portal().turns.take(caller.person_id()).await
}

/// Plans a batch: what each of its lines comes to is noted, and nothing is done. Its reference.
///
/// The same key with the same request gives the same batch again.
///
/// # Errors
/// [`NotPlanned`]; nothing was changed then.
pub async fn plan(access: &AccountAccess, new: NewBatch, key: &SubmissionKey) -> Result<String, NotPlanned> {
    let NewBatch { kind, pattern, repeats, lines } = new;
    if let Some(reason) = access.change(Action::Deactivate).err().filter(|_| kind == Kind::Deactivate) {
        return Err(NotPlanned::Ineligible(reason));
    }
    let table = read_lines(access, kind, lines).await?;
    let own =
        [field::HOST_ID, field::MACHINE_NAME, field::SWITCHOVER_HOST_ID, field::SWITCHOVER_MACHINE_NAME, field::SWITCHOVER_LATER];
    let common = |name: &str| (field::is_choice(name) && !own.contains(&name)) || field::quantity_part(name).is_some();
    let pattern: NewFileForm = pattern
        .fields()
        .filter(|(name, value)| common(name) && !value.is_empty())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let terms = Arc::new(Terms { kind, pattern, repeats });
    plan_once(access, &terms, &table, key).await
}

async fn read_lines(access: &AccountAccess, kind: Kind, lines: Lines) -> Result<Table, NotPlanned> {
    let of_serial = |serial: Serial| Cells::from([(SERIAL.to_owned(), serial.to_string())]);
    let lines: Vec<Cells> = match lines {
        Lines::Table(bytes) => {
            return Ok(tokio::task::spawn_blocking(move || table::read(kind, &bytes)).await.map_err(Error::internal)??);
        }
        Lines::Files(serials) => serials.into_iter().map(of_serial).collect(),
        Lines::Found(filter) => {
            let choices = activity_choices(access).await?;
            let mut found = Vec::new();
            let mut after: Option<Cursor> = None;
            loop {
                let page = activity(access, &choices, &filter, after.as_ref(), 1_000).await?;
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

async fn plan_once(access: &AccountAccess, terms: &Arc<Terms>, table: &Table, key: &SubmissionKey) -> Result<String, NotPlanned> {
    let Table { columns, ignored, lines } = table;
    let asked = (lines, &terms.pattern, terms.repeats);
    let asked = Asked::new(access, "batch", terms.kind.code(), &asked, key)?;
    if let Some(reference) = asked.earlier::<NotPlanned>().await? {
        return Ok(reference);
    }
    let on = access.portal().database.read();
    let mut work = BatchPlanner::new(access, on, Arc::clone(terms), access.portal().now()).await?;
    if work.asks_for_too_many_offers(lines) {
        return Err(TableProblem::TooManyOffers.into());
    }
    work.survey(on, lines.iter().map(|(_, cells)| cells)).await?;
    if let Some(stranger) = work.not_offered(columns) {
        return Err(TableProblem::NotOffered(stranger).into());
    }
    let (planned, moves) = plan_lines(on, work, lines.clone()).await?;
    access.portal().ctx.reach("batch planned");
    let first = match once::<NotPlanned>(asked).await? {
        Submission::First(first) => first,
        Submission::Again(reference) => return Ok(reference),
    };
    let (write, now) = (&first.write, access.portal().now());
    let stored = batch::ActiveModel {
        id: NotSet,
        account_id: Set(access.account_id()),
        person_id: Set(access.caller().person_id()),
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
    store_lines(write, batch_id, planned).await?;
    expire_plans(write, Some(access.caller().person_id()), now).await?;
    let reference = reference(batch_id);
    let event = access
        .event(now, EventType::BatchPlanned, reference.as_str())
        .changing(json!({}), json!({ "kind": terms.kind, "lines": count }));
    if let Some(reference) = first.commit::<NotPlanned>(reference.clone(), event).await? {
        return Ok(reference);
    }
    tracing::info!(reference, garn = %access.garn, lines = count, "batch planned");
    Ok(reference)
}

/// Results of the surveyed lines, and the quantities that they take or return together.
async fn plan_lines(
    on: &impl ConnectionTrait,
    mut work: BatchPlanner,
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
            let (state, words, changes) = match outcome {
                Outcome::Does(step) => (LineState::Ready, None, step.changes()),
                Outcome::Left(words) => (LineState::Left, Some(words), None),
                Outcome::Refused(words) => (LineState::Refused, Some(words), None),
            };
            PlannedLine { line, cells, state, words, changes }
        }));
    }
}

/// Plans each line that is not done again, as things are now.
///
/// # Errors
/// [`NotBegun`], as [`begin`]. A batch that was begun stays as it is.
pub async fn plan_again(access: &AccountAccess, reference: &str) -> Result<(), NotBegun> {
    // Worked out before anything is locked; lines that were done meanwhile stay so.
    let on = access.portal().database.read();
    let stored = own_batch(access, on, reference).await?;
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
    let mut work = BatchPlanner::new(access, on, Arc::clone(&stored.terms), access.portal().now()).await?;
    work.survey(on, lines.iter().map(|(_, cells)| cells)).await?;
    let (planned, moves) = plan_lines(on, work, lines).await?;
    access.portal().ctx.reach("batch planned");
    let changed: Vec<PlannedLine> = planned
        .into_iter()
        .zip(before)
        .filter(|(line, (cells, state, words))| line.cells != *cells || line.state != *state || line.words != *words)
        .map(|(line, _)| line)
        .collect();
    let write = access.write().await?;
    if own_batch(access, write.on(), reference).await?.state != BatchState::Planned {
        return Ok(());
    }
    change_lines(&write, stored.id, changed).await?;
    let sql = "UPDATE batches SET moves = $1, told = NULL WHERE id = $2";
    run(write.on(), "batch: planned again", sql, [json!(moves).into(), stored.id.into()]).await?;
    write.commit(access.event(access.portal().now(), EventType::BatchPlanned, reference)).await?;
    Ok(())
}

/// Discards a plan: its lines are removed, and its page says so.
///
/// # Errors
/// [`NotBegun`], as [`begin`](super::begin). A batch that was begun stays as it is.
pub async fn discard(access: &AccountAccess, reference: &str) -> Result<(), NotBegun> {
    let write = access.write().await?;
    let stored = own_batch(access, write.on(), reference).await?;
    if stored.state != BatchState::Planned {
        return Ok(());
    }
    let sql = "DELETE FROM batch_lines WHERE batch_id = $1 AND state <> 'done'";
    if run(write.on(), "batch: discarded lines", sql, [stored.id.into()]).await? == 0 {
        return Ok(());
    }
    let sql = "UPDATE batches SET told = 'This plan was discarded. Send its table again if it is needed.' WHERE id = $1";
    run(write.on(), "batch: discarded", sql, [stored.id.into()]).await?;
    write.commit(access.event(access.portal().now(), EventType::BatchDiscarded, reference)).await?;
    Ok(())
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

/// Stores the new plan of lines; those that are done stay as they are.
async fn change_lines(write: &Write, batch_id: i64, lines: Vec<PlannedLine>) -> Result<(), Error> {
    let sql = format!(
        "UPDATE batch_lines SET state = t.value ->> 2, words = t.value ->> 3, asked = t.value -> 4, changes = t.value ->> 5
         FROM {} WHERE batch_id = CAST(t.value ->> 0 AS BIGINT) AND line = CAST(t.value ->> 1 AS BIGINT) AND state <> 'done'",
        records(write.on(), 1)
    );
    let lines = lines
        .into_iter()
        .map(|PlannedLine { line, cells, state, words, changes }| json!([batch_id, line, state.code(), words, cells, changes]));
    let lines = lines.collect::<serde_json::Value>().to_string();
    run(write.on(), "batch: what lines come to", &sql, [lines.into()]).await?;
    Ok(())
}

async fn store_lines(write: &Write, batch_id: i64, lines: Vec<PlannedLine>) -> Result<(), Error> {
    let lines = lines.into_iter().map(|PlannedLine { line, cells, state, words, changes }| batch_line::ActiveModel {
        batch_id: Set(batch_id),
        line: Set(line.into()),
        asked: Set(json!(cells)),
        state: Set(state.code().to_owned()),
        words: Set(words),
        changes: Set(changes),
        file_id: Set(None),
        revision: Set(None),
    });
    insert::<batch_line::Entity>(write.on(), lines.collect()).await
}
