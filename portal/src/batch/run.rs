//! Working on batches that were begun.

use super::{
    BatchState, LineCounts, SLICE, Stored, cells, reference,
    view::counts,
    work::{Outcome, Step, Work},
};
use crate::{
    AccountAccess, AuditEvent, Error, Failpoint, Portal, Write,
    database::{count, in_runs, rows, run},
    generate::{generated_event, next_serials},
    outbox,
    revision::{Draft, Ledger, allocate},
    update::{Current, updated_event},
};
use chrono::{DateTime, Utc};
use licensing::{
    batch::{Kind, LineState, Mode},
    file::Change,
};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use serde_json::json;

/// What came of a line.
struct Ended {
    line: u32,
    state: LineState,
    words: Option<String>,
    /// (file by row id, revision)
    led_to: Option<(i64, u32)>,
}

/// What is to be done of a slice of lines, by what it is.
#[derive(Default)]
struct Steps {
    new: Vec<(u32, Draft)>,
    next: Vec<(u32, i64, Draft, Vec<Change>)>,
    end: Vec<(u32, Current)>,
    ended: Vec<Ended>,
}

impl Portal {
    /// Returns when a batch was begun since it was last asked.
    pub async fn batch_to_work_on(&self) {
        self.batch_begun.notified().await;
    }

    /// Works on every batch that was begun, here or by a server that ended in the middle of it, until all are done.
    ///
    /// Several servers may do so at once: each slice of lines is taken while its account is locked.
    ///
    /// # Errors
    /// [`Error::Unavailable`]; the batches wait then.
    pub async fn work_on_batches(&self) -> Result<(), Error> {
        #[derive(FromQueryResult)]
        struct Running {
            id: i64,
            garn: String,
            person_id: i64,
        }
        let sql = "SELECT b.id, a.garn, b.person_id FROM batches b JOIN accounts a ON a.id = b.account_id
                   WHERE b.state = 'running' ORDER BY b.id";
        for Running { id, garn, person_id } in rows(self.database.read(), "batches: running", sql, []).await? {
            // What this person may do is asked anew: it may have been withdrawn.
            let access = match self.caller(person_id).await? {
                Some(caller) => caller.account(&garn).await,
                None => Err(Error::NotFound),
            };
            let worked = match access {
                Ok(access) => {
                    self.database.make_room(true).await?;
                    let worked = loop {
                        match access.work_on(&reference(id)).await {
                            Ok(true) => {}
                            Ok(false) => break Ok(()),
                            Err(error) => break Err(error),
                        }
                    };
                    self.database.make_room(false).await?;
                    worked
                }
                Err(Error::NotFound) => {
                    let why = "Who began it may no longer act for this account. Somebody else can plan what is left.";
                    self.give_up(id, person_id, why).await
                }
                Err(error) => Err(error),
            };
            match worked {
                Err(error @ Error::Unavailable(_)) => return Err(error),
                Err(error) => {
                    tracing::error!(reference = reference(id), error = &error as &dyn std::error::Error, "a batch failed");
                    let why =
                        "Something went wrong with us, and this batch was stopped. What is done is done; begin again to go on.";
                    self.give_up(id, person_id, why).await?;
                }
                Ok(()) => {}
            }
        }
        Ok(())
    }

    /// Takes a batch back to what is planned: what is done stays so.
    async fn give_up(&self, id: i64, person_id: i64, why: &str) -> Result<(), Error> {
        let write = self.database.write().await?;
        let sql = "UPDATE batches SET state = 'planned', begun_at = NULL, told = $1 WHERE id = $2 AND state = 'running'";
        if run(write.on(), "batch: stop", sql, [why.into(), id.into()]).await? == 0 {
            return Ok(());
        }
        let event = AuditEvent::by_operator(self.now(), "server", "batch stopped", reference(id)).of_person(person_id);
        write.commit(event).await
    }
}

