//! Working on batches that were begun.

use super::mail;
use crate::{
    access::account::AccountAccess,
    audit::AuditEvent,
    error::Error,
    event_type::EventType,
    files::{
        batch::{
            plan::{PLAN_KEPT, expire_plans},
            stored::{BatchState, SLICE, Stored, cells, reference, stored_batch},
            table::Cells,
            view::{LineCounts, counts},
            work::{BatchPlanner, Outcome, Step},
        },
        current::Current,
        end::{End, end_files},
        generate::{generated_event, next_serials},
        revision::{
            draft::{Made, StoredRevision, make_all},
            store::{store_held, store_new},
        },
        update::{store_next, updated_event},
    },
    jobs::job::{Job, Outcome as JobOutcome, Progress, Stop},
    orders::allocation::{Ledger, allocate},
    portal::Portal,
    store::{
        statement::{count, records, row, rows, run},
        write::Write,
    },
};
use chrono::{DateTime, Utc};
use licensing::{
    activation_file::Change,
    files::batch::{LineState, MOST_LINES, Mode},
};
use sea_orm::FromQueryResult;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use tokio::{sync::mpsc, task::JoinHandle};

/// Outcome of a line.
struct Ended {
    line: u32,
    state: LineState,
    words: Option<String>,
    /// (file by row id, revision)
    led_to: Option<(i64, u32)>,
}

/// Work of a slice of lines, by kind. Files are being made meanwhile.
struct Steps {
    /// Lines of new files.
    new: Vec<u32>,
    /// (line, file by row id, what its next revision says otherwise)
    next: Vec<(u32, i64, Vec<Change>)>,
    /// New files, then next revisions.
    made: JoinHandle<Result<Vec<Made>, Error>>,
    end: Vec<(u32, Current)>,
    ended: Vec<Ended>,
}

/// A slice whose files and revisions are stored.
#[derive(Default)]
struct Began {
    stored: Vec<StoredRevision>,
    events: Vec<AuditEvent>,
    ended: Vec<Ended>,
}

/// Slices that are prepared while the one before is stored.
const AHEAD: usize = 2;

/// A batch that was begun, to be worked on until it is done.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct RunBatch {
    /// Row id.
    pub(crate) batch: i64,
}

impl Job for RunBatch {
    const KIND: &'static str = "batch";
    const MOST_ATTEMPTS: u32 = 3;
    const DISCARDABLE: bool = false;

    fn subject(&self) -> String {
        reference(self.batch)
    }
}

/// Works on a batch that was begun, here or by a server that ended in the middle of it, until it is done. Several servers may work on one: each slice of
/// lines is taken while its account is locked.
pub(crate) async fn run_batch(
    portal: &Portal,
    RunBatch { batch }: &RunBatch,
    progress: &Progress,
    stop: &Stop,
) -> Result<JobOutcome, Error> {
    #[derive(FromQueryResult)]
    struct Running {
        garn: String,
        person_id: i64,
    }
    let sql = "SELECT a.garn, b.person_id FROM batches b JOIN accounts a ON a.id = b.account_id WHERE b.id = $1 AND b.state = 'running'";
    let running: Option<Running> = row(portal.database.read(), "batch: to run", sql, [(*batch).into()]).await?;
    let Some(Running { garn, person_id }) = running else { return Ok(JobOutcome::Done) };
    // What this person may do is asked anew: it may have been withdrawn.
    let access = match portal.caller(person_id).await? {
        Some(caller) => caller.account(&garn).await,
        None => Err(Error::NotFound),
    };
    let access = match access {
        Ok(access) => access,
        Err(Error::NotFound) => {
            let why = "The person who began it may no longer act for this account. Somebody else can plan the remaining lines.";
            return give_up(portal, *batch, person_id, why).await.map(|()| JobOutcome::Done);
        }
        Err(error) => return Err(error),
    };
    portal.database.make_room(true).await?;
    let worked = loop {
        match work_on(&access, &reference(*batch), progress).await {
            Ok(true) if stop.is_stopped() => break Ok(JobOutcome::Stopped),
            Ok(true) => {}
            Ok(false) => break Ok(JobOutcome::Done),
            Err(error) => break Err(error),
        }
    };
    portal.database.make_room(false).await?;
    match worked {
        Err(error @ Error::Internal(_)) => {
            tracing::error!(reference = reference(*batch), error = &error as &dyn std::error::Error, "a batch failed");
            let why = "An internal error stopped this batch. What is done is done; begin again to go on.";
            give_up(portal, *batch, person_id, why).await.map(|()| JobOutcome::Done)
        }
        worked => worked,
    }
}

