//! One submission of a form, however often it arrives, has one effect.

pub(crate) mod doctor;
pub(crate) mod key;
pub(crate) mod once;

pub use key::{NoSubmissionKey, SubmissionKey};
pub use once::KeyReused;
