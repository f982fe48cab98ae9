//! What an account has ordered.

mod summary;
mod upgrade;