/// Drops the lines of plans that nobody has begun in time.
pub(crate) async fn expire_old_plans(portal: &Portal) -> Result<(), Error> {
    #[derive(FromQueryResult)]
    struct Old {
        id: i64,
    }
    let now = portal.now();
    let sql = "SELECT b.id FROM batches b WHERE b.state = 'planned' AND b.made_at < $1
               AND EXISTS (SELECT 1 FROM batch_lines l WHERE l.batch_id = b.id AND l.state <> 'done') ORDER BY b.id LIMIT 1";
    let old: Option<Old> = row(portal.database.read(), "batches: old plans", sql, [(now - PLAN_KEPT).into()]).await?;
    let Some(old) = old else { return Ok(()) };
    let write = portal.database.write().await?;
    expire_plans(&write, None, now).await?;
    write.commit(AuditEvent::by_operator(now, "server", EventType::BatchPlansExpired, reference(old.id))).await
}

/// Takes a batch back to what is planned: what is done stays so.
async fn give_up(portal: &Portal, id: i64, person_id: i64, why: &str) -> Result<(), Error> {
    let write = portal.database.write().await?;
    let sql = "UPDATE batches SET state = 'planned', begun_at = NULL, told = $1 WHERE id = $2 AND state = 'running'";
    if run(write.on(), "batch: stop", sql, [why.into(), id.into()]).await? == 0 {
        return Ok(());
    }
    let event = AuditEvent::by_operator(portal.now(), "server", EventType::BatchStopped, reference(id)).of_person(person_id);
    write.commit(event).await
}

/// Works on the next lines of a batch; whether more are left.
async fn work_on(access: &AccountAccess, reference: &str, progress: &Progress) -> Result<bool, Error> {
    let write = Arc::new(access.write().await?);
    let batch = stored_batch(access, write.on(), reference).await?;
    let now = access.portal().now();
    let (BatchState::Running, Some(mode)) = (batch.state, batch.mode) else { return Ok(false) };
    write.reach("batch begun");
    let before = counts(write.on(), batch.id).await?;
    let most = match mode {
        Mode::Whole => MOST_LINES,
        Mode::Lines => SLICE,
    };
    let lines = ready_lines(&write, batch.id, most).await?;
    let mut work = BatchPlanner::new(access, write.on(), Arc::clone(&batch.terms), now).await?;
    work.survey(write.on(), lines.iter().map(|(_, cells)| cells)).await?;
    // While the database stores one slice, the next ones are worked out and their files made.
    let (ahead, ready) = mpsc::channel(AHEAD);
    let preparing = tokio::spawn({
        let (access, write) = (access.clone(), Arc::clone(&write));
        async move { prepare(&access, &write, work, lines, ahead).await }
    });
    let stored = store_ready(access, &write, &batch, mode, ready, now).await;
    preparing.await.map_err(Error::internal)??;
    if let Some(refused) = stored? {
        drop(write);
        return refuse_whole(access, &batch, refused).await.map(|()| false);
    }
    let counts = counts(write.on(), batch.id).await?;
    progress.tell(counts.done.into(), counts.all().into());
    let more = counts.ready > 0;
    if !more {
        let sql = "UPDATE batches SET state = 'done', ended_at = $1 WHERE id = $2";
        run(write.on(), "batch: end", sql, [now.into(), batch.id.into()]).await?;
        mail::queue_result(access, &write, &batch, &counts, now).await?;
    }
    let write = Arc::into_inner(write).ok_or_else(|| Error::internal("somebody is still writing a batch that is stored"))?;
    let told = |counts: &LineCounts| json!({ "done": counts.done, "left": counts.left, "refused": counts.refused });
    write.commit(access.event(now, EventType::Batch, reference).changing(told(&before), told(&counts))).await?;
    access.portal().ctx.reach("batch committed");
    if !more {
        tracing::info!(reference, garn = %access.garn, done = counts.done, refused = counts.refused, "batch done");
    }
    Ok(more)
}

