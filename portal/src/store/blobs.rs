//! Blobs: what is too large for a table, such as attachments. The database has their records.

use crate::error::Error;
use futures_util::{StreamExt, stream::BoxStream};
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt, WriteMultipart, local::LocalFileSystem, path::Path};
use std::{
    io::{Read, Seek, Write},
    ops::Range,
    path::PathBuf,
    sync::Arc,
};

/// Place of the blobs.
#[derive(Clone, Debug)]
pub enum BlobAddress {
    /// A folder, which must exist.
    Folder(PathBuf),
}

/// Blobs by their names, which are random.
pub(crate) struct Blobs {
    store: Arc<dyn ObjectStore>,
    folder: Option<PathBuf>,
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

/// A blob is written and read in pieces of this size, in bytes.
const PIECE: usize = 64 * 1024;

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
                Ok(Self { store: Arc::new(store), folder: Some(folder.clone()) })
            }
        }
    }

    /// Writes what `file` holds, from its beginning. It is there whole or not at all.
    pub(crate) async fn put(&self, name: &str, mut file: std::fs::File) -> Result<(), Error> {
        file.rewind().map_err(unreadable)?;
        let mut upload = WriteMultipart::new(self.store.put_multipart(&Path::from(name)).await?);
        loop {
            let reading = tokio::task::spawn_blocking(move || {
                let mut piece = vec![0; PIECE];
                let read = file.read(&mut piece)?;
                piece.truncate(read);
                Ok((file, piece))
            });
            let (back, piece) = reading.await.map_err(Error::internal)?.map_err(unreadable)?;
            file = back;
            if piece.is_empty() {
                break;
            }
            upload.wait_for_capacity(2).await?;
            upload.write(&piece);
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
