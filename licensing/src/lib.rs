//! The domain, pure: what a licence is made of, what a form asks for, what a choice would give, and the activation file.
//!
//! Nothing here knows a database, HTTP, a clock or a random source, so the same rules run on the server and in the browser.
//! The `Display` of every error is the text that people read.

pub mod activation_file;
pub mod catalogue;
pub mod cloud;
pub mod files;
pub mod form;
mod licence;
pub mod notice;
pub mod offer;
pub mod orders;
pub mod people;
pub mod requests;
pub mod sites;
pub mod value;

pub use licence::{DevelopmentSize, LicenceModel, LicenceType, Source, UsageTracking};
pub use value::{
    email::{EmailAddress, NotAnEmailAddress},
    host_id::{HostId, HostIdError},
    quantity::{MOST, Quantity},
    text::{
        Garn, Name, PartNumber, Serial, TextError, capitalised, excerpt, folded, received_lines, typed, typed_lines, visible,
    },
};
