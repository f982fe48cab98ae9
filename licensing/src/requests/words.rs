//! Words that requests are searched by.

use crate::value::text::folded;
use std::collections::BTreeSet;

/// Lengths of a word that is searched by, in characters; what is longer is searched by its beginning.
const SHORTEST: usize = 2;
const LONGEST: usize = 40;
/// Maximum number of words of one text.
const MOST: usize = 500;

/// Words of a text, without case and accents.
///
/// ```
/// let words = licensing::requests::words("The server in Zürich: ACME-1001");
/// assert_eq!(words.into_iter().collect::<Vec<_>>(), ["1001", "acme", "in", "server", "the", "zurich"]);
/// ```
#[must_use]
pub fn words(text: &str) -> BTreeSet<String> {
    let folded = folded(text);
    let all = folded.split(|c: char| !c.is_alphanumeric()).map(|word| word.chars().take(LONGEST).collect::<String>());
    all.filter(|word| word.chars().nth(SHORTEST - 1).is_some()).take(MOST).collect()
}
