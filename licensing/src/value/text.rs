use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup},
};
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
    #[error("it has a character that looks like nothing or like a space (U+{0:04X}); write a space, or leave it out")]
    Blank(u32),
    #[error("it is not written as {0}")]
    Shape(&'static str),
}

/// Joiners: between letters of Persian, Hindi and other scripts they decide how these are written.
const JOINERS: [char; 2] = ['\u{200C}', '\u{200D}'];

/// Characters that change how the text around them is read, without being seen.
pub(crate) fn invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// Glyphs that are drawn as nothing, or as a space that is none.
fn blank(c: char) -> bool {
    c == '\u{2800}' || (c.is_whitespace() && c != ' ') || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// The first character of a text that is `odd`; a joiner between letters never is.
fn first(text: &str, odd: fn(char) -> bool) -> Option<u32> {
    let mut before = None;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let joins =
            JOINERS.contains(&c) && before.is_some_and(char::is_alphabetic) && rest.peek().is_some_and(|c| c.is_alphabetic());
        if odd(c) && !joins {
            return Some(u32::from(c));
        }
        before = Some(c);
    }
    None
}

/// A text of one line that somebody typed, composed (NFC) and without blanks at its ends: the one rule for every text that is kept.
///
/// # Errors
/// [`TextError`]: it is empty, longer than `longest` characters, or has a character that nobody sees.
pub fn typed(text: &str, longest: usize) -> Result<String, TextError> {
    let composed = ComposingNormalizerBorrowed::new_nfc().normalize(text.trim());
    if composed.is_empty() {
        return Err(TextError::Empty);
    }
    if let Some(c) = first(&composed, invisible) {
        return Err(TextError::Invisible(c));
    }
    if let Some(c) = first(&composed, blank) {
        return Err(TextError::Blank(c));
    }
    let length = composed.chars().count();
    if length > longest { Err(TextError::TooLong(length, longest)) } else { Ok(composed.into_owned()) }
}

/// A text of several lines that somebody typed, with the same rule for each line and line ends of one character. Blanks at the ends of lines and of the text
/// are left out; tabs become blanks.
///
/// # Errors
/// [`TextError`]: it is empty, longer than `longest` characters, or has a character that nobody sees.
pub fn typed_lines(text: &str, longest: usize) -> Result<String, TextError> {
    let text = text.replace("\r\n", "\n").replace(['\r', '\u{0B}', '\u{0C}', '\u{85}', '\u{2028}', '\u{2029}'], "\n");
    let text = text.replace(['\t', '\u{A0}'], " ");
    let composed = ComposingNormalizerBorrowed::new_nfc().normalize(text.trim());
    if composed.is_empty() {
        return Err(TextError::Empty);
    }
    let length = composed.chars().count();
    if length > longest {
        return Err(TextError::TooLong(length, longest));
    }
    let lines: Vec<&str> = composed.split('\n').map(str::trim_end).collect();
    for line in &lines {
        if let Some(c) = first(line, invisible) {
            return Err(TextError::Invisible(c));
        }
    }
    Ok(lines.join("\n"))
}

/// A text of several lines that a program received: as [`typed_lines`] reads it, without what it would refuse. Behind `longest` characters it is cut off.
#[must_use]
pub fn received_lines(text: &str, longest: usize) -> String {
    let seen: String =
        text.replace("\r\n", "\n").chars().filter(|c| !invisible(*c) || c.is_whitespace() || JOINERS.contains(c)).collect();
    let cut: String = ComposingNormalizerBorrowed::new_nfc().normalize(seen.trim()).chars().take(longest).collect();
    match typed_lines(&cut, longest) {
        Ok(text) => text,
        // A joiner stood where it joins nothing.
        Err(TextError::Invisible(_)) => cut.chars().filter(|c| !invisible(*c) || *c == '\n').collect(),
        Err(_) => String::new(),
    }
}

/// A text as searches compare it: without case, accents and differences of width.
///
/// ```
/// assert_eq!(licensing::folded("MÜNCHEN-01"), licensing::folded("munchen-01"));
/// ```
#[must_use]
pub fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let categories = CodePointMapData::<GeneralCategory>::new();
    let plain = |text: &str| -> String {
        let apart = DecomposingNormalizerBorrowed::new_nfkd().normalize(text);
        apart.chars().filter(|c| !GeneralCategoryGroup::Mark.contains(categories.get(*c))).collect()
    };
    // First up, then down: ß is written SS.
    plain(&plain(text).to_uppercase().to_lowercase())
}

/// The longest part of a text that is repeated to people, in characters.
const LONGEST_EXCERPT: usize = 40;

/// Typed text without invisible characters, and without blanks at its ends.
#[must_use]
pub fn visible(typed: &str) -> String {
    typed.trim().chars().filter(|c| !invisible(*c) && !blank(*c)).collect()
}

