use crate::{
    error::Error,
    portal::Portal,
    private_file::write_private,
    store::{
        entity::outbox,
        statement::{row, run},
        write::Write,
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
};
use sea_orm::{ActiveValue::Set, EntityTrait, FromQueryResult, NotSet};
use std::path::PathBuf;

/// A mail as it is queued, in the transaction of what it tells about.
pub(crate) struct Mail {
    pub(crate) recipient: String,
    pub(crate) subject: String,
    pub(crate) body: String,
}

pub(crate) async fn queue(write: &Write, mail: Mail, now: DateTime<Utc>) -> Result<(), Error> {
    let mail = outbox::ActiveModel {
        id: NotSet,
        recipient: Set(mail.recipient),
        subject: Set(mail.subject),
        body: Set(mail.body),
        queued_at: Set(now),
        attempts: Set(0),
        next_attempt_at: Set(now),
        last_error: Set(None),
        state: Set("queued".to_owned()),
    };
    outbox::Entity::insert(mail).exec_without_returning(write.on()).await?;
    Ok(())
}

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

    async fn send(&self, mail: &Queued, now: DateTime<Utc>) -> Result<(), String> {
        let (Self::Smtp { from, .. } | Self::Folder { from, .. }) = self;
        let message = Message::builder()
            // The same at every attempt: who gets it twice sees it once.
            .message_id(Some(format!("<{}.{}@{}>", mail.id, mail.queued_at.timestamp_micros(), from.email.domain())))
            .date(now.into())
            .from(from.clone())
            .to(mail.recipient.parse().map_err(|e| format!("{e}"))?)
            .subject(&mail.subject)
            .header(ContentType::TEXT_PLAIN)
            .body(mail.body.clone())
            .map_err(|e| e.to_string())?;
        match self {
            Self::Smtp { transport, .. } => transport.send(message).await.map(drop).map_err(|e| e.to_string()),
            Self::Folder { folder, .. } => {
                let file = folder.join(format!("{:07}.{}.eml", mail.id, mail.queued_at.timestamp_micros()));
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

fn mailbox(from: &str) -> Result<Mailbox, MailerError> {
    from.parse().map_err(|_| MailerError::From(from.to_owned()))
}

#[derive(FromQueryResult)]
struct Queued {
    id: i64,
    recipient: String,
    subject: String,
    body: String,
    queued_at: DateTime<Utc>,
    attempts: i64,
}

/// After so many failures a mail is parked until somebody looks.
const MOST_ATTEMPTS: i64 = 10;
/// A claimed mail that was neither sent nor given up is tried again after this long: its worker died.
const CLAIM: TimeDelta = TimeDelta::minutes(5);

/// Mail that was not sent.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct OutboxDepth {
    /// To be tried, again or for the first time.
    pub queued: i64,
    /// Given up.
    pub parked: i64,
}

/// How much mail waits.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn outbox_depth(portal: &Portal) -> Result<OutboxDepth, Error> {
    let sql = "SELECT (SELECT COUNT(*) FROM outbox WHERE state = 'queued') AS queued,
                      (SELECT COUNT(*) FROM outbox WHERE state = 'parked') AS parked";
    let depth = row(portal.database.read(), "outbox: depth", sql, []).await?;
    depth.ok_or_else(|| Error::internal("the outbox cannot be counted"))
}

/// Sends the mail that is due; how many went out.
///
/// A mail is claimed before it is sent, so that several servers do not send it twice: who finds it claimed after waiting for another's
/// claim leaves it.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`]. A mail server that does not answer is none: the mail stays queued.
pub async fn send_due_mail(portal: &Portal, mailer: &Mailer) -> Result<u32, Error> {
    let mut sent = 0;
    loop {
        let now = portal.ctx.now();
        let claimed: Option<Queued> = row(
            portal.database.bookkeeping(),
            "outbox: claim",
            "UPDATE outbox SET attempts = attempts + 1, next_attempt_at = $2
             WHERE id = (SELECT id FROM outbox WHERE state = 'queued' AND next_attempt_at <= $1 ORDER BY id LIMIT 1)
                AND state = 'queued' AND next_attempt_at <= $1
             RETURNING id, recipient, subject, body, queued_at, attempts",
            [now.into(), (now + CLAIM).into()],
        )
        .await?;
        let Some(mail) = claimed else { return Ok(sent) };
        let (state, error) = match mailer.send(&mail, now).await {
            Ok(()) => {
                sent += 1;
                ("sent", None)
            }
            Err(error) if mail.attempts >= MOST_ATTEMPTS => ("parked", Some(error)),
            Err(error) => ("queued", Some(error)),
        };
        portal.observed.mail(state);
        if error.is_some() {
            // What the mail server said may hold addresses: it stays in the table.
            tracing::warn!(mail = mail.id, attempts = mail.attempts, state, "mail was not sent");
        }
        let wait = TimeDelta::minutes(1 << mail.attempts.clamp(0, 8));
        run(
            portal.database.bookkeeping(),
            "outbox: outcome",
            // Another server that has claimed it since knows better.
            "UPDATE outbox SET state = $2, next_attempt_at = $3, last_error = $4
             WHERE id = $1 AND state = 'queued' AND attempts = $5",
            [mail.id.into(), state.into(), (now + wait).into(), error.into(), mail.attempts.into()],
        )
        .await?;
    }
}
