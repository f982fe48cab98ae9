use std::{borrow::Cow, fmt};

/// What was done to a file on its way, and undone before it was read.
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
            Self::ByteOrderMark => "A byte order mark at the beginning was left out.",
            Self::LineEnds => "Line ends that were changed to CR LF on the way were changed back.",
        })
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
}
