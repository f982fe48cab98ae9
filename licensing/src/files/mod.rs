//! Requests about activation files: a new one, its deactivation or revocation, many at once, a list.

pub mod batch;
pub mod deactivation;
pub mod list;
pub mod request;
pub mod revocation;
