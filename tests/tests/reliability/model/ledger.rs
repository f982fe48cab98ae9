//! Model of the database, which shares no code with the product.

use super::{
    ACCOUNTS, ANALYST, PEOPLE, Pools,
    ask::{Ask, Lines, Request, generation},
};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::{BTreeMap, BTreeSet};
use tests::{AMELIA, HANNA, LENA, OWEN, PETRA, Server};

/// One order line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) id: i64,
    pub(super) part: String,
    pub(super) sales_order: String,
    /// Number in the order.
    pub(super) line: u32,
    pub(super) ordered_on: NaiveDate,
    pub(super) owned: Pools,
    pub(super) allocated: Pools,
    pub(super) unlimited: bool,
    pub(super) maintenance_end: Option<NaiveDate>,
}

/// Answer that the product should give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
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

/// Result that a line of a batch should have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum LineOutcome {
    Left,
    Refused,
    Done(Step),
}

/// Work for a line of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Generate(Request),
    /// The file at this position gets this revision.
    Refresh(usize, Request),
    Deactivate(usize),
}

/// Contents of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) keys: BTreeMap<String, u32>,
    pub(super) updates_through: Option<NaiveDate>,
}

/// A file as the model has it.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub(super) serial: String,
    pub(super) request: Request,
    pub(super) content: Content,
    /// Quantities of each line, by its id.
    pub(super) holds: BTreeMap<i64, Pools>,
    /// Part of each line that it drew from, as the line was then.
    pub(super) drew: BTreeMap<i64, String>,
    pub(super) active: bool,
    pub(super) revision: u32,
    /// Person who made the current revision, and the instant.
    pub(super) by: usize,
    pub(super) at: DateTime<Utc>,
}

#[derive(Clone)]
pub(super) struct Model {
    pub(super) lines: BTreeMap<&'static str, Vec<Line>>,
    /// Part → parts without which it is not given.
    requires: BTreeMap<String, Vec<String>>,
    /// Part → (key, for each assigned, for each pooled).
    keys: BTreeMap<String, Vec<(String, u32, u32)>>,
    /// Part → what it can become.
    pub(super) upgrades: BTreeMap<String, Vec<String>>,
    pub(super) sites: BTreeMap<&'static str, Vec<(String, bool)>>,
    /// By id.
    pub(super) site_names: BTreeMap<String, String>,
    pub(super) submissions: BTreeMap<(usize, String), (Ask, String)>,
    /// In the order in which they were generated.
    pub(super) files: BTreeMap<&'static str, Vec<File>>,
    pub(super) today: BTreeMap<&'static str, NaiveDate>,
}

/// All files of the model are production: development bundles and evaluations make files of their own.
fn of_its_own(part: &str) -> bool {
    part.contains("-DV") || part.contains("-EV")
}

