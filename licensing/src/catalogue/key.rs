//! Licence keys and how parts expand into them. Domain §3.

use crate::{
    licence::UsageTracking,
    value::{
        coded::coded,
        quantity::{MOST, Quantity},
    },
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt, str::FromStr};

/// The name of a licence key, such as `I3_ACCESS_CLIENT`: `I3_`, then `A–Z 0–9 _`, at most 64 characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyName(String);

/// Why a text is not the name of a licence key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyNameError {
    #[error("“{0}” is not a licence key: one begins with I3_ and has only A–Z, 0–9 and _")]
    Shape(String),
    #[error("“{found}” is another name of {proper}; an activation file carries only {proper}")]
    Alias { found: String, proper: &'static str },
}

/// Names that older exports use. Domain §3.
const ALIASES: [(&str, &str); 3] = [
    ("I3_CLIENT_ACCESS", "I3_ACCESS_CLIENT"),
    ("I3_ACCESS_DIALER_SUPERVISOR_PLUS", "I3_ACCESS_DIALER_SUPERVISOR_PLUGIN"),
    ("I3_FEATURE_USAGE_TRACKING", "I3_FEATURE_USAGE_TRACKING_UPLOAD"),
];

impl KeyName {
    const LONGEST: usize = 64;

    /// Maintenance is paid: updates may be installed. Domain §6.7.
    #[must_use]
    pub fn updates_allowed() -> Self {
        Self::known("I3_FEATURE_SU_ALLOWED")
    }

    #[must_use]
    pub fn virtual_cloud() -> Self {
        Self::known("I3_FEATURE_VIRTUAL_CLOUD")
    }

    /// Held by a station, and so never concurrent. Domain §3.
    #[must_use]
    pub fn basic_station() -> Self {
        Self::known("I3_LICENSE_BASIC_STATION")
    }

    /// A name that this crate itself writes down.
    pub(crate) fn known(name: &'static str) -> Self {
        Self(name.to_owned())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the key is set by a rule about the whole file, and so by no part. Domain §6.5 to §6.7.
    #[must_use]
    pub fn follows_from_a_rule(&self) -> bool {
        *self == Self::updates_allowed() || UsageTracking::ALL.iter().any(|usage| usage.key() == *self)
    }

    #[must_use]
    pub fn class(&self) -> KeyClass {
        match self.0.split('_').nth(1) {
            Some("FEATURE") => KeyClass::Feature,
            Some("ENGINE") => KeyClass::Engine,
            Some("SESSION") => KeyClass::Session,
            Some("HARDWARE") => KeyClass::Hardware,
            Some("LICENSE") => KeyClass::Licence,
            _ => KeyClass::Access,
        }
    }
}

coded! {
    /// The attribute class of a key. Domain §2.
    KeyClass {
        Licence = "licence", "Licence";
        Access = "access", "Access";
        Feature = "feature", "Feature";
        Session = "session", "Session";
        Engine = "engine", "Engine";
        Hardware = "hardware", "Hardware";
    }
}

impl FromStr for KeyName {
    type Err = KeyNameError;
    fn from_str(text: &str) -> Result<Self, KeyNameError> {
        if let Some((_, proper)) = ALIASES.iter().find(|(alias, _)| *alias == text) {
            return Err(KeyNameError::Alias { found: text.to_owned(), proper });
        }
        let rest = text.strip_prefix("I3_").unwrap_or_default();
        let shaped = rest.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        if rest.is_empty() || !shaped || text.len() > Self::LONGEST {
            return Err(KeyNameError::Shape(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for KeyName {
    type Error = KeyNameError;
    fn try_from(text: String) -> Result<Self, KeyNameError> {
        text.parse()
    }
}

impl From<KeyName> for String {
    fn from(key: KeyName) -> Self {
        key.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One line of a part's key mapping: what one assigned and one pooled unit give of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyMapping {
    pub key: KeyName,
    pub per_assigned: u32,
    pub per_pooled: u32,
}

/// The keys of a file with their counts, sorted by name; a count is 1 to [`MOST`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyCounts(BTreeMap<KeyName, u32>);

/// A key would be counted above [`MOST`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} would be counted more than 1,000,000 times; make several files")]
pub struct TooMany(pub KeyName);

impl KeyCounts {
    /// Adds what `quantity` units of a part give; counts of the same key add up.
    ///
    /// # Errors
    /// [`TooMany`] when a count would pass [`MOST`]; the counts are then unusable and to be dropped.
    pub fn add_part(&mut self, mappings: &[KeyMapping], quantity: Quantity) -> Result<(), TooMany> {
        for KeyMapping { key, per_assigned, per_pooled } in mappings {
            let units =
                u64::from(*per_assigned) * u64::from(quantity.assigned) + u64::from(*per_pooled) * u64::from(quantity.pooled);
            self.add(key, units)?;
        }
        Ok(())
    }

    /// Adds `units` of one key; zero units leave no key behind.
    ///
    /// # Errors
    /// [`TooMany`] when the count would pass [`MOST`].
    pub fn add(&mut self, key: &KeyName, units: u64) -> Result<(), TooMany> {
        if units == 0 {
            return Ok(());
        }
        let sum = u64::from(self.count(key)).saturating_add(units);
        match u32::try_from(sum) {
            Ok(count) if count <= MOST => {
                self.0.insert(key.clone(), count);
                Ok(())
            }
            _ => Err(TooMany(key.clone())),
        }
    }

    /// The count of `key`, 0 when it is absent.
    #[must_use]
    pub fn count(&self, key: &KeyName) -> u32 {
        self.0.get(key).copied().unwrap_or(0)
    }

    #[must_use]
    pub fn contains(&self, key: &KeyName) -> bool {
        self.0.contains_key(key)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&KeyName, u32)> {
        self.0.iter().map(|(key, count)| (key, *count))
    }
}

impl UsageTracking {
    /// The key that says so in the file.
    #[must_use]
    pub fn key(self) -> KeyName {
        match self {
            Self::Upload => KeyName::known("I3_FEATURE_USAGE_TRACKING_UPLOAD"),
            Self::Local => KeyName::known("I3_FEATURE_USAGE_TRACKING_LOCAL"),
            Self::VirtualCloud => KeyName::virtual_cloud(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_are_named_and_refused() {
        assert_eq!(
            "I3_CLIENT_ACCESS".parse::<KeyName>().map_err(|e| e.to_string()),
            Err("“I3_CLIENT_ACCESS” is another name of I3_ACCESS_CLIENT; an activation file carries only I3_ACCESS_CLIENT".into())
        );
        assert!("13_ACCESS_RECORDER".parse::<KeyName>().is_err());
        assert!("I3_".parse::<KeyName>().is_err());
        assert!("I3_access".parse::<KeyName>().is_err());
    }

    #[test]
    fn a_count_stops_at_one_million() {
        let key = KeyName::known("I3_ACCESS_CLIENT");
        let mut keys = KeyCounts::default();
        assert_eq!(keys.add(&key, 1_000_000), Ok(()));
        assert_eq!(keys.add(&key, 1), Err(TooMany(key.clone())));
        assert_eq!(keys.add(&key, u64::MAX), Err(TooMany(key)));
    }
}
