//! How people come in and sign in.

mod address;
mod certifications;
mod directory;
mod enumeration;
mod invitations;
mod members;
mod passwords;
mod second_factor;
mod sign_in;
