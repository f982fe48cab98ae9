//! Requests, drawn at random.

use super::{ACCOUNTS, Pools, ledger::Model};
use licensing::files::request::NewFileForm;
use rand::{RngExt, rngs::StdRng, seq::IndexedRandom};
use std::collections::{BTreeMap, BTreeSet};

/// A form that somebody sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) garn: &'static str,
    pub(super) version: &'static str,
    pub(super) site: String,
    pub(super) host: String,
    pub(super) item: String,
    /// Host and item of the switchover server.
    pub(super) switchover: Option<(String, String)>,
    pub(super) add_ons: BTreeMap<String, Pools>,
    pub(super) usage: Option<&'static str>,
}

/// A request by somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    Generate(Request),
    /// A revision of the file at a position of its account's, which began with this revision.
    Update {
        position: usize,
        began: u32,
        request: Request,
        /// A field that an update may not change, and what is sent of it.
        forged: Option<(&'static str, &'static str)>,
        /// Name typed for the switchover server, in case that the update drops it.
        dropped: String,
    },
    Deactivate {
        garn: &'static str,
        position: usize,
    },
    /// Part → what it is to become.
    Upgrade {
        garn: &'static str,
        targets: BTreeMap<String, String>,
    },
    Batch {
        garn: &'static str,
        lines: Lines,
        whole: bool,
    },
}

/// The lines of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lines {
    Generate {
        requests: Vec<Request>,
        repeats: bool,
        /// A column for a part that there is not.
        stranger: bool,
    },
    /// Files by their serials.
    Refresh(Vec<String>),
    Deactivate(Vec<String>),
}

/// Fields that an update of a production file of CIC must not take.
const FORGED: [(&str, &str); 5] = [
    ("type", "development-bundled"),
    ("type", "trial"),
    ("type", "development-ordered-small"),
    ("product", "MediaServer"),
    ("product", "none"),
];

/// The generation of a part, or of a product version.
pub(super) fn generation(name: &str) -> &'static str {
    if name == "3.0" || name.contains("-3.0-") { "3.0" } else { "4.0" }
}

impl Ask {
    pub(super) fn garn(&self) -> &'static str {
        match self {
            Self::Generate(request) | Self::Update { request, .. } => request.garn,
            Self::Deactivate { garn, .. } | Self::Upgrade { garn, .. } | Self::Batch { garn, .. } => garn,
        }
    }

    /// An update or a deactivation of some file, of what it holds now or of something else.
    pub(super) fn of_a_file(model: &Model, random: &mut StdRng) -> Self {
        let garn = *ACCOUNTS.choose(random).expect("an account");
        let files = model.files.get(garn).map_or(0, Vec::len);
        // Sometimes one that is not there.
        let position = random.random_range(0..=files);
        if random.random_bool(0.4) {
            return Self::Deactivate { garn, position };
        }
        let (began, own) = model.file(garn, position).map_or((1, None), |file| (file.revision, Some(model.refreshed(file))));
        let request = match own {
            Some(own) if random.random_bool(0.2) => own,
            Some(own) if random.random_bool(0.5) => Request { add_ons: add_ons(model, garn, own.version, random), ..own },
            _ => Request::random_of(garn, model, random),
        };
        let began = if random.random_bool(0.1) { began + 1 } else { began };
        let forged = random.random_bool(0.1).then(|| *FORGED.choose(random).expect("a field"));
        let second = model.file(garn, position).and_then(|file| file.request.switchover.as_ref());
        // Sometimes it is not typed.
        let dropped = second.filter(|_| random.random_bool(0.9)).map(|(host, _)| format!("ic-{host}")).unwrap_or_default();
        Self::Update { position, began, request, forged, dropped }
    }

    /// An upgrade of all parts that have an option, or of some.
    pub(super) fn upgrade(model: &Model, random: &mut StdRng) -> Self {
        let garn = *ACCOUNTS.choose(random).expect("an account");
        let whole = random.random_bool(0.7);
        let mut targets = BTreeMap::new();
        for part in model.upgradable(garn) {
            if whole || random.random_bool(0.6) {
                let target = model.upgrades[&part].choose(random).expect("a target").clone();
                // Sometimes one that is no option.
                targets.insert(part, if random.random_bool(0.03) { "SW-001-4.0-FE01".to_owned() } else { target });
            }
        }
        Self::Upgrade { garn, targets }
    }

    pub(super) fn batch(model: &Model, random: &mut StdRng) -> Self {
        let garn = *ACCOUNTS.choose(random).expect("an account");
        let count = random.random_range(1..6);
        let lines = match random.random_range(0..3) {
            0 => {
                let requests = (0..count).map(|_| Request::random_of(garn, model, random)).collect();
                Lines::Generate { requests, repeats: random.random_bool(0.5), stranger: random.random_bool(0.1) }
            }
            kind => {
                let files = model.files.get(garn).map_or(&[][..], Vec::as_slice);
                let serial = |random: &mut StdRng| match files.choose(random) {
                    Some(file) if random.random_bool(0.95) => file.serial.clone(),
                    _ => "AF-9999999".to_owned(),
                };
                let serials = (0..count).map(|_| serial(random)).collect();
                if kind == 1 { Lines::Refresh(serials) } else { Lines::Deactivate(serials) }
            }
        };
        Self::Batch { garn, lines, whole: random.random_bool(0.4) }
    }
}

