//! A mailbox that replies arrive in, read by IMAP. What was received is marked as read there, and nothing is removed.

use super::receive::{LONGEST_MAIL, RawMail, receive};
use crate::{error::Error, portal::Portal};
use async_imap::{Client, Session};
use futures_util::TryStreamExt;
use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName};
use std::{fmt, str::FromStr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;
use url::{Host, Url};

/// The mail server has this long for its next answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// And this long to send one mail.
const PATIENCE_FOR_MAIL: Duration = Duration::from_mins(5);
/// Mails of one look into the mailbox.
const MOST_AT_ONCE: usize = 200;

/// Address of a mailbox, such as `imaps://user:password@mail.example/INBOX`. It is never shown whole.
#[derive(Clone)]
pub struct ImapMailbox {
    host: String,
    port: u16,
    encrypted: bool,
    user: String,
    password: String,
    folder: String,
}

/// Text that is not the address of a mailbox.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAMailbox {
    #[error("The mailbox is written as imaps://user:password@host/INBOX, with % for special characters.")]
    Shape,
    #[error("The mailbox's password would travel in the clear: imap:// is for this machine only. Use imaps://.")]
    Clear,
}

impl FromStr for ImapMailbox {
    type Err = NotAMailbox;
    fn from_str(text: &str) -> Result<Self, NotAMailbox> {
        let url = Url::parse(text).map_err(|_| NotAMailbox::Shape)?;
        let encrypted = match url.scheme() {
            "imaps" => true,
            "imap" => false,
            _ => return Err(NotAMailbox::Shape),
        };
        let plain = |part: &str| {
            let decoded: Vec<(String, String)> =
                form_urlencoded::parse(format!("x={}", part.replace('+', "%2B")).as_bytes()).into_owned().collect();
            decoded.into_iter().next().map(|(_, value)| value)
        };
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(NotAMailbox::Shape)?.to_owned();
        let is_here = match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            _ => host == "localhost" || host == "127.0.0.1" || host == "[::1]",
        };
        if !encrypted && !is_here {
            return Err(NotAMailbox::Clear);
        }
        let folder = plain(url.path().trim_matches('/')).filter(|folder| !folder.is_empty());
        Ok(Self {
            host,
            port: url.port().unwrap_or(if encrypted { 993 } else { 143 }),
            encrypted,
            user: plain(url.username()).filter(|user| !user.is_empty()).ok_or(NotAMailbox::Shape)?,
            password: url.password().and_then(plain).ok_or(NotAMailbox::Shape)?,
            folder: folder.unwrap_or_else(|| "INBOX".to_owned()),
        })
    }
}

impl fmt::Debug for ImapMailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}/{}", self.host, self.port, self.folder)
    }
}

