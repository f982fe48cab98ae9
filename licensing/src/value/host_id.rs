use super::text::invisible;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The code that identifies one server: 12 hexadecimal digits, upper case. Domain §6.4.
///
/// ```
/// let host = licensing::HostId::typed("63:00:27:0e-26 df")?;
/// assert_eq!(host.to_string(), "6300270E26DF");
/// assert_eq!("6300270E26DF".parse(), Ok(host));
/// # Ok::<_, licensing::HostIdError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostId(String);

const DIGITS: usize = 12;
/// Digits of a 64-bit address.
const DIGITS_OF_EUI_64: usize = 16;

/// Why a text is not a host id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostIdError {
    #[error("Enter the host id: 12 hexadecimal digits, such as 6300270E26DF.")]
    Empty,
    #[error("A host id has 12 hexadecimal digits; this one has {0}.")]
    Length(usize),
    #[error("A host id has only the digits 0–9 and A–F; “{0}” is neither.")]
    NotHexadecimal(char),
    /// A group of an address that was written with a single digit.
    #[error(
        "A zero was dropped from this address: one of its groups has a single digit. Write all 12 digits, two in each group."
    )]
    DroppedZero,
    #[error(
        "This address has 64 bits (EUI-64): 16 digits. A host id has the 12 of a network adapter; GetHostID on the server shows it."
    )]
    Eui64,
    #[error(
        "A spreadsheet turned this host id into a number, and digits were lost. Format the column as text before you enter host ids, or write them with colons: 50:56:89:00:1E:12."
    )]
    Spreadsheet,
    #[error("{0} is the address of no adapter. GetHostID on the server shows its host id.")]
    NoAdapter(String),
}

