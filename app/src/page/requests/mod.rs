//! Activation file requests: the public form, the page by the private link, and the workbench. Domain §7.

mod attachments;
pub mod canned;
mod conversation;
pub mod figures;
pub mod follow;
pub mod form;
pub mod form_document;
mod keys;
pub mod mail;
pub mod queue;
pub mod welcome;
pub mod work;
