//! Notices that people choose: of files at once, of what ends soon once a day, in the morning of each.

mod daily;
mod of_file;
mod settings;

pub use daily::send_daily;
pub(crate) use of_file::{FileNotice, notify};
pub use settings::{Group, choose, chosen, unsubscribe, unsubscribing};
