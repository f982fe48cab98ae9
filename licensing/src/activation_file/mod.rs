//! The activation file: a readable TOML text under a signed note that anybody can check.
//!
//! One value has one encoding: [`ActivationFile::encode`] writes it, [`ActivationFile::decode`] accepts nothing else.

mod content;
mod decode;
mod describe;
mod encode;
mod examine;
mod key_ring;
mod note;
#[cfg(any(test, feature = "replay"))]
pub mod replay;
mod revocation;
#[cfg(test)]
mod tests;
mod transport;
mod verify;

pub use content::{Account, ActivationFile, Binding, Enforcement, Server};
pub use decode::{DecodeError, LONGEST_TEXT};
pub use describe::{Change, Fact};
pub use examine::Examined;
pub use key_ring::{KeyRing, KeyRingError};
pub use note::{
    KeyError, KeyName, KeyReference, LONGEST_NOTE, NotAKeyReference, Note, NoteError, SignatureLine, VerifierKey, sign,
};
pub use revocation::{RevocationError, RevocationList};
pub use transport::{Damage, Repair, damage, undo_transport};
pub use verify::{Expected, Revoked, Verdict, Verified};
