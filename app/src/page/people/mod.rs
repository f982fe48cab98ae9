//! Signing in, invitations, and who is there.

pub mod code;
pub mod directory;
pub mod invitation;
pub mod members;
pub mod password;
pub mod permissions;
pub mod profile;
pub mod second_factor;
pub mod sign_in;
