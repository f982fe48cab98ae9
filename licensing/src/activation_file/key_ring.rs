//! The keys that a verifier trusts, and what they say about who signed a note.

use super::note::{KeyError, KeyReference, Note, VerifierKey};
use crate::value::text::excerpt;
use std::str::FromStr;

/// The public keys that a verifier trusts. They never come from the file itself.
#[derive(Clone, Debug, Default)]
pub struct KeyRing(Vec<VerifierKey>);

impl FromIterator<VerifierKey> for KeyRing {
    fn from_iter<I: IntoIterator<Item = VerifierKey>>(keys: I) -> Self {
        Self(keys.into_iter().collect())
    }
}

/// A line of a key ring is not a key to be trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyRingError {
    #[error("Line {line} is not a verifier key. {why}")]
    Line {
        /// From 1.
        line: usize,
        why: KeyError,
    },
    #[error("There is no verifier key in it. Write one a line: NAME+ID+KEY.")]
    Empty,
}

/// Verifier keys, one a line, as `/.well-known/activation-file-keys` serves them. Empty lines and those that begin with `#` are left out.
impl FromStr for KeyRing {
    type Err = KeyRingError;
    fn from_str(text: &str) -> Result<Self, KeyRingError> {
        let lines = text.lines().map(str::trim).zip(1..).filter(|(line, _)| !line.is_empty() && !line.starts_with('#'));
        let keys = lines.map(|(key, line)| key.parse().map_err(|why| KeyRingError::Line { line, why }));
        let ring: Vec<_> = keys.collect::<Result<_, _>>()?;
        if ring.is_empty() { Err(KeyRingError::Empty) } else { Ok(Self(ring)) }
    }
}

impl KeyRing {
    /// Signers of a note. One wrong line by a trusted key refuses it.
    pub(super) fn signers(&self, note: &Note<'_>) -> Signers {
        let mut signers = Vec::new();
        for line in &note.signatures {
            let Some(key) = self.0.iter().find(|key| key.name().as_str() == line.name && key.id() == line.key_id) else {
                continue;
            };
            let holds = <&[u8; 64]>::try_from(line.signature.as_slice()).is_ok_and(|s| key.verifies(note.text, s));
            if !holds {
                return Signers::Altered;
            }
            signers.push(KeyReference { name: key.name().clone(), id: line.key_id });
        }
        if signers.is_empty() {
            return Signers::Unknown(note.signatures.iter().map(|line| excerpt(&line.name)).collect());
        }
        Signers::Known(signers)
    }
}

/// Result of checking the signatures of a note.
pub(super) enum Signers {
    /// A line by a trusted key is wrong.
    Altered,
    /// None of these names is of a trusted key.
    Unknown(Vec<String>),
    /// Trusted keys, at least one; their lines hold.
    Known(Vec<KeyReference>),
}
