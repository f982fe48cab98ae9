//! Activation files: the list, one file, its forms, many at once, the checker.

pub mod batch;
pub mod check;
pub mod deactivate;
pub mod form;
pub mod list;
pub mod revoke;
pub mod view;