/// Why a mailbox was not read to its end. What was received stays received; the rest is there the next time.
#[derive(Debug, thiserror::Error)]
pub enum NotFetched {
    #[error("the mail server does not answer")]
    Silent,
    #[error("the line to the mail server broke: {0}")]
    Line(#[from] std::io::Error),
    #[error("the mail server does not prove who it is: {0}")]
    Certificate(String),
    #[error("the mail server refuses: {0}")]
    Refuses(#[from] async_imap::error::Error),
    #[error(transparent)]
    Portal(Error),
}

trait Line: AsyncRead + AsyncWrite + Unpin + Send + fmt::Debug {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + fmt::Debug> Line for T {}

async fn patiently<T, E: Into<NotFetched>>(step: impl Future<Output = Result<T, E>>) -> Result<T, NotFetched> {
    timeout(PATIENCE, step).await.map_err(|_| NotFetched::Silent)?.map_err(Into::into)
}

impl ImapMailbox {
    async fn connect(&self) -> Result<Box<dyn Line>, NotFetched> {
        let host = self.host.trim_matches(['[', ']']);
        let tcp = patiently(TcpStream::connect((host, self.port))).await?;
        if !self.encrypted {
            return Ok(Box::new(tcp));
        }
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| NotFetched::Certificate(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from(host.to_owned()).map_err(|error| NotFetched::Certificate(error.to_string()))?;
        Ok(Box::new(patiently(TlsConnector::from(Arc::new(config)).connect(name, tcp)).await?))
    }

    async fn open(&self) -> Result<Session<Box<dyn Line>>, NotFetched> {
        let mut client = Client::new(self.connect().await?);
        patiently(client.read_response()).await?.ok_or(NotFetched::Silent)?;
        let login = async { client.login(&self.user, &self.password).await.map_err(|(error, _)| error) };
        let mut session = patiently(login).await?;
        patiently(session.select(&self.folder)).await?;
        Ok(session)
    }

    /// Whether the mail server lets us in.
    ///
    /// # Errors
    /// [`NotFetched`].
    pub async fn opens(&self) -> Result<(), NotFetched> {
        patiently(self.open().await?.logout()).await
    }

    /// Receives what nobody has read yet; the number of mails.
    ///
    /// # Errors
    /// [`NotFetched`].
    pub async fn fetch(&self, portal: &Portal) -> Result<u32, NotFetched> {
        let mut session = self.open().await?;
        let mut unread: Vec<u32> = patiently(session.uid_search("UNSEEN")).await?.into_iter().collect();
        unread.sort_unstable();
        let mut received = 0;
        for uid in unread.into_iter().take(MOST_AT_ONCE) {
            let Some(mail) = self.mail(&mut session, uid).await? else { continue };
            match receive(portal, mail).await {
                Ok(_) => {}
                // The others need not wait for one that something is wrong with.
                Err(Error::Internal(error)) => {
                    tracing::error!(error, uid, "a mail was not received");
                    continue;
                }
                Err(error) => return Err(NotFetched::Portal(error)),
            }
            received += 1;
            let marked =
                async { session.uid_store(uid.to_string(), "+FLAGS.SILENT (\\Seen)").await?.try_collect::<Vec<_>>().await };
            patiently(marked).await?;
        }
        patiently(session.logout()).await?;
        Ok(received)
    }

    /// A mail; `None` when it is gone.
    async fn mail(&self, session: &mut Session<Box<dyn Line>>, uid: u32) -> Result<Option<RawMail>, NotFetched> {
        let size = async { session.uid_fetch(uid.to_string(), "RFC822.SIZE").await?.try_collect::<Vec<_>>().await };
        let size = patiently(size).await?.first().and_then(|fetched| fetched.size);
        let Some(size) = size else { return Ok(None) };
        let is_long = u64::from(size) > LONGEST_MAIL;
        let what = if is_long { "BODY.PEEK[HEADER]" } else { "BODY.PEEK[]" };
        let fetch = async { session.uid_fetch(uid.to_string(), what).await?.try_collect::<Vec<_>>().await };
        let fetched = timeout(PATIENCE_FOR_MAIL, fetch).await.map_err(|_| NotFetched::Silent)??;
        let Some(fetched) = fetched.first() else { return Ok(None) };
        Ok(if is_long {
            fetched.header().map(|header| RawMail::header_of_long(header.to_vec()))
        } else {
            fetched.body().map(|body| RawMail::from(body.to_vec()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_is_an_address_with_a_password_that_is_never_shown() {
        let mailbox: ImapMailbox =
            "imaps://requests%40licences.example:p%2Fw+d@mail.example/Support/AFR".parse().expect("a mailbox");
        assert_eq!((mailbox.user.as_str(), mailbox.password.as_str(), mailbox.port), ("requests@licences.example", "p/w+d", 993));
        assert_eq!(format!("{mailbox:?}"), "mail.example:993/Support/AFR");
        let local: ImapMailbox = "imap://a:b@127.0.0.1:1143".parse().expect("a mailbox");
        assert_eq!((local.folder.as_str(), local.port), ("INBOX", 1143));
        assert_eq!("imap://a:b@mail.example".parse::<ImapMailbox>().err(), Some(NotAMailbox::Clear));
        for text in ["", "mail.example", "smtp://a:b@c.example", "imaps://mail.example", "imaps://a@mail.example"] {
            assert_eq!(text.parse::<ImapMailbox>().err(), Some(NotAMailbox::Shape), "{text}");
        }
    }
}
