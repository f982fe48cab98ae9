//! Activation file requests: the public form, the page by the private link, and the workbench. Domain §7.

mod attachments;
mod conversation;
pub mod follow;
pub mod form;
pub mod mail;
pub mod queue;
pub mod welcome;
pub mod work;
