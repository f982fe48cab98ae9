//! Signing in.

mod sign_in;
