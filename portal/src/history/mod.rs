//! *History*: who did what, when, in sentences, with what changed.

mod changes;
mod filter;
mod list;

pub use changes::Changed;
pub use filter::{HistoryFilter, field};
pub(crate) use list::start_of;
pub use list::{History, HistoryEvent, HistoryPage, history};
