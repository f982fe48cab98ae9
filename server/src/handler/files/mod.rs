//! Activation files.

mod archive;
pub(crate) mod batch;
pub(crate) mod check;
pub(crate) mod csv;
pub(crate) mod deactivate;
pub(crate) mod form;
pub(crate) mod list;
pub(crate) mod revoke;
pub(crate) mod view;
