//! Properties of any input: the fuzz targets in `fuzz/` try them on inputs that they make, an ordinary test on the ones kept there.

use super::{ActivationFile, Expected, KeyRing, Note, RevocationList, undo_transport};
use chrono::NaiveDate;

/// A text that is decoded is written again as it was, says facts, and differs in nothing from itself.
///
/// # Panics
/// When one of that does not hold.
pub fn text(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(file) = ActivationFile::decode(text) {
        assert_eq!(file.encode(), text);
        assert!(!file.facts().is_empty());
        assert_eq!(file.changes(&file), []);
        assert!(!file.binding.servers().is_empty(), "a file is for a server");
    }
}

/// A note is taken apart into what it was made of, what is undone is told, and nothing is valid by `ring` that was not signed by one of its
/// keys: `signed` are the notes that were.
///
/// # Panics
/// When one of that does not hold.
pub fn note(bytes: &[u8], ring: &KeyRing, signed: &[&[u8]]) {
    let (undone, repairs) = undo_transport(bytes);
    assert_eq!(repairs.is_empty(), undone.as_ref() == bytes);
    if let Ok(note) = Note::parse(&undone) {
        assert!(undone.starts_with(note.text.as_bytes()) && !note.signatures.is_empty());
    }
    let examined = ring.examine(bytes, &Expected::default());
    if examined.verdict.word() == "valid" {
        let text = |note: &[u8]| Note::parse(note).map(|note| note.text.to_owned());
        let of_this = text(&undone);
        assert!(of_this.is_ok() && signed.iter().any(|note| text(note) == of_this), "a text is valid that nobody signed");
        assert!(examined.file.is_some());
    }
}

/// A revocation list is read or refused.
///
/// # Panics
/// When a list is relied on after its last day.
pub fn revocations(bytes: &[u8], ring: &KeyRing, on: NaiveDate) {
    if let Ok(list) = RevocationList::open(bytes, ring, on) {
        assert!(on <= list.valid_through && list.number > 0);
    }
}

/// A key ring is read or refused, and what was read answers about anything.
pub fn key_ring(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(ring) = text.parse::<KeyRing>() {
        let _ = ring.examine(bytes, &Expected::default());
    }
}
