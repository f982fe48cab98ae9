//! Random sequences of operations, each compared with a model that fits on a page and shares no code with the product.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use licensing::{
    Serial,
    activity::{Active, Filter, Sort},
    file::{ActivationFile, Note},
    form::NewFileForm,
};
use portal::{AccountAccess, DEMO_PASSWORD, Error, NotDeactivated, NotGenerated, NotUpdatable, SignIn, Token};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};
use tests::{AMELIA, Backend, HANNA, LENA, OWEN, PETRA, SAM, Server, Size, report, seed};

/// (assigned, pooled)
type Pools = (u32, u32);

const ACCOUNTS: [&str; 3] = ["ACME-1001", "HELIOS-2002", "NORDIC-3003"];
const PEOPLE: [&str; 6] = [AMELIA, OWEN, HANNA, PETRA, LENA, SAM];
const ANALYST: usize = 4;

/// One order line.
#[derive(Clone, Debug)]
struct Line {
    id: i64,
    part: String,
    sales_order: String,
    ordered_on: NaiveDate,
    owned: Pools,
    allocated: Pools,
    unlimited: bool,
    maintenance_end: Option<NaiveDate>,
}

/// A form that somebody sends.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Request {
    garn: &'static str,
    site: String,
    host: String,
    item: String,
    /// Host and item of the switchover server.
    switchover: Option<(String, String)>,
    add_ons: BTreeMap<String, Pools>,
    usage: Option<&'static str>,
}

/// What somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Ask {
    Generate(Request),
    /// A revision of the file at a position of its account's, which began with this revision.
    Update {
        position: usize,
        began: u32,
        request: Request,
    },
    Deactivate {
        garn: &'static str,
        position: usize,
    },
}

impl Ask {
    fn garn(&self) -> &'static str {
        match self {
            Self::Generate(request) | Self::Update { request, .. } => request.garn,
            Self::Deactivate { garn, .. } => garn,
        }
    }
}

impl Ask {
    /// An update or a deactivation of some file, of what it holds now or of something else.
    fn of_a_file(model: &Model, random: &mut StdRng) -> Self {
        let garn = *ACCOUNTS.choose(random).expect("an account");
        let files = model.files.get(garn).map_or(0, Vec::len);
        // Sometimes one that is not there.
        let position = random.random_range(0..=files);
        if random.random_bool(0.4) {
            return Self::Deactivate { garn, position };
        }
        let (began, own) = model.file(garn, position).map_or((1, None), |file| (file.revision, Some(file.request.clone())));
        let request = match own {
            Some(own) if random.random_bool(0.1) => own,
            Some(own) if random.random_bool(0.5) => Request { add_ons: Request::random_of(garn, model, random).add_ons, ..own },
            _ => Request::random_of(garn, model, random),
        };
        let began = if random.random_bool(0.1) { began + 1 } else { began };
        Self::Update { position, began, request }
    }
}

/// What the product should answer.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    NotFound,
    Ineligible,
    Refused,
    KeyReused(String),
    Same(String),
    NotActive,
    Superseded,
    Unchanged,
    Done,
}

/// A file as the model has it.
#[derive(Clone, Debug)]
struct File {
    serial: String,
    request: Request,
    /// Of each line, by its id.
    holds: BTreeMap<i64, Pools>,
    active: bool,
    revision: u32,
    updates_through: Option<NaiveDate>,
    /// Who made the current revision, and when.
    by: usize,
    at: DateTime<Utc>,
}

/// What the database should hold.
struct Model {
    lines: BTreeMap<&'static str, Vec<Line>>,
    /// Part → parts without which it is not given.
    requires: BTreeMap<String, Vec<String>>,
    /// Part → (key, for each assigned, for each pooled).
    keys: BTreeMap<String, Vec<(String, u32, u32)>>,
    sites: BTreeMap<&'static str, Vec<(String, bool)>>,
    submissions: BTreeMap<(usize, String), (Ask, String)>,
    /// In the order in which they were generated.
    files: BTreeMap<&'static str, Vec<File>>,
    today: BTreeMap<&'static str, NaiveDate>,
}

