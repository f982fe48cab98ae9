//! Blobs: what is too large for a table, such as attachments. The database has their records.

use crate::error::Error;
use chrono::{DateTime, Utc};
use futures_util::{StreamExt, TryStreamExt, stream::BoxStream};
use object_store::{
    GetOptions, GetRange, ObjectStore, ObjectStoreExt, RetryConfig, WriteMultipart, aws::AmazonS3Builder, local::LocalFileSystem,
    path::Path, prefix::PrefixStore,
};
use std::{
    io::{Read, Seek, Write},
    ops::Range,
    path::PathBuf,
    str::FromStr,
    sync::Arc,
    time::Duration,
};

/// Place of the blobs.
#[derive(Clone, Debug)]
pub enum BlobAddress {
    /// A folder, which must exist.
    Folder(PathBuf),
    /// A bucket of S3 or of what speaks like it, and what names begin with there. Keys, region and endpoint are in the environment, as `AWS_…`.
    S3 { bucket: String, prefix: String },
}

/// Text that is not the address of a bucket.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("Attachments are kept in a bucket written as s3://bucket/prefix.")]
pub struct NotABucket;

impl FromStr for BlobAddress {
    type Err = NotABucket;
    fn from_str(text: &str) -> Result<Self, NotABucket> {
        let (bucket, prefix) =
            text.strip_prefix("s3://").map(|rest| rest.split_once('/').unwrap_or((rest, ""))).ok_or(NotABucket)?;
        let named = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        let fits = !bucket.is_empty() && bucket.chars().all(named) && prefix.chars().all(|c| named(c) || c == '/');
        if fits {
            Ok(Self::S3 { bucket: bucket.to_owned(), prefix: prefix.trim_matches('/').to_owned() })
        } else {
            Err(NotABucket)
        }
    }
}

/// Blobs by their names, which are random.
pub(crate) struct Blobs {
    store: Arc<dyn ObjectStore>,
    folder: Option<PathBuf>,
    /// Size of the pieces in which a blob is written, in bytes.
    written: usize,
}

/// Bytes of a blob, piece by piece.
pub struct BlobBytes {
    /// Those that are sent, of `whole`.
    pub range: Range<u64>,
    pub whole: u64,
    pub pieces: BoxStream<'static, Result<Vec<u8>, Error>>,
}

impl BlobBytes {
    /// All bytes, in memory.
    pub(crate) async fn whole_bytes(mut self) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        while let Some(piece) = self.pieces.next().await {
            bytes.extend(piece?);
        }
        Ok(bytes)
    }
}

/// A blob is read in pieces of this size, in bytes, and written into a folder.
const PIECE: usize = 32 * 1024;
/// S3 takes none that are smaller, but for the last one.
const PIECE_OF_S3: usize = 5 * 1024 * 1024;
/// The store has so long for one answer.
const PATIENCE: Duration = Duration::from_secs(30);

impl From<object_store::Error> for Error {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => Self::NotFound,
            error => Self::Unavailable(error.into()),
        }
    }
}

impl Blobs {
    pub(crate) fn open(address: &BlobAddress) -> Result<Self, Error> {
        match address {
            BlobAddress::Folder(folder) => {
                let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
                Ok(Self { store: Arc::new(store), folder: Some(folder.clone()), written: PIECE })
            }
            BlobAddress::S3 { bucket, prefix } => {
                // A second portal in this process finds it there.
                let _ = rustls::crypto::ring::default_provider().install_default();
                let retry = RetryConfig { max_retries: 3, retry_timeout: PATIENCE, ..RetryConfig::default() };
                let store = AmazonS3Builder::from_env().with_bucket_name(bucket).with_retry(retry).build()?;
                let store = PrefixStore::new(store, prefix.as_str());
                Ok(Self { store: Arc::new(store), folder: None, written: PIECE_OF_S3 })
            }
        }
    }

    /// Writes what `file` holds, from its beginning. It is there whole or not at all.
    pub(crate) async fn put(&self, name: &str, mut file: std::fs::File) -> Result<(), Error> {
        file.rewind().map_err(unreadable)?;
        let upload = self.store.put_multipart(&Path::from(name)).await?;
        let mut upload = WriteMultipart::new_with_chunk_size(upload, self.written);
        // One buffer for all pieces, whichever thread reads: each thread would keep memory for one of its own.
        let mut piece = vec![0; PIECE];
        loop {
            let reading = tokio::task::spawn_blocking(move || file.read(&mut piece).map(|read| (file, piece, read)));
            let (back, filled, read) = reading.await.map_err(Error::internal)?.map_err(unreadable)?;
            (file, piece) = (back, filled);
            if read == 0 {
                break;
            }
            upload.wait_for_capacity(2).await?;
            upload.write(&piece[..read]);
        }
        upload.finish().await?;
        // The folder is closed to others already; each file is, too.
        #[cfg(unix)]
        if let Some(folder) = &self.folder {
            let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            std::fs::set_permissions(folder.join(name), private).map_err(unreadable)?;
        }
        Ok(())
    }

    /// Writes bytes that are in memory.
    pub(crate) async fn put_bytes(&self, name: &str, bytes: Vec<u8>) -> Result<(), Error> {
        let written = tokio::task::spawn_blocking(move || {
            let mut file = tempfile::tempfile()?;
            file.write_all(&bytes)?;
            Ok(file)
        });
        self.put(name, written.await.map_err(Error::internal)?.map_err(unreadable)?).await
    }

    /// Bytes of a blob, all of them or those of `range`.
    pub(crate) async fn get(&self, name: &str, range: Option<GetRange>) -> Result<BlobBytes, Error> {
        let options = GetOptions { range, ..GetOptions::default() };
        let found = self.store.get_opts(&Path::from(name), options).await?;
        let (range, whole) = (found.range.clone(), found.meta.size);
        let pieces = found.into_stream().map(|piece| piece.map(|bytes| bytes.to_vec()).map_err(Error::from)).boxed();
        Ok(BlobBytes { range, whole, pieces })
    }

    /// Names of the blobs that were written before an instant.
    pub(crate) async fn names_before(&self, instant: DateTime<Utc>) -> Result<Vec<String>, Error> {
        let old = self.store.list(None).try_filter(|blob| std::future::ready(blob.last_modified < instant));
        Ok(old.map_ok(|blob| blob.location.to_string()).try_collect().await?)
    }

    /// Removes a blob. One that is not there is removed already.
    pub(crate) async fn remove(&self, name: &str) -> Result<(), Error> {
        match self.store.delete(&Path::from(name)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

fn unreadable(error: std::io::Error) -> Error {
    Error::Unavailable(error.into())
}
