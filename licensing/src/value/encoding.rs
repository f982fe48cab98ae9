//! Text files as people's programs write them: UTF-8, or UTF-16 as a Windows shell and some spreadsheets do.

use std::borrow::Cow;

/// Bytes that are no text that could be read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is neither UTF-8 nor UTF-16 text; save the file as UTF-8")]
pub struct NotText {
    /// From 1.
    pub line: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    LittleEndian,
    BigEndian,
}

/// The text of a file, without a byte order mark.
///
/// # Errors
/// [`NotText`], with the line of the first bytes that are none.
pub fn read(bytes: &[u8]) -> Result<Cow<'_, str>, NotText> {
    match bytes {
        [0xEF, 0xBB, 0xBF, text @ ..] => utf_8(text),
        [0xFF, 0xFE, text @ ..] => utf_16(text, Order::LittleEndian),
        [0xFE, 0xFF, text @ ..] => utf_16(text, Order::BigEndian),
        text => match order_without_mark(text) {
            Some(order) => utf_16(text, order),
            None => utf_8(text),
        },
    }
}

/// Whether the bytes are text as UTF-16 writes it, with or without a mark.
#[must_use]
pub fn is_utf_16(bytes: &[u8]) -> bool {
    matches!(bytes, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..]) || order_without_mark(bytes).is_some()
}

/// Every other byte of mostly Latin text in UTF-16 is zero, and no byte of UTF-8 text is.
fn order_without_mark(bytes: &[u8]) -> Option<Order> {
    let zeros = |from: usize| bytes.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd, units) = (zeros(0), zeros(1), bytes.len() / 2);
    match () {
        () if units == 0 || !bytes.len().is_multiple_of(2) => None,
        () if odd > units / 2 && even == 0 => Some(Order::LittleEndian),
        () if even > units / 2 && odd == 0 => Some(Order::BigEndian),
        () => None,
    }
}

fn utf_8(bytes: &[u8]) -> Result<Cow<'_, str>, NotText> {
    let not_text = |at: usize| NotText { line: 1 + bytes[..at].iter().filter(|byte| **byte == b'\n').count() };
    match std::str::from_utf8(bytes) {
        Ok(text) => text.find('\0').map_or(Ok(Cow::Borrowed(text)), |at| Err(not_text(at))),
        Err(error) => Err(not_text(error.valid_up_to())),
    }
}

fn utf_16(bytes: &[u8], order: Order) -> Result<Cow<'_, str>, NotText> {
    let mut text = String::with_capacity(bytes.len());
    let pairs = bytes.chunks(2).map(|pair| match (pair, order) {
        ([low, high], Order::LittleEndian) => u16::from_le_bytes([*low, *high]),
        ([high, low], Order::BigEndian) => u16::from_be_bytes([*high, *low]),
        // Half a unit at the end is no character.
        _ => 0,
    });
    for character in char::decode_utf16(pairs) {
        match character {
            Ok(character) if character != '\0' => text.push(character),
            _ => return Err(NotText { line: 1 + text.matches('\n').count() }),
        }
    }
    Ok(Cow::Owned(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "machine;host\r\nMÜNCHEN-01;\u{1F5A5}\r\n";

    fn utf_16(mark: bool, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        let marked = if mark { format!("\u{FEFF}{TEXT}") } else { TEXT.to_owned() };
        marked.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn text_is_read_in_every_form_that_a_spreadsheet_or_a_shell_writes() {
        let forms = [
            TEXT.as_bytes().to_vec(),
            format!("\u{FEFF}{TEXT}").into_bytes(),
            utf_16(true, u16::to_le_bytes),
            utf_16(true, u16::to_be_bytes),
            utf_16(false, u16::to_le_bytes),
            utf_16(false, u16::to_be_bytes),
        ];
        for form in forms {
            assert_eq!(read(&form).as_deref(), Ok(TEXT), "{form:?}");
        }
        assert_eq!(read(b"").as_deref(), Ok(""));
    }

    #[test]
    fn what_is_no_text_is_named_by_its_line() {
        assert_eq!(read(b"a\nM\xDCNCHEN\n"), Err(NotText { line: 2 }));
        assert_eq!(read(b"a\n\nb\0"), Err(NotText { line: 3 }));
        assert_eq!(read(&[0xFF, 0xFE, b'a', 0, b'\n', 0, 0x00, 0xD8]), Err(NotText { line: 2 }));
        assert_eq!(read(&[0xFF, 0xFE, b'a', 0, b'b']), Err(NotText { line: 1 }));
    }
}
