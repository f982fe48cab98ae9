//! Connections to the database, and the transactions that begin there.

use crate::{
    ctx::Ctx,
    error::Error,
    observe::Observed,
    store::{
        address::{DatabaseAddress, PostgresAddress},
        statement::run,
        write::{QueuedKinds, Write},
    },
};
use migration::{Migrator, MigratorTrait};
use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, IsolationLevel, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
    sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous},
};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::watch;

/// Time for which a request waits for a connection or another writer before it is told to try again.
const PATIENCE: Duration = Duration::from_secs(3);

/// No statement of a request takes longer on PostgreSQL.
const LONGEST_STATEMENT: Duration = Duration::from_secs(20);

/// A connection to PostgreSQL that was used less long ago is not asked whether it still holds.
const IDLE: Duration = Duration::from_secs(1);

/// Connections that read from SQLite beside the one that writes.
const READERS: u32 = 4;

/// Names the lock on a whole PostgreSQL database among the locks of other programs: “AFMT” in ASCII.
const WHOLE_DATABASE: i64 = 0x4146_4d54;

/// Embedded SQLite, where one connection writes and several read, or PostgreSQL, where all do both.
pub(crate) struct Database {
    ctx: Ctx,
    writer: DatabaseConnection,
    readers: DatabaseConnection,
    /// Present for SQLite.
    file: Option<File>,
    /// Signal to the workers that jobs were queued.
    jobs_queued: watch::Sender<QueuedKinds>,
}

impl Database {
    /// Opens the database and brings its schema up to date: all of it or nothing, one server at a time.
    pub(crate) async fn open(address: &DatabaseAddress, ctx: &Ctx, observed: &Arc<Observed>) -> Result<Self, Error> {
        // Held until the schema is there.
        let _turn = turn(address).await?;
        if let DatabaseAddress::Sqlite(path) = address {
            // SQLite makes its other files as the first one is.
            private_file(path).map_err(|error| Error::Unavailable(error.into()))?;
        }
        let first = connect(address, 1, true).await?;
        let opened =
            Self { writer: first.clone(), readers: first, file: None, ctx: ctx.clone(), jobs_queued: watch::Sender::default() };
        ctx.reach("database made");
        opened.migrate().await?;
        ctx.reach("schema committed");
        let Self { writer: first, .. } = opened;
        first.close().await?;
        Self::connect(address, ctx, observed).await
    }

    /// Connects to a database that is there. From here on a missing file is a fault, not an invitation to begin with an empty one.
    pub(crate) async fn connect(address: &DatabaseAddress, ctx: &Ctx, observed: &Arc<Observed>) -> Result<Self, Error> {
        let observing = |mut connection: DatabaseConnection| {
            let observed = Arc::clone(observed);
            connection.set_metric_callback(move |query| observed.query(query));
            connection
        };
        let (ctx, jobs_queued) = (ctx.clone(), watch::Sender::default());
        match address {
            DatabaseAddress::Sqlite(path) => Ok(Self {
                ctx,
                writer: observing(connect(address, 1, false).await?),
                readers: observing(connect(address, READERS, false).await?),
                file: Some(File::at(path)?),
                jobs_queued,
            }),
            DatabaseAddress::Postgres(postgres) => {
                let pool = observing(connect(address, postgres.connections, false).await?);
                Ok(Self { ctx, writer: pool.clone(), readers: pool, file: None, jobs_queued })
            }
        }
    }

    async fn migrate(&self) -> Result<(), Error> {
        let Write { transaction, ctx, .. } = self.write_alone().await?;
        Migrator::up(&transaction, None).await?;
        ctx.reach("schema made");
        Ok(transaction.commit().await?)
    }

    /// For reading only: what is decided on must be read inside the [`Write`] that acts on it.
    pub(crate) fn read(&self) -> &DatabaseConnection {
        &self.readers
    }

    /// A transaction that sees one state of the whole database, however long it reads.
    pub(crate) async fn snapshot(&self) -> Result<DatabaseTransaction, Error> {
        if self.backend() == DbBackend::Sqlite {
            return Ok(self.readers.begin().await?);
        }
        let snapshot = self.readers.begin_with_config(Some(IsolationLevel::RepeatableRead), None).await?;
        // Nobody waits for what a snapshot reads, and it may be everything there is.
        snapshot.execute_unprepared("SET LOCAL statement_timeout = 0").await?;
        Ok(snapshot)
    }

    /// Changes when jobs were queued here.
    pub(crate) fn jobs_queued(&self) -> watch::Receiver<QueuedKinds> {
        self.jobs_queued.subscribe()
    }

    pub(crate) fn backend(&self) -> DbBackend {
        self.writer.get_database_backend()
    }

