//! Activation files that are generated for a request, and handed over with a reply.

use crate::{
    error::Error,
    files::{Download, FileState, download::file_name_of, download::hexadecimal},
    mail::message::{MailedFile, MailedSource},
    store::{
        statement::{count, parsed, row, rows, run},
        write::Write,
    },
};
use chrono::{DateTime, Utc};
use licensing::{Garn, Serial};
use sea_orm::{ConnectionTrait, FromQueryResult};

/// A file that was generated for a request.
#[derive(Clone, Debug)]
pub struct BoundFile {
    pub serial: Serial,
    /// Account that it belongs to.
    pub garn: Garn,
    /// Revision that was handed over, if one was.
    pub handed: Option<u32>,
}

/// A file that was handed over to the requester.
#[derive(Clone, Debug)]
pub struct HandedFile {
    pub serial: Serial,
    pub revision: u32,
    pub at: DateTime<Utc>,
    /// Digest of its bytes, in hexadecimal.
    pub sha256: String,
}

/// A file that a reply carries.
pub(super) struct Handed {
    pub(super) serial: Serial,
    pub(super) name: String,
    pub(super) sha256: String,
    pub(super) mailed: MailedFile,
}

/// Why files were not handed over.
pub(super) enum NotHanded {
    /// It was not generated for the request.
    NotBound(Serial),
    Error(Error),
}

impl From<Error> for NotHanded {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// Binds a file of an account to a request; whether it was not yet.
pub(super) async fn bind(
    write: &Write,
    request: i64,
    (account, serial): (i64, &Serial),
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let sql = "INSERT INTO request_files (request_id, file_id, bound_at)
               SELECT $1, f.id, $2 FROM activation_files f WHERE f.serial = $3 AND f.account_id = $4 ON CONFLICT DO NOTHING";
    let values = [request.into(), now.into(), serial.as_str().into(), account.into()];
    let is_new = run(write.on(), "request: bind file", sql, values).await? == 1;
    if !is_new && !bound(write.on(), request).await?.iter().any(|file| file.serial == *serial) {
        return Err(Error::NotFound);
    }
    Ok(is_new)
}

/// Files that were generated for a request, in their order.
pub(super) async fn bound(on: &impl ConnectionTrait, request: i64) -> Result<Vec<BoundFile>, Error> {
    #[derive(FromQueryResult)]
    struct Stored {
        serial: String,
        garn: String,
        revision: Option<i64>,
    }
    let sql = "SELECT f.serial, a.garn, r.revision FROM request_files r
               JOIN activation_files f ON f.id = r.file_id JOIN accounts a ON a.id = f.account_id
               WHERE r.request_id = $1 ORDER BY f.id";
    let stored: Vec<Stored> = rows(on, "request: files", sql, [request.into()]).await?;
    let file = |stored: Stored| {
        let handed = stored.revision.map(count).transpose()?;
        Ok(BoundFile { serial: parsed(&stored.serial)?, garn: parsed(&stored.garn)?, handed })
    };
    stored.into_iter().map(file).collect()
}

/// Notes that the current revisions of `serials` are handed over.
pub(super) async fn hand_over(
    write: &Write,
    request: i64,
    serials: &[Serial],
    now: DateTime<Utc>,
) -> Result<Vec<Handed>, NotHanded> {
    #[derive(FromQueryResult)]
    struct Stored {
        revision_id: i64,
        sha256: Vec<u8>,
    }
    let mut handed = Vec::with_capacity(serials.len());
    for serial in serials {
        let sql = "SELECT v.id AS revision_id, v.sha256 FROM request_files r
                   JOIN activation_files f ON f.id = r.file_id JOIN file_revisions v ON v.file_id = f.id AND v.revision = f.revision
                   WHERE r.request_id = $1 AND f.serial = $2";
        let found: Option<Stored> = row(write.on(), "request: file", sql, [request.into(), serial.as_str().into()]).await?;
        let Stored { revision_id, sha256 } = found.ok_or_else(|| NotHanded::NotBound(serial.clone()))?;
        let sql = "UPDATE request_files SET handed_at = $1, revision = (SELECT v.revision FROM file_revisions v WHERE v.id = $2)
                   WHERE request_id = $3 AND file_id = (SELECT f.id FROM activation_files f WHERE f.serial = $4)";
        let values = [now.into(), revision_id.into(), request.into(), serial.as_str().into()];
        run(write.on(), "request: hand file over", sql, values).await?;
        let name = file_name_of(serial.as_str(), None, FileState::Active);
        let mailed = MailedFile { source: MailedSource::Revision(revision_id), name: name.clone() };
        handed.push(Handed { serial: serial.clone(), name, sha256: hexadecimal(&sha256), mailed });
    }
    Ok(handed)
}

/// Files that were handed over to the requester.
pub(super) async fn handed(on: &impl ConnectionTrait, request: i64) -> Result<Vec<HandedFile>, Error> {
    #[derive(FromQueryResult)]
    struct Stored {
        serial: String,
        revision: i64,
        at: DateTime<Utc>,
        sha256: Vec<u8>,
    }
    let sql = "SELECT f.serial, v.revision, r.handed_at AS at, v.sha256 FROM request_files r JOIN activation_files f ON f.id = r.file_id
               JOIN file_revisions v ON v.file_id = f.id AND v.revision = r.revision
               WHERE r.request_id = $1 AND r.handed_at IS NOT NULL ORDER BY f.id";
    let stored: Vec<Stored> = rows(on, "request: handed files", sql, [request.into()]).await?;
    let file = |stored: Stored| {
        let (serial, revision) = (parsed(&stored.serial)?, count(stored.revision)?);
        Ok(HandedFile { serial, revision, at: stored.at, sha256: hexadecimal(&stored.sha256) })
    };
    stored.into_iter().map(file).collect()
}

/// Bytes of a file as it was handed over, and the row id of its account.
///
/// # Errors
/// [`Error::NotFound`], the same for a file that was not handed over and for none.
pub(super) async fn handed_bytes(on: &impl ConnectionTrait, request: i64, serial: &str) -> Result<(Download, i64), Error> {
    #[derive(FromQueryResult)]
    struct Stored {
        bytes: Vec<u8>,
        sha256: Vec<u8>,
        account_id: i64,
        state: String,
    }
    let sql = "SELECT v.bytes, v.sha256, f.account_id, f.state FROM request_files r JOIN activation_files f ON f.id = r.file_id
               JOIN file_revisions v ON v.file_id = f.id AND v.revision = r.revision
               WHERE r.request_id = $1 AND f.serial = $2 AND r.handed_at IS NOT NULL";
    let found: Option<Stored> = row(on, "request: handed file", sql, [request.into(), serial.into()]).await?;
    let Stored { bytes, sha256, account_id, state } = found.ok_or(Error::NotFound)?;
    Ok((Download { file_name: file_name_of(serial, None, FileState::stored(&state)?), bytes, sha256 }, account_id))
}
