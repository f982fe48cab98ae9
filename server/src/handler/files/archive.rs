//! The files of a batch in one ZIP, sent while it grows.

use crate::http::csv;
use axum::body::Bytes;
use licensing::HostId;
use portal::files::batch::BatchFile;
use std::{
    io::Write as _,
    sync::{Arc, Mutex, PoisonError},
};
use zip::{CompressionMethod, ZipWriter, result::ZipError, write::SimpleFileOptions};

/// A ZIP that is taken away while it grows.
pub(super) struct Archive {
    zip: ZipWriter<zip::write::StreamWriter<Grown>>,
    grown: Grown,
    /// List of the files, a line each.
    table: Vec<[String; 6]>,
}

/// Bytes written and not yet taken.
#[derive(Clone, Default)]
struct Grown(Arc<Mutex<Vec<u8>>>);

impl Grown {
    fn take(&self) -> Bytes {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into()
    }
}

impl std::io::Write for Grown {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Archive {
    pub(super) fn new() -> Self {
        let grown = Grown::default();
        let head = ["file", "revision", "machine", "switchover machine", "host ids", "sha256"].map(str::to_owned);
        Self { zip: ZipWriter::new_stream(grown.clone()), grown, table: vec![head] }
    }

    /// Adds files; what can be sent.
    pub(super) fn add(&mut self, files: Vec<BatchFile>) -> Result<Bytes, ZipError> {
        for BatchFile { file_name, revision, machines, host_ids, bytes, sha256, .. } in files {
            self.put(&file_name, &bytes)?;
            let mut machines = machines.into_iter();
            let mut machine = || machines.next().unwrap_or_default();
            self.table.push([
                file_name,
                revision.to_string(),
                machine(),
                machine(),
                host_ids.iter().map(HostId::with_colons).collect::<Vec<_>>().join(" "),
                sha256,
            ]);
        }
        Ok(self.grown.take())
    }

    /// Adds the table and the end; what can be sent.
    pub(super) fn end(mut self) -> Result<Bytes, ZipError> {
        let table = csv::begin(std::mem::take(&mut self.table));
        self.put("files.csv", &table)?;
        self.zip.finish()?;
        Ok(self.grown.take())
    }

    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<(), ZipError> {
        // The bytes as they are: what anybody unpacks is what was signed.
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        self.zip.start_file(name, options)?;
        Ok(self.zip.write_all(bytes)?)
    }
}
