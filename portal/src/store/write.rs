//! A transaction, which is committed together with its audit event or not at all.

use crate::{
    audit::AuditEvent,
    ctx::Ctx,
    error::Error,
    store::{entity::audit_event, insertion::insert, statement::run},
};
use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};
use tokio::sync::watch;

/// Number of times that this server queued jobs of each kind.
pub(crate) type QueuedKinds = BTreeMap<&'static str, u64>;

/// A transaction that has not been committed. Dropping it undoes everything.
pub struct Write {
    pub(super) transaction: DatabaseTransaction,
    pub(super) ctx: Ctx,
    /// Signal to the workers that jobs were queued.
    pub(super) jobs_queued: watch::Sender<QueuedKinds>,
    /// Kinds of the jobs that this write queues.
    pub(super) queued: Mutex<BTreeSet<&'static str>>,
}

impl Write {
    /// Makes everything of this write last, together with the event that says who did what.
    ///
    /// # Errors
    /// [`Error::Unavailable`] and [`Error::Internal`]; nothing is kept then.
    pub async fn commit(self, event: AuditEvent) -> Result<(), Error> {
        self.record(vec![event]).await?;
        self.ctx.reach("audited");
        self.transaction.commit().await?;
        self.ctx.reach("committed");
        let queued = self.queued.into_inner().unwrap_or_else(PoisonError::into_inner);
        if !queued.is_empty() {
            self.jobs_queued.send_modify(|kinds| queued.iter().for_each(|kind| *kinds.entry(kind).or_default() += 1));
        }
        Ok(())
    }

    /// Makes what this write has noted last, without an event: notes of the portal's own, which change nobody's property.
    pub(crate) async fn commit_bookkeeping(self) -> Result<(), Error> {
        Ok(self.transaction.commit().await?)
    }

    /// Records events of this write. The commit takes one more.
    pub(crate) async fn record(&self, events: Vec<AuditEvent>) -> Result<(), Error> {
        insert::<audit_event::Entity>(self.on(), events.into_iter().map(AuditEvent::row).collect()).await
    }

    /// Records that this write reached the failpoint of this name.
    pub(crate) fn reach(&self, failpoint: &'static str) {
        self.ctx.reach(failpoint);
    }

    /// Makes the workers of `kind` look for jobs once this write is committed.
    pub(crate) fn wake_workers(&self, kind: &'static str) {
        self.queued.lock().unwrap_or_else(PoisonError::into_inner).insert(kind);
    }

    /// Now, by the portal's one clock.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.ctx.now()
    }

    pub(crate) fn on(&self) -> &DatabaseTransaction {
        &self.transaction
    }

    /// Makes every other write that locks this person wait until this one has ended.
    pub(crate) async fn lock_person(&self, person_id: i64) -> Result<(), Error> {
        if self.transaction.get_database_backend() == DbBackend::Postgres {
            let sql = "SELECT id FROM people WHERE id = $1 FOR NO KEY UPDATE";
            run(&self.transaction, "lock person", sql, [person_id.into()]).await?;
        }
        Ok(())
    }

    /// Makes every other write to this account wait until this one has ended, so that what is read of the account stays true.
    pub(crate) async fn lock_account(&self, account_id: i64) -> Result<(), Error> {
        if self.transaction.get_database_backend() == DbBackend::Postgres {
            let sql = "SELECT id FROM accounts WHERE id = $1 FOR NO KEY UPDATE";
            run(&self.transaction, "lock account", sql, [account_id.into()]).await?;
        }
        Ok(())
    }
}