impl AccountAccess {
    /// Works on the next lines of a batch; whether more are left.
    async fn work_on(&self, reference: &str) -> Result<bool, Error> {
        let write = self.write().await?;
        let batch = self.stored_batch(write.on(), reference).await?;
        let now = self.portal().now();
        let (BatchState::Running, Some(mode)) = (batch.state, batch.mode) else { return Ok(false) };
        write.reach(Failpoint::BatchBegun);
        let before = counts(write.on(), batch.id).await?;
        let mut work = Work::new(self, write.on(), &batch.terms, now).await?;
        let mut events = Vec::new();
        let mut next = prepared(&write, &batch, &mut work, 0).await?;
        while let Some((last, mut steps)) = next.take() {
            let refused: Vec<Ended> = steps.ended.extract_if(.., |ended| ended.state == LineState::Refused).collect();
            if mode == Mode::Whole && !refused.is_empty() {
                drop(work);
                drop(write);
                return self.refuse_whole(&batch, refused).await.map(|()| false);
            }
            steps.ended.extend(refused);
            let storing = self.store_steps(&write, &batch, steps, now);
            if mode == Mode::Lines {
                events.extend(storing.await?);
                break;
            }
            // While the database stores one slice, the next is worked out.
            let (stored, following) = tokio::join!(storing, prepared(&write, &batch, &mut work, last));
            events.extend(stored?);
            next = following?;
        }
        drop(work);
        let counts = counts(write.on(), batch.id).await?;
        let more = counts.ready > 0;
        if !more {
            let sql = "UPDATE batches SET state = 'done', ended_at = $1 WHERE id = $2";
            run(write.on(), "batch: end", sql, [now.into(), batch.id.into()]).await?;
            self.queue_batch_mail(&write, &batch, reference, &counts, now).await?;
        }
        let told = |counts: &LineCounts| json!({ "done": counts.done, "left": counts.left, "refused": counts.refused });
        events.push(AuditEvent::on_account(now, self, "batch", reference).changing(told(&before), told(&counts)));
        write.commit_all(events).await?;
        self.portal().ctx.reach(Failpoint::BatchCommitted);
        if !more {
            tracing::info!(reference, garn = %self.garn, done = counts.done, refused = counts.refused, "batch done");
        }
        Ok(more)
    }

    /// Stores what is to be done, and what each line led to. What events tell of it.
    async fn store_steps(
        &self,
        write: &Write,
        batch: &Stored,
        steps: Steps,
        now: DateTime<Utc>,
    ) -> Result<Vec<AuditEvent>, Error> {
        let Steps { new, next, end, mut ended } = steps;
        let mut events = Vec::new();
        let done =
            |line, file_id, revision| Ended { line, state: LineState::Done, words: None, led_to: Some((file_id, revision)) };
        if !new.is_empty() {
            let serials = next_serials(write, new.len()).await?;
            write.reach(Failpoint::Numbered);
            let (lines, mut drafts): (Vec<u32>, Vec<Draft>) = new.into_iter().unzip();
            drafts.iter_mut().zip(serials).for_each(|(draft, serial)| draft.file.serial = serial);
            allocate(write, &together(drafts.iter().map(|draft| &draft.ledger))).await?;
            let stored = self.store_new(write, drafts, now).await?;
            for (line, (file_id, draft)) in lines.into_iter().zip(&stored) {
                ended.push(done(line, *file_id, 1));
                events.push(generated_event(self, draft, now));
            }
        }
        if !next.is_empty() {
            allocate(write, &together(next.iter().map(|(_, _, draft, _)| &draft.ledger))).await?;
            let (mut told, mut drafts) = (Vec::new(), Vec::new());
            for (line, file_id, draft, changes) in next {
                told.push((line, changes));
                drafts.push((file_id, draft));
            }
            let stored = self.store_next(write, drafts, now).await?;
            for ((line, changes), (file_id, draft)) in told.into_iter().zip(&stored) {
                ended.push(done(line, *file_id, draft.file.revision));
                events.push(updated_event(self, draft, &changes, now));
            }
        }
        if !end.is_empty() {
            let deactivation = batch.deactivation.as_ref();
            let deactivation = deactivation.ok_or_else(|| Error::internal("a batch deactivates without a reason"))?;
            let files: Vec<&Current> = end.iter().map(|(_, current)| current).collect();
            events.extend(self.end(write, &files, deactivation, now).await?);
            ended.extend(end.iter().map(|(line, current)| done(*line, current.file_id, current.revision)));
        }
        store_ended(write, batch.id, ended).await?;
        write.reach(Failpoint::LinesStored);
        Ok(events)
    }

    /// All or nothing, and a line is refused by now: nothing is done, and the plan says so.
    async fn refuse_whole(&self, batch: &Stored, refused: Vec<Ended>) -> Result<(), Error> {
        let write = self.write().await?;
        let lines = refused.len();
        store_ended(&write, batch.id, refused).await?;
        let told = "Nothing was done: since it was planned, lines became ones that are refused.";
        let sql = "UPDATE batches SET state = 'planned', begun_at = NULL, told = $1 WHERE id = $2 AND state = 'running'";
        run(write.on(), "batch: stop", sql, [told.into(), batch.id.into()]).await?;
        let event = AuditEvent::on_account(self.portal().now(), self, "batch stopped", reference(batch.id))
            .changing(json!({}), json!({ "refused": lines }));
        write.commit(event).await
    }

