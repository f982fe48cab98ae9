//! From the embedded SQLite to PostgreSQL, when one machine is outgrown.

use super::entity;
use crate::{
    audit::AuditEvent,
    ctx::Ctx,
    error::Error,
    event_type::EventType,
    observe::Observed,
    store::{
        address::DatabaseAddress,
        database::Database,
        entity::each_table,
        insertion::insert,
        statement::{row, run},
        write::Write,
    },
};
use sea_orm::{
    DatabaseTransaction, EntityTrait, FromQueryResult, IntoActiveModel, Iterable, Order, PaginatorTrait, PrimaryKeyToColumn,
    PrimaryKeyTrait, QueryOrder,
};
use std::{sync::Arc, time::Duration};

/// Why a database was not copied. The target is as it was.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    #[error("{0} has data already. Copy into an empty database.")]
    NotEmpty(DatabaseAddress),
    #[error("The copy goes from an SQLite file to a PostgreSQL database: name the target with --database-url.")]
    Direction,
    #[error("The database {address} cannot be read or written.")]
    Database { address: DatabaseAddress, source: Error },
}

/// Rows that are held in memory at a time.
const BATCH: u64 = 1000;

/// Copies everything but counted attempts to sign in from the SQLite file `from` into the empty PostgreSQL database `to`; how many rows.
///
/// One state of the source is read, and all of it is written or nothing.
///
/// # Errors
/// [`CopyError`].
pub async fn copy_database(from: &DatabaseAddress, to: &DatabaseAddress, ctx: &Ctx) -> Result<u64, CopyError> {
    let (DatabaseAddress::Sqlite(_), DatabaseAddress::Postgres(_)) = (from, to) else { return Err(CopyError::Direction) };
    let at = |address: &DatabaseAddress| {
        let address = address.clone();
        move |source| CopyError::Database { address, source }
    };
    let observed = Arc::new(Observed::new(Duration::MAX));
    let source = Database::connect(from, ctx, &observed).await.map_err(at(from))?;
    let target = Database::open(to, ctx, &observed).await.map_err(at(to))?;
    let read = source.snapshot().await.map_err(at(from))?;
    let write = target.write_alone().await.map_err(at(to))?;
    let filled = entity::account::Entity::find().count(write.on()).await.map_err(|e| at(to)(e.into()))?
        + entity::signing_key::Entity::find().count(write.on()).await.map_err(|e| at(to)(e.into()))?;
    if filled > 0 {
        return Err(CopyError::NotEmpty(to.clone()));
    }
    let copied = tables(&read, &write).await.map_err(at(to))?;
    let event = AuditEvent::by_operator(ctx.now(), "operator", EventType::DatabaseCopied, from.to_string());
    write.commit(event).await.map_err(at(to))?;
    Ok(copied)
}

/// Each table after those that it refers to.
async fn tables(read: &DatabaseTransaction, write: &Write) -> Result<u64, Error> {
    let mut copied = 0;
    macro_rules! copy {
        ($($table:ident)+) => {
            $(copied += table::<entity::$table::Entity>(read, write, entity::$table::TABLE).await?;)+
        };
    }
    each_table!(copy);
    #[derive(FromQueryResult)]
    struct Last {
        last: i64,
    }
    let last: Option<Last> = row(read, "copy: serial numbers", "SELECT last FROM serial_numbers", []).await?;
    let next = last.map_or(1, |last| last.last + 1);
    run(write.on(), "copy: serial numbers", "SELECT setval('serial_numbers', $1, FALSE)", [next.into()]).await?;
    Ok(copied)
}

async fn table<E>(read: &DatabaseTransaction, write: &Write, name: &str) -> Result<u64, Error>
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel> + Sync,
{
    let rows = E::PrimaryKey::iter().fold(E::find(), |rows, key| rows.order_by(key.into_column(), Order::Asc));
    let mut batches = rows.paginate(read, BATCH);
    let mut copied = 0;
    while let Some(batch) = batches.fetch_and_next().await? {
        copied += batch.len() as u64;
        insert::<E>(write.on(), batch.into_iter().map(IntoActiveModel::into_active_model).collect()).await?;
    }
    if E::PrimaryKey::auto_increment() {
        // The next ids follow those that were copied.
        let sql = format!(
            "SELECT setval(pg_get_serial_sequence('{name}', 'id'), COALESCE((SELECT MAX(id) FROM {name}), 0) + 1, FALSE)"
        );
        run(write.on(), "copy: ids", &sql, []).await?;
    }
    Ok(copied)
}
