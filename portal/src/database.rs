use crate::{AuditEvent, Error, audit};
use migration::{Migrator, MigratorTrait};
use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseConnection, DatabaseTransaction, FromQueryResult, SqliteTransactionMode, Statement,
    TransactionOptions, TransactionTrait, Value,
    sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous},
};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// How long a request waits for a connection or for another writer before it is told to come back.
const PATIENCE: Duration = Duration::from_secs(3);
const READERS: u32 = 4;

/// Embedded SQLite: one connection writes, several read.
pub(crate) struct Database {
    writer: DatabaseConnection,
    readers: DatabaseConnection,
    file: File,
}

impl Database {
    pub(crate) async fn open(path: &Path) -> Result<Self, Error> {
        let first = connect(path, 1, true).await?;
        Migrator::up(&first, None).await?;
        first.close().await?;
        // From here on a missing file is a fault, not an invitation to begin with an empty one.
        let writer = connect(path, 1, false).await?;
        let readers = connect(path, READERS, false).await?;
        Ok(Self { writer, readers, file: File::at(path)? })
    }

    /// For reading only: what is decided on must be read inside the [`Write`] that acts on it.
    pub(crate) fn read(&self) -> &DatabaseConnection {
        &self.readers
    }

    pub(crate) async fn ping(&self) -> Result<(), Error> {
        self.file.in_place()?;
        run(&self.readers, "SELECT last FROM serial_numbers", []).await.map(drop)
    }

    /// Begins a write. It holds the database's one write lock from here, so that what it reads stays true until it commits.
    pub(crate) async fn write(&self) -> Result<Write, Error> {
        self.file.in_place()?;
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(Write { transaction: self.writer.begin_with_options(options).await? })
    }

    /// For bookkeeping that changes nobody's property and so leaves no audit event: sessions' ages, attempts, deliveries.
    /// One statement, committed by itself.
    pub(crate) fn bookkeeping(&self) -> &DatabaseConnection {
        &self.writer
    }
}

/// The database's file. Open connections would go on writing to one that was taken away, and all of it would be lost.
struct File {
    path: PathBuf,
    identity: Option<u64>,
}

impl File {
    fn at(path: &Path) -> Result<Self, Error> {
        let file = Self { path: path.to_owned(), identity: identity(path) };
        file.in_place()?;
        Ok(file)
    }

    fn in_place(&self) -> Result<(), Error> {
        match identity(&self.path) {
            Some(found) if self.identity == Some(found) => Ok(()),
            _ => Err(Error::Unavailable("the database file is not where it was".into())),
        }
    }
}

#[cfg(unix)]
fn identity(path: &Path) -> Option<u64> {
    std::fs::metadata(path).ok().map(|file| std::os::unix::fs::MetadataExt::ino(&file))
}

#[cfg(not(unix))]
fn identity(path: &Path) -> Option<u64> {
    path.exists().then_some(0)
}

async fn connect(path: &Path, connections: u32, create: bool) -> Result<DatabaseConnection, Error> {
    let mut options = ConnectOptions::new("sqlite::memory:");
    let path = path.to_owned();
    options.max_connections(connections).min_connections(1).acquire_timeout(PATIENCE).sqlx_logging(false).map_sqlx_sqlite_opts(
        move |sqlite| {
            sqlite
                .filename(&path)
                .in_memory(false)
                .shared_cache(false)
                .create_if_missing(create)
                .foreign_keys(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(PATIENCE)
        },
    );
    Ok(sea_orm::Database::connect(options).await?)
}

/// A transaction that has not been committed. Dropping it undoes everything.
pub struct Write {
    transaction: DatabaseTransaction,
}

impl Write {
    /// Makes everything of this write last, together with the event that says who did what.
    ///
    /// # Errors
    /// [`Error::Unavailable`] and [`Error::Internal`]; nothing is kept then.
    pub async fn commit(self, event: AuditEvent) -> Result<(), Error> {
        audit::insert(&self.transaction, event).await?;
        Ok(self.transaction.commit().await?)
    }

    pub(crate) fn on(&self) -> &DatabaseTransaction {
        &self.transaction
    }
}

/// Rows of one statement. Parameters are written `$1`, `$2`, …, which both databases read.
pub(crate) async fn rows<T: FromQueryResult>(
    on: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<T>, Error> {
    let statement = Statement::from_sql_and_values(on.get_database_backend(), sql, values);
    Ok(T::find_by_statement(statement).all(on).await?)
}

/// The first row of one statement, if there is one.
pub(crate) async fn row<T: FromQueryResult>(
    on: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Option<T>, Error> {
    let statement = Statement::from_sql_and_values(on.get_database_backend(), sql, values);
    Ok(T::find_by_statement(statement).one(on).await?)
}

/// Runs one statement; how many rows it changed.
pub(crate) async fn run(on: &impl ConnectionTrait, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<u64, Error> {
    let statement = Statement::from_sql_and_values(on.get_database_backend(), sql, values);
    Ok(on.execute_raw(statement).await?.rows_affected())
}

/// A count or quantity of the schema as the domain has it.
pub(crate) fn count(stored: i64) -> Result<u32, Error> {
    u32::try_from(stored).map_err(Error::internal)
}

/// A code or name of the schema as the domain has it.
pub(crate) fn parsed<T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>>(stored: &str) -> Result<T, Error> {
    stored.parse().map_err(Error::internal)
}

/// A code of the schema that only a list of known ones may hold.
pub(crate) fn known<T>(value: Option<T>, stored: &str) -> Result<T, Error> {
    value.ok_or_else(|| Error::internal(format!("unknown code {stored:?}")))
}