    pub(crate) async fn ping(&self) -> Result<(), Error> {
        self.in_place()?;
        run(&self.readers, "ping", "SELECT COUNT(*) FROM signing_keys", []).await.map(drop)
    }

    /// Begins a write. On SQLite it holds the database's one write lock from here, so that what it reads stays true until it commits;
    /// on PostgreSQL [`Write::lock_account`] does that for an account.
    pub(crate) async fn write(&self) -> Result<Write, Error> {
        self.in_place()?;
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(Write {
            transaction: self.writer.begin_with_options(options).await?,
            ctx: self.ctx.clone(),
            jobs_queued: self.jobs_queued.clone(),
            queued: Mutex::default(),
        })
    }

    /// Begins a write of something that there is once in a database. Every other such write waits until it has ended.
    pub(crate) async fn write_alone(&self) -> Result<Write, Error> {
        let write = self.write().await?;
        if self.backend() == DbBackend::Postgres {
            // The other one may take its time: it is a start or a migration.
            write.on().execute_unprepared("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0").await?;
            run(write.on(), "lock database", "SELECT pg_advisory_xact_lock($1)", [WHOLE_DATABASE.into()]).await?;
        }
        Ok(write)
    }

    /// For bookkeeping that changes nobody's property and so leaves no audit event: sessions' ages, attempts, deliveries.
    /// One statement, committed by itself.
    pub(crate) fn bookkeeping(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// Enlarges the page cache of SQLite's writer for a long transaction, or shrinks it again: without it pages are written and read several times over.
    pub(crate) async fn make_room(&self, room: bool) -> Result<(), Error> {
        if self.backend() == DbBackend::Sqlite {
            // In KiB; the smaller is SQLite's own.
            let kibibytes = if room { 32 * 1024 } else { 2000 };
            self.writer.execute_unprepared(&format!("PRAGMA cache_size = -{kibibytes}")).await?;
        }
        Ok(())
    }

    fn in_place(&self) -> Result<(), Error> {
        self.file.as_ref().map_or(Ok(()), File::in_place)
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

/// Opens a file that only its owner can read; it is made when it is not there.
fn private_file(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Servers that start at once on one SQLite file do so one after the other: SQLite answers *locked*, without waiting, to the second one that would
/// make a new file keep a write-ahead log. On PostgreSQL the lock of the whole database is enough.
pub(crate) async fn turn(address: &DatabaseAddress) -> Result<Option<std::fs::File>, Error> {
    let DatabaseAddress::Sqlite(path) = address else { return Ok(None) };
    let mut name = path.clone().into_os_string();
    name.push("-start");
    let waiting = tokio::task::spawn_blocking(move || {
        let file = private_file(Path::new(&name))?;
        file.lock()?;
        Ok(Some(file))
    });
    waiting.await.map_err(Error::internal)?.map_err(|error: std::io::Error| Error::Unavailable(error.into()))
}

async fn connect(address: &DatabaseAddress, connections: u32, create: bool) -> Result<DatabaseConnection, Error> {
    let mut options = match address {
        DatabaseAddress::Sqlite(path) => {
            let mut options = ConnectOptions::new("sqlite::memory:");
            let path = path.clone();
            // All are opened at the start: opening one later needs file descriptors that may not be there then.
            options.min_connections(connections);
            options.map_sqlx_sqlite_opts(move |sqlite| {
                sqlite
                    .filename(&path)
                    .in_memory(false)
                    .shared_cache(false)
                    .create_if_missing(create)
                    .foreign_keys(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .busy_timeout(PATIENCE)
                    // Rows come from the driver's own thread; a whole page fits.
                    .row_buffer_size(256)
            });
            // There is nothing between us and a file that could break unnoticed.
            options.test_before_acquire(false);
            options
        }
        DatabaseAddress::Postgres(PostgresAddress { options: postgres, .. }) => {
            let mut options = ConnectOptions::new("postgres://");
            let postgres = (**postgres).clone().application_name("afmt").options([
                ("lock_timeout", PATIENCE.as_millis().to_string()),
                ("statement_timeout", LONGEST_STATEMENT.as_millis().to_string()),
                ("idle_in_transaction_session_timeout", LONGEST_STATEMENT.as_millis().to_string()),
            ]);
            options.map_sqlx_postgres_opts(move |_| postgres.clone()).test_before_acquire_if_idle_for(IDLE);
            options
        }
    };
    // They are kept. The driver's task that ends old ones counts those at rest, a count that is below zero for a moment when one is returned and taken
    // at once: the task would then go round for ever, on a thread that answers nobody else.
    options.max_lifetime(None).idle_timeout(None);
    options.max_connections(connections).acquire_timeout(PATIENCE).sqlx_logging(false);
    Ok(sea_orm::Database::connect(options).await?)
}
