//! Files that only their owner can read, which appear whole or not at all.

use std::{io::Write as _, path::Path};
use tempfile::NamedTempFile;

/// Writes a new file that only its owner can read. It is there whole or not at all.
///
/// # Errors
/// Errors of the file system; also when the file exists already.
pub fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    private(path, bytes)?.persist_noclobber(path)?;
    sync_folder(path)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A file beside `path` that only its owner can read, on the disk.
pub(crate) fn private(path: &Path, bytes: &[u8]) -> std::io::Result<NamedTempFile> {
    let mut file = NamedTempFile::new_in(folder_of(path))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// The name of a file is part of its folder.
pub(crate) fn sync_folder(path: &Path) -> std::io::Result<()> {
    if cfg!(unix) { std::fs::File::open(folder_of(path))?.sync_all() } else { Ok(()) }
}
