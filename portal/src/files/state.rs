//! Whether a file counts. Domain §6.3.

use crate::{error::Error, store::statement::known};
use std::fmt;

/// Whether a file counts. Domain §6.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileState {
    Active,
    Deactivated,
    Revoked,
}

impl FileState {
    /// As stored.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Deactivated => "deactivated",
            Self::Revoked => "revoked",
        }
    }

    pub(crate) fn stored(text: &str) -> Result<Self, Error> {
        let state = match text {
            "active" => Some(Self::Active),
            "deactivated" => Some(Self::Deactivated),
            "revoked" => Some(Self::Revoked),
            _ => None,
        };
        known(state, text)
    }
}

/// As it stands in a sentence.
impl fmt::Display for FileState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
