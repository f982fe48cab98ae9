//! The pages, rendered on the server only.
//!
//! A page is an async function: it asks `portal` for what it shows and returns a [`Page`]. It decides no rule and knows no HTTP beyond
//! the status. [`document`] puts it into the frame that all pages share.

mod component;
mod frame;
pub mod page;

pub use frame::{Page, Site, Theme, Visit, document};
