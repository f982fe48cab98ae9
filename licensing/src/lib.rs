//! The domain, pure: what a licence is made of, what a form asks for, what a choice would give, and the activation file.
//!
//! Nothing here knows a database, HTTP, a clock or a random source, so the same rules run on the server and in the browser.
//! The `Display` of every error is the text that people read.

pub mod activity;
pub mod batch;
pub mod catalogue;
pub mod date;
pub mod deactivation;
pub mod eligibility;
pub mod encoding;
pub mod entitlement;
pub mod file;
pub mod form;
mod host_id;
pub mod key;
mod licence;
pub mod offer;
pub mod preview;
mod quantity;
pub mod site;
mod text;
pub mod upgrade;

pub use host_id::{HostId, HostIdError};
pub use licence::{DevelopmentSize, LicenceModel, LicenceType, Source, UsageTracking};
pub use quantity::{MOST, Quantity};
pub use text::{Garn, Name, PartNumber, Serial, TextError, capitalised, excerpt, folded, typed, visible};
