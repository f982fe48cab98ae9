//! The vendor's catalogue as data: products, versions, parts and the keys each part gives. Domain §2.

pub mod difference;
pub mod key;

use crate::{
    licence::DevelopmentSize,
    value::{coded::coded, host_id::HostId, text::PartNumber},
};
use chrono::NaiveDate;
use key::{KeyClass, KeyMapping, KeyName};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

coded! {
    /// Kind of a part. Domain §2.
    PartClass {
        ServerItem = "server-item", "Server item";
        SwitchoverItem = "switchover-item", "Switchover server item";
        Access = "access", "Access";
        AccessAddOn = "access-add-on", "Access add-on";
        Feature = "feature", "Feature";
        Session = "session", "Session";
        Engine = "engine", "Engine";
        Hardware = "hardware", "Hardware";
        DevelopmentBundle = "development-bundle", "Development bundle";
        Evaluation = "evaluation", "Evaluation";
        TrialBundle = "trial-bundle", "Trial bundle";
        AddOnBundle = "add-on-bundle", "Add-on bundle";
    }
}

impl PartClass {
    /// `true` for items that a file is made for: *Select one valid server item* offers them.
    #[must_use]
    pub const fn is_item(self) -> bool {
        matches!(self, Self::ServerItem | Self::DevelopmentBundle | Self::Evaluation)
    }

    /// Whether *Select any add-on items* offers parts of this class.
    #[must_use]
    pub const fn is_add_on(self) -> bool {
        !self.is_item() && !matches!(self, Self::SwitchoverItem)
    }

    /// Licensing analysts alone put it into a file. Domain §4.
    #[must_use]
    pub const fn is_for_analysts(self) -> bool {
        matches!(self, Self::TrialBundle | Self::AddOnBundle)
    }
}

/// A product and what its form asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// As it stands in an activation file, such as `CIC`.
    pub code: String,
    pub name: String,
    /// Products of one line appear together.
    pub line: String,
    /// A second server may stand ready to take over.
    pub switchover: bool,
    pub mail_connector: bool,
    /// In a virtual cloud it works only beside a virtual-cloud server of the product with this code. Domain §6.5.
    #[serde(default)]
    pub cloud_beside: Option<String>,
    #[serde(default)]
    pub version: Vec<ProductVersion>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProductVersion {
    /// `2020 R4`, or `2018 R2 Patch 2`.
    pub name: String,
    pub released_on: NaiveDate,
    /// Parts of this licence generation fit, such as `4.0`.
    pub generation: String,
    /// Subscription accounts may run it: it knows the usage keys. Domain §2.
    #[serde(default)]
    pub subscription: bool,
    /// It can run in a virtual cloud. Domain §6.5.
    #[serde(default)]
    pub virtual_cloud: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    pub number: PartNumber,
    pub description: String,
    /// The product's code.
    pub product: String,
    pub generation: String,
    pub class: PartClass,
    /// Size of the development licence that comes with a server item, or of a development bundle itself.
    #[serde(default)]
    pub development: Option<DevelopmentSize>,
    /// Parts that must be in the same file.
    #[serde(default)]
    pub requires: Vec<PartNumber>,
    /// Parts that it can be upgraded to, each 1:1.
    #[serde(default)]
    pub upgrades_to: Vec<PartNumber>,
    /// (key, per assigned unit, per pooled unit).
    pub keys: Vec<(KeyName, u32, u32)>,
}

impl Part {
    #[must_use]
    pub fn mappings(&self) -> Vec<KeyMapping> {
        self.keys
            .iter()
            .map(|(key, per_assigned, per_pooled)| KeyMapping {
                key: key.clone(),
                per_assigned: *per_assigned,
                per_pooled: *per_pooled,
            })
            .collect()
    }
}

/// A catalogue whose references all lead somewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Catalogue {
    product: Vec<Product>,
    part: Vec<Part>,
    shared_host: Vec<SharedHost>,
}

/// A host id that many machines have, such as that of a virtual adapter. Domain §6.4.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedHost {
    pub host_id: HostId,
    /// Owner of such an adapter, with its article, as in “a host adapter of VMware”.
    pub of: String,
}

