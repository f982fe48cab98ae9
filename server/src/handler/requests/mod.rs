//! Activation file requests.

pub(crate) mod follow;
pub(crate) mod form;
pub(crate) mod work;
