use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The code that identifies one server: 12 hexadecimal digits, upper case. Domain §6.4.
///
/// ```
/// let host: licensing::HostId = "63:00:27:0e-26 df".parse()?;
/// assert_eq!(host.to_string(), "6300270E26DF");
/// # Ok::<_, licensing::HostIdError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostId(String);

const DIGITS: usize = 12;

/// Why a text is not a host id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostIdError {
    #[error("Enter the host id: 12 hexadecimal digits, such as 6300270E26DF.")]
    Empty,
    #[error("A host id has 12 hexadecimal digits; this one has {0}.")]
    Length(usize),
    #[error("A host id has only the digits 0–9 and A–F; “{0}” is neither.")]
    NotHexadecimal(char),
}

impl FromStr for HostId {
    type Err = HostIdError;

    /// Accepts what people paste: spaces, `:` and `-` between digits, either case.
    fn from_str(typed: &str) -> Result<Self, HostIdError> {
        let digits: String = typed.chars().filter(|c| !c.is_whitespace() && !matches!(c, ':' | '-')).collect();
        if digits.is_empty() {
            return Err(HostIdError::Empty);
        }
        if let Some(other) = digits.chars().find(|c| !c.is_ascii_hexdigit()) {
            return Err(HostIdError::NotHexadecimal(other));
        }
        if digits.len() != DIGITS {
            return Err(HostIdError::Length(digits.len()));
        }
        Ok(Self(digits.to_ascii_uppercase()))
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
    fn separators_and_case_are_normalised() {
        for typed in ["A3155D1E8B32", "a3155d1e8b32", " A3:15:5D:1E:8B:32 ", "a3-15-5d-1e-8b-32"] {
            assert_eq!(typed.parse::<HostId>().map(|h| h.to_string()), Ok("A3155D1E8B32".into()), "{typed}");
        }
    }

    #[test]
    fn other_texts_are_refused_with_the_fact() {
        assert_eq!(" ".parse::<HostId>(), Err(HostIdError::Empty));
        assert_eq!("6300270E26D".parse::<HostId>(), Err(HostIdError::Length(11)));
        assert_eq!("6300270E26DF0".parse::<HostId>(), Err(HostIdError::Length(13)));
        assert_eq!("6300270E26DG".parse::<HostId>(), Err(HostIdError::NotHexadecimal('G')));
        assert_eq!("６300270E26DF".parse::<HostId>(), Err(HostIdError::NotHexadecimal('６')));
    }
}