/// Works out what lines come to, a slice after the other, as long as somebody takes them.
async fn prepare(
    access: &AccountAccess,
    write: &Write,
    mut work: BatchPlanner,
    lines: Vec<(u32, Cells)>,
    ahead: mpsc::Sender<Steps>,
) -> Result<(), Error> {
    let mut lines = lines.into_iter();
    loop {
        let slice: Vec<_> = lines.by_ref().take(SLICE).collect();
        if slice.is_empty() {
            return Ok(());
        }
        work.look_up(write.on(), slice.iter().map(|(_, cells)| cells)).await?;
        let (worked, outcomes) = work.lines(slice).await?;
        work = worked;
        let (mut new, mut next, mut end, mut ended) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut drafts = Vec::with_capacity(outcomes.len());
        for (line, _, outcome) in outcomes {
            let unchanged = |state, words| Ended { line, state, words: Some(words), led_to: None };
            match outcome {
                Outcome::Left(words) => ended.push(unchanged(LineState::Left, words)),
                Outcome::Refused(words) => ended.push(unchanged(LineState::Refused, words)),
                Outcome::Does(step) => match *step {
                    Step::New(draft) => {
                        new.push(line);
                        drafts.push(draft);
                    }
                    Step::Next(file_id, draft, changes) => {
                        next.push((line, file_id, changes));
                        drafts.push(draft);
                    }
                    Step::End(current) => end.push((line, current)),
                },
            }
        }
        if !new.is_empty() {
            let serials = next_serials(write, new.len()).await?;
            write.reach("numbered");
            drafts.iter_mut().zip(serials).for_each(|(draft, serial)| draft.file.serial = serial);
        }
        let portal = access.portal().clone();
        let made = tokio::spawn(async move { make_all(&portal, drafts).await });
        if ahead.send(Steps { new, next, made, end, ended }).await.is_err() {
            return Ok(());
        }
    }
}

/// Stores what is prepared. Lines that are refused by now, where that stops all: nothing must be kept then.
async fn store_ready(
    access: &AccountAccess,
    write: &Arc<Write>,
    batch: &Stored,
    mode: Mode,
    mut ready: mpsc::Receiver<Steps>,
    now: DateTime<Utc>,
) -> Result<Option<Vec<Ended>>, Error> {
    let (mut began, batch_id) = (Began::default(), batch.id);
    loop {
        let begin_next = async {
            let Some(mut steps) = ready.recv().await else { return Ok::<_, Error>(None) };
            let refused: Vec<Ended> = steps.ended.extract_if(.., |ended| ended.state == LineState::Refused).collect();
            if mode == Mode::Whole && !refused.is_empty() {
                return Ok(Some(Err(refused)));
            }
            steps.ended.extend(refused);
            Ok(Some(Ok(begin_steps(access, write, batch, steps, now).await?)))
        };
        // One slice begins while what follows of the one before is stored: both cores write statements.
        let (access, write) = (access.clone(), Arc::clone(write));
        let ending = tokio::spawn(async move { end_steps(&access, &write, batch_id, began, now).await });
        let (ended, next) = tokio::join!(ending, begin_next);
        ended.map_err(Error::internal)??;
        let next = next?;
        began = match next {
            None => return Ok(None),
            Some(Err(refused)) => return Ok(Some(refused)),
            Some(Ok(next)) => next,
        };
    }
}

/// Moves quantities, in the order of the lines: what one gives back a later one may take. Stores files and revisions.
async fn begin_steps(
    access: &AccountAccess,
    write: &Write,
    batch: &Stored,
    steps: Steps,
    now: DateTime<Utc>,
) -> Result<Began, Error> {
    let Steps { new, next, made, end, mut ended } = steps;
    let mut made = made.await.map_err(Error::internal)??;
    let made_next = made.split_off(new.len());
    let (mut stored, mut events) = (Vec::new(), Vec::new());
    let done = |line, file_id, revision| Ended { line, state: LineState::Done, words: None, led_to: Some((file_id, revision)) };
    if !new.is_empty() {
        allocate(write, &together(made.iter().map(|made| &made.draft.ledger))).await?;
        let files = store_new(access, write, made, now).await?;
        for (line, file) in new.into_iter().zip(&files) {
            ended.push(done(line, file.file_id, 1));
            events.push(generated_event(access, &file.draft, now));
        }
        stored.extend(files);
    }
    if !next.is_empty() {
        allocate(write, &together(made_next.iter().map(|made| &made.draft.ledger))).await?;
        let file_ids = next.iter().map(|(_, file_id, _)| *file_id);
        let files = store_next(access, write, file_ids.zip(made_next).collect(), now).await?;
        for ((line, _, changes), file) in next.into_iter().zip(&files) {
            ended.push(done(line, file.file_id, file.draft.file.revision));
            events.push(updated_event(access, &file.draft, &changes, now));
        }
        stored.extend(files);
    }
    if !end.is_empty() {
        let deactivation = batch.deactivation.as_ref();
        let deactivation = deactivation.ok_or_else(|| Error::internal("a batch deactivates without a reason"))?;
        let files: Vec<&Current> = end.iter().map(|(_, current)| current).collect();
        events.extend(end_files(access, write, &files, End::Deactivated(deactivation), now).await?);
        ended.extend(end.iter().map(|(line, current)| done(*line, current.file_id, current.revision)));
    }
    Ok(Began { stored, events, ended })
}