/// Why a catalogue file is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum CatalogueError {
    #[error("The catalogue cannot be read at line {line}: {what}")]
    Unreadable { line: usize, what: String },
    #[error("{what} {name} stands twice in the catalogue.")]
    Twice { what: &'static str, name: String },
    #[error("Part {part} names {what} {name}, which the catalogue does not have.")]
    Missing { part: PartNumber, what: &'static str, name: String },
    #[error("Part {part} maps {key} more than once.")]
    KeyTwice { part: PartNumber, key: KeyName },
    #[error("Part {part} maps {key}, which follows from a rule and is never sold.")]
    KeyOfARule { part: PartNumber, key: KeyName },
    #[error("Product {product} names {name} as what it runs beside in a virtual cloud, which the catalogue does not have.")]
    MissingBeside { product: String, name: String },
    #[error("Part {0} is a development bundle and does not say how large.")]
    NoSize(PartNumber),
}

impl Catalogue {
    /// Reads a catalogue from TOML: tables `[[product]]` with `[[product.version]]`, `[[part]]` and `[[shared_host]]`.
    ///
    /// # Errors
    /// [`CatalogueError`], naming the first thing that does not fit.
    pub fn from_toml(text: &str) -> Result<Self, CatalogueError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Tables {
            product: Vec<Product>,
            part: Vec<Part>,
            #[serde(default)]
            shared_host: Vec<SharedHost>,
        }
        let unreadable = |error: toml::de::Error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            CatalogueError::Unreadable { line: before.matches('\n').count() + 1, what: error.message().to_owned() }
        };
        let Tables { product, part, shared_host } = toml::from_str(text).map_err(unreadable)?;
        let catalogue = Self { product, part, shared_host };
        catalogue.check()?;
        Ok(catalogue)
    }

    /// A catalogue as a database holds it, whose references were checked when it came in.
    #[must_use]
    pub fn stored(product: Vec<Product>, part: Vec<Part>, shared_host: Vec<SharedHost>) -> Self {
        Self { product, part, shared_host }
    }

    fn check(&self) -> Result<(), CatalogueError> {
        let mut generations: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for product in &self.product {
            let versions = product.version.iter().map(|v| v.name.as_str());
            once("Product version", versions)?;
            let of_product = product.version.iter().map(|v| v.generation.as_str()).collect();
            if generations.insert(&product.code, of_product).is_some() {
                return Err(CatalogueError::Twice { what: "Product", name: product.code.clone() });
            }
        }
        if let Some((product, name)) = self.product.iter().find_map(|product| {
            let beside = product.cloud_beside.as_ref().filter(|beside| !generations.contains_key(beside.as_str()))?;
            Some((product.code.clone(), beside.clone()))
        }) {
            return Err(CatalogueError::MissingBeside { product, name });
        }
        let shared: Vec<String> = self.shared_host.iter().map(|shared| shared.host_id.to_string()).collect();
        once("Shared host id", shared.iter().map(String::as_str))?;
        once("Part", self.part.iter().map(|p| p.number.as_str()))?;
        let numbers: BTreeSet<_> = self.part.iter().map(|p| &p.number).collect();
        for part in &self.part {
            let missing = |what, name: &str| CatalogueError::Missing { part: part.number.clone(), what, name: name.to_owned() };
            let of_product = generations.get(part.product.as_str()).ok_or_else(|| missing("product", &part.product))?;
            if !of_product.contains(part.generation.as_str()) {
                return Err(missing("licence generation", &part.generation));
            }
            if let Some(required) = part.requires.iter().find(|r| !numbers.contains(r)) {
                return Err(missing("required part", required.as_str()));
            }
            if let Some(target) = part.upgrades_to.iter().find(|target| !numbers.contains(target) || **target == part.number) {
                return Err(missing("upgrade target", target.as_str()));
            }
            if part.class == PartClass::DevelopmentBundle && part.development.is_none() {
                return Err(CatalogueError::NoSize(part.number.clone()));
            }
            let mut keys = BTreeSet::new();
            if let Some((key, ..)) = part.keys.iter().find(|(key, ..)| key.follows_from_a_rule()) {
                return Err(CatalogueError::KeyOfARule { part: part.number.clone(), key: key.clone() });
            }
            if let Some((key, ..)) = part.keys.iter().find(|(key, ..)| !keys.insert(key)) {
                return Err(CatalogueError::KeyTwice { part: part.number.clone(), key: key.clone() });
            }
        }
        Ok(())
    }

    #[must_use]
    pub fn products(&self) -> &[Product] {
        &self.product
    }

    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.part
    }

    #[must_use]
    pub fn shared_hosts(&self) -> &[SharedHost] {
        &self.shared_host
    }
}

