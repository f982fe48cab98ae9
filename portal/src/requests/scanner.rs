//! The virus scanner clamd: asked about one blob after the other.

use crate::store::blobs::BlobBytes;
use clamav_client::tokio::{Socket, Tcp, ping, scan_stream};
use futures_util::StreamExt;
use licensing::visible;
use std::{fmt, path::PathBuf, str::FromStr, sync::atomic::AtomicBool, time::Duration};
use tokio::time::timeout;

/// The scanner has this long for one attachment.
const PATIENCE: Duration = Duration::from_mins(1);
/// Address of clamd: `host:port`, or the path of its socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScannerAddress {
    Tcp(String),
    Socket(PathBuf),
}

/// Text that is not the address of a scanner.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("The virus scanner's address is a path such as /run/clamav/clamd.ctl, or host:port.")]
pub struct NotAScanner;

impl FromStr for ScannerAddress {
    type Err = NotAScanner;
    fn from_str(text: &str) -> Result<Self, NotAScanner> {
        if text.starts_with('/') {
            return Ok(Self::Socket(text.into()));
        }
        let port = text.rsplit_once(':').filter(|(host, _)| !host.is_empty()).and_then(|(_, port)| port.parse::<u16>().ok());
        port.map(|_| Self::Tcp(text.to_owned())).ok_or(NotAScanner)
    }
}

impl fmt::Display for ScannerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => f.write_str(address),
            Self::Socket(path) => path.display().fmt(f),
        }
    }
}

/// Word of the scanner.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    Nothing,
    /// The scanner's name of it.
    Virus(String),
}

/// Why the scanner says nothing.
#[derive(Debug, thiserror::Error)]
pub enum NotScanned {
    #[error("the virus scanner does not answer: {0}")]
    Away(#[from] std::io::Error),
    #[error("the virus scanner does not answer in time")]
    Silent,
    #[error("the virus scanner says: {0}")]
    Says(String),
}

impl ScannerAddress {
    /// Whether the scanner answers.
    ///
    /// # Errors
    /// [`NotScanned`].
    pub async fn answers(&self) -> Result<(), NotScanned> {
        let asked = async {
            match self {
                Self::Tcp(host_address) => ping(Tcp { host_address }).await,
                Self::Socket(socket_path) => ping(Socket { socket_path }).await,
            }
        };
        let said = timeout(PATIENCE, asked).await.map_err(|_| NotScanned::Silent)??;
        if said == clamav_client::PONG { Ok(()) } else { Err(NotScanned::Says(words(&said))) }
    }

    pub(super) async fn scan(&self, blob: BlobBytes) -> Result<Found, NotScanned> {
        let pieces = blob.pieces.map(|piece| piece.map(Into::into).map_err(std::io::Error::other));
        let scanned = async {
            match self {
                Self::Tcp(host_address) => scan_stream(pieces, Tcp { host_address }, None).await,
                Self::Socket(socket_path) => scan_stream(pieces, Socket { socket_path }, None).await,
            }
        };
        said(&timeout(PATIENCE, scanned).await.map_err(|_| NotScanned::Silent)??)
    }
}

fn words(answer: &[u8]) -> String {
    visible(&String::from_utf8_lossy(answer).replace('\0', ""))
}

/// Word of an answer: only one that says so is clean.
fn said(answer: &[u8]) -> Result<Found, NotScanned> {
    let words = words(answer);
    match words.strip_prefix("stream: ") {
        Some("OK") => Ok(Found::Nothing),
        Some(found) if found.ends_with(" FOUND") => Ok(Found::Virus(found.trim_end_matches(" FOUND").to_owned())),
        _ => Err(NotScanned::Says(words)),
    }
}

/// A scanner, and whether it was away when it was last asked.
pub(crate) struct Scanner {
    pub(super) address: ScannerAddress,
    pub(super) was_away: AtomicBool,
}

impl From<ScannerAddress> for Scanner {
    fn from(address: ScannerAddress) -> Self {
        Self { address, was_away: AtomicBool::new(false) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_said_to_be_clean_is() {
        assert_eq!(said(b"stream: OK\0").ok(), Some(Found::Nothing));
        assert_eq!(said(b"stream: Eicar.Test FOUND\0").ok(), Some(Found::Virus("Eicar.Test".into())));
        for answer in [&b""[..], b"OK", b"stream: ", b"stream: OK FOUND ERROR", b"INSTREAM size limit exceeded. ERROR\0"] {
            assert!(said(answer).is_err(), "{answer:?}");
        }
    }

    #[test]
    fn a_scanner_is_a_socket_or_a_port() {
        assert_eq!("/run/clamav/clamd.ctl".parse(), Ok(ScannerAddress::Socket("/run/clamav/clamd.ctl".into())));
        assert_eq!("127.0.0.1:3310".parse(), Ok(ScannerAddress::Tcp("127.0.0.1:3310".into())));
        for text in ["", "clamd", ":3310", "a:b"] {
            assert_eq!(text.parse::<ScannerAddress>(), Err(NotAScanner), "{text}");
        }
    }
}