/// Stores what files hold, what each line led to, and the events that tell of it.
async fn end_steps(access: &AccountAccess, write: &Write, batch_id: i64, began: Began, now: DateTime<Utc>) -> Result<(), Error> {
    let Began { stored, events, ended } = began;
    if ended.is_empty() {
        return Ok(());
    }
    tokio::try_join!(store_held(access, write, &stored, now), write.record(events), store_ended(write, batch_id, ended))?;
    write.reach("lines stored");
    Ok(())
}

/// All or nothing, and a line is refused by now: nothing is done, and the plan says so.
async fn refuse_whole(access: &AccountAccess, batch: &Stored, refused: Vec<Ended>) -> Result<(), Error> {
    let write = access.write().await?;
    let lines = refused.len();
    store_ended(&write, batch.id, refused).await?;
    let told = "Nothing was done: some lines that were ready when it was planned would now be refused.";
    let sql = "UPDATE batches SET state = 'planned', begun_at = NULL, told = $1 WHERE id = $2 AND state = 'running'";
    run(write.on(), "batch: stop", sql, [told.into(), batch.id.into()]).await?;
    let event = access
        .event(access.portal().now(), EventType::BatchStopped, reference(batch.id))
        .changing(json!({}), json!({ "refused": lines }));
    write.commit(event).await
}

/// Quantities that several ledgers move together; each begins where the one before ends.
fn together<'l>(ledgers: impl Iterator<Item = &'l Ledger>) -> Ledger {
    let mut together = Ledger::new();
    for (line, (before, after)) in ledgers.flatten() {
        together.entry(*line).or_insert((*before, *after)).1 = *after;
    }
    together
}

/// The first lines of a batch that are ready, at most `most`.
async fn ready_lines(write: &Write, batch_id: i64, most: usize) -> Result<Vec<(u32, Cells)>, Error> {
    #[derive(FromQueryResult)]
    struct Line {
        line: i64,
        asked: serde_json::Value,
    }
    let sql = format!("SELECT line, asked FROM batch_lines WHERE batch_id = $1 AND state = 'ready' ORDER BY line LIMIT {most}");
    let lines: Vec<Line> = rows(write.on(), "batch: ready lines", &sql, [batch_id.into()]).await?;
    lines.into_iter().map(|line| Ok((count(line.line)?, cells(line.asked)?))).collect()
}

/// Stores the results of lines.
async fn store_ended(write: &Write, batch_id: i64, ended: Vec<Ended>) -> Result<(), Error> {
    // Each record names its batch, too: SQLite would otherwise read the whole batch, and the records for each of its lines.
    let sql = format!(
        "UPDATE batch_lines SET state = t.value ->> 2, words = t.value ->> 3,
                file_id = CAST(t.value ->> 4 AS BIGINT), revision = CAST(t.value ->> 5 AS BIGINT)
         FROM {} WHERE batch_id = CAST(t.value ->> 0 AS BIGINT) AND line = CAST(t.value ->> 1 AS BIGINT)",
        records(write.on(), 1)
    );
    let ended = ended.into_iter().map(|Ended { line, state, words, led_to }| {
        let (file_id, revision) = led_to.unzip();
        json!([batch_id, line, state.code(), words, file_id, revision])
    });
    let ended = ended.collect::<serde_json::Value>().to_string();
    run(write.on(), "batch: what came of lines", &sql, [ended.into()]).await?;
    Ok(())
}
