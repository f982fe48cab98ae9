//! Activation file requests: what strangers and customers ask for, and how licensing analysts answer. Domain §7.

mod attachment;
mod browser;
mod canned;
mod confirmation;
mod content;
pub(crate) mod doctor;
mod draft;
mod facts;
mod figures;
mod files;
mod follow;
mod form;
mod incoming;
pub(crate) mod keep;
mod limits;
mod message;
mod queue;
mod readers;
mod reply_address;
mod scan;
pub(crate) mod scanner;
mod submit;
mod sweep;
mod work;

pub(crate) use attachment::provided_bytes;
pub use attachment::{
    AttachAccess, Attachment, MOST_ATTACHMENTS, MOST_BYTES, MOST_BYTES_EACH, NotAttached, Opened, Scan, Upload, attach,
    attachment, attachment_for_analyst, attachments, remove_attachment,
};
pub use browser::BrowserAccess;
pub(crate) use canned::fill_demo;
pub use canned::{CannedAnswer, GAPS, NotCanned, canned_answers, canned_text, keep_canned, remove_canned};
pub(crate) use confirmation::{ConfirmRequest, confirm_request};
pub use content::BadContent;
pub use draft::{Draft, NotKept, draft, keep, latest_draft};
pub use facts::{AccountFact, Facts};
pub use figures::{Figures, Week, figures};
pub use files::{BoundFile, HandedFile};
pub use follow::{
    Follower, OwnRequest, RequestAccess, RequestView, close, confirm_mailbox, download_handed, own_requests, renew_link, reply,
    view,
};
pub use form::{FormDocument, NotTaken, change_form, form, form_document};
pub use incoming::{
    ImapMailbox, LONGEST_MAIL, MailView, NotAMailbox, NotFetched, NotSettled, NotedMail, RawMail, Receipt, TrayMail, TrayPage,
    add_to_request, dismiss, raw_mail, receive, tray, unverified,
};
pub use keep::Keep;
pub use limits::TooMany;
pub use message::{Message, MessageKind, NotSent};
pub use queue::{
    MOST_COUNTED, Place, QUESTIONS, QueueOrder, QueuePage, QueueRow, QueueView, Sought, ViewCounts, queue, queue_lines,
    view_counts,
};
pub use readers::reading;
pub use scan::{scan_pending, unscanned};
pub use scanner::{NotAScanner, NotScanned, ScannerAddress};
pub use submit::{NotSubmitted, Sender, Submitted, finish, submit, submitted};
pub use sweep::{Swept, sweep};
pub use work::{
    Analyst, Answer, MailPreview, NotHeld, RequestWork, analysts, answer, bind_file, claim, hand_over, link_account, next_step,
    note, preview, release, work,
};