/// Keys that one development licence of `size` gives, out of those that a product's parts give: each feature once, and a fixed count of each
/// access and session key, its concurrent twin, the basic station and the licences of Salesforce. Keys that follow from a rule are in no part.
/// Domain §4.
#[must_use]
pub fn development_keys(keys: impl IntoIterator<Item = KeyName>, size: DevelopmentSize) -> Vec<KeyMapping> {
    let units = |key: &KeyName| match key.class() {
        KeyClass::Feature => 1,
        KeyClass::Access | KeyClass::Session | KeyClass::Licence => size.units(),
        KeyClass::Engine | KeyClass::Hardware => 0,
    };
    keys.into_iter()
        .map(|key| KeyMapping { per_assigned: units(&key), per_pooled: 0, key })
        .filter(|m| m.per_assigned > 0)
        .collect()
}

fn once<'a>(what: &'static str, names: impl Iterator<Item = &'a str>) -> Result<(), CatalogueError> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(CatalogueError::Twice { what, name: name.to_owned() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::key::KeyCounts;
    use super::*;
    use crate::Quantity;

    const PURECONNECT: &str = include_str!("../../../portal/catalogue/pureconnect.toml");

    fn expand(number: &str, quantity: Quantity) -> Vec<(String, u32)> {
        let catalogue = Catalogue::from_toml(PURECONNECT).expect("the shipped catalogue");
        let part = catalogue.parts().iter().find(|p| p.number.as_str() == number).expect("a shipped part");
        let mut keys = KeyCounts::default();
        keys.add_part(&part.mappings(), quantity).expect("small counts");
        keys.iter().map(|(key, count)| (key.to_string(), count)).collect()
    }

    #[test]
    fn parts_expand_as_in_domain_section_3() {
        type Vector<'a> = (&'a str, Quantity, &'a [(&'a str, u32)]);
        let vectors: [Vector<'_>; 7] = [
            ("AL01", Quantity::new(0, 25), &[("I3_LICENSE_BASIC_STATION", 25)]),
            ("AL02", Quantity::new(5, 0), &[("I3_ACCESS_CLIENT", 5), ("I3_LICENSE_BASIC_STATION", 5)]),
            (
                "AL03",
                Quantity::new(5, 25),
                &[("I3_ACCESS_ACD_MEDIA_1", 5), ("I3_ACCESS_ACD_MEDIA_1_CONCURRENT", 25), ("I3_LICENSE_BASIC_STATION", 30)],
            ),
            (
                "AL04",
                Quantity::new(5, 25),
                &[
                    ("I3_ACCESS_ACD_MEDIA_1", 5),
                    ("I3_ACCESS_ACD_MEDIA_1_CONCURRENT", 25),
                    ("I3_ACCESS_CLIENT", 5),
                    ("I3_ACCESS_CLIENT_CONCURRENT", 25),
                    ("I3_LICENSE_BASIC_STATION", 30),
                ],
            ),
            (
                "AA01",
                Quantity::new(2, 0),
                &[
                    ("I3_ACCESS_DIALER_SUPERVISOR_PLUGIN", 2),
                    ("I3_ACCESS_HISTORICAL_REPORT_SUPERVISOR_PLUGIN", 2),
                    ("I3_ACCESS_WORKGROUP_SUPERVISOR_PLUGIN", 2),
                ],
            ),
            (
                "AA02",
                Quantity::new(1, 1),
                &[("I3_ACCESS_INTERACTION_SCRIPTER_ADDON", 1), ("I3_ACCESS_INTERACTION_SCRIPTER_ADDON_CONCURRENT", 1)],
            ),
            (
                "AA17",
                Quantity::new(2, 2),
                &[
                    ("I3_ACCESS_REPORT_ASSISTANT_SUPERVISOR_PLUGIN", 2),
                    ("I3_ACCESS_REPORT_ASSISTANT_SUPERVISOR_PLUGIN_CONCURRENT", 2),
                ],
            ),
        ];
        for (part, quantity, keys) in vectors {
            let expected: Vec<_> = keys.iter().map(|(k, n)| ((*k).to_owned(), *n)).collect();
            assert_eq!(expand(&format!("SW-001-4.0-{part}"), quantity), expected, "{part} {quantity}");
        }
    }

    #[test]
    fn every_key_of_the_domain_is_sold_by_a_part_or_set_by_a_rule() {
        let set_by_rule = ["SU_ALLOWED", "USAGE_TRACKING_UPLOAD", "USAGE_TRACKING_LOCAL", "VIRTUAL_CLOUD"];
        let catalogue = Catalogue::from_toml(PURECONNECT).expect("the shipped catalogue");
        let sold: BTreeSet<_> = catalogue.parts().iter().flat_map(|p| p.keys.iter().map(|(key, ..)| key.as_str())).collect();
        for rule in set_by_rule {
            assert!(!sold.contains(format!("I3_FEATURE_{rule}").as_str()), "{rule} follows from a rule, never from a part");
        }
        for key in [
            "I3_LICENSE_BASIC_STATION",
            "I3_LICENSE_SALESFORCE",
            "I3_LICENSE_SALESFORCE_BUSINESSUSER",
            "I3_ACCESS_CLIENT",
            "I3_ACCESS_ACD_MEDIA_1",
            "I3_ACCESS_ACD_MEDIA_2",
            "I3_ACCESS_ACD_MEDIA_3_PLUS",
            "I3_ACCESS_ACD_SOCIAL_MEDIA",
            "I3_ACCESS_ANALYZER",
            "I3_ACCESS_ANALYTICS_CORE",
            "I3_ACCESS_DIALER_ADDON",
            "I3_ACCESS_FEEDBACK",
            "I3_ACCESS_RECORDER",
            "I3_ACCESS_RECORDER_CLIENT",
            "I3_ACCESS_RECORDER_EXTREMEQUERY_CLIENT",
            "I3_ACCESS_RECORDER_QUALITYMONITORING",
            "I3_ACCESS_RECORDER_QUALITYMONITORING_AGENT",
            "I3_ACCESS_INTERACTION_SCRIPTER_ADDON",
            "I3_ACCESS_TRACKER",
            "I3_ACCESS_IPAD_USER_SUPERVISOR",
            "I3_ACCESS_IWP_USER_AGENT",
            "I3_ACCESS_IWP_USER_ENTERPRISE",
            "I3_ACCESS_IPA_USER",
            "I3_ACCESS_IPA_USER_ACD",
            "I3_ACCESS_IPA_MONITOR",
            "I3_ACCESS_IPA_DESIGNER",
            "I3_ACCESS_DIALER_SUPERVISOR_PLUGIN",
            "I3_ACCESS_WORKGROUP_SUPERVISOR_PLUGIN",
            "I3_ACCESS_HISTORICAL_REPORT_SUPERVISOR_PLUGIN",
            "I3_ACCESS_REPORT_ASSISTANT_SUPERVISOR_PLUGIN",
            "I3_ACCESS_SYSTEM_STATUS_SUPERVISOR_PLUGIN",
            "I3_OPTIMIZER_SHOWRTA",
            "I3_OPTIMIZER_SCHEDULABLE",
            "I3_FEATURE_ICWS_SDK",
            "I3_FEATURE_MEDIA_SERVER_TTS",
        ] {
            assert!(sold.contains(key), "no part gives {key}");
        }
    }

    #[test]
    fn a_concurrent_twin_counts_pooled_units_and_the_station_key_has_none() {
        let catalogue = Catalogue::from_toml(PURECONNECT).expect("the shipped catalogue");
        for part in catalogue.parts() {
            for (key, per_assigned, per_pooled) in &part.keys {
                match key.as_str().strip_suffix("_CONCURRENT") {
                    Some(base) => {
                        assert!(!base.ends_with("BASIC_STATION"));
                        assert_eq!((*per_assigned, *per_pooled > 0), (0, true), "{key} of {}", part.number);
                    }
                    None if key.as_str().ends_with("BASIC_STATION") => assert_eq!(per_assigned, per_pooled),
                    None => assert!(*per_assigned > 0),
                }
            }
        }
    }

    #[test]
    fn a_development_licence_gives_every_feature_and_so_many_of_the_rest() {
        let keys = ["I3_FEATURE_CIC_SERVER", "I3_ACCESS_CLIENT", "I3_ACCESS_CLIENT_CONCURRENT", "I3_SESSION_CALL"];
        let others = ["I3_LICENSE_BASIC_STATION", "I3_LICENSE_SALESFORCE", "I3_ENGINE_TTS", "I3_HARDWARE_GATEWAY"];
        let keys = keys.iter().chain(&others).map(|key| key.parse::<KeyName>().expect("a key"));
        for (size, units) in [(DevelopmentSize::Small, 8), (DevelopmentSize::Large, 30)] {
            let mut given = KeyCounts::default();
            given.add_part(&development_keys(keys.clone(), size), Quantity::ONE_SERVER).expect("small counts");
            let given: Vec<_> = given.iter().map(|(key, count)| (key.as_str(), count)).collect();
            let expected = [
                ("I3_ACCESS_CLIENT", units),
                ("I3_ACCESS_CLIENT_CONCURRENT", units),
                ("I3_FEATURE_CIC_SERVER", 1),
                ("I3_LICENSE_BASIC_STATION", units),
                ("I3_LICENSE_SALESFORCE", units),
                ("I3_SESSION_CALL", units),
            ];
            assert_eq!(given, expected, "{size}");
        }
    }

    #[test]
    fn a_catalogue_that_points_nowhere_is_refused() {
        let product = "[[product]]\ncode = \"CIC\"\nname = \"n\"\nline = \"l\"\nswitchover = true\nmail_connector = true\n\
            [[product.version]]\nname = \"2020 R1\"\nreleased_on = \"2020-01-31\"\ngeneration = \"4.0\"\n";
        let part = |number: &str, product: &str, rest: &str| {
            format!(
                "[[part]]\nnumber = \"{number}\"\ndescription = \"d\"\nproduct = \"{product}\"\ngeneration = \"4.0\"\nclass = \"access\"\n{rest}\n"
            )
        };
        let refused =
            |parts: String| Catalogue::from_toml(&format!("{product}{parts}")).map_err(|e| e.to_string()).expect_err("refused");
        assert_eq!(refused(part("A", "X", "keys = []")), "Part A names product X, which the catalogue does not have.");
        assert_eq!(
            refused(part("A", "CIC", "keys = []\nrequires = [\"B\"]")),
            "Part A names required part B, which the catalogue does not have."
        );
        assert_eq!(
            refused(part("A", "CIC", "keys = []").replace("\"access\"", "\"development-bundle\"")),
            "Part A is a development bundle and does not say how large."
        );
        assert_eq!(refused(part("A", "CIC", "keys = []").repeat(2)), "Part A stands twice in the catalogue.");
        assert_eq!(
            refused(part("A", "CIC", "keys = [[\"I3_FEATURE_SU_ALLOWED\", 1, 0]]")),
            "Part A maps I3_FEATURE_SU_ALLOWED, which follows from a rule and is never sold."
        );
        let alias = refused(part("A", "CIC", "keys = [[\"I3_CLIENT_ACCESS\", 1, 0]]"));
        assert!(
            alias.starts_with("The catalogue cannot be read at line 17: ") && alias.contains("another name of I3_ACCESS_CLIENT"),
            "{alias}"
        );
    }
}
