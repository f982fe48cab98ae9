//! Signing in, invitations, and who is there.

pub(crate) mod address;
pub(crate) mod certifications;
pub(crate) mod directory;
pub(crate) mod invitation;
pub(crate) mod members;
pub(crate) mod notices;
pub(crate) mod password;
pub(crate) mod profile;
pub(crate) mod second_factor;
pub(crate) mod sign_in;