    async fn queue_batch_mail(
        &self,
        write: &Write,
        batch: &Stored,
        reference: &str,
        counts: &LineCounts,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let LineCounts { done, left, refused, .. } = counts;
        let what = match batch.terms.kind {
            Kind::Generate => "generated",
            Kind::Refresh => "refreshed",
            Kind::Deactivate => "deactivated",
        };
        let link = format!("{}/accounts/{}/batches/{reference}", self.portal().settings.public_url, self.garn);
        let mail = outbox::Mail {
            recipient: self.caller().person().email.clone(),
            subject: format!("Batch {reference}: {done} activation files {what}"),
            body: format!(
                "Batch {reference} of account {} ({}) is done. Activation files {what}: {done}. Left as they are: {left}. Refused: {refused}.\n\n\
                 What came of each line, and the files: {link}\n",
                self.name, self.garn
            ),
        };
        outbox::queue(write, mail, now).await?;
        write.reach(Failpoint::MailQueued);
        Ok(())
    }
}

impl Steps {
    fn take(&mut self, line: u32, outcome: Outcome) {
        let ended = |state, words| Ended { line, state, words: Some(words), led_to: None };
        match outcome {
            Outcome::Left(words) => self.ended.push(ended(LineState::Left, words)),
            Outcome::Refused(words) => self.ended.push(ended(LineState::Refused, words)),
            Outcome::Does(step) => match *step {
                Step::New(draft) => self.new.push((line, draft)),
                Step::Next(file_id, draft, changes) => self.next.push((line, file_id, draft, changes)),
                Step::End(current) => self.end.push((line, current)),
            },
        }
    }
}

/// What the next lines of a batch come to, those after line `after`, and the last of them.
async fn prepared<C: ConnectionTrait>(
    write: &Write,
    batch: &Stored,
    work: &mut Work<'_, C>,
    after: u32,
) -> Result<Option<(u32, Steps)>, Error> {
    let lines = next_lines(write, batch.id, after).await?;
    let Some((last, _)) = lines.last() else { return Ok(None) };
    work.look_up(lines.iter().map(|(_, cells)| cells)).await?;
    let mut steps = Steps::default();
    for (line, cells) in &lines {
        steps.take(*line, work.line(*line, cells).await?);
        // What is stored beside it gets its turn.
        tokio::task::yield_now().await;
    }
    Ok(Some((*last, steps)))
}

/// What several ledgers move together, each of which begins where the one before ends.
fn together<'l>(ledgers: impl Iterator<Item = &'l Ledger>) -> Ledger {
    let mut together = Ledger::new();
    for (line, (before, after)) in ledgers.flatten() {
        together.entry(*line).or_insert((*before, *after)).1 = *after;
    }
    together
}

/// The next lines of a batch that are ready, after line `after`.
async fn next_lines(write: &Write, batch_id: i64, after: u32) -> Result<Vec<(u32, super::Cells)>, Error> {
    #[derive(FromQueryResult)]
    struct Line {
        line: i64,
        asked: serde_json::Value,
    }
    let sql = format!(
        "SELECT line, asked FROM batch_lines WHERE batch_id = $1 AND state = 'ready' AND line > $2 ORDER BY line LIMIT {SLICE}"
    );
    let lines: Vec<Line> = rows(write.on(), "batch: next lines", &sql, [batch_id.into(), i64::from(after).into()]).await?;
    lines.into_iter().map(|line| Ok((count(line.line)?, cells(line.asked)?))).collect()
}

/// Notes what came of lines.
async fn store_ended(write: &Write, batch_id: i64, mut ended: Vec<Ended>) -> Result<(), Error> {
    ended.sort_by_key(|ended| ended.line);
    for ended in in_runs(ended) {
        let (Some(least), Some(most)) = (ended.first(), ended.last()) else { break };
        let within = [batch_id, least.line.into(), most.line.into()];
        let places: Vec<String> = (0..ended.len())
            .map(|at| {
                let first = 4 + 5 * at;
                format!("(${first}, ${}, ${}, ${}, ${})", first + 1, first + 2, first + 3, first + 4)
            })
            .collect();
        // Both databases call the columns of VALUES column1 to column5, and would read the whole batch each time but for its bounds.
        let sql = format!(
            "UPDATE batch_lines SET state = t.column2, words = t.column3, file_id = t.column4, revision = t.column5
             FROM (VALUES {}) AS t WHERE batch_id = $1 AND line BETWEEN $2 AND $3 AND line = t.column1",
            places.join(", ")
        );
        let values = ended.into_iter().flat_map(|ended| -> [Value; 5] {
            let (file_id, revision) = ended.led_to.map(|(file_id, revision)| (file_id, i64::from(revision))).unzip();
            [i64::from(ended.line).into(), ended.state.code().into(), ended.words.into(), file_id.into(), revision.into()]
        });
        let values = within.into_iter().map(Value::from).chain(values);
        run(write.on(), "batch: what came of lines", &sql, values).await?;
    }
    Ok(())
}
