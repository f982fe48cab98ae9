//! Mail: queued in the transaction of what it tells about, sent by a worker.

pub(crate) mod letter;
mod mailer;
pub(crate) mod message;

pub(crate) use letter::Letter;
pub use mailer::{Mailer, MailerError, address_in};
pub(crate) use message::{Mail, MailedFile, MailedSource};
