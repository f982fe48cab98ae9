//! The stored bytes of a file.

use crate::{
    access::account::AccountAccess,
    error::Error,
    event_type::EventType,
    files::{
        row::{Current, stored_revision},
        state::FileState,
    },
    store::statement::count,
};
use serde_json::json;
use std::fmt::Write as _;

/// The bytes of a file, the same at every download.
#[derive(Clone, Debug)]
pub struct Download {
    pub file_name: String,
    pub bytes: Vec<u8>,
    pub sha256: Vec<u8>,
}

/// The stored bytes of a revision; of the current one where none is named.
///
/// # Errors
/// [`Error::NotFound`], the same for another account's file and for none.
pub async fn download(access: &AccountAccess, serial: &str, revision: Option<u32>) -> Result<Download, Error> {
    let Current { serial, revision, current, state, bytes, sha256, .. } = stored_revision(access, serial, revision).await?;
    let superseded = (revision != current).then(|| count(revision)).transpose()?;
    let file_name = file_name_of(&serial, superseded, FileState::stored(&state)?);
    note_download(access, &serial, Some(count(revision)?)).await;
    Ok(Download { file_name, bytes, sha256 })
}

/// Records who downloaded a file. A download never fails because this cannot be written.
pub async fn note_download(access: &AccountAccess, subject: &str, revision: Option<u32>) {
    let note = async {
        let write = access.portal().database.write().await?;
        let event = access.event(access.portal().now(), EventType::Download, subject);
        write.commit(event.changing(serde_json::Value::Null, json!({ "revision": revision }))).await
    };
    if let Err(error) = note.await {
        tracing::warn!(%error, subject, "a download was not noted");
    }
}

/// The current file has the plain name; one that was `superseded` says which it is, and one that was revoked that it was, so that nobody takes it for
/// one that counts.
pub(crate) fn file_name_of(serial: &str, superseded: Option<u32>, state: FileState) -> String {
    let revoked = if state == FileState::Revoked { "-revoked" } else { "" };
    match superseded {
        None => format!("{serial}{revoked}.I3Lic"),
        Some(revision) => format!("{serial}-revision-{revision}{revoked}.I3Lic"),
    }
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
