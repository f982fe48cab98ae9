//! The key that makes one submission of a form recognisable.

use crate::ctx::Ctx;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use std::str::FromStr;

/// Makes one submission of a form recognisable when it arrives twice. Unique for each person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmissionKey(String);

impl SubmissionKey {
    /// The length of a key, in characters.
    const LENGTH: usize = 22;

    pub(crate) fn random(ctx: &Ctx) -> Self {
        Self(URL_SAFE_NO_PAD.encode(ctx.random::<16>()))
    }

    /// As it stands in the form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The form came without the key that this product puts there.
#[derive(Debug, thiserror::Error)]
#[error("The form is not complete: its submission key is missing. Open it again.")]
pub struct NoSubmissionKey;

impl FromStr for SubmissionKey {
    type Err = NoSubmissionKey;
    fn from_str(sent: &str) -> Result<Self, NoSubmissionKey> {
        let shaped = sent.len() == Self::LENGTH && sent.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        if shaped { Ok(Self(sent.to_owned())) } else { Err(NoSubmissionKey) }
    }
}
