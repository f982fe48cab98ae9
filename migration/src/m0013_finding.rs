//! Lists and searches compare names without case and accents, and know a file by its first generation: a later revision moves it out of no days.

use licensing::folded;
use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, DbBackend, Statement, Value},
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::run(
            manager,
            "
            ALTER TABLE accounts ADD COLUMN folded TEXT NOT NULL DEFAULT '';

            UPDATE listed_files SET
                generated_at = (SELECT r.generated_at FROM file_revisions r WHERE r.file_id = listed_files.file_id AND r.revision = 1),
                generated_by = (SELECT r.generated_by FROM file_revisions r WHERE r.file_id = listed_files.file_id AND r.revision = 1)
            WHERE file_id IN (SELECT id FROM activation_files WHERE revision > 1);
            UPDATE file_machines SET
                generated_at = (SELECT l.generated_at FROM listed_files l WHERE l.file_id = file_machines.file_id),
                generated_by = (SELECT l.generated_by FROM listed_files l WHERE l.file_id = file_machines.file_id)
            WHERE file_id IN (SELECT id FROM activation_files WHERE revision > 1);
            ",
        )
        .await?;
        let on = manager.get_connection();
        let accounts = texts(on, "SELECT id, name, garn, NULL AS other FROM accounts").await?;
        for (id, name, garn, _) in accounts {
            let folded = format!("{} {}", folded(&name), folded(&garn.unwrap_or_default()));
            execute(on, "UPDATE accounts SET folded = $1 WHERE id = $2", [folded.into(), id.into()]).await?;
        }
        // What was in lower case as far as ASCII goes.
        let machines = "SELECT file_id AS id, machine AS name, switchover_machine AS garn, NULL AS other FROM listed_files";
        for (id, machine, switchover, _) in texts(on, machines).await? {
            let switchover_folded = switchover.as_deref().map(folded);
            if folded(&machine) != machine || switchover_folded != switchover {
                let sql = "UPDATE listed_files SET machine = $1, switchover_machine = $2 WHERE file_id = $3";
                execute(on, sql, [folded(&machine).into(), switchover_folded.into(), id.into()]).await?;
            }
        }
        let names = "SELECT file_id AS id, name, other, NULL AS garn FROM file_machines ORDER BY file_id, name";
        for (id, name, _, other) in texts(on, names).await? {
            let other_folded = other.as_deref().map(folded);
            // Two names that differed become one: the file keeps the first.
            if other.as_ref().is_some_and(|other| *other < name) && other_folded.as_ref() == Some(&folded(&name)) {
                execute(on, "DELETE FROM file_machines WHERE file_id = $1 AND name = $2", [id.into(), name.into()]).await?;
                continue;
            }
            if folded(&name) != name || other_folded != other {
                let sql = "UPDATE file_machines SET name = $1, other = $2 WHERE file_id = $3 AND name = $4";
                execute(on, sql, [folded(&name).into(), other_folded.into(), id.into(), name.into()]).await?;
            }
        }
        Ok(())
    }
}

/// A row id with its texts: name, garn, other.
type Texts = (i64, String, Option<String>, Option<String>);

async fn texts(on: &SchemaManagerConnection<'_>, sql: &str) -> Result<Vec<Texts>, DbErr> {
    let rows = on.query_all_raw(Statement::from_string(on.get_database_backend(), sql)).await?;
    rows.iter()
        .map(|row| Ok((row.try_get("", "id")?, row.try_get("", "name")?, row.try_get("", "garn")?, row.try_get("", "other")?)))
        .collect()
}

async fn execute(on: &SchemaManagerConnection<'_>, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<(), DbErr> {
    let backend: DbBackend = on.get_database_backend();
    on.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await.map(drop)
}
