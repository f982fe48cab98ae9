//! How people come in and sign in.

mod invitations;
mod passwords;
mod sign_in;
