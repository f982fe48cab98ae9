use sea_orm::{DbErr, RuntimeErr};
use std::error::Error as StdError;

/// What can go wrong with any operation, beside the refusals of its own.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It does not exist, or this person may not know that it does.
    #[error("There is nothing here, or you may not see it.")]
    NotFound,
    /// The database does not answer. Nothing was changed; later it may work.
    #[error("The database cannot be reached.")]
    Unavailable(#[source] Box<dyn StdError + Send + Sync>),
    /// A defect of ours. The source is for the log only.
    #[error("Something went wrong on our side.")]
    Internal(#[source] Box<dyn StdError + Send + Sync>),
}

impl Error {
    pub(crate) fn internal(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
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

fn unavailable(error: &DbErr) -> bool {
    match error {
        DbErr::ConnectionAcquire(_) => true,
        DbErr::Conn(error) | DbErr::Exec(error) | DbErr::Query(error) => {
            let RuntimeErr::SqlxError(error) = error else { return false };
            match error.as_ref() {
                sea_orm::SqlxError::Database(error) => error
                    .code()
                    .and_then(|code| code.parse::<i32>().ok())
                    .is_some_and(|code| SQLITE_UNAVAILABLE.contains(&(code & 0xff))),
                sea_orm::SqlxError::Io(_)
                | sea_orm::SqlxError::PoolTimedOut
                | sea_orm::SqlxError::PoolClosed
                | sea_orm::SqlxError::WorkerCrashed => true,
                _ => false,
            }
        }
        _ => false,
    }
}
