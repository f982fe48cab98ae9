//! What another catalogue would change.

use super::{Catalogue, Part, Product, ProductVersion, SharedHost};
use crate::value::{date, text::PartNumber};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// One change, as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub subject: Subject,
    pub what: What,
}

/// What is changed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// By its code.
    Product(String),
    /// By the code of its product, and its name.
    Version(String, String),
    Part(PartNumber),
    /// By the host id.
    SharedHost(String),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Product(code) => write!(f, "Product {code}"),
            Self::Version(product, name) => write!(f, "{product} {name}"),
            Self::Part(number) => write!(f, "Part {number}"),
            Self::SharedHost(host) => write!(f, "Shared host id {host}"),
        }
    }
}

/// The change of a [`Subject`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    Added,
    /// It stays for what names it, and is offered no more.
    Retired,
    /// Each value that differs, as “name: from → to”.
    Changed(Vec<String>),
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added => f.write_str("new"),
            Self::Retired => f.write_str("retired: it stays for what names it, and is offered no more"),
            Self::Changed(values) => f.write_str(&values.join("; ")),
        }
    }
}

/// A value of a part that orders and files depend on, and that no catalogue changes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Part {part} is {what} {from}. A catalogue cannot change that to {to}: give the part another number.")]
pub struct Fixed {
    pub part: PartNumber,
    pub what: &'static str,
    pub from: String,
    pub to: String,
}

impl Catalogue {
    /// Changes that lead from this catalogue to `next`, by subject.
    #[must_use]
    pub fn changes(&self, next: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        let key = |product: &Product| Subject::Product(product.code.clone());
        compare(&self.product, &next.product, key, product_values, &mut changes);
        let (before, after) = (versions(self), versions(next));
        let key = |(product, version): &(&str, &ProductVersion)| Subject::Version((*product).to_owned(), version.name.clone());
        compare(&before, &after, key, |(_, version)| version_values(version), &mut changes);
        compare(&self.part, &next.part, |part: &Part| Subject::Part(part.number.clone()), part_values, &mut changes);
        let key = |shared: &SharedHost| Subject::SharedHost(shared.host_id.to_string());
        compare(&self.shared_host, &next.shared_host, key, |shared| vec![("owner", shared.of.clone())], &mut changes);
        changes
    }

    /// What `next` changes of this catalogue that nothing may change: product, licence generation and class of a part.
    #[must_use]
    pub fn fixed(&self, next: &Self) -> Vec<Fixed> {
        let after: BTreeMap<_, _> = next.part.iter().map(|part| (&part.number, part)).collect();
        let pairs = self.part.iter().filter_map(|before| Some((before, *after.get(&before.number)?)));
        let fixed = |(before, after): (&Part, &Part)| {
            let values = [
                ("of product", before.product.clone(), after.product.clone()),
                ("of generation", before.generation.clone(), after.generation.clone()),
                ("of class", before.class.code().to_owned(), after.class.code().to_owned()),
            ];
            let number = before.number.clone();
            values
                .into_iter()
                .filter(|(_, from, to)| from != to)
                .map(move |(what, from, to)| Fixed { part: number.clone(), what, from, to })
                .collect::<Vec<_>>()
        };
        pairs.flat_map(fixed).collect()
    }
}

