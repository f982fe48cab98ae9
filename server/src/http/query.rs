//! The fields of an address.

use std::borrow::Cow;

/// The fields of a query or of a body that was kept. What is no text is left out.
pub(crate) fn decode(encoded: &str) -> impl Iterator<Item = (String, String)> {
    form_urlencoded::parse(encoded.as_bytes())
        .map(|(name, value): (Cow<str>, Cow<str>)| (name.into_owned(), value.into_owned()))
        .filter(|(name, value)| !name.contains('\0') && !value.contains('\0'))
}
