//! The frame that all pages share.

mod document;
mod page;

pub use document::document;
pub(crate) use page::Tab;
pub use page::{ACCOUNT, Page, SEARCH, Site, Theme, Visit};