impl Model {
    /// The demo, as it stands in the tables.
    pub(super) async fn read(server: &Server) -> Self {
        let mut model = Self {
            lines: BTreeMap::new(),
            requires: BTreeMap::new(),
            keys: BTreeMap::new(),
            upgrades: BTreeMap::new(),
            sites: BTreeMap::new(),
            site_names: BTreeMap::new(),
            submissions: BTreeMap::new(),
            files: BTreeMap::new(),
            today: BTreeMap::new(),
        };
        for garn in ACCOUNTS {
            model.lines.insert(garn, lines(server, garn).await);
            let sql = format!(
                "SELECT CAST(s.id AS TEXT) AS id, s.name, s.active FROM install_sites s JOIN accounts a ON a.id = s.account_id
                 WHERE a.garn = '{garn}' ORDER BY s.id"
            );
            let sites = server.rows(&sql).await;
            model.site_names.extend(sites.iter().map(|site| (text(site, "id"), text(site, "name"))));
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
        let sql = "SELECT p.number, t.number AS target FROM part_upgrades u JOIN parts p ON p.id = u.part_id
                   JOIN parts t ON t.id = u.target_part_id";
        for row in server.rows(sql).await {
            model.upgrades.entry(text(&row, "number")).or_default().push(text(&row, "target"));
        }
        model
    }

    pub(super) fn file(&self, garn: &str, position: usize) -> Option<&File> {
        self.files.get(garn).and_then(|files| files.get(position))
    }

    /// The parts of an account that can be upgraded.
    pub(super) fn upgradable(&self, garn: &str) -> BTreeSet<String> {
        self.lines[garn].iter().map(|line| &line.part).filter(|part| self.upgrades.contains_key(*part)).cloned().collect()
    }

    pub(super) fn expected(&self, person: usize, key: &str, ask: &Ask) -> Outcome {
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
        let subscription = garn == "HELIOS-2002" && person != ANALYST;
        // Who may not deactivate here may not plan to, whatever the key was used for; and of no file there is no request for an update.
        match ask {
            Ask::Batch { lines: Lines::Deactivate(_), .. } | Ask::Deactivate { .. } if subscription => {
                return Outcome::Ineligible;
            }
            Ask::Update { position, .. } if self.file(garn, *position).is_none() => return Outcome::NotFound,
            _ => {}
        }
        if let Some((sent, reference)) = self.submissions.get(&(person, key.to_owned())) {
            // Of a file it is said which one, not which revision.
            let named = reference.split('/').next().unwrap_or_default();
            return if sent == ask { Outcome::Same(reference.clone()) } else { Outcome::KeyReused(named.to_owned()) };
        }
        match ask {
            Ask::Generate(request) => self.made(email, request, None),
            Ask::Update { position, began, request, forged, dropped } => match self.file(garn, *position) {
                None => Outcome::NotFound,
                Some(file) if !file.active => Outcome::NotActive,
                Some(file) if file.revision != *began => Outcome::Superseded,
                Some(file) => match self.made(email, request, Some(file)) {
                    Outcome::Ineligible => Outcome::Ineligible,
                    _ if forged.is_some() => Outcome::Refused,
                    Outcome::Done if drops_another(file, request, dropped) => Outcome::Refused,
                    made => made,
                },
            },
            Ask::Deactivate { position, .. } => match self.file(garn, *position) {
                None => Outcome::NotFound,
                Some(file) if !file.active => Outcome::NotActive,
                Some(_) => Outcome::Done,
            },
            Ask::Upgrade { .. } if subscription => Outcome::Ineligible,
            // An upgrade makes files possible, and needs what they do.
            Ask::Upgrade { .. } if email == OWEN && !self.upgradable(garn).is_empty() => Outcome::Ineligible,
            Ask::Upgrade { targets, .. } if self.upgrades_all(garn, targets) => Outcome::Done,
            Ask::Upgrade { .. } => Outcome::Refused,
            // A column that no line could use refuses the table.
            Ask::Batch { lines: Lines::Generate { requests, stranger, .. }, .. }
                if *stranger || self.asks_in_vain(email, requests) =>
            {
                Outcome::Refused
            }
            // What each of its lines comes to is another matter.
            Ask::Batch { .. } => Outcome::Done,
        }
    }

    /// Whether a column of the table that has these lines is for a part which nobody may add to any of them: analysts alone add bundles.
    fn asks_in_vain(&self, email: &str, requests: &[Request]) -> bool {
        let fits = |part: &str| requests.iter().any(|request| generation(part) == generation(request.version));
        let parts = requests.iter().flat_map(|request| request.add_ons.keys());
        parts.into_iter().any(|part| !fits(part) || of_its_own(part) || (part.contains("-AB") && email != LENA))
    }

    /// Whether each chosen part may become its target. Parts of a mirrored account go together, with all their lines.
    fn upgrades_all(&self, garn: &str, targets: &BTreeMap<String, String>) -> bool {
        let mirrored = garn == "NORDIC-3003";
        let upgradable = self.upgradable(garn);
        let possible = |(part, target): (&String, &String)| {
            let mut lines = self.lines[garn].iter().filter(|line| line.part == *part);
            let maintained = |line: &Line| self.maintained(garn, line);
            self.upgrades[part].contains(target) && if mirrored { lines.all(maintained) } else { lines.any(maintained) }
        };
        let together = !mirrored || targets.len() == upgradable.len();
        !targets.is_empty() && together && targets.iter().all(possible)
    }

    fn maintained(&self, garn: &str, line: &Line) -> bool {
        line.maintenance_end.is_some_and(|end| self.today[garn] <= end)
    }

    pub(super) fn upgrade(&mut self, garn: &'static str, targets: &BTreeMap<String, String>) {
        let mut lines = self.lines[garn].clone();
        for line in &mut lines {
            if let Some(target) = targets.get(&line.part).filter(|_| self.maintained(garn, line)) {
                line.part.clone_from(target);
            }
        }
        self.lines.insert(garn, lines);
    }

    /// Result of each line of a batch, each on the quantities that the lines before it leave.
    pub(super) fn planned(&self, person: usize, garn: &'static str, lines: &Lines) -> Vec<LineOutcome> {
        let mut then = self.clone();
        let at = DateTime::UNIX_EPOCH;
        match lines {
            Lines::Generate { requests, repeats, .. } => {
                let mut hosts: BTreeSet<&String> = BTreeSet::new();
                let mut outcomes = Vec::new();
                for request in requests {
                    outcomes.push(match then.made(PEOPLE[person], request, None) {
                        Outcome::Ineligible => LineOutcome::Refused,
                        _ if request.hosts().any(|host| hosts.contains(host)) => LineOutcome::Refused,
                        _ if !repeats && request.hosts().any(|host| self.is_for(garn, host)) => LineOutcome::Left,
                        Outcome::Done => {
                            then.make((person, at), request, "", None);
                            hosts.extend(request.hosts());
                            LineOutcome::Done(Step::Generate(request.clone()))
                        }
                        _ => LineOutcome::Refused,
                    });
                }
                outcomes
            }
            Lines::Refresh(serials) | Lines::Deactivate(serials) => {
                let refreshes = matches!(lines, Lines::Refresh(_));
                let mut before = BTreeSet::new();
                let plan = |serial: &String| {
                    let files = then.files.get(garn).map_or(&[][..], Vec::as_slice);
                    let Some(position) = files.iter().position(|file| file.serial == *serial) else {
                        return LineOutcome::Refused;
                    };
                    if !before.insert(serial.clone()) {
                        return LineOutcome::Left;
                    }
                    let file = files[position].clone();
                    match (refreshes, file.active) {
                        (false, false) => LineOutcome::Left,
                        (true, false) => LineOutcome::Refused,
                        (false, true) => LineOutcome::Done(Step::Deactivate(position)),
                        (true, true) => {
                            let request = then.refreshed(&file);
                            match then.made(PEOPLE[person], &request, Some(&file)) {
                                Outcome::Done => {
                                    then.make((person, at), &request, serial, Some(position));
                                    LineOutcome::Done(Step::Refresh(position, request))
                                }
                                Outcome::Unchanged => LineOutcome::Left,
                                _ => LineOutcome::Refused,
                            }
                        }
                    }
                };
                serials.iter().map(plan).collect()
            }
        }
    }

    /// Whether an active file is for this host.
    fn is_for(&self, garn: &str, host: &String) -> bool {
        self.files.get(garn).into_iter().flatten().any(|file| file.active && file.request.hosts().any(|of_file| of_file == host))
    }

    /// Request that makes a file as it is, of the parts that its own have become.
    pub(super) fn refreshed(&self, file: &File) -> Request {
        let mut request = file.request.clone();
        request.add_ons.clear();
        for (id, (assigned, pooled)) in &file.holds {
            let lines = &self.lines[request.garn];
            let part = &lines.iter().find(|line| line.id == *id).expect("a line").part;
            if part.contains("-SV") {
                request.item.clone_from(part);
            } else if let (true, Some((_, item))) = (part.contains("-SO"), &mut request.switchover) {
                item.clone_from(part);
            } else {
                let sum = request.add_ons.entry(part.clone()).or_default();
                *sum = (sum.0 + assigned, sum.1 + pooled);
            }
        }
        if generation(&request.item) != generation(request.version) {
            request.version = "2020 R4";
        }
        request
    }

    /// Outcome of a form, for a new file or as a revision of an existing one.
    fn made(&self, email: &str, request: &Request, of: Option<&File>) -> Outcome {
        let subscription = request.garn == "HELIOS-2002";
        if email != LENA && (subscription || email == OWEN) {
            return Outcome::Ineligible;
        }
        let site = self.sites[request.garn].iter().any(|(id, active)| *id == request.site && *active);
        let hosts = request.switchover.as_ref().is_none_or(|(host, _)| *host != request.host);
        // No adapter has this address.
        let hosts = hosts && request.hosts().all(|host| host != "000000000000");
        let usage = subscription == request.usage.is_some();
        let parts = request.parts();
        let met = |part: &String| self.requires.get(part).is_none_or(|needed| needed.iter().all(|part| parts.contains_key(part)));
        let fits = |part: &String| generation(part) == generation(request.version) && !of_its_own(part);
        let lines = self.without(request.garn, of);
        let enough = parts.iter().all(|(part, asked)| draw(&lines, part, *asked).is_some());
        if !(site && hosts && usage && enough && parts.keys().all(|part| met(part) && fits(part))) {
            return Outcome::Refused;
        }
        let content = self.content(&lines, request);
        let bare = |request: &Request| Request { add_ons: BTreeMap::new(), ..request.clone() };
        match of {
            Some(file) if bare(&file.request) == bare(request) && file.content == content => Outcome::Unchanged,
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

    fn content(&self, lines: &[Line], request: &Request) -> Content {
        let item = draw(lines, &request.item, (1, 0)).expect("there is one");
        let line = *item.keys().next().expect("a line");
        let line = lines.iter().find(|l| l.id == line).expect("it is known");
        let updates_through = line.maintenance_end.filter(|end| self.today[request.garn] <= *end);
        let mut keys = BTreeMap::new();
        let mut add = |key: &str, count: u32| *keys.entry(key.to_owned()).or_insert(0) += count;
        if updates_through.is_some() {
            add("I3_FEATURE_SU_ALLOWED", 1);
        }
        match request.usage {
            Some("upload") => add("I3_FEATURE_USAGE_TRACKING_UPLOAD", 1),
            Some(_) => add("I3_FEATURE_USAGE_TRACKING_LOCAL", 1),
            None => {}
        }
        for (part, asked) in request.parts() {
            for (key, per_assigned, per_pooled) in self.keys.get(&part).into_iter().flatten() {
                let count = asked.0 * per_assigned + asked.1 * per_pooled;
                if count > 0 {
                    add(key, count);
                }
            }
        }
        Content { keys, updates_through }
    }

    /// Takes note of a file that was generated or updated; what it must give.
    pub(super) fn make(
        &mut self,
        (person, at): (usize, DateTime<Utc>),
        request: &Request,
        serial: &str,
        position: Option<usize>,
    ) -> Content {
        let mut lines = self.without(request.garn, position.map(|position| &self.files[request.garn][position]));
        let content = self.content(&lines, request);
        let mut holds = BTreeMap::new();
        for (part, asked) in request.parts() {
            for (id, given) in draw(&lines, &part, asked).expect("there is enough") {
                let line = lines.iter_mut().find(|line| line.id == id).expect("a line");
                line.allocated = (line.allocated.0 + given.0, line.allocated.1 + given.1);
                holds.insert(id, given);
            }
        }
        let drew = lines.iter().filter(|line| holds.contains_key(&line.id)).map(|line| (line.id, line.part.clone())).collect();
        self.lines.insert(request.garn, lines);
        let files = self.files.entry(request.garn).or_default();
        let made = File {
            serial: serial.to_owned(),
            request: request.clone(),
            content: content.clone(),
            holds,
            drew,
            active: true,
            revision: 1,
            by: person,
            at,
        };
        match position {
            None => files.push(made),
            // By whom and when a file was generated is what its first revision says.
            Some(position) => {
                let File { revision, by, at, .. } = files[position];
                files[position] = File { revision: revision + 1, by, at, ..made };
            }
        }
        content
    }

    pub(super) fn deactivate(&mut self, garn: &'static str, position: usize) {
        let lines = self.without(garn, Some(&self.files[garn][position]));
        self.lines.insert(garn, lines);
        let file = &mut self.files.get_mut(garn).expect("files")[position];
        (file.active, file.holds) = (false, BTreeMap::new());
    }
}

/// Quantity that each line gives, by its id: the latest maintenance first, then the oldest order. `None` when there is not enough.
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

/// The order lines of an account, as they stand in the tables.
pub(super) async fn lines(server: &Server, garn: &str) -> Vec<Line> {
    let sql = format!(
        "SELECT e.id, p.number, o.sales_order, e.line, CAST(o.ordered_on AS TEXT) AS ordered_on, e.owned_assigned, e.owned_pooled,
            e.allocated_assigned, e.allocated_pooled, e.unlimited, CAST(e.maintenance_end AS TEXT) AS maintenance_end
         FROM entitlements e JOIN parts p ON p.id = e.part_id JOIN orders o ON o.id = e.order_id
         JOIN accounts a ON a.id = e.account_id WHERE a.garn = '{garn}' ORDER BY e.id"
    );
    let rows = server.rows(&sql).await;
    rows.iter()
        .map(|row| Line {
            id: row["id"].as_i64().expect("an id"),
            part: text(row, "number"),
            sales_order: text(row, "sales_order"),
            line: count(row, "line"),
            ordered_on: text(row, "ordered_on").parse().expect("a day"),
            owned: (count(row, "owned_assigned"), count(row, "owned_pooled")),
            allocated: (count(row, "allocated_assigned"), count(row, "allocated_pooled")),
            unlimited: row["unlimited"].as_bool().expect("a flag"),
            maintenance_end: row["maintenance_end"].as_str().map(|day| day.parse().expect("a day")),
        })
        .collect()
}

fn text(row: &serde_json::Value, name: &str) -> String {
    row[name].as_str().expect(name).to_owned()
}

fn count(row: &serde_json::Value, name: &str) -> u32 {
    u32::try_from(row[name].as_i64().expect(name)).expect(name)
}

/// Whether an update drops the switchover server of `file` without its name.
fn drops_another(file: &File, request: &Request, dropped: &str) -> bool {
    let second = file.request.switchover.as_ref().filter(|_| request.switchover.is_none());
    second.is_some_and(|(host, _)| dropped != format!("ic-{host}"))
}
