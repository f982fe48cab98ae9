//! The backend: who may do what, and one function for each thing that can be done.
//!
//! Rights are types. [`Portal::authenticate`] gives a [`Caller`], the caller gives an [`AccountAccess`], and only that reaches an account: every
//! operation is a function of its feature that takes the capability it needs.
//!
//! ```
//! async fn files(access: portal::AccountAccess) -> Result<Vec<portal::files::FileRow>, portal::Error> {
//!     portal::files::recent(&access, 5).await
//! }
//! ```
//!
//! ```compile_fail,E0308
//! async fn files(access: portal::Portal) -> Result<Vec<portal::files::FileRow>, portal::Error> {
//!     portal::files::recent(&access, 5).await
//! }
//! ```
//!
//! A write is committed together with its audit event, or not at all:
//!
//! ```
//! async fn finish(write: portal::Write, event: portal::AuditEvent) -> Result<(), portal::Error> {
//!     write.commit(event).await
//! }
//! ```
//!
//! ```compile_fail,E0061
//! async fn finish(write: portal::Write, event: portal::AuditEvent) -> Result<(), portal::Error> {
//!     write.commit().await
//! }
//! ```
//!
//! Tables stay inside:
//!
//! ```
//! use portal::Caller;
//! ```
//!
//! ```compile_fail,E0603
//! use portal::entity;
//! ```

mod access;
mod audit;
pub mod catalogue;
pub mod cloud;
mod ctx;
pub mod demo;
pub mod doctor;
mod error;
mod event_type;
pub mod files;
pub mod history;
pub mod jobs;
pub mod mail;
pub mod notices;
mod observe;
pub mod offer;
pub mod orders;
pub mod overview;
pub mod path;
pub mod people;
mod portal;
mod private_file;
pub mod requests;
pub mod search;
pub mod setup;
pub mod signing;
pub mod sites;
pub mod store;
mod submission;
pub mod table;
mod turns;

pub use access::{
    AccountAccess, AdministratorAccess, AnalystAccess, AnalystAccount, Caller, ChangeAccess, NotAnAdministrator, NotAnAnalyst,
    NotPermitted, PeopleAccess, Person, Role, SitesAccess,
};
pub use audit::AuditEvent;
pub use ctx::Ctx;
pub use error::Error;
pub use event_type::EventKind;
pub use portal::{MailSettings, OpenError, Portal, Settings};
pub use private_file::write_private;
pub use store::Write;
pub use submission::{KeyReused, NoSubmissionKey, SubmissionKey};
pub use turns::Turn;
