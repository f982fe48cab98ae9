use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Why a text cannot be a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    #[error("it is empty")]
    Empty,
    #[error("it has {0} characters; at most {1} are possible")]
    TooLong(usize, usize),
    #[error("it has a control or text-direction character (U+{0:04X}), which a reader cannot see")]
    Invisible(u32),
    #[error("it is not written as {0}")]
    Shape(&'static str),
}

/// Characters that change how the text around them is read, without being seen.
fn invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// The longest part of a text that is repeated to people, in characters.
const LONGEST_EXCERPT: usize = 40;

/// The beginning of what somebody typed, for a sentence about it: at most 40 characters, none that a reader cannot see.
#[must_use]
pub fn excerpt(typed: &str) -> String {
    let mut seen = typed.trim().chars().filter(|c| !invisible(*c));
    let begin: String = seen.by_ref().take(LONGEST_EXCERPT).collect();
    if seen.next().is_some() { format!("{begin}…") } else { begin }
}

/// A name that goes into an activation file: 1 to 100 characters, none of them invisible, no blank at either end.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

impl Name {
    pub const LONGEST: usize = 100;

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = TextError;
    fn from_str(typed: &str) -> Result<Self, TextError> {
        let text = typed.trim();
        if text.is_empty() {
            return Err(TextError::Empty);
        }
        if let Some(c) = text.chars().find(|c| invisible(*c)) {
            return Err(TextError::Invisible(u32::from(c)));
        }
        let length = text.chars().count();
        if length > Self::LONGEST {
            return Err(TextError::TooLong(length, Self::LONGEST));
        }
        Ok(Self(text.to_owned()))
    }
}

/// A code of the trade: a fixed shape, checked once, then only carried.
macro_rules! code {
    ($(#[$doc:meta])* $name:ident, $shape:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = TextError;
            fn from_str(text: &str) -> Result<Self, TextError> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) { Ok(Self(text.to_owned())) } else { Err(TextError::Shape($shape)) }
            }
        }

        text!($name);
    };
}

macro_rules! text {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = TextError;
            fn try_from(text: String) -> Result<Self, TextError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text!(Name);

fn upper_words(text: &str, extra: &[char]) -> bool {
    text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || extra.contains(&c))
}

code!(
    /// A part number, such as `SW-001-4.0-AL04`: 1 to 40 of `A–Z 0–9 . -`.
    PartNumber, "1 to 40 of A–Z, 0–9, “.” and “-”",
    |t| (1..=40).contains(&t.len()) && upper_words(t, &['.', '-'])
);
code!(
    /// An account reference number (GARN), such as `ACME-1001`: 1 to 32 of `A–Z 0–9 -`.
    Garn, "1 to 32 of A–Z, 0–9 and “-”",
    |t| (1..=32).contains(&t.len()) && upper_words(t, &['-'])
);
code!(
    /// The serial of an activation file, such as `AF-0000123`: it stays the same through all revisions.
    Serial, "AF- and 7 to 10 digits",
    |t| t.strip_prefix("AF-").is_some_and(|d| (7..=10).contains(&d.len()) && d.bytes().all(|b| b.is_ascii_digit()))
);

impl Serial {
    /// The serial of the `number`th file.
    #[must_use]
    pub fn from_number(number: u32) -> Self {
        Self(format!("AF-{number:07}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_shows_every_character_it_has() {
        assert_eq!("  IC-PRD-01 ".parse::<Name>().map(String::from), Ok("IC-PRD-01".into()));
        assert_eq!("a\u{202E}b".parse::<Name>(), Err(TextError::Invisible(0x202E)));
        assert_eq!("a\nb".parse::<Name>(), Err(TextError::Invisible(0x0A)));
        assert_eq!("\u{200B}".parse::<Name>(), Err(TextError::Invisible(0x200B)));
        assert_eq!(" ".parse::<Name>(), Err(TextError::Empty));
        assert_eq!("é".repeat(101).parse::<Name>(), Err(TextError::TooLong(101, 100)));
    }

    #[test]
    fn serials_keep_their_order_and_shape() {
        assert_eq!(Serial::from_number(123).as_str(), "AF-0000123");
        assert!("AF-123".parse::<Serial>().is_err());
        assert!("AF-00001x3".parse::<Serial>().is_err());
        assert!(Serial::from_number(u32::MAX).as_str().parse::<Serial>().is_ok());
    }
}
