//! A virus scanner on loopback with a database of one line, ended with the process that started it.

use crate::{
    free_port,
    keeper::{answers, keep},
};
use std::{fs, process::Child};
use tempfile::TempDir;

/// What the scanner takes for a virus.
pub const VIRUS: &str = "AFMT-VIRUS-OF-TESTS-7f3a91";

/// A clamd.
pub struct Clamd {
    folder: TempDir,
    port: u16,
    running: Option<Child>,
}

impl Clamd {
    /// Starts one.
    ///
    /// # Panics
    /// When it is not installed or does not start.
    #[must_use]
    pub fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("afmt-clamd-").tempdir().expect("a folder");
        let here = folder.path().display().to_string();
        let port = free_port();
        fs::create_dir(folder.path().join("database")).expect("a folder");
        let signature: String = VIRUS.bytes().map(|byte| format!("{byte:02x}")).collect();
        fs::write(folder.path().join("database/tests.ndb"), format!("Afmt.Test:0:*:{signature}\n")).expect("a database");
        let user = if fs::metadata(folder.path()).is_ok_and(|of| std::os::unix::fs::MetadataExt::uid(&of) == 0) {
            "User root\n"
        } else {
            ""
        };
        let configuration = format!(
            "Foreground yes\nTCPAddr 127.0.0.1\nTCPSocket {port}\nDatabaseDirectory {here}/database\nLogFile {here}/log\n{user}MaxThreads 2\n"
        );
        fs::write(folder.path().join("clamd.conf"), configuration).expect("configured");
        let mut clamd = Self { folder, port, running: None };
        clamd.resume();
        clamd
    }

    /// Starts it again.
    ///
    /// # Panics
    /// When it does not start.
    pub fn resume(&mut self) {
        let configuration = format!("--config-file={}", self.folder.path().join("clamd.conf").display());
        self.running = Some(keep(&["/usr/sbin/clamd".as_ref(), configuration.as_ref()]));
        let log = self.folder.path().join("log");
        answers(self.port, || fs::read_to_string(&log).unwrap_or_default());
    }

    /// Ends it; it can be resumed.
    ///
    /// # Panics
    /// When it does not end.
    pub fn stop(&mut self) {
        if let Some(mut running) = self.running.take() {
            drop(running.stdin.take());
            running.wait().expect("its end");
        }
    }

    /// Its address.
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}