impl Model {
    /// The demo, as it stands in the tables.
    async fn read(server: &Server) -> Self {
        let mut model = Self {
            lines: BTreeMap::new(),
            requires: BTreeMap::new(),
            keys: BTreeMap::new(),
            sites: BTreeMap::new(),
            submissions: BTreeMap::new(),
            files: BTreeMap::new(),
            today: BTreeMap::new(),
        };
        let text = |row: &serde_json::Value, name: &str| row[name].as_str().expect(name).to_owned();
        let count = |row: &serde_json::Value, name: &str| u32::try_from(row[name].as_i64().expect(name)).expect(name);
        for garn in ACCOUNTS {
            model.lines.insert(garn, lines(server, garn).await);
            let sql = format!(
                "SELECT CAST(s.id AS TEXT) AS id, s.active FROM install_sites s JOIN accounts a ON a.id = s.account_id
                 WHERE a.garn = '{garn}' ORDER BY s.id"
            );
            let sites = server.rows(&sql).await;
            model
                .sites
                .insert(garn, sites.iter().map(|site| (text(site, "id"), site["active"].as_bool().expect("a flag"))).collect());
        }
        let sql = "SELECT p.number, r.number AS required FROM part_requirements q JOIN parts p ON p.id = q.part_id
                   JOIN parts r ON r.id = q.required_part_id";
        for row in server.rows(sql).await {
            model.requires.entry(text(&row, "number")).or_default().push(text(&row, "required"));
        }
        let sql = "SELECT p.number, m.key, m.per_assigned, m.per_pooled FROM key_mappings m JOIN parts p ON p.id = m.part_id";
        for row in server.rows(sql).await {
            let mapping = (text(&row, "key"), count(&row, "per_assigned"), count(&row, "per_pooled"));
            model.keys.entry(text(&row, "number")).or_default().push(mapping);
        }
        model
    }

    fn file(&self, garn: &str, position: usize) -> Option<&File> {
        self.files.get(garn).and_then(|files| files.get(position))
    }

    fn expected(&self, person: usize, key: &str, ask: &Ask) -> Outcome {
        let email = PEOPLE[person];
        let garn = ask.garn();
        let visible = match garn {
            "ACME-1001" => [AMELIA, OWEN, LENA].contains(&email),
            "HELIOS-2002" => [HANNA, LENA].contains(&email),
            _ => [PETRA, LENA].contains(&email),
        };
        if !visible {
            return Outcome::NotFound;
        }
        if let Some((sent, serial)) = self.submissions.get(&(person, key.to_owned())) {
            return if sent == ask { Outcome::Same(serial.clone()) } else { Outcome::KeyReused(serial.clone()) };
        }
        let subscription = garn == "HELIOS-2002" && email != LENA;
        match ask {
            Ask::Generate(request) => self.made(email, request, None),
            Ask::Update { position, began, request } => match self.file(garn, *position) {
                None => Outcome::NotFound,
                Some(file) if !file.active => Outcome::NotActive,
                Some(file) if file.revision != *began => Outcome::Superseded,
                Some(file) => self.made(email, request, Some(file)),
            },
            Ask::Deactivate { position, .. } => match self.file(garn, *position) {
                None => Outcome::NotFound,
                Some(_) if subscription => Outcome::Ineligible,
                Some(file) if !file.active => Outcome::NotActive,
                Some(_) => Outcome::Done,
            },
        }
    }

