use crate::value::text::TextError;
use std::{fmt, str::FromStr};

/// Number of an activation file request, such as `AFR-0000123`: 7 digits, more only after ten million requests. Domain §7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestNumber(i64);

impl RequestNumber {
    /// Number of the request with this row id.
    #[must_use]
    pub const fn of_id(id: i64) -> Self {
        Self(id)
    }

    #[must_use]
    pub const fn id(self) -> i64 {
        self.0
    }
}

impl FromStr for RequestNumber {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        let digits = text.trim().strip_prefix("AFR-").filter(|digits| (7..=10).contains(&digits.len()));
        let digits = digits.filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
        digits.and_then(|digits| digits.parse().ok()).map(Self).ok_or(TextError::Shape("AFR- and 7 to 10 digits"))
    }
}

impl fmt::Display for RequestNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AFR-{:07}", self.0)
    }
}
