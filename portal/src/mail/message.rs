use crate::{
    error::Error,
    jobs::{job::Job, queue::enqueue},
    store::write::Write,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A mail as it is queued, in the transaction of what it tells about.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Mail {
    pub(crate) recipient: String,
    pub(crate) subject: String,
    /// Its plain text.
    pub(crate) body: String,
    /// The same as HTML; mails of versions that had none are sent without.
    #[serde(default)]
    pub(crate) html: Option<String>,
    /// Mails of one thread are shown together.
    #[serde(default)]
    pub(crate) thread: Option<String>,
    /// Address that replies go to, and bounces with them. `None`: that of the sender.
    #[serde(default)]
    pub(crate) replies_to: Option<String>,
    /// A person wrote it: programs may answer.
    #[serde(default)]
    pub(crate) by_person: bool,
    /// Files that are attached.
    #[serde(default)]
    pub(crate) files: Vec<MailedFile>,
    /// Address that ends such mails with one click (RFC 8058).
    #[serde(default)]
    pub(crate) unsubscribe: Option<String>,
}

/// A file that a mail carries: its bytes are read when it is sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct MailedFile {
    #[serde(flatten)]
    pub(crate) source: MailedSource,
    pub(crate) name: String,
}

/// Where the bytes of a [`MailedFile`] are: a row id.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MailedSource {
    /// Revision of an activation file.
    Revision(i64),
    /// Attachment that an analyst provided.
    Attachment(i64),
}

impl Job for Mail {
    const KIND: &'static str = "mail";
    const MOST_ATTEMPTS: u32 = 10;
    const DISCARDABLE: bool = true;

    fn subject(&self) -> String {
        format!("“{}” to {}", self.subject, self.recipient)
    }
}

/// Queues a mail.
pub(crate) async fn queue(write: &Write, mail: &Mail, now: DateTime<Utc>) -> Result<(), Error> {
    enqueue(write, mail, now).await?;
    write.reach("mail queued");
    Ok(())
}
