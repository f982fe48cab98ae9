//! How people come in and sign in.

mod directory;
mod invitations;
mod members;
mod passwords;
mod sign_in;
