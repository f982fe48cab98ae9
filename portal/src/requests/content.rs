//! What an attachment is, by its content: what is not known to be harmless and readable is refused.

use licensing::activation_file::{Expected, KeyRing, Verdict};
use std::{
    fs::File,
    io::{BufReader, Read, Seek},
};
use zip::ZipArchive;

/// Maximum size of what an archive unpacks to, in bytes.
const MOST_UNPACKED: u64 = 100 * 1024 * 1024;
/// Maximum number of files in an archive.
const MOST_ENTRIES: usize = 1_000;
/// An activation file is smaller, in bytes.
const MOST_OF_ACTIVATION_FILE: u64 = 512 * 1024;

/// Why the content of an attachment is not taken. A sentence, after the name of the file.
#[derive(Debug, thiserror::Error)]
pub enum BadContent {
    #[error("is empty")]
    Empty,
    #[error("has a name that ends in “{0}”. Pictures, PDF, text, CSV, Word, Excel, ZIP and activation files are taken")]
    Ending(String),
    #[error("is not what its name says: it is {0}")]
    Otherwise(&'static str),
    #[error("is not text, as its name says")]
    NotText,
    #[error("cannot be unpacked. Pack it again, without a password")]
    NotUnpacked,
    #[error("unpacks to more than 100 MiB or 1,000 files. Send less of it")]
    UnpacksToTooMuch,
    #[error("has an archive inside. Send what is in it by itself")]
    Nested,
    #[error("could not be read again: {0}")]
    Unreadable(std::io::Error),
}

/// A kind of content, and the endings that its files have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Picture,
    Pdf,
    Archive,
    Text,
    ActivationFile,
}

impl Kind {
    fn of_ending(ending: &str) -> Option<Self> {
        match ending {
            "png" | "jpg" | "jpeg" | "gif" | "webp" | "bmp" | "tif" | "tiff" | "heic" => Some(Self::Picture),
            "pdf" => Some(Self::Pdf),
            "zip" | "docx" | "xlsx" | "pptx" => Some(Self::Archive),
            "txt" | "lic" | "csv" | "log" | "xml" | "json" | "ini" | "conf" | "cfg" | "md" | "eml" => Some(Self::Text),
            "i3lic" => Some(Self::ActivationFile),
            _ => None,
        }
    }

    /// The kind that the first bytes are those of; `None` may be text.
    fn of_content(head: &[u8]) -> Option<Self> {
        let found = infer::get(head)?;
        match found.matcher_type() {
            infer::MatcherType::Image => Some(Self::Picture),
            infer::MatcherType::Doc => Some(Self::Archive),
            _ => match found.mime_type() {
                "application/pdf" => Some(Self::Pdf),
                "application/zip" => Some(Self::Archive),
                // Whatever else it is, it is not taken.
                _ => None,
            },
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Picture => "a picture",
            Self::Pdf => "a PDF document",
            Self::Archive => "an archive or an Office document",
            Self::Text => "text",
            Self::ActivationFile => "an activation file",
        }
    }
}

/// What an attachment is, in words: the verdict of an activation file among them. Blocks while it reads.
pub(super) fn judge(name: &str, file: &File, ring: &KeyRing, expected: &Expected) -> Result<String, BadContent> {
    let mut file = file.try_clone().map_err(BadContent::Unreadable)?;
    file.rewind().map_err(BadContent::Unreadable)?;
    let mut head = vec![0; 8 * 1024];
    let read = file.read(&mut head).map_err(BadContent::Unreadable)?;
    head.truncate(read);
    if head.is_empty() {
        return Err(BadContent::Empty);
    }
    file.rewind().map_err(BadContent::Unreadable)?;
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_lowercase();
    let named = Kind::of_ending(&ending).ok_or_else(|| BadContent::Ending(licensing::excerpt(&ending)))?;
    let found = Kind::of_content(&head);
    match (named, found) {
        (Kind::Text | Kind::ActivationFile, Some(found)) => return Err(BadContent::Otherwise(found.words())),
        (Kind::Picture | Kind::Pdf | Kind::Archive, None) => return Err(BadContent::Otherwise("something else")),
        (named, Some(found)) if named != found => return Err(BadContent::Otherwise(found.words())),
        _ => {}
    }
    match named {
        Kind::Picture => Ok("Picture".to_owned()),
        Kind::Pdf => Ok("PDF".to_owned()),
        Kind::Text => text(file).map(|()| "Text".to_owned()),
        Kind::Archive => {
            unpack(file).map(|files| if ending == "zip" { format!("Archive of {files}") } else { "Office document".to_owned() })
        }
        Kind::ActivationFile => {
            let mut bytes = Vec::new();
            file.take(MOST_OF_ACTIVATION_FILE).read_to_end(&mut bytes).map_err(BadContent::Unreadable)?;
            let examined = ring.examine(&bytes, expected);
            let serial = examined.file.map(|file| format!(" {}", file.serial)).unwrap_or_default();
            let valid = if matches!(examined.verdict, Verdict::Valid(_)) { "valid" } else { "not valid" };
            Ok(format!("Activation file{serial}, {valid}: {}", examined.verdict))
        }
    }
}

/// Whether all of it is text: UTF-8, or letters of one byte each, without control characters.
fn text(file: File) -> Result<(), BadContent> {
    let mut reader = BufReader::new(file);
    let mut piece = [0; 8 * 1024];
    loop {
        let read = reader.read(&mut piece).map_err(BadContent::Unreadable)?;
        if read == 0 {
            return Ok(());
        }
        let control = |byte: &u8| *byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C | 0x1B);
        if piece[..read].iter().any(control) {
            return Err(BadContent::NotText);
        }
    }
}

/// Number of files that an archive unpacks to, in words. Its own word on sizes is not believed: it is unpacked.
fn unpack(file: File) -> Result<String, BadContent> {
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|_| BadContent::NotUnpacked)?;
    if archive.len() > MOST_ENTRIES {
        return Err(BadContent::UnpacksToTooMuch);
    }
    let mut left = MOST_UNPACKED;
    let mut piece = vec![0; 64 * 1024];
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at).map_err(|_| BadContent::NotUnpacked)?;
        let mut first = true;
        loop {
            let read = entry.read(&mut piece).map_err(|_| BadContent::NotUnpacked)?;
            if read == 0 {
                break;
            }
            if first && infer::is_archive(&piece[..read]) {
                return Err(BadContent::Nested);
            }
            first = false;
            left = left.checked_sub(read as u64).ok_or(BadContent::UnpacksToTooMuch)?;
        }
    }
    let files = archive.len();
    Ok(if files == 1 { "1 file".to_owned() } else { format!("{files} files") })
}
