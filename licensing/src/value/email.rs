//! E-mail addresses.

use super::text::{TextError, excerpt, typed};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// An e-mail address as far as its shape tells: one `@`, a domain with a dot, no character that a header of a mail could take for another part.
///
/// ```
/// let address = licensing::EmailAddress::typed(" Dana.Reyes@Acme.Example ")?;
/// assert_eq!((address.as_str(), address.domain()), ("dana.reyes@acme.example", "acme.example"));
/// # Ok::<_, licensing::NotAnEmailAddress>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

/// Typed text that is not an e-mail address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{}” is not an e-mail address. Enter one such as name@company.example.", excerpt(.0))]
pub struct NotAnEmailAddress(pub String);

impl EmailAddress {
    /// Maximum length, in characters. RFC 5321, section 4.5.3.
    pub const LONGEST: usize = 254;

    /// Reads an address as somebody types it. Case is not kept: no mail server in use tells addresses apart by it.
    ///
    /// # Errors
    /// [`NotAnEmailAddress`].
    pub fn typed(text: &str) -> Result<Self, NotAnEmailAddress> {
        let address: Result<String, TextError> = typed(text, Self::LONGEST);
        address.ok().and_then(|address| address.to_lowercase().parse().ok()).ok_or_else(|| NotAnEmailAddress(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Part behind the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, domain)| domain)
    }
}

impl FromStr for EmailAddress {
    type Err = NotAnEmailAddress;
    fn from_str(text: &str) -> Result<Self, NotAnEmailAddress> {
        let local = |local: &str| {
            let odd = |c: char| c.is_whitespace() || c.is_control() || "()<>[]:;@\\,\"".contains(c);
            !local.is_empty() && local.len() <= 64 && !local.contains(odd) && !local.split('.').any(str::is_empty)
        };
        let label = |label: &str| {
            let fits = label.chars().all(|c| c.is_alphanumeric() || c == '-');
            fits && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
        };
        let domain = |domain: &str| domain.contains('.') && domain.split('.').all(label);
        match text.split_once('@') {
            Some((who, host)) if local(who) && domain(host) && text.chars().count() <= Self::LONGEST => Ok(Self(text.to_owned())),
            _ => Err(NotAnEmailAddress(text.to_owned())),
        }
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = NotAnEmailAddress;
    fn try_from(text: String) -> Result<Self, NotAnEmailAddress> {
        text.parse()
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_at_sign_and_a_domain() {
        for address in ["a@b.example", "Dana.O'Reyes+licences@mail.acme.example", "jürgen@bücher.example", "a@b--c.example"] {
            assert!(EmailAddress::typed(address).is_ok(), "{address}");
        }
        for text in [
            "",
            "a",
            "a@b",
            "@b.example",
            "a@",
            "a@@b.example",
            "a b@c.example",
            "a@b .example",
            "a@-b.example",
            "a@b..example",
            ".a@b.example",
            "a..b@c.example",
            "a@b.example\r\nBcc: c@d.example",
            "a@b.example, c@d.example",
            "<a@b.example>",
            "\"a\"@b.example",
            "a\u{202E}@b.example",
            &format!("{}@b.example", "a".repeat(65)),
            &format!("a@{}.example", "b".repeat(250)),
        ] {
            assert!(EmailAddress::typed(text).is_err(), "{text:?}");
        }
    }
}
