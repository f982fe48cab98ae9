//! Signing in, invitations, and who is there.

pub mod address;
pub mod certifications;
pub mod code;
pub mod directory;
pub mod grants;
pub mod invitation;
pub mod members;
pub mod notices;
pub mod password;
pub mod permissions;
pub mod profile;
pub mod second_factor;
pub mod sign_in;
