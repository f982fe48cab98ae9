//! Mail: queued in the transaction of what it tells about, sent by a worker.

pub(crate) mod outbox;

pub use outbox::{Mailer, MailerError, OutboxDepth, outbox_depth, send_due_mail};
