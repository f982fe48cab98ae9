//! Input of the command: never more than a file can have, and from its own folder only its own files.

use anyhow::{Context, Result, bail, ensure};
use licensing::{activation_file::LONGEST_NOTE, value::encoding};
use std::{
    fs::{File, OpenOptions},
    io::{ErrorKind, Read},
    path::Path,
};

/// Maximum number of bytes that are read of anything. Beyond what a file can have, its length alone refuses it.
const MOST_BYTES: u64 = 4 * LONGEST_NOTE as u64;

/// The bytes of a file that somebody named; `-` is standard input.
pub fn bytes(path: &Path) -> Result<Vec<u8>> {
    let read = || {
        let mut bytes = Vec::new();
        if path == Path::new("-") {
            std::io::stdin().take(MOST_BYTES).read_to_end(&mut bytes)?;
        } else {
            File::open(path)?.take(MOST_BYTES).read_to_end(&mut bytes)?;
        }
        Ok::<_, std::io::Error>(bytes)
    };
    read().with_context(|| format!("{} cannot be read", path.display()))
}

/// The text of a file that somebody named, as whatever program wrote it: UTF-8 or UTF-16, with or without a byte order mark.
pub fn text(path: &Path) -> Result<String> {
    let bytes = bytes(path)?;
    match encoding::read(&bytes) {
        Ok(text) => Ok(text.into_owned()),
        Err(error) => bail!("{} cannot be read: {error}", path.display()),
    }
}

/// The bytes of a file in a folder of ours, if it is there: a regular file that no link leads to, of a length that it can have.
pub fn own(path: &Path) -> Result<Option<Vec<u8>>> {
    let mut options = OpenOptions::new();
    options.read(true);
    // A link is not followed, and a pipe that nobody writes to does not wait.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC);
    #[cfg(not(unix))]
    ensure!(!path.is_symlink(), "{} is a link. Put the file itself there.", path.display());
    let file = match options.open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(_) if path.is_symlink() => bail!("{} is a link. Put the file itself there.", path.display()),
        Err(error) => return Err(error).with_context(|| format!("{} cannot be read", path.display())),
    };
    let unreadable = || format!("{} cannot be read", path.display());
    ensure!(file.metadata().with_context(unreadable)?.is_file(), "{} is no regular file. Take it away.", path.display());
    let mut bytes = Vec::new();
    file.take(MOST_BYTES).read_to_end(&mut bytes).with_context(unreadable)?;
    Ok(Some(bytes))
}
