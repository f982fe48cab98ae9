//! The keys that files are signed with.

pub(crate) mod doctor;
pub(crate) mod key_file;
mod keys;
pub(crate) mod signer;

pub use key_file::{KeyFile, SigningKeyError};
pub use keys::{PublicKey, key_ring, public_keys, verifier_keys};
pub use signer::use_signing_key;
