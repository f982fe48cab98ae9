//! An S3 server on loopback, over a folder.

use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use s3s_fs::FileSystem;
use std::{fs, process::Command};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle, task::JoinSet};

const KEY: &str = "AFMTTESTS";
const SECRET: &str = "a secret of tests";
const BUCKET: &str = "attachments";

/// A server with one bucket.
pub struct S3 {
    folder: TempDir,
    port: u16,
    running: Option<JoinHandle<()>>,
}

impl S3 {
    /// Starts one.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join(BUCKET)).expect("a bucket");
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let mut server = Self { folder, port, running: None };
        server.serve(listener);
        server
    }

    fn serve(&mut self, listener: TcpListener) {
        let mut builder = S3ServiceBuilder::new(FileSystem::new(self.folder.path()).expect("a folder"));
        builder.set_auth(SimpleAuth::from_single(KEY, SECRET));
        let service = builder.build();
        self.running = Some(tokio::spawn(async move {
            let mut lines = JoinSet::new();
            while let Ok((line, _)) = listener.accept().await {
                let service = service.clone();
                lines.spawn(async move {
                    Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(line), service).await.ok()
                });
            }
        }));
    }

    /// Ends it, with all its lines.
    pub async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.abort();
            let _ = running.await;
        }
    }

    /// Goes on with what was there.
    ///
    /// # Panics
    /// When its port is taken.
    pub async fn resume(&mut self) {
        let listener = TcpListener::bind(("127.0.0.1", self.port)).await.expect("its port");
        self.serve(listener);
    }

    /// Lets `command` keep attachments here.
    pub fn offer(&self, command: &mut Command) {
        command.env("AFMT_BLOBS", format!("s3://{BUCKET}/afmt/requests"));
        command.env("AWS_ACCESS_KEY_ID", KEY).env("AWS_SECRET_ACCESS_KEY", SECRET).env("AWS_REGION", "us-east-1");
        command.env("AWS_ENDPOINT", format!("http://127.0.0.1:{}", self.port)).env("AWS_ALLOW_HTTP", "true");
    }

    /// Sizes of the objects under our prefix, in bytes, in no order.
    ///
    /// # Panics
    /// When the folder cannot be read.
    #[must_use]
    pub fn sizes(&self) -> Vec<u64> {
        let folder = self.folder.path().join(BUCKET).join("afmt/requests");
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.metadata().expect("an object").len()).collect()
    }
}
