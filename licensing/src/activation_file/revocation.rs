//! Revocation lists: what an issuer takes back after it was signed. A signed note like an activation file, with a number that rises and a last
//! day.

use super::{
    decode::{DecodeError, Format, day, instant},
    encode::Text,
    key_ring::{KeyRing, Signers},
    note::{KeyName, KeyReference, Note, NoteError},
};
use crate::value::{
    date,
    text::{Serial, excerpt},
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::value::Datetime;

const FORMAT: &str = "activation-file-revocations/1";

/// The longest list that is read, in bytes.
const LONGEST_LIST: usize = 1024 * 1024;

/// Files and keys that their issuer has taken back, each with the day of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevocationList {
    /// 1 for the first list, higher with each.
    pub number: u32,
    /// Whole seconds.
    pub issued_at: DateTime<Utc>,
    /// The last day on which the list may be relied on, by the verifier's local date.
    pub valid_through: NaiveDate,
    pub serials: BTreeMap<Serial, NaiveDate>,
    pub keys: BTreeMap<KeyReference, NaiveDate>,
}

/// Why a revocation list cannot be relied on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RevocationError {
    #[error("This is not a revocation list: {0}.")]
    Note(NoteError),
    #[error("This is not a revocation list: {0}.")]
    Unreadable(String),
    #[error("The revocation list was made by a newer version ({0}); update the software that reads it.")]
    NewerFormat(String),
    #[error("The revocation list was changed after it was signed. Fetch it again.")]
    Altered,
    #[error("The revocation list is signed by {}, which is not among the trusted keys.", .0.join(", "))]
    UnknownKey(Vec<String>),
    #[error("The revocation list is signed only by {0}, which it revokes itself. Fetch a list that another key signed.")]
    OwnKey(KeyName),
    #[error("The revocation list could be relied on through {}. Fetch the current one.", date::words(*.0))]
    Expired(NaiveDate),
}

impl From<NoteError> for RevocationError {
    fn from(error: NoteError) -> Self {
        Self::Note(error)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "format")]
    _format: String,
    number: u32,
    issued_at: Datetime,
    valid_through: Datetime,
    serials: BTreeMap<Serial, Datetime>,
    keys: BTreeMap<KeyReference, Datetime>,
}

impl RevocationList {
    /// The one text of this value: serials and keys sorted by byte, in the form of an activation file.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut text = Text::default();
        text.string("format", FORMAT);
        text.bare("number", self.number);
        text.instant("issued_at", self.issued_at);
        text.day("valid_through", self.valid_through);
        text.table("[serials]");
        for (serial, on) in &self.serials {
            text.day(&format!("\"{serial}\""), *on);
        }
        text.table("[keys]");
        for (key, on) in &self.keys {
            text.day(&format!("\"{key}\""), *on);
        }
        text.into()
    }

    /// Reads a signed list and relies on it on the day `on`.
    ///
    /// # Errors
    /// [`RevocationError`].
    pub fn open(bytes: &[u8], ring: &KeyRing, on: NaiveDate) -> Result<Self, RevocationError> {
        let note = Note::parse_within(bytes, LONGEST_LIST)?;
        let list = Self::decode(note.text)?;
        let signers = match ring.signers(&note) {
            Signers::Altered => return Err(RevocationError::Altered),
            Signers::Unknown(names) => return Err(RevocationError::UnknownKey(names)),
            Signers::Known(keys) => keys,
        };
        if let Some(own) = signers.first().filter(|_| signers.iter().all(|key| list.keys.contains_key(key))) {
            return Err(RevocationError::OwnKey(own.name.clone()));
        }
        if list.valid_through < on {
            return Err(RevocationError::Expired(list.valid_through));
        }
        Ok(list)
    }

    fn decode(text: &str) -> Result<Self, RevocationError> {
        let unreadable = |_: toml::de::Error| RevocationError::Unreadable("its text is not written as that of one is".to_owned());
        let Format { format } = toml::from_str(text).map_err(unreadable)?;
        if format != FORMAT {
            return Err(if format.starts_with("activation-file-revocations/") {
                RevocationError::NewerFormat(excerpt(&format))
            } else {
                RevocationError::Unreadable("its format is unknown".into())
            });
        }
        let document: Document = toml::from_str(text).map_err(unreadable)?;
        let invalid = |error: DecodeError| RevocationError::Unreadable(error.to_string());
        fn days<K: Ord>(table: BTreeMap<K, Datetime>) -> Result<BTreeMap<K, NaiveDate>, DecodeError> {
            table.into_iter().map(|(key, on)| Ok((key, day(on)?))).collect()
        }
        let list = Self {
            number: document.number,
            issued_at: instant(document.issued_at).map_err(invalid)?,
            valid_through: day(document.valid_through).map_err(invalid)?,
            serials: days(document.serials).map_err(invalid)?,
            keys: days(document.keys).map_err(invalid)?,
        };
        if list.number > 0 && list.encode() == text {
            Ok(list)
        } else {
            Err(RevocationError::Unreadable("it is not written in the one form that a revocation list has".into()))
        }
    }
}
