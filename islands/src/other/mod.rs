//! The islands of every page but the file checker's.

mod bar;
mod batch_progress;
mod dialog_link;
mod host_id_hint;
#[cfg(feature = "hydrate")]
mod page;
mod part_filter;
mod preview;

pub use bar::EntitlementBar;
pub use batch_progress::BatchProgress;
pub use dialog_link::DialogLink;
pub use host_id_hint::HostIdHint;
pub use part_filter::PartFilter;
pub use preview::Preview;
