//! How people come in and sign in.

mod invitations;
mod members;
mod passwords;
mod sign_in;
