//! Mail: queued in the transaction of what it tells about, sent by a worker.

mod mailer;
pub(crate) mod message;

pub use mailer::{Mailer, MailerError};
pub(crate) use message::Mail;