type Values = Vec<(&'static str, String)>;

fn compare<T>(before: &[T], after: &[T], key: impl Fn(&T) -> Subject, values: impl Fn(&T) -> Values, to: &mut Vec<Change>) {
    let old: BTreeMap<Subject, &T> = before.iter().map(|item| (key(item), item)).collect();
    let new: BTreeMap<Subject, &T> = after.iter().map(|item| (key(item), item)).collect();
    let all: BTreeSet<&Subject> = old.keys().chain(new.keys()).collect();
    to.extend(all.into_iter().filter_map(|subject| {
        let what = match (old.get(subject), new.get(subject)) {
            (None, _) => What::Added,
            (_, None) => What::Retired,
            (Some(before), Some(after)) => {
                let differing = values(before).into_iter().zip(values(after)).filter(|(before, after)| before != after);
                let words: Vec<String> = differing.map(|((name, from), (_, to))| told(name, &from, &to)).collect();
                if words.is_empty() {
                    return None;
                }
                What::Changed(words)
            }
        };
        Some(Change { subject: subject.clone(), what })
    }));
}

fn told(name: &str, from: &str, to: &str) -> String {
    let words = |value: &str| if value.is_empty() { "none".to_owned() } else { value.to_owned() };
    format!("{name}: {} → {}", words(from), words(to))
}

fn yes(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}

fn product_values(product: &Product) -> Values {
    vec![
        ("name", product.name.clone()),
        ("line", product.line.clone()),
        ("switchover", yes(product.switchover)),
        ("mail connector", yes(product.mail_connector)),
        ("beside in a virtual cloud", product.cloud_beside.clone().unwrap_or_default()),
    ]
}

fn versions(catalogue: &Catalogue) -> Vec<(&str, &ProductVersion)> {
    catalogue.product.iter().flat_map(|product| product.version.iter().map(|version| (product.code.as_str(), version))).collect()
}

fn version_values(version: &ProductVersion) -> Values {
    vec![
        ("released", date::words(version.released_on)),
        ("generation", version.generation.clone()),
        ("subscription", yes(version.subscription)),
        ("virtual cloud", yes(version.virtual_cloud)),
    ]
}

fn part_values(part: &Part) -> Values {
    let numbers = |numbers: &[PartNumber]| {
        let sorted: BTreeSet<&str> = numbers.iter().map(PartNumber::as_str).collect();
        sorted.into_iter().collect::<Vec<_>>().join(", ")
    };
    let keys: BTreeSet<String> = part.keys.iter().map(|(key, assigned, pooled)| format!("{key} {assigned}/{pooled}")).collect();
    vec![
        ("description", part.description.clone()),
        ("development licence", part.development.map(|size| size.code().to_owned()).unwrap_or_default()),
        ("requires", numbers(&part.requires)),
        ("upgrades to", numbers(&part.upgrades_to)),
        ("keys", keys.into_iter().collect::<Vec<_>>().join(", ")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = include_str!("../../../portal/catalogue/pureconnect.toml");

    fn catalogue(text: &str) -> Catalogue {
        Catalogue::from_toml(text).expect("a catalogue")
    }

    #[test]
    fn each_change_is_told_with_what_it_was() {
        let before = catalogue(SHIPPED);
        assert_eq!(before.changes(&before), []);
        let text = SHIPPED.replacen("description = \"Business Client", "description = \"Client of a business", 1).replacen(
            "name = \"2020 R4\"\nreleased_on = \"",
            "name = \"2020 R9\"\nreleased_on = \"",
            1,
        );
        let told: Vec<String> =
            before.changes(&catalogue(&text)).iter().map(|change| format!("{}: {}", change.subject, change.what)).collect();
        assert!(told.contains(&"CIC 2020 R9: new".to_owned()), "{told:?}");
        assert!(
            told.contains(&"CIC 2020 R4: retired: it stays for what names it, and is offered no more".to_owned()),
            "{told:?}"
        );
        assert!(
            told.iter().any(|line| line.starts_with("Part SW-001-") && line.contains("description: Business Client")),
            "{told:?}"
        );
        assert_eq!(told.len(), 3, "{told:?}");
    }

    #[test]
    fn what_orders_depend_on_is_not_changed() {
        let before = catalogue(SHIPPED);
        let at = SHIPPED.find("number = \"SW-001-4.0-AL01\"").expect("a part");
        let (head, tail) = SHIPPED.split_at(at);
        let after = catalogue(&format!("{head}{}", tail.replacen("class = \"access\"", "class = \"feature\"", 1)));
        let words: Vec<String> = before.fixed(&after).iter().map(ToString::to_string).collect();
        let expected =
            "Part SW-001-4.0-AL01 is of class access. A catalogue cannot change that to feature: give the part another number.";
        assert_eq!(words, [expected]);
    }
}
