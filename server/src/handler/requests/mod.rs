//! Activation file requests.

pub(crate) mod attachments;
pub(crate) mod canned;
pub(crate) mod follow;
pub(crate) mod form;
pub(crate) mod mail;
pub(crate) mod work;
