//! Delivery of mail: through a server, or into files.

use super::message::{Mail, MailedFile};
use crate::private_file::write_private;
use chrono::{DateTime, Utc};
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    address::Envelope,
    message::{
        Attachment, Mailbox, MultiPart, SinglePart,
        header::{ContentType, Header, HeaderName, HeaderValue},
    },
};
use licensing::EmailAddress;
use std::path::PathBuf;

/// Carries mail away.
pub enum Mailer {
    Smtp {
        transport: AsyncSmtpTransport<Tokio1Executor>,
        from: Mailbox,
    },
    /// Each mail becomes a file: for trying the product out.
    Folder {
        folder: PathBuf,
        from: Mailbox,
    },
}

/// Why mail cannot be sent with these settings.
#[derive(Debug, thiserror::Error)]
pub enum MailerError {
    #[error("The mail server cannot be used: {0}.")]
    Server(#[from] lettre::transport::smtp::Error),
    #[error("The mail server refuses us.")]
    Refuses,
    #[error("{0:?} is not an address that mail can come from.")]
    From(String),
}

impl Mailer {
    /// Through the server at `url`, such as `smtps://user:password@mail.example`.
    ///
    /// # Errors
    /// [`MailerError`].
    pub fn smtp(url: &str, from: &str) -> Result<Self, MailerError> {
        Ok(Self::Smtp { transport: AsyncSmtpTransport::<Tokio1Executor>::from_url(url)?.build(), from: mailbox(from)? })
    }

    /// Into files in `folder`, which must exist.
    ///
    /// # Errors
    /// [`MailerError::From`].
    pub fn folder(folder: PathBuf, from: &str) -> Result<Self, MailerError> {
        Ok(Self::Folder { folder, from: mailbox(from)? })
    }

    /// Whether the mail server takes mail from us. A folder always does.
    ///
    /// # Errors
    /// [`MailerError`]: it does not answer, or it refuses us.
    pub async fn answers(&self) -> Result<(), MailerError> {
        match self {
            Self::Smtp { transport, .. } if !transport.test_connection().await? => Err(MailerError::Refuses),
            Self::Smtp { .. } | Self::Folder { .. } => Ok(()),
        }
    }

    /// Sends `mail`, the job (id, queued at), which has the same message id at every attempt: who gets it twice sees it once. `files` are the bytes of
    /// [`Mail::files`].
    pub(crate) async fn send(
        &self,
        mail: &Mail,
        files: Vec<Vec<u8>>,
        (id, queued_at): (i64, DateTime<Utc>),
        now: DateTime<Utc>,
    ) -> Result<(), String> {
        let (Self::Smtp { from, .. } | Self::Folder { from, .. }) = self;
        let domain = from.email.domain();
        let mut message = Message::builder()
            .message_id(Some(format!("<{id}.{}@{domain}>", queued_at.timestamp_micros())))
            .date(now.into())
            .from(from.clone())
            .subject(&mail.subject);
        if let Some(thread) = &mail.thread {
            let first = format!("<{thread}@{domain}>");
            message = message.in_reply_to(first.clone()).references(first);
        }
        // RFC 3834: no program answers what a program wrote.
        if !mail.by_person {
            message = message.header(AutoSubmitted);
        }
        if let Some(url) = &mail.unsubscribe {
            message = message.header(ListUnsubscribe(format!("<{url}>"))).header(ListUnsubscribePost);
        }
        let mut sender = from.email.clone();
        if let Some(replies_to) = &mail.replies_to {
            sender = replies_to.parse().map_err(|e| format!("{e}"))?;
            message = message.reply_to(sender.clone().into());
        }
        let recipient: Mailbox = mail.recipient.parse().map_err(|e| format!("{e}"))?;
        let envelope = Envelope::new(Some(sender), vec![recipient.email.clone()]).map_err(|e| e.to_string())?;
        message = message.to(recipient).envelope(envelope);
        let text = SinglePart::plain(mail.body.clone());
        let parts = match &mail.html {
            Some(html) => MultiPart::alternative().singlepart(text).singlepart(SinglePart::html(html.clone())),
            None => MultiPart::mixed().singlepart(text),
        };
        let parts = if files.is_empty() { parts } else { MultiPart::mixed().multipart(parts) };
        let attach = |parts: MultiPart, (file, bytes): (&MailedFile, Vec<u8>)| {
            let kind = ContentType::parse("application/octet-stream").unwrap_or(ContentType::TEXT_PLAIN);
            parts.singlepart(Attachment::new(file.name.clone()).body(bytes, kind))
        };
        let parts = mail.files.iter().zip(files).fold(parts, attach);
        let message = message.multipart(parts).map_err(|e| e.to_string())?;
        match self {
            Self::Smtp { transport, .. } => transport.send(message).await.map(drop).map_err(|e| e.to_string()),
            Self::Folder { folder, .. } => {
                let file = folder.join(format!("{:07}.{}.eml", id, queued_at.timestamp_micros()));
                let written = tokio::task::spawn_blocking(move || write_private(&file, &message.formatted()));
                match written.await.map_err(|e| e.to_string())? {
                    // It was written before, and that was not noted.
                    Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
                    written => written.map_err(|e| e.to_string()),
                }
            }
        }
    }
}

/// The field `List-Unsubscribe`, an address in angle brackets. RFC 8058.
#[derive(Clone)]
struct ListUnsubscribe(String);

impl Header for ListUnsubscribe {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe")
    }

    fn parse(value: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(value.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.clone())
    }
}

/// The field `List-Unsubscribe-Post: List-Unsubscribe=One-Click`.
#[derive(Clone)]
struct ListUnsubscribePost;

impl Header for ListUnsubscribePost {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe-Post")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "List-Unsubscribe=One-Click".to_owned())
    }
}

/// The field `Auto-Submitted: auto-generated`.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// Address in `from`, such as that of `AFMT <licensing@meridian.example>`.
///
/// # Errors
/// [`MailerError::From`].
pub fn address_in(from: &str) -> Result<EmailAddress, MailerError> {
    EmailAddress::typed(mailbox(from)?.email.as_ref()).map_err(|_| MailerError::From(from.to_owned()))
}

fn mailbox(from: &str) -> Result<Mailbox, MailerError> {
    from.parse().map_err(|_| MailerError::From(from.to_owned()))
}
