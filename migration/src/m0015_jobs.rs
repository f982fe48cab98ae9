//! One queue for everything that is done beside requests. Mail that waits and batches that run go on in it.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub struct Migration;

const JOBS: &str = "
    CREATE TABLE jobs (
        id {id},
        kind TEXT NOT NULL,
        arguments {json} NOT NULL,
        queued_at {instant} NOT NULL,
        attempts BIGINT NOT NULL CHECK (attempts >= 0),
        due_at {instant} NOT NULL,
        reason TEXT,
        done BIGINT CHECK (done >= 0),
        whole BIGINT CHECK (whole >= done),
        state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'parked', 'done')),
        CHECK (state <> 'parked' OR reason IS NOT NULL)
    );
    CREATE INDEX jobs_due ON jobs (due_at, id) WHERE state IN ('queued', 'running');
    CREATE INDEX jobs_unfinished ON jobs (kind, state) WHERE state <> 'done';

    INSERT INTO jobs (id, kind, arguments, queued_at, attempts, due_at, reason, state)
        SELECT id, 'mail', {object}('recipient', recipient, 'subject', subject, 'body', body), queued_at, attempts, next_attempt_at,
            CASE WHEN state = 'parked' THEN COALESCE(last_error, 'it was given up') ELSE last_error END,
            CASE state WHEN 'sent' THEN 'done' ELSE state END
        FROM outbox;
    {next id}
    INSERT INTO jobs (kind, arguments, queued_at, attempts, due_at, state)
        SELECT 'batch', {object}('batch', id), begun_at, 0, begun_at, 'queued' FROM batches WHERE state = 'running' ORDER BY id;
    DROP TABLE outbox;
    ";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let (object, next_id) = match manager.get_database_backend() {
            DbBackend::Sqlite => ("json_object", ""),
            _ => (
                "jsonb_build_object",
                "SELECT setval(pg_get_serial_sequence('jobs', 'id'), COALESCE((SELECT MAX(id) FROM jobs), 0) + 1, FALSE);",
            ),
        };
        super::run(manager, &JOBS.replace("{object}", object).replace("{next id}", next_id)).await
    }
}
