use crate::value::encoding;
use std::{borrow::Cow, fmt};

/// Damage in transport that can be undone, and is before the file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repair {
    /// U+FEFF at the beginning.
    ByteOrderMark,
    /// Lines that ended with CR LF.
    LineEnds,
}

impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ByteOrderMark => "A byte order mark at the beginning was removed.",
            Self::LineEnds => "Line ends that were changed to CR LF on the way were changed back.",
        })
    }
}

/// Damage in transport that cannot be undone: the file must be downloaded again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    Utf16,
    WholeMail,
    QuotedPrintable,
    /// The dash with which signature lines begin.
    Dash,
    LastLineEnd,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf16 => "a shell or an editor has stored it as UTF-16",
            Self::WholeMail => "it is a whole mail, and not the file that was attached to it",
            Self::QuotedPrintable => "mail has written it as quoted-printable",
            Self::Dash => "the long dash at the beginning of its last line was replaced on the way",
            Self::LastLineEnd => "the end of its last line was lost on the way",
        })
    }
}

/// Damage to bytes that were an activation file once, where it can be recognised.
#[must_use]
pub fn damage(bytes: &[u8]) -> Option<Damage> {
    if encoding::is_utf_16(bytes) {
        return Some(Damage::Utf16);
    }
    let text = String::from_utf8_lossy(bytes);
    let has = |what: &str| text.contains(what);
    let format = text.find("format =")?;
    let heads =
        ["From", "Received", "Return-Path", "Delivered-To", "MIME-Version", "Content-Type", "Message-ID", "Date", "Subject"];
    let is_head = |line: &str| heads.iter().any(|head| line.strip_prefix(head).is_some_and(|rest| rest.starts_with(':')));
    if text[..format].lines().any(is_head) {
        return Some(Damage::WholeMail);
    }
    if has("=E2=80=94") || has("format =3D") || has("=3D \"") || text.lines().any(|line| line.ends_with('=')) && has("=3D") {
        return Some(Damage::QuotedPrintable);
    }
    let signature = text.trim_end().rsplit('\n').next()?.trim_end();
    let (dash, rest) = signature.split_once(' ')?;
    let signs = rest.split_once(' ').is_some_and(|(name, code)| name.contains('/') && code.len() > 80);
    match dash {
        "—" if signs && !text.ends_with('\n') => Some(Damage::LastLineEnd),
        "—" => None,
        _ if signs => Some(Damage::Dash),
        _ => None,
    }
}

const BYTE_ORDER_MARK: &[u8] = "\u{FEFF}".as_bytes();

/// The bytes as they were before mail or an editor changed their line ends, and what was undone. Nothing else is repaired: what was changed in
/// any other way fails its signature. Rule 1 of the activation file.
#[must_use]
pub fn undo_transport(bytes: &[u8]) -> (Cow<'_, [u8]>, Vec<Repair>) {
    let mut repairs = Vec::new();
    let text = bytes.strip_prefix(BYTE_ORDER_MARK).inspect(|_| repairs.push(Repair::ByteOrderMark)).unwrap_or(bytes);
    if !text.windows(2).any(|two| two == b"\r\n") {
        return (Cow::Borrowed(text), repairs);
    }
    repairs.push(Repair::LineEnds);
    // A CR that no LF follows stays, and is refused as a control character.
    let followed_by_lf = |at: usize| text.get(at + 1) == Some(&b'\n');
    let lines = (0..text.len()).filter(|at| text[*at] != b'\r' || !followed_by_lf(*at)).map(|at| text[at]).collect();
    (Cow::Owned(lines), repairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_line_ends_and_the_mark_are_undone() {
        for (sent, read, repairs) in [
            ("a\nb\n", "a\nb\n", vec![]),
            ("\u{FEFF}a\nb\n", "a\nb\n", vec![Repair::ByteOrderMark]),
            ("a\r\nb\r\n", "a\nb\n", vec![Repair::LineEnds]),
            ("\u{FEFF}a\r\nb\n", "a\nb\n", vec![Repair::ByteOrderMark, Repair::LineEnds]),
            ("a\rb\r\r\n", "a\rb\r\n", vec![Repair::LineEnds]),
            ("a\u{FEFF}\n", "a\u{FEFF}\n", vec![]),
            (" a \n\n", " a \n\n", vec![]),
        ] {
            let (bytes, undone) = undo_transport(sent.as_bytes());
            assert_eq!((String::from_utf8_lossy(&bytes).as_ref(), undone), (read, repairs), "{sent:?}");
        }
    }

    #[test]
    fn what_the_way_did_is_known_where_it_can_be() {
        let good = include_str!("golden/production.I3Lic");
        let utf_16: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mail = format!("Return-Path: <a@b.example>\nSubject: your file\n\n{good}");
        let quoted = good.replace('=', "=3D").replace('—', "=E2=80=94");
        for (bytes, expected) in [
            (utf_16, Some(Damage::Utf16)),
            (mail.into_bytes(), Some(Damage::WholeMail)),
            (quoted.into_bytes(), Some(Damage::QuotedPrintable)),
            (good.replace("— ", "- ").into_bytes(), Some(Damage::Dash)),
            (good.replace("— ", "â€” ").into_bytes(), Some(Damage::Dash)),
            (good.trim_end().as_bytes().to_vec(), Some(Damage::LastLineEnd)),
            (good.as_bytes().to_vec(), None),
            (b"licensing.example/2026a+00000000+AQ==".to_vec(), None),
            (b"".to_vec(), None),
        ] {
            assert_eq!(damage(&bytes), expected, "{}", String::from_utf8_lossy(&bytes));
        }
    }
}