    /// What comes of a form, for a new file or as a revision of one that is there.
    fn made(&self, email: &str, request: &Request, of: Option<&File>) -> Outcome {
        let subscription = request.garn == "HELIOS-2002";
        if email != LENA && (subscription || email == OWEN) {
            return Outcome::Ineligible;
        }
        let site = self.sites[request.garn].iter().any(|(id, active)| *id == request.site && *active);
        let hosts = request.switchover.as_ref().is_none_or(|(host, _)| *host != request.host);
        let usage = subscription == request.usage.is_some();
        let parts = request.parts();
        let met = |part: &String| self.requires.get(part).is_none_or(|needed| needed.iter().all(|part| parts.contains_key(part)));
        let lines = self.without(request.garn, of);
        let enough = parts.iter().all(|(part, asked)| draw(&lines, part, *asked).is_some());
        if !(site && hosts && usage && enough && parts.keys().all(met)) {
            return Outcome::Refused;
        }
        match of {
            Some(file) if file.request == *request && file.updates_through == self.updates_through(&lines, request) => {
                Outcome::Unchanged
            }
            _ => Outcome::Done,
        }
    }

    /// The account's lines as they would be without what a file holds.
    fn without(&self, garn: &str, file: Option<&File>) -> Vec<Line> {
        let mut lines = self.lines[garn].clone();
        for line in &mut lines {
            if let Some((assigned, pooled)) = file.and_then(|file| file.holds.get(&line.id)) {
                line.allocated = (line.allocated.0 - assigned, line.allocated.1 - pooled);
            }
        }
        lines
    }

    fn updates_through(&self, lines: &[Line], request: &Request) -> Option<NaiveDate> {
        let item = draw(lines, &request.item, (1, 0)).expect("there is one");
        let line = *item.keys().next().expect("a line");
        let line = lines.iter().find(|l| l.id == line).expect("it is known");
        line.maintenance_end.filter(|end| self.today[request.garn] <= *end)
    }

    /// Takes note of a file that was generated or updated; the keys that it must hold, and the day until which it permits updates.
    fn make(
        &mut self,
        (person, at): (usize, DateTime<Utc>),
        request: &Request,
        serial: &str,
        position: Option<usize>,
    ) -> (BTreeMap<String, u32>, Option<NaiveDate>) {
        let mut keys = BTreeMap::new();
        let mut add = |key: &str, count: u32| *keys.entry(key.to_owned()).or_insert(0) += count;
        let mut lines = self.without(request.garn, position.map(|position| &self.files[request.garn][position]));
        let updates_through = self.updates_through(&lines, request);
        if updates_through.is_some() {
            add("I3_FEATURE_SU_ALLOWED", 1);
        }
        match request.usage {
            Some("upload") => add("I3_FEATURE_USAGE_TRACKING_UPLOAD", 1),
            Some(_) => add("I3_FEATURE_USAGE_TRACKING_LOCAL", 1),
            None => {}
        }
        let mut holds = BTreeMap::new();
        for (part, asked) in request.parts() {
            for (key, per_assigned, per_pooled) in self.keys.get(&part).into_iter().flatten() {
                let count = asked.0 * per_assigned + asked.1 * per_pooled;
                if count > 0 {
                    add(key, count);
                }
            }
            for (id, given) in draw(&lines, &part, asked).expect("there is enough") {
                let line = lines.iter_mut().find(|line| line.id == id).expect("a line");
                line.allocated = (line.allocated.0 + given.0, line.allocated.1 + given.1);
                holds.insert(id, given);
            }
        }
        self.lines.insert(request.garn, lines);
        let files = self.files.entry(request.garn).or_default();
        let (request, serial) = (request.clone(), serial.to_owned());
        let made = File { serial, request, holds, active: true, revision: 1, updates_through, by: person, at };
        match position {
            None => files.push(made),
            Some(position) => files[position] = File { revision: files[position].revision + 1, ..made },
        }
        (keys, updates_through)
    }

    fn deactivate(&mut self, garn: &'static str, position: usize) {
        let lines = self.without(garn, Some(&self.files[garn][position]));
        self.lines.insert(garn, lines);
        let file = &mut self.files.get_mut(garn).expect("files")[position];
        (file.active, file.holds) = (false, BTreeMap::new());
    }
}

