//! Rules for every address.

mod access;
mod forged;
mod resume;