impl HostId {
    /// Reads a host id as people type and paste it: with blanks, `:`, `-`, `.` and invisible characters between digits, in either case, in
    /// full-width digits. Nothing is ever padded.
    ///
    /// # Errors
    /// [`HostIdError`], with what was probably done to it.
    pub fn typed(typed: &str) -> Result<Self, HostIdError> {
        let narrow: String = typed.chars().map(narrow).filter(|c| !invisible(*c)).collect();
        let text = narrow.trim();
        let digits: String = text.chars().filter(|c| !c.is_whitespace() && !is_separator(*c)).collect();
        if digits.is_empty() {
            return Err(HostIdError::Empty);
        }
        if is_number_of_a_spreadsheet(text, &digits) {
            return Err(HostIdError::Spreadsheet);
        }
        if let Some(other) = digits.chars().find(|c| !c.is_ascii_hexdigit()) {
            return Err(HostIdError::NotHexadecimal(other));
        }
        match digits.len() {
            DIGITS => {}
            DIGITS_OF_EUI_64 => return Err(HostIdError::Eui64),
            length if length < DIGITS && text.split(is_separator).count() == DIGITS / 2 => return Err(HostIdError::DroppedZero),
            length => return Err(HostIdError::Length(length)),
        }
        let digits = digits.to_ascii_uppercase();
        if digits.bytes().all(|digit| digit == b'0') || digits.bytes().all(|digit| digit == b'F') {
            return Err(HostIdError::NoAdapter(digits));
        }
        Ok(Self(digits))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `50:56:89:00:1E:12`: no spreadsheet takes it for a number.
    #[must_use]
    pub fn with_colons(&self) -> String {
        let groups: Vec<&str> = (0..DIGITS).step_by(2).map(|at| &self.0[at..at + 2]).collect();
        groups.join(":")
    }
}

/// Full-width letters, digits and signs as the narrow ones.
fn narrow(c: char) -> char {
    match u32::from(c) {
        wide @ 0xFF01..=0xFF5E => char::from_u32(wide - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

/// The hyphens and dashes that word processors make, too.
fn is_separator(c: char) -> bool {
    matches!(c, ':' | '-' | '.' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// `5.05689E+17`, or decimal digits alone that are fewer than a host id has: leading zeros are what a spreadsheet takes first.
fn is_number_of_a_spreadsheet(text: &str, digits: &str) -> bool {
    let decimal = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let mantissa =
        |text: &str| text.split_once(['.', ',']).map_or(decimal(text), |(whole, part)| decimal(whole) && decimal(part));
    let exponent = |text: &str| text.strip_prefix('+').is_some_and(decimal) || (decimal(text) && text.len() <= 2);
    let scientific = text.split_once(['E', 'e']).is_some_and(|(number, power)| mantissa(number) && exponent(power));
    (scientific && digits.len() != DIGITS) || (decimal(text) && (7..DIGITS).contains(&text.len()))
}

/// As it is stored and stands in an activation file: exactly 12 digits, upper case. What `activation-file/1` allowed once is read for ever.
impl FromStr for HostId {
    type Err = HostIdError;

    fn from_str(text: &str) -> Result<Self, HostIdError> {
        match text.chars().find(|c| !matches!(c, '0'..='9' | 'A'..='F')) {
            Some(other) => Err(HostIdError::NotHexadecimal(other)),
            None if text.len() != DIGITS => Err(HostIdError::Length(text.len())),
            None => Ok(Self(text.to_owned())),
        }
    }
}

impl TryFrom<String> for HostId {
    type Error = HostIdError;
    fn try_from(text: String) -> Result<Self, HostIdError> {
        text.parse()
    }
}

impl From<HostId> for String {
    fn from(host: HostId) -> Self {
        host.0
    }
}

impl fmt::Display for HostId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_case_width_and_what_nobody_sees_are_read_over() {
        for typed in [
            "A3155D1E8B32",
            "a3155d1e8b32",
            " A3:15:5D:1E:8B:32 ",
            "a3-15-5d-1e-8b-32",
            "a315.5d1e.8b32",
            "A3‐15‐5D‐1E‐8B‐32",
            "\u{FEFF}A3155D\u{200B}1E8B32\u{202C}",
            "Ａ３：１５：５Ｄ：１Ｅ：８Ｂ：３２",
        ] {
            assert_eq!(HostId::typed(typed).map(|h| h.to_string()), Ok("A3155D1E8B32".into()), "{typed}");
        }
        // Digits with an E among them are a host id, and no number.
        assert_eq!(HostId::typed("505689E00012").map(|h| h.to_string()), Ok("505689E00012".into()));
        assert_eq!(HostId::typed("50:56:89:00:1e:12").map(|h| h.with_colons()), Ok("50:56:89:00:1E:12".into()));
    }

    #[test]
    fn other_texts_are_refused_with_the_fact() {
        for (typed, error) in [
            (" \u{200B}", HostIdError::Empty),
            ("6300270E26D", HostIdError::Length(11)),
            ("6300270E26DF0", HostIdError::Length(13)),
            ("6300270E26DG", HostIdError::NotHexadecimal('G')),
            ("6300270E26D\u{0}", HostIdError::Length(11)),
            ("8:0:20:0:5:ac", HostIdError::DroppedZero),
            ("08-00-20-0-05-ac", HostIdError::DroppedZero),
            ("0250:56ff:fe89:001e", HostIdError::Eui64),
            ("02-50-56-FF-FE-89-00-1E", HostIdError::Eui64),
            ("5.05689E+17", HostIdError::Spreadsheet),
            ("5,05689E+17", HostIdError::Spreadsheet),
            ("5.05689e17", HostIdError::Spreadsheet),
            ("5056890012", HostIdError::Spreadsheet),
            ("50568900121", HostIdError::Spreadsheet),
            ("00:00:00:00:00:00", HostIdError::NoAdapter("000000000000".into())),
            ("ff-ff-ff-ff-ff-ff", HostIdError::NoAdapter("FFFFFFFFFFFF".into())),
        ] {
            assert_eq!(HostId::typed(typed), Err(error), "{typed:?}");
        }
    }

    #[test]
    fn what_is_stored_is_read_as_it_stands() {
        for stored in ["A3155D1E8B32", "000000000000", "FFFFFFFFFFFF"] {
            assert_eq!(stored.parse::<HostId>().map(String::from), Ok(stored.into()));
        }
        for other in ["a3155d1e8b32", "A3:15:5D:1E:8B:32", "", "A3155D1E8B3", "A3155D1E8B32\n"] {
            assert!(other.parse::<HostId>().is_err(), "{other:?}");
        }
    }
}