impl Request {
    /// Every part that is asked for.
    pub(super) fn parts(&self) -> BTreeMap<String, Pools> {
        let items = std::iter::once(&self.item).chain(self.switchover.as_ref().map(|(_, item)| item));
        let mut parts = self.add_ons.clone();
        parts.extend(items.map(|item| (item.clone(), (1, 0))));
        parts
    }

    pub(super) fn hosts(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.host).chain(self.switchover.as_ref().map(|(host, _)| host))
    }

    pub(super) fn form(&self) -> NewFileForm {
        let mut fields = vec![
            ("site".to_owned(), self.site.clone()),
            ("product".into(), "CIC".into()),
            ("version".into(), self.version.into()),
            ("type".into(), "production".into()),
            ("host_id".into(), self.host.clone()),
            ("machine_name".into(), format!("IC-{}", self.host)),
            ("system_type".into(), "media-server-based".into()),
            ("mail_connector".into(), "exchange".into()),
            ("server_item".into(), self.item.clone()),
        ];
        match &self.switchover {
            None => fields.push(("switchover_later".into(), "yes".into())),
            Some((host, item)) => fields.extend([
                ("switchover_host_id".into(), host.clone()),
                ("switchover_machine_name".into(), format!("IC-{host}")),
                ("switchover_item".into(), item.clone()),
            ]),
        }
        for (part, (assigned, pooled)) in &self.add_ons {
            fields.push((format!("assigned.{part}"), assigned.to_string()));
            fields.push((format!("pooled.{part}"), pooled.to_string()));
        }
        fields.extend(self.usage.map(|usage| ("usage_tracking".to_owned(), usage.to_owned())));
        fields.into_iter().collect()
    }

    pub(super) fn random(model: &Model, random: &mut StdRng) -> Self {
        let garn = *ACCOUNTS.choose(random).expect("an account");
        Self::random_of(garn, model, random)
    }

    pub(super) fn random_of(garn: &'static str, model: &Model, random: &mut StdRng) -> Self {
        let items = |generation: &str, class: &str| -> Vec<String> {
            let wanted = format!("SW-001-{generation}-{class}");
            model.lines[garn].iter().map(|line| &line.part).filter(|part| part.starts_with(&wanted)).cloned().collect()
        };
        let old = !items("3.0", "SV").is_empty() && random.random_bool(0.4);
        let version = if old { "3.0" } else { *["2020 R2", "2020 R2", "2020 R4"].choose(random).expect("a version") };
        let generation = generation(version);
        let host = |random: &mut StdRng| format!("{:012X}", random.random_range(0..40u64));
        let item = items(generation, "SV").choose(random).expect("a server item").clone();
        let other = items(generation, "SO").choose(random).cloned();
        let switchover = other.filter(|_| random.random_bool(0.5)).map(|item| (host(random), item));
        let add_ons = add_ons(model, garn, version, random);
        let subscription = garn == "HELIOS-2002";
        let usage = random.random_bool(if subscription { 0.9 } else { 0.05 });
        let usage = usage.then(|| *["upload", "local"].choose(random).expect("a code"));
        let site = model.sites[garn].choose(random).expect("a site").0.clone();
        Self { garn, version, site, host: host(random), item, switchover, add_ons, usage }
    }
}

/// Quantities of parts that fit `version`, now and then more than there is.
fn add_ons(model: &Model, garn: &str, version: &str, random: &mut StdRng) -> BTreeMap<String, Pools> {
    let begins = format!("SW-001-{}", generation(version));
    let fits = |part: &&String| part.starts_with(&begins) && !part.contains("-SV") && !part.contains("-SO");
    let parts: BTreeSet<&String> = model.lines[garn].iter().map(|line| &line.part).filter(fits).collect();
    let mut add_ons = BTreeMap::new();
    for part in parts {
        if random.random_bool(0.15) {
            let most = if random.random_bool(0.9) { 4 } else { 60 };
            let asked = (random.random_range(0..=most), random.random_range(0..=most));
            if asked != (0, 0) {
                add_ons.insert(part.clone(), asked);
            }
        }
    }
    add_ons
}
