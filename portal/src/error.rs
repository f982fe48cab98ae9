use sea_orm::{
    DbErr, RuntimeErr, SqlxError,
    sqlx::{error::DatabaseError, postgres::PgDatabaseError},
};
use std::error::Error as StdError;

/// Failures of any operation, besides its own refusals.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It does not exist, or this person may not know that it does.
    #[error("There is nothing here, or you may not see it.")]
    NotFound,
    /// The database does not answer. Nothing was changed; later it may work.
    #[error("The database cannot be reached.")]
    Unavailable(#[source] Box<dyn StdError + Send + Sync>),
    /// A defect of ours. The source is for the log only.
    #[error("An internal error occurred.")]
    Internal(#[source] Box<dyn StdError + Send + Sync>),
}

impl Error {
    /// A defect of ours, with what it was.
    pub fn internal(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Internal(error.into())
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        if unavailable(&error) { Self::Unavailable(Box::new(error)) } else { Self::Internal(Box::new(error)) }
    }
}

/// SQLite's primary result codes for: busy, locked, read-only, I/O, corrupt, full, cannot open, not a database.
const SQLITE_UNAVAILABLE: [i32; 8] = [5, 6, 8, 10, 11, 13, 14, 26];

/// PostgreSQL's classes and codes for: no connection, out of resources, stopped by an operator, a fault of the machine, damaged data;
/// serialisation failure and deadlock; a lock that did not come in time; a server that only reads.
const POSTGRES_UNAVAILABLE: [&str; 9] = ["08", "53", "57", "58", "XX", "40001", "40P01", "55P03", "25006"];

fn unavailable(error: &DbErr) -> bool {
    match error {
        DbErr::ConnectionAcquire(_) => true,
        DbErr::Conn(error) | DbErr::Exec(error) | DbErr::Query(error) => {
            let RuntimeErr::SqlxError(error) = error else { return false };
            match error.as_ref() {
                SqlxError::Database(error) => database_unavailable(error.as_ref()),
                SqlxError::Io(_)
                | SqlxError::Tls(_)
                | SqlxError::Protocol(_)
                | SqlxError::PoolTimedOut
                | SqlxError::PoolClosed
                | SqlxError::BeginFailed
                | SqlxError::WorkerCrashed => true,
                _ => false,
            }
        }
        _ => false,
    }
}

fn database_unavailable(error: &dyn DatabaseError) -> bool {
    let Some(code) = error.code() else { return false };
    match error.try_downcast_ref::<PgDatabaseError>() {
        Some(_) => POSTGRES_UNAVAILABLE.iter().any(|known| code.starts_with(known)),
        None => code.parse::<i32>().is_ok_and(|code| SQLITE_UNAVAILABLE.contains(&(code & 0xff))),
    }
}
