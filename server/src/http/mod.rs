//! HTTP: the route table, what every request passes, how bodies are read and answers are made.

pub(crate) mod answer;
pub(crate) mod assets;
pub(crate) mod client_address;
pub(crate) mod csv;
pub(crate) mod extract;
pub(crate) mod form;
pub(crate) mod middleware;
pub(crate) mod origin;
pub(crate) mod query;
pub(crate) mod resume;
pub(crate) mod routes;
pub(crate) mod serve;
mod sips;
pub(crate) mod table_form;
pub(crate) mod upload;

pub use origin::PublicUrl;
pub use routes::{Access, Route};
