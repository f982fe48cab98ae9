//! The vendor's catalogue: read from a document, compared with the one that is in use, applied. Domain §2.
//!
//! What orders and files name is never removed: what another catalogue does not have is retired, and offered no more.

mod apply;
mod load;
mod operation;

pub(crate) use operation::apply_shipped;
pub use operation::{
    AppliedCatalogue, Comparison, LONGEST_DOCUMENT, NotApplied, ToldChange, applied_catalogues, apply_catalogue,
    apply_from_terminal, catalogue_document, compare_from_terminal, offered_parts, propose_catalogue, proposed_catalogue,
};