/// What each line gives, by its id: the latest maintenance first, then the oldest order. `None` when there is not enough.
fn draw(lines: &[Line], part: &str, asked: Pools) -> Option<BTreeMap<i64, Pools>> {
    let mut lines: Vec<&Line> = lines.iter().filter(|line| line.part == part).collect();
    lines.sort_by_key(|line| (std::cmp::Reverse(line.maintenance_end), line.ordered_on, line.sales_order.clone()));
    let (mut assigned, mut pooled) = asked;
    let mut drawn = BTreeMap::new();
    for line in lines {
        let free = |owned: u32, allocated: u32| if line.unlimited { u32::MAX } else { owned - allocated };
        let given = (assigned.min(free(line.owned.0, line.allocated.0)), pooled.min(free(line.owned.1, line.allocated.1)));
        if given != (0, 0) {
            drawn.insert(line.id, given);
            assigned -= given.0;
            pooled -= given.1;
        }
    }
    (assigned == 0 && pooled == 0).then_some(drawn)
}

impl Request {
    /// Every part that is asked for.
    fn parts(&self) -> BTreeMap<String, Pools> {
        let items = std::iter::once(&self.item).chain(self.switchover.as_ref().map(|(_, item)| item));
        let mut parts = self.add_ons.clone();
        parts.extend(items.map(|item| (item.clone(), (1, 0))));
        parts
    }

