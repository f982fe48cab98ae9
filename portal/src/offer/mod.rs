//! What a form offers: the parts of a product version for a licence type, with what is available of each.

pub(crate) mod load;
mod sources;

pub use load::Start;
