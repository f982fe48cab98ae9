//! Columns that lists are read from, kept with each revision.

use crate::{
    access::account::AccountAccess,
    error::Error,
    files::revision::draft::StoredRevision,
    store::{
        entity::{file_machine, listed_file},
        insertion::{in_runs, insert, insert_or_replace},
        statement::{marks, rows, run},
        write::Write,
    },
};
use chrono::{DateTime, NaiveDate, Utc};
use licensing::folded;
use sea_orm::{ActiveValue::Set, FromQueryResult};
use std::collections::{BTreeMap, BTreeSet};

/// Stands for *no updates* where days are compared.
const NEVER: NaiveDate = NaiveDate::from_ymd_opt(1, 1, 1).expect("a date");

/// Puts files, as their current revisions have them, where lists and searches find them.
pub(super) async fn list(
    access: &AccountAccess,
    write: &Write,
    stored: &[StoredRevision],
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let (mut listed, mut machines) = (Vec::new(), Vec::new());
    let updated: Vec<i64> = stored.iter().filter(|stored| stored.draft.file.revision > 1).map(|stored| stored.file_id).collect();
    // Generated is what a file was at first, whatever became of it.
    let first = first_generations(write, &updated).await?;
    for StoredRevision { file_id, draft, .. } in stored {
        let servers = draft.request.binding.servers();
        let names: Vec<String> = servers.iter().map(|server| folded(server.machine_name.as_str())).collect();
        let mut names_in_order = names.iter().cloned();
        let (generated_by, generated_at) = first.get(file_id).copied().unwrap_or((access.caller().person_id(), now));
        let file = listed_file::ActiveModel {
            file_id: Set(*file_id),
            account_id: Set(access.account_id()),
            facet: Set(draft.facet()),
            site_id: Set(draft.site_id()?),
            generated_by: Set(generated_by),
            generated_at: Set(generated_at),
            valid_through: Set(draft.file.valid_through),
            machine: Set(names_in_order.next().unwrap_or_default()),
            switchover_machine: Set(names_in_order.next()),
            server_line: Set(draft.server_line),
            updates_through: Set(draft.file.updates_through.unwrap_or(NEVER)),
        };
        let names: BTreeSet<String> = names.into_iter().collect();
        machines.extend(names.iter().map(|name| file_machine::ActiveModel {
            file_id: file.file_id.clone(),
            name: Set(name.clone()),
            account_id: file.account_id.clone(),
            facet: file.facet.clone(),
            other: Set(names.iter().find(|other| *other != name).cloned()),
            site_id: file.site_id.clone(),
            generated_by: file.generated_by.clone(),
            generated_at: file.generated_at.clone(),
            valid_through: file.valid_through.clone(),
        }));
        listed.push(file);
    }
    insert_or_replace::<listed_file::Entity>(write.on(), listed_file::Column::FileId, listed).await?;
    for ids in in_runs(updated) {
        let sql = format!("DELETE FROM file_machines WHERE file_id IN ({})", marks(1, ids.len()));
        run(write.on(), "machines: of before", &sql, ids.into_iter().map(Into::into)).await?;
    }
    insert::<file_machine::Entity>(write.on(), machines).await?;
    write.reach("listed");
    Ok(())
}

/// Person who generated each of these files, and the instant, by row id.
async fn first_generations(write: &Write, files: &[i64]) -> Result<BTreeMap<i64, (i64, DateTime<Utc>)>, Error> {
    #[derive(FromQueryResult)]
    struct First {
        file_id: i64,
        generated_by: i64,
        generated_at: DateTime<Utc>,
    }
    let mut first = BTreeMap::new();
    for ids in in_runs(files.to_vec()) {
        let sql = format!(
            "SELECT file_id, generated_by, generated_at FROM file_revisions WHERE revision = 1 AND file_id IN ({})",
            marks(1, ids.len())
        );
        for found in rows::<First>(write.on(), "activity: first generations", &sql, ids.into_iter().map(Into::into)).await? {
            first.insert(found.file_id, (found.generated_by, found.generated_at));
        }
    }
    Ok(first)
}

/// Moves files in the lists to `facet`, which they share: they are no longer active.
pub(crate) async fn list_state(write: &Write, files: Vec<i64>, facet: &str) -> Result<(), Error> {
    for ids in in_runs(files) {
        let values = || std::iter::once(facet.into()).chain(ids.iter().map(|id| (*id).into()));
        let marks = marks(2, ids.len());
        let sql = format!("UPDATE listed_files SET facet = $1, server_line = NULL WHERE file_id IN ({marks})");
        run(write.on(), "activity: state", &sql, values()).await?;
        let sql = format!("UPDATE file_machines SET facet = $1 WHERE file_id IN ({marks})");
        run(write.on(), "machines: state", &sql, values()).await?;
    }
    write.reach("listed");
    Ok(())
}