    fn form(&self) -> NewFileForm {
        let mut fields = vec![
            ("site".to_owned(), self.site.clone()),
            ("product".into(), "CIC".into()),
            ("version".into(), "2020 R2".into()),
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

    fn random(model: &Model, random: &mut StdRng) -> Self {
        let garn = *ACCOUNTS.choose(random).expect("an account");
        Self::random_of(garn, model, random)
    }

    fn random_of(garn: &'static str, model: &Model, random: &mut StdRng) -> Self {
        let lines = &model.lines[garn];
        let class =
            |word: &str| -> Vec<&String> { lines.iter().map(|line| &line.part).filter(|part| part.contains(word)).collect() };
        let pick = |parts: Vec<&String>, random: &mut StdRng| (*parts.choose(random).expect("a part")).clone();
        let host = |random: &mut StdRng| format!("{:012X}", random.random_range(0..40u64));
        let item = pick(class("SW-001-4.0-SV"), random);
        let switchover = random.random_bool(0.5).then(|| (host(random), pick(class("SW-001-4.0-SO"), random)));
        let mut add_ons = BTreeMap::new();
        let others: BTreeSet<&String> = lines
            .iter()
            .map(|l| &l.part)
            .filter(|p| p.starts_with("SW-001-4.0") && !p.contains("-SV") && !p.contains("-SO"))
            .collect();
        for part in others {
            if random.random_bool(0.15) {
                let most = if random.random_bool(0.9) { 4 } else { 60 };
                let asked = (random.random_range(0..=most), random.random_range(0..=most));
                if asked != (0, 0) {
                    add_ons.insert(part.clone(), asked);
                }
            }
        }
        let subscription = garn == "HELIOS-2002";
        let usage = random.random_bool(if subscription { 0.9 } else { 0.05 });
        let usage = usage.then(|| *["upload", "local"].choose(random).expect("a code"));
        let site = model.sites[garn].choose(random).expect("a site").0.clone();
        Self { garn, site, host: host(random), item, switchover, add_ons, usage }
    }
}

async fn lines(server: &Server, garn: &str) -> Vec<Line> {
    let sql = format!(
        "SELECT e.id, p.number, o.sales_order, CAST(o.ordered_on AS TEXT) AS ordered_on, e.owned_assigned, e.owned_pooled,
            e.allocated_assigned, e.allocated_pooled, e.unlimited, CAST(e.maintenance_end AS TEXT) AS maintenance_end
         FROM entitlements e JOIN parts p ON p.id = e.part_id JOIN orders o ON o.id = e.order_id
         JOIN accounts a ON a.id = e.account_id WHERE a.garn = '{garn}' ORDER BY e.id"
    );
    let rows = server.rows(&sql).await;
    let count = |row: &serde_json::Value, name: &str| u32::try_from(row[name].as_i64().expect(name)).expect(name);
    rows.iter()
        .map(|row| Line {
            id: row["id"].as_i64().expect("an id"),
            part: row["number"].as_str().expect("a part").to_owned(),
            sales_order: row["sales_order"].as_str().expect("an order").to_owned(),
            ordered_on: row["ordered_on"].as_str().expect("a day").parse().expect("a day"),
            owned: (count(row, "owned_assigned"), count(row, "owned_pooled")),
            allocated: (count(row, "allocated_assigned"), count(row, "allocated_pooled")),
            unlimited: row["unlimited"].as_bool().expect("a flag"),
            maintenance_end: row["maintenance_end"].as_str().map(|day| day.parse().expect("a day")),
        })
        .collect()
}

/// Why nothing was done, of all operations.
#[derive(Debug)]
enum Refused {
    NotFound,
    Ineligible,
    /// What was typed.
    Form,
    KeyReused(Serial),
    NotActive,
    Superseded,
    Unchanged,
}

impl Refused {
    fn of(why: NotGenerated) -> Self {
        match why {
            NotGenerated::Ineligible(_) => Self::Ineligible,
            NotGenerated::Refused { refusals, .. } => {
                assert!(!refusals.is_empty());
                Self::Form
            }
            NotGenerated::KeyReused { serial, .. } => Self::KeyReused(serial),
            NotGenerated::NotUpdatable(NotUpdatable::NotActive { .. }) => Self::NotActive,
            NotGenerated::NotUpdatable(NotUpdatable::Superseded { .. }) => Self::Superseded,
            NotGenerated::NotUpdatable(NotUpdatable::Unchanged { .. }) => Self::Unchanged,
            NotGenerated::Error(Error::NotFound) => Self::NotFound,
            other => panic!("{other:?}"),
        }
    }
}

/// The product, driven one operation at a time.
struct Driver {
    server: Server,
    tokens: BTreeMap<usize, Token>,
    counts: BTreeMap<&'static str, u32>,
}

impl Driver {
    async fn access(&mut self, person: usize, garn: &str) -> Result<AccountAccess, Error> {
        let portal = self.server.portal();
        if let Some(token) = self.tokens.get(&person)
            && let Some(caller) = portal.authenticate(token.as_str()).await?
        {
            return caller.account(garn).await;
        }
        // The session has ended.
        let sign_in = SignIn { email: PEOPLE[person].into(), password: DEMO_PASSWORD.into(), address: [127, 0, 0, 1].into() };
        let token = portal.sign_in(sign_in).await.expect("signed in");
        let caller = portal.authenticate(token.as_str()).await?.expect("a session");
        self.tokens.insert(person, token);
        caller.account(garn).await
    }

    async fn send(&mut self, model: &mut Model, person: usize, key: &str, ask: &Ask) {
        let expected = model.expected(person, key, ask);
        let name = match (&expected, ask) {
            (Outcome::NotFound, _) => "not found",
            (Outcome::Ineligible, _) => "ineligible",
            (Outcome::Refused, _) => "refused",
            (Outcome::KeyReused(_), _) => "key reused",
            (Outcome::Same(_), _) => "same again",
            (Outcome::NotActive, _) => "not active",
            (Outcome::Superseded, _) => "superseded",
            (Outcome::Unchanged, _) => "unchanged",
            (Outcome::Done, Ask::Generate(_)) => "generated",
            (Outcome::Done, Ask::Update { .. }) => "updated",
            (Outcome::Done, Ask::Deactivate { .. }) => "deactivated",
        };
        *self.counts.entry(name).or_default() += 1;
        let access = match self.access(person, ask.garn()).await {
            Ok(access) => access,
            Err(Error::NotFound) => return assert_eq!(expected, Outcome::NotFound, "{ask:?}"),
            Err(error) => panic!("{error:?}"),
        };
        let key_sent = key.parse().expect("a key");
        let serial = |garn: &str, position| model.file(garn, position).map_or("AF-9999999", |file| &file.serial).to_owned();
        let answer = match ask {
            Ask::Generate(request) => {
                access.generate(&request.form(), &key_sent).await.map(|generated| generated.serial).map_err(Refused::of)
            }
            Ask::Update { position, began, request } => {
                let updated = access.update(&serial(request.garn, *position), *began, &request.form(), &key_sent).await;
                updated.map(|updated| updated.serial).map_err(Refused::of)
            }
            Ask::Deactivate { garn, position } => {
                let machine = model.file(garn, *position).map(|file| format!("IC-{}", file.request.host)).unwrap_or_default();
                // The machine of a file may have another name by now; what was typed is part of what was asked.
                let value = |field: &str| match field {
                    "reason" => "reallocation",
                    "machine" => &machine,
                    _ => "",
                };
                access.deactivate(&serial(garn, *position), value, &key_sent).await.map_err(|why| match why {
                    NotDeactivated::Ineligible(_) => Refused::Ineligible,
                    NotDeactivated::NotActive { .. } => Refused::NotActive,
                    NotDeactivated::KeyReused { serial, .. } => Refused::KeyReused(serial),
                    NotDeactivated::Error(Error::NotFound) => Refused::NotFound,
                    other => panic!("{other:?}"),
                })
            }
        };
        match (answer, expected) {
            (Ok(serial), Outcome::Same(expected)) => assert_eq!(serial.as_str(), expected),
            (Ok(serial), Outcome::Done) => self.done(model, person, key, ask, &serial, &access).await,
            (Err(Refused::KeyReused(serial)), Outcome::KeyReused(expected)) => assert_eq!(serial.as_str(), expected),
            (Err(Refused::Ineligible), Outcome::Ineligible)
            | (Err(Refused::Form), Outcome::Refused)
            | (Err(Refused::NotFound), Outcome::NotFound)
            | (Err(Refused::NotActive), Outcome::NotActive)
            | (Err(Refused::Superseded), Outcome::Superseded)
            | (Err(Refused::Unchanged), Outcome::Unchanged) => {}
            (answer, expected) => {
                panic!("{} sent {ask:?} as {key}: {expected:?} was expected, not {answer:?}", PEOPLE[person])
            }
        }
    }

    /// Takes note of what was done, and compares what the file and the ledger say.
    async fn done(&self, model: &mut Model, person: usize, key: &str, ask: &Ask, serial: &Serial, access: &AccountAccess) {
        model.submissions.insert((person, key.to_owned()), (ask.clone(), serial.to_string()));
        let made = (person, self.server.portal().now());
        let (request, position) = match ask {
            Ask::Generate(request) => (request, None),
            Ask::Update { position, request, .. } => (request, Some(*position)),
            Ask::Deactivate { garn, position } => {
                model.deactivate(garn, *position);
                return self.compare(model, garn).await;
            }
        };
        let expected = model.make(made, request, serial.as_str(), position);
        let download = access.download(serial.as_str(), None).await.expect("the file");
        let note = Note::parse(&download.bytes).expect("a note");
        let file = ActivationFile::decode(note.text).expect("a file");
        let held: BTreeMap<String, u32> = file.keys.iter().map(|(key, count)| (key.to_string(), count)).collect();
        assert_eq!((held, file.updates_through), expected, "{request:?}");
        self.compare(model, request.garn).await;
    }

    async fn compare(&self, model: &Model, garn: &str) {
        let stored: Vec<_> =
            lines(&self.server, garn).await.into_iter().map(|line| (line.id, line.owned, line.allocated)).collect();
        let expected: Vec<_> = model.lines[garn].iter().map(|line| (line.id, line.owned, line.allocated)).collect();
        assert_eq!(stored, expected, "{garn}");
    }

    /// Looks at an account's list, at one of its files, and at another's.
    async fn look(&mut self, model: &Model, random: &mut StdRng) {
        *self.counts.entry("looked at").or_default() += 1;
        let garn = *ACCOUNTS.choose(random).expect("an account");
        let files = model.files.get(garn).cloned().unwrap_or_default();
        let access = self.access(ANALYST, garn).await.expect("analysts see all");
        let (filter, expected) = narrowed(model, garn, random);
        let found = access.activity(&filter, None, 25).await.expect("the list");
        assert_eq!(usize::try_from(found.total).expect("a count"), expected.len(), "{garn}, {filter:?}");
        let shown: Vec<String> = found.rows.iter().map(|row| row.serial.to_string()).collect();
        assert_eq!(shown, expected[..shown.len()], "{garn}, {filter:?}");
        assert_eq!(shown.len(), expected.len().min(25), "{garn}, {filter:?}");
        if let Some(File { serial, revision, .. }) = files.choose(random) {
            let file = access.file(serial).await.expect("a file");
            assert_eq!(file.row.serial, serial.parse::<Serial>().expect("a serial"));
            assert_eq!((file.row.revision, file.revisions.len()), (*revision, *revision as usize));
            let other = ACCOUNTS.iter().find(|other| **other != garn).expect("another account");
            let elsewhere = self.access(ANALYST, other).await.expect("analysts see all");
            assert!(matches!(elsewhere.file(serial).await, Err(Error::NotFound)), "{serial} is not {other}'s");
        }
    }

    /// An order brings more of one line.
    async fn order(&mut self, model: &mut Model, random: &mut StdRng) {
        *self.counts.entry("ordered").or_default() += 1;
        let garn = *ACCOUNTS.choose(random).expect("an account");
        let lines = model.lines.get_mut(garn).expect("an account");
        let items: Vec<usize> =
            (0..lines.len()).filter(|line| lines[*line].part.contains("-S") || random.random_bool(0.3)).collect();
        let line = &mut lines[*items.choose(random).expect("a line")];
        line.owned = (line.owned.0 + random.random_range(0..4), line.owned.1 + random.random_range(0..4));
        let (id, (assigned, pooled)) = (line.id, line.owned);
        let sql = format!("UPDATE entitlements SET owned_assigned = {assigned}, owned_pooled = {pooled} WHERE id = {id}");
        self.server.execute(&sql).await;
    }

    fn wait(&mut self, model: &mut Model, random: &mut StdRng) {
        *self.counts.entry("waited").or_default() += 1;
        self.server.advance(TimeDelta::minutes(random.random_range(1..400)));
        self.note_day(model);
    }

    fn note_day(&self, model: &mut Model) {
        for (garn, zone) in ACCOUNTS.iter().zip(["America/Indiana/Indianapolis", "Europe/Berlin", "Europe/Oslo"]) {
            let zone: chrono_tz::Tz = zone.parse().expect("a zone");
            model.today.insert(garn, self.server.portal().now().with_timezone(&zone).date_naive());
        }
    }
}

/// A list of an account's files, narrowed and sorted at random, and the serials that it must show.
fn narrowed(model: &Model, garn: &str, random: &mut StdRng) -> (Filter, Vec<String>) {
    const NAMES: [&str; 6] = ["Amelia Hart", "Owen Blake", "Hanna Vogt", "Petra Novák", "Lena Fischer", "Sam Okafor"];
    let by = random.random_bool(0.3).then(|| random.random_range(0..NAMES.len()));
    let prefix = random.random_bool(0.4).then(|| format!("ic-0000000000{}", random.random_range(0..3)));
    let site = random.random_bool(0.3).then(|| model.sites[garn].choose(random).expect("a site").0.clone());
    let filter = Filter {
        active: *Active::ALL.choose(random).expect("one"),
        sort: *Sort::ALL.choose(random).expect("one"),
        by: by.map(|by| NAMES[by].to_uppercase()),
        machine: prefix.clone(),
        site: site.clone(),
        ..Filter::default()
    };
    let begins = |name: &String| prefix.as_ref().is_none_or(|prefix| name.starts_with(prefix));
    let mut found: Vec<(String, DateTime<Utc>, usize, &File)> = Vec::new();
    for (position, file) in model.files.get(garn).into_iter().flatten().enumerate() {
        let hosts = std::iter::once(&file.request.host).chain(file.request.switchover.as_ref().map(|(host, _)| host));
        let names: Vec<String> = hosts.map(|host| format!("IC-{host}").to_ascii_lowercase()).collect();
        let active = match filter.active {
            Active::Yes => file.active,
            Active::No => !file.active,
            Active::All => true,
        };
        // Without a prefix the primary server's name sorts, with one the first of the names that begin with it.
        let name = if prefix.is_some() { names.iter().filter(|name| begins(name)).min() } else { names.first() };
        let wanted = active && by.is_none_or(|by| file.by == by) && site.as_ref().is_none_or(|site| file.request.site == *site);
        if let (true, Some(name)) = (wanted, name) {
            found.push((name.clone(), file.at, position, file));
        }
    }
    match filter.sort {
        Sort::Latest | Sort::Oldest => found.sort_by_key(|(_, at, position, _)| (*at, *position)),
        Sort::MachineUp | Sort::MachineDown => found.sort_by_key(|(name, _, position, _)| (name.clone(), *position)),
        Sort::EndFirst | Sort::EndLast => found.sort_by_key(|(_, _, position, _)| *position),
    }
    if filter.sort.descends() {
        found.reverse();
    }
    (filter, found.into_iter().map(|(.., file)| file.serial.clone()).collect())
}

async fn random_operations(backend: Backend) {
    let (steps, seed, began) = (Size::of_run().pick(1_000, 10_000), seed(), Instant::now());
    // Before anything can go wrong, so that it is known whatever does.
    eprintln!("model, {backend:?}: {steps} steps, seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let server = Server::durable(backend).await;
    let mut model = Model::read(&server).await;
    let mut driver = Driver { server, tokens: BTreeMap::new(), counts: BTreeMap::new() };
    driver.note_day(&mut model);
    for step in 0..steps {
        // Half of the time the analyst, who may generate everywhere.
        let person = if random.random_bool(0.5) { ANALYST } else { random.random_range(0..PEOPLE.len()) };
        match random.random_range(0..100) {
            0..35 => {
                let ask = Ask::Generate(Request::random(&model, &mut random));
                driver.send(&mut model, person, &format!("step{step:018}"), &ask).await;
            }
            35..60 => {
                let ask = Ask::of_a_file(&model, &mut random);
                driver.send(&mut model, person, &format!("step{step:018}"), &ask).await;
            }
            60..75 => {
                // Sent before, and sent again: the same, or something else under the same key.
                let sent: Vec<_> = model.submissions.iter().map(|((p, key), (ask, _))| (*p, key.clone(), ask.clone())).collect();
                if let Some((person, key, ask)) = sent.choose(&mut random).cloned() {
                    let changed = random.random_bool(0.3);
                    let ask = if changed { Ask::Generate(Request::random(&model, &mut random)) } else { ask };
                    driver.send(&mut model, person, &key, &ask).await;
                }
            }
            75..87 => driver.look(&model, &mut random).await,
            87..95 => driver.order(&mut model, &mut random).await,
            _ => driver.wait(&mut model, &mut random),
        }
    }
    for garn in ACCOUNTS {
        driver.compare(&model, garn).await;
    }
    driver.server.assert_healthy().await;
    let done: Vec<String> = driver.counts.iter().map(|(name, count)| format!("{count} {name}")).collect();
    for name in [
        "generated",
        "updated",
        "deactivated",
        "refused",
        "same again",
        "key reused",
        "ineligible",
        "not found",
        "not active",
        "superseded",
        "unchanged",
    ] {
        assert!(driver.counts.contains_key(name), "no step was {name}: {done:?}");
    }
    let seconds = began.elapsed().as_secs();
    report(&format!("model, {backend:?}: {steps} steps, seed {seed}: {}; doctor clean, {seconds} s", done.join(", ")));
}

#[tokio::test(flavor = "multi_thread")]
async fn random_operations_do_what_the_model_does_on_sqlite() {
    random_operations(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn random_operations_do_what_the_model_does_on_postgres() {
    random_operations(Backend::Postgres).await;
}
