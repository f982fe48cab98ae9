//! Permissions of the data folder and everything in it: for its owner only.

use std::{io, path::Path};

/// Makes the folder, for its owner only. One that is there already becomes so.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    close(folder)
}

/// Closes everything in the folder to others, however deep it lies.
pub(crate) fn close_all(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        // What a link leads to is not ours.
        if entry.file_type()?.is_symlink() {
            continue;
        }
        close(&entry.path())?;
        if entry.file_type()?.is_dir() {
            close_all(&entry.path())?;
        }
    }
    Ok(())
}

/// Paths that others than their owner may read, each with its mode: `path` itself, and everything in it.
pub(crate) fn open_to_others(path: &Path) -> Vec<String> {
    let Ok(metadata) = std::fs::symlink_metadata(path) else { return Vec::new() };
    if metadata.is_symlink() {
        return Vec::new();
    }
    let own = if metadata.is_dir() { 700 } else { 600 };
    let fact = others(&metadata).map(|mode| format!("{} has mode {mode:03o}; give it {own}", path.display()));
    let entries = std::fs::read_dir(path).into_iter().flatten().filter_map(Result::ok);
    fact.into_iter().chain(entries.flat_map(|entry| open_to_others(&entry.path()))).collect()
}

#[cfg(unix)]
fn others(metadata: &std::fs::Metadata) -> Option<u32> {
    let mode = std::os::unix::fs::MetadataExt::mode(metadata) & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}

#[cfg(unix)]
fn close(path: &Path) -> io::Result<()> {
    let Some(mode) = others(&std::fs::symlink_metadata(path)?) else { return Ok(()) };
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode & 0o700))
}

#[cfg(not(unix))]
fn others(_: &std::fs::Metadata) -> Option<u32> {
    None
}

#[cfg(not(unix))]
fn close(_: &Path) -> io::Result<()> {
    Ok(())
}
