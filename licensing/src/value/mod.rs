//! Values that exist only in their valid shape.

pub(crate) mod coded;
pub mod date;
pub(crate) mod email;
pub mod encoding;
pub(crate) mod host_id;
pub(crate) mod quantity;
pub(crate) mod text;
