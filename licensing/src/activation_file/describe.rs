//! An activation file in words: its facts, and what changed between two.

use super::{ActivationFile, Binding, Enforcement};
use crate::{
    catalogue::key::{KeyCounts, KeyName},
    value::date,
};
use serde::Serialize;
use std::{collections::BTreeSet, fmt};

/// One thing that a file says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fact {
    pub name: &'static str,
    pub value: String,
}

/// One thing that two files say differently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Name of the fact, or of the licence key.
    pub what: String,
    /// `None`: the first file does not say it.
    pub before: Option<String>,
    /// `None`: the second file does not say it.
    pub after: Option<String>,
}

/// `I3_ACCESS_CLIENT: 5 → 10`.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, before, after } = self;
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
        write!(f, "{what}: {} → {}", shown(before), shown(after))
    }
}

impl ActivationFile {
    /// Facts of the file apart from its keys, in the order of its text. Dates count through the end of the day, by the verifier's local date.
    #[must_use]
    pub fn facts(&self) -> Vec<Fact> {
        let mut facts = Vec::new();
        let mut say = |name, value: String| facts.push(Fact { name, value });
        say("Serial", self.serial.to_string());
        say("Revision", self.revision.to_string());
        say("Issued at", self.issued_at.format("%-d %b %Y, %H:%M:%S UTC").to_string());
        say("Product", self.product.to_string());
        say("Product version", self.product_version.to_string());
        say("Licence type", self.license_type.to_string());
        say("Valid through", date::words(self.valid_through));
        if let Some(day) = self.updates_through {
            say("Updates may be installed until", date::words(day));
        }
        say("Account", self.account.name.to_string());
        say("GARN", self.account.garn.to_string());
        say("Install site", self.account.install_site.to_string());
        say(
            "Bound to",
            match self.binding {
                Binding::Host { .. } => "host ids".to_owned(),
                Binding::VirtualCloud { .. } => "a virtual cloud".to_owned(),
            },
        );
        let names = [
            ["Primary server", "Primary host id", "Primary server item"],
            ["Switchover server", "Switchover host id", "Switchover server item"],
        ];
        for ([server, host, item], of) in names.into_iter().zip(self.binding.servers()) {
            say(server, of.machine_name.to_string());
            if let Some(host_id) = of.host_id {
                say(host, host_id.to_string());
            }
            if let Some(part) = of.server_item {
                say(item, part.to_string());
            }
        }
        if let Binding::VirtualCloud { enforcement: Enforcement { ramp_date, grace_days, organization_id }, .. } = &self.binding {
            say("Ramp date", date::words(*ramp_date));
            say("Grace period, in days", grace_days.to_string());
            say("Cloud organisation", organization_id.to_string());
        }
        if self.license_type.disconnects_hourly() {
            say("Restriction", "interactions disconnect hourly".to_owned());
        }
        facts
    }

    /// Differences in `newer`: facts in the order of the text, then keys by name.
    #[must_use]
    pub fn changes(&self, newer: &Self) -> Vec<Change> {
        let (before, after) = (self.facts(), newer.facts());
        let value = |facts: &[Fact], name| facts.iter().find(|fact| fact.name == name).map(|fact| fact.value.clone());
        let mut names: Vec<&str> = Vec::new();
        for fact in before.iter().chain(&after) {
            if !names.contains(&fact.name) {
                names.push(fact.name);
            }
        }
        let facts = names.into_iter().map(|name| (name.to_owned(), value(&before, name), value(&after, name)));
        let keys: BTreeSet<&KeyName> = self.keys.iter().chain(newer.keys.iter()).map(|(key, _)| key).collect();
        let count = |keys: &KeyCounts, key| Some(keys.count(key)).filter(|count| *count > 0).map(|count| count.to_string());
        let keys = keys.into_iter().map(|key| (key.to_string(), count(&self.keys, key), count(&newer.keys, key)));
        facts
            .chain(keys)
            .filter(|(_, before, after)| before != after)
            .map(|(what, before, after)| Change { what, before, after })
            .collect()
    }
}
