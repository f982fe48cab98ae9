//! How people come in and sign in.

mod invitations;
mod sign_in;