/// The beginning of what somebody typed, for a sentence about it: at most 40 characters, none that a reader cannot see.
#[must_use]
pub fn excerpt(typed: &str) -> String {
    let seen = visible(typed);
    match seen.char_indices().nth(LONGEST_EXCERPT) {
        Some((end, _)) => format!("{}…", &seen[..end]),
        None => seen,
    }
}

/// `text` as a sentence begins.
#[must_use]
pub fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A name that goes into an activation file: 1 to 100 characters, none of them invisible, no blank at either end.
///
/// Stored names and those in files are parsed; typed names are read with [`Self::typed`], which asks for more.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

impl Name {
    pub const LONGEST: usize = 100;

    /// A name that somebody typed. It has no joiners: verifiers that others have written by the specification would refuse a file with them.
    ///
    /// # Errors
    /// [`TextError`], as [`typed`].
    pub fn typed(text: &str) -> Result<Self, TextError> {
        typed(text, Self::LONGEST)?.parse()
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        let text = text.trim();
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
    fn what_is_typed_is_composed_and_has_nothing_that_nobody_sees() {
        let decomposed = "Cafe\u{301} 1";
        assert_eq!(Name::typed(decomposed).map(String::from), Ok("Café 1".into()));
        for (typed, error) in [
            ("a\u{202E}b", TextError::Invisible(0x202E)),
            ("a\u{AD}b", TextError::Blank(0xAD)),
            ("a\u{3164}b", TextError::Blank(0x3164)),
            ("a\u{2800}b", TextError::Blank(0x2800)),
            ("a\u{A0}b", TextError::Blank(0xA0)),
            ("a\u{E0041}b", TextError::Blank(0xE_0041)),
            ("a\u{FE0F}", TextError::Blank(0xFE0F)),
            ("a \u{200D}b", TextError::Invisible(0x200D)),
            ("\u{200C}", TextError::Invisible(0x200C)),
            (" ", TextError::Empty),
        ] {
            assert_eq!(Name::typed(typed), Err(error), "{typed:?}");
        }
        // Persian writes "I want" with a joiner that is none.
        let joined = "می\u{200C}خواهم";
        assert_eq!(typed(joined, 100), Ok(joined.into()));
        assert_eq!(Name::typed(joined), Err(TextError::Invisible(0x200C)), "no file may have it");
        // What files were allowed to say once is read for ever.
        assert!("a\u{A0}b".parse::<Name>().is_ok() && decomposed.parse::<Name>().is_ok());
    }

    #[test]
    fn several_lines_keep_their_ends_and_nothing_that_nobody_sees() {
        assert_eq!(typed_lines(" one \r\n\r\n\ttwo\u{2028}three \n", 100), Ok("one\n\n two\nthree".into()));
        assert_eq!(typed_lines("a\n\u{202E}b", 100), Err(TextError::Invisible(0x202E)));
        assert_eq!(typed_lines("\r\n", 100), Err(TextError::Empty));
        assert_eq!(typed_lines("abc", 2), Err(TextError::TooLong(3, 2)));
        // Emoji have a selector that is seen as nothing.
        assert_eq!(received_lines("a\r\n\u{202E}b\u{0}\tc \n", 100), "a\nb c");
        assert_eq!(received_lines("\u{200D}a\nb", 100), "a\nb");
        assert_eq!((received_lines("abc", 2), received_lines(" \u{0}", 2)), ("ab".into(), String::new()));
        assert_eq!(typed_lines("it works \u{2714}\u{FE0F}", 100), Ok("it works \u{2714}\u{FE0F}".into()));
    }

    #[test]
    fn searches_compare_without_case_accents_and_width() {
        for (one, other) in [
            ("MÜNCHEN-01", "münchen-01"),
            ("Straße", "STRASSE"),
            ("Ａｃｍｅ", "acme"),
            ("ÅLESUND", "alesund"),
            ("İzmir", "izmir"),
        ] {
            assert_eq!(folded(one), folded(other), "{one}");
        }
        assert_ne!(folded("IC-1"), folded("IC-2"));
    }

    #[test]
    fn an_excerpt_repeats_little_and_nothing_unseen() {
        assert_eq!(excerpt(" a\u{202E}\u{1b}[31mb\u{AD}c "), "a[31mbc");
        assert_eq!(excerpt(&"x".repeat(41)), format!("{}…", "x".repeat(40)));
        assert_eq!(excerpt(&"x".repeat(40)), "x".repeat(40));
    }

    #[test]
    fn serials_keep_their_order_and_shape() {
        assert_eq!(Serial::from_number(123).as_str(), "AF-0000123");
        assert!("AF-123".parse::<Serial>().is_err());
        assert!("AF-00001x3".parse::<Serial>().is_err());
        assert!(Serial::from_number(u32::MAX).as_str().parse::<Serial>().is_ok());
    }
}
