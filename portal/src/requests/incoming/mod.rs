//! Mail that comes in: replies become messages of their requests, and what is not certain waits for an analyst.

mod imap;
mod incoming_mail;
mod receive;
mod tray;

pub use imap::{ImapMailbox, NotAMailbox, NotFetched};
pub use receive::{LONGEST_MAIL, RawMail, Receipt, receive};
pub(super) use tray::of_request;
pub use tray::{MailView, NotSettled, NotedMail, TrayMail, TrayPage, add_to_request, dismiss, raw_mail, tray, unverified};
