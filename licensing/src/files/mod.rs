//! Requests about activation files: a new one, its deactivation, many at once, a list.

pub mod batch;
pub mod deactivation;
pub mod list;
pub mod request;
