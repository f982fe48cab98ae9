//! The product, driven one operation at a time, and compared with the model after each.

use super::{
    ACCOUNTS, ANALYST, PEOPLE,
    ask::{Ask, Lines, Request},
    ledger::{Content, File, LineOutcome, Model, Outcome, Step, lines},
};
use chrono::{DateTime, TimeDelta, Utc};
use licensing::{
    Serial,
    activation_file::{ActivationFile, Note},
    files::{
        batch::{BeginRequest, Kind, LineState},
        deactivation::DeactivationRequest,
        list::{Active, Filter, Sort},
        request::NewFileForm,
    },
    offer::eligibility::Action,
    orders::{import::column, upgrade::UpgradeRequest},
};
use portal::{
    AccountAccess, Error,
    files::{
        NotDeactivated, NotGenerated, NotUpdatable,
        batch::{self, BatchState, NewBatch, NotBegun, NotPlanned},
    },
    jobs::Lane,
    orders::{
        NotUpgraded,
        import::{ImportState, NotEntered, apply_import, enter_line, import},
    },
    people::Token,
};
use rand::{RngExt, rngs::StdRng, seq::IndexedRandom};
use std::collections::{BTreeMap, BTreeSet};
use tests::{Server, finished};

/// Why nothing was done, of all operations.
#[derive(Debug)]
enum Refused {
    NotFound,
    Ineligible,
    /// The page of a refused form, with its problems.
    Form(#[expect(dead_code, reason = "an answer that was not expected is shown with it")] String),
    KeyReused(String),
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
                Self::Form(format!("{refusals:?}"))
            }
            NotGenerated::KeyReused(reused) => Self::KeyReused(reused.reference),
            NotGenerated::NotUpdatable(NotUpdatable::NotActive { .. }) => Self::NotActive,
            NotGenerated::NotUpdatable(NotUpdatable::Superseded { .. }) => Self::Superseded,
            NotGenerated::NotUpdatable(NotUpdatable::Unchanged { .. }) => Self::Unchanged,
            NotGenerated::Error(Error::NotFound) => Self::NotFound,
            other => panic!("{other:?}"),
        }
    }

    fn of_deactivation(why: NotDeactivated) -> Self {
        match why {
            NotDeactivated::Ineligible(_) => Self::Ineligible,
            NotDeactivated::NotActive { .. } => Self::NotActive,
            NotDeactivated::KeyReused(reused) => Self::KeyReused(reused.reference),
            NotDeactivated::Error(Error::NotFound) => Self::NotFound,
            other => panic!("{other:?}"),
        }
    }

    fn of_upgrade(why: NotUpgraded) -> Self {
        match why {
            NotUpgraded::Ineligible(_) => Self::Ineligible,
            NotUpgraded::Refused(refusals) => Self::Form(format!("{refusals:?}")),
            NotUpgraded::KeyReused(reused) => Self::KeyReused(reused.reference),
            other => panic!("{other:?}"),
        }
    }

    fn of_plan(why: NotPlanned) -> Self {
        match why {
            NotPlanned::Ineligible(_) => Self::Ineligible,
            NotPlanned::Table(problem) => Self::Form(problem.to_string()),
            NotPlanned::KeyReused(reused) => Self::KeyReused(reused.reference),
            other => panic!("{other:?}"),
        }
    }
}

pub(super) struct Driver {
    pub(super) server: Server,
    tokens: BTreeMap<usize, Token>,
    pub(super) counts: BTreeMap<&'static str, u32>,
}

impl Driver {
    pub(super) fn new(server: Server) -> Self {
        Self { server, tokens: BTreeMap::new(), counts: BTreeMap::new() }
    }

    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    async fn access(&mut self, person: usize, garn: &str) -> Result<AccountAccess, Error> {
        let portal = self.server.portal();
        if let Some(token) = self.tokens.get(&person)
            && let Some(caller) = portal.authenticate(token.as_str()).await?
        {
            return caller.account(garn).await;
        }
        // The session has ended.
        let token = tests::signed_in(portal, PEOPLE[person]).await;
        let caller = portal.authenticate(token.as_str()).await?.expect("a session");
        self.tokens.insert(person, token);
        caller.account(garn).await
    }

    pub(super) async fn send(&mut self, model: &mut Model, person: usize, key: &str, ask: &Ask) {
        let expected = model.expected(person, key, ask);
        self.count(match (&expected, ask) {
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
            (Outcome::Done, Ask::Upgrade { .. }) => "upgraded",
            (Outcome::Done, Ask::Batch { .. }) => "batches planned",
        });
        let access = match self.access(person, ask.garn()).await {
            Ok(access) => access,
            Err(Error::NotFound) => return assert_eq!(expected, Outcome::NotFound, "{ask:?}"),
            Err(error) => panic!("{error:?}"),
        };
        match (self.ask(model, &access, key, ask).await, expected) {
            (Ok(reference), Outcome::Same(expected)) => assert_eq!(reference, expected),
            (Ok(reference), Outcome::Done) => {
                model.submissions.insert((person, key.to_owned()), (ask.clone(), reference.clone()));
                self.done(model, person, ask, &reference, &access).await;
                self.compare(model, ask.garn()).await;
            }
            (Err(Refused::KeyReused(reference)), Outcome::KeyReused(expected)) => assert_eq!(reference, expected),
            (Err(Refused::Ineligible), Outcome::Ineligible)
            | (Err(Refused::Form(_)), Outcome::Refused)
            | (Err(Refused::NotFound), Outcome::NotFound)
            | (Err(Refused::NotActive), Outcome::NotActive)
            | (Err(Refused::Superseded), Outcome::Superseded)
            | (Err(Refused::Unchanged), Outcome::Unchanged) => {}
            (answer, expected) => {
                panic!("{} sent {ask:?} as {key}: {expected:?} was expected, not {answer:?}", PEOPLE[person])
            }
        }
    }

    /// Asks the product: the reference of what came of it.
    async fn ask(&self, model: &Model, access: &AccountAccess, key: &str, ask: &Ask) -> Result<String, Refused> {
        let key = key.parse().expect("a key");
        let serial = |garn: &str, position| model.file(garn, position).map_or("AF-9999999", |file| &file.serial).to_owned();
        match ask {
            Ask::Generate(request) => {
                let generated = portal::files::generate(access, &request.form().generate_request(), &key).await;
                generated.map(|generated| generated.serial.to_string()).map_err(Refused::of)
            }
            Ask::Update { position, began, request, forged, dropped } => {
                let form = request.form().with(&[("dropped_machine", dropped)]).with(forged.as_slice());
                let serial = serial(request.garn, *position);
                let (product, licence_type) =
                    portal::files::fixed(access, &serial).await.map_err(|why| Refused::of(why.into()))?;
                let request = form.update_request(&product, licence_type);
                let updated = portal::files::update(access, &serial, *began, &request, &key).await;
                updated.map(|updated| format!("{}/{}", updated.serial, updated.revision)).map_err(Refused::of)
            }
            Ask::Deactivate { garn, position } => {
                let machine = model.file(garn, *position).map(|file| format!("IC-{}", file.request.host)).unwrap_or_default();
                // The machine of a file may have another name by now; what was typed is part of what was asked.
                let value = |field: &str| match field {
                    "reason" => "reallocation",
                    "machine" => &machine,
                    _ => "",
                };
                let request = DeactivationRequest::of_form(value);
                let change = access.change(Action::Deactivate).map_err(|_| Refused::Ineligible)?;
                let deactivated = portal::files::deactivate(&change, &serial(garn, *position), &request, &key).await;
                deactivated.map(|serial| serial.to_string()).map_err(Refused::of_deactivation)
            }
            Ask::Upgrade { targets, .. } => {
                let fields: Vec<_> = targets.iter().map(|(part, target)| (format!("to.{part}"), target.clone())).collect();
                portal::orders::upgrade(access, &UpgradeRequest::of_form(&fields), &key).await.map_err(Refused::of_upgrade)
            }
            Ask::Batch { lines, .. } => {
                batch::plan(access, new_batch(lines, &model.site_names), &key).await.map_err(Refused::of_plan)
            }
        }
    }

    /// Takes note of what was done, and compares what the files say.
    async fn done(&mut self, model: &mut Model, person: usize, ask: &Ask, reference: &str, access: &AccountAccess) {
        let by = (person, self.server.portal().now());
        match ask {
            Ask::Generate(request) => {
                let expected = model.make(by, request, reference, None);
                assert_file(access, reference, &expected).await;
            }
            Ask::Update { position, request, .. } => {
                let serial = model.files[request.garn][*position].serial.clone();
                let expected = model.make(by, request, &serial, Some(*position));
                assert_file(access, &serial, &expected).await;
            }
            Ask::Deactivate { garn, position } => model.deactivate(garn, *position),
            Ask::Upgrade { garn, targets } => model.upgrade(garn, targets),
            Ask::Batch { garn, lines, whole } => self.batch(model, person, reference, access, (garn, lines, *whole)).await,
        }
    }

    /// Compares what was planned, begins it, works on it, and takes note of what it led to.
    async fn batch(
        &mut self,
        model: &mut Model,
        person: usize,
        reference: &str,
        access: &AccountAccess,
        (garn, lines, whole): (&'static str, &Lines, bool),
    ) {
        let expected = model.planned(person, garn, lines);
        let state = |outcome: &LineOutcome| match outcome {
            LineOutcome::Left => LineState::Left,
            LineOutcome::Refused => LineState::Refused,
            LineOutcome::Done(_) => LineState::Ready,
        };
        let plan = batch::view(access, reference, None, 0, 100).await.expect("the plan");
        let planned: Vec<LineState> = plan.lines.iter().map(|line| line.state).collect();
        let words: Vec<_> = plan.lines.iter().map(|line| &line.words).collect();
        assert_eq!(planned, expected.iter().map(state).collect::<Vec<_>>(), "{reference}: {lines:?} {words:?}");
        let (ready, refused) = (plan.row.counts.ready, plan.row.counts.refused);
        let count = ready.to_string();
        let request = BeginRequest::of_form(|field| match field {
            "mode" if whole => "all-or-nothing",
            "mode" => "line-by-line",
            "reason" => "reallocation",
            "count" => count.as_str(),
            _ => "",
        });
        match batch::begin(access, reference, &request).await {
            Ok(()) => assert!(ready > 0 && !(whole && refused > 0), "{reference} was begun"),
            Err(NotBegun::Refused(_)) => {
                assert!(ready == 0 || whole && refused > 0, "{reference} was not begun");
                return self.count("batches refused");
            }
            Err(error) => panic!("{error:?}"),
        }
        self.count("batches done");
        let by = (person, self.server.portal().now());
        tests::finish_batches(self.server.portal()).await;
        let batch = batch::view(access, reference, None, 0, 100).await.expect("the batch");
        assert_eq!((batch.row.state, batch.row.counts.done), (BatchState::Done, ready), "{reference}: {:?}", batch.told);
        for (line, outcome) in batch.lines.iter().zip(expected) {
            let LineOutcome::Done(step) = outcome else {
                assert_eq!(line.state, state(&outcome));
                continue;
            };
            assert_eq!(line.state, LineState::Done);
            let serial = line.file.as_ref().expect("a file").as_str();
            match step {
                Step::Generate(request) => {
                    let content = model.make(by, &request, serial, None);
                    assert_file(access, serial, &content).await;
                }
                Step::Refresh(position, request) => {
                    let content = model.make(by, &request, serial, Some(position));
                    assert_file(access, serial, &content).await;
                }
                Step::Deactivate(position) => model.deactivate(garn, position),
            }
        }
    }

    pub(super) async fn compare(&self, model: &Model, garn: &str) {
        assert_eq!(lines(&self.server, garn).await, model.lines[garn], "{garn}");
    }

    /// Looks at an account's list, at one of its files, and at another's.
    pub(super) async fn look(&mut self, model: &Model, random: &mut StdRng) {
        self.count("looked at");
        let garn = *ACCOUNTS.choose(random).expect("an account");
        let files = model.files.get(garn).cloned().unwrap_or_default();
        let access = self.access(ANALYST, garn).await.expect("analysts see all");
        let (filter, expected) = narrowed(model, garn, random);
        let choices = portal::files::activity_choices(&access).await.expect("what the filters offer");
        let found = portal::files::activity(&access, &choices, &filter, None, 25).await.expect("the list");
        assert_eq!(usize::try_from(found.total).expect("a count"), expected.len(), "{garn}, {filter:?}");
        let shown: Vec<String> = found.rows.iter().map(|row| row.serial.to_string()).collect();
        assert_eq!(shown, expected[..shown.len()], "{garn}, {filter:?}");
        assert_eq!(shown.len(), expected.len().min(25), "{garn}, {filter:?}");
        let Some(file) = files.choose(random) else { return };
        let serial = &file.serial;
        let view = portal::files::view(&access, serial).await.expect("a file");
        assert_eq!(view.row.serial, serial.parse::<Serial>().expect("a serial"));
        assert_eq!((view.row.revision, view.revisions.len()), (file.revision, file.revision as usize));
        if file.active {
            // The form of an update has the file as its parts are now.
            let updatable = portal::files::updatable(&access, serial).await.expect("an active file");
            let differs = {
                let expected = model.refreshed(file).form();
                let (product, licence_type) = portal::files::fixed(&access, serial).await.expect("a file");
                updatable.request.changed_fields(&expected.update_request(&product, licence_type))
            };
            assert_eq!(differs, Vec::<String>::new(), "{serial}");
        }
        let other = ACCOUNTS.iter().find(|other| **other != garn).expect("another account");
        let elsewhere = self.access(ANALYST, other).await.expect("analysts see all");
        assert!(matches!(portal::files::view(&elsewhere, serial).await, Err(Error::NotFound)), "{serial} is not {other}'s");
    }

    /// A later order grows, shrinks or renews a line, or an order brings lines of the generation before. What files hold is never taken away.
    pub(super) async fn order(&mut self, model: &mut Model, random: &mut StdRng) {
        self.count("ordered");
        if random.random_bool(0.25) {
            return self.order_old(model, random).await;
        }
        let garn = *ACCOUNTS.choose(random).expect("an account");
        let today = model.today[garn];
        let lines = model.lines.get_mut(garn).expect("an account");
        let items: Vec<usize> =
            (0..lines.len()).filter(|line| lines[*line].part.contains("-S") || random.random_bool(0.3)).collect();
        let held: Vec<usize> =
            (0..lines.len()).filter(|line| !lines[*line].unlimited && lines[*line].allocated != (0, 0)).collect();
        // Now and then a return of what files hold.
        let returned = held.choose(random).copied().filter(|_| random.random_bool(0.3));
        let line = &mut lines[returned.unwrap_or_else(|| *items.choose(random).expect("a line"))];
        let (most, least) =
            if returned.is_some() { (line.allocated, (0, 0)) } else { ((line.owned.0 + 4, line.owned.1 + 4), line.owned) };
        let owned = (random.random_range(least.0..=most.0), random.random_range(least.1..=most.1));
        let owned = if line.unlimited { line.owned } else { owned };
        let renewed = random.random_bool(0.3) || owned == line.owned;
        let end = line.maintenance_end.unwrap_or(today).max(today) + TimeDelta::days(random.random_range(1..400));
        let end = if renewed { Some(end) } else { line.maintenance_end };
        let mut cells = vec![
            (column::GARN, garn.to_owned()),
            (column::SALES_ORDER, format!("SO-LATER-{}", self.counts["ordered"])),
            (column::LINE, "1".to_owned()),
            (column::CHANGES, format!("{}/{}", line.sales_order, line.line)),
            (column::ORDERED_ON, today.to_string()),
        ];
        if !line.unlimited {
            cells.extend([(column::ASSIGNED, owned.0.to_string()), (column::POOLED, owned.1.to_string())]);
        }
        cells.extend(end.filter(|_| renewed).map(|end| (column::MAINTENANCE_END, end.to_string())));
        let holds = !line.unlimited && (owned.0 < line.allocated.0 || owned.1 < line.allocated.1);
        if !holds {
            (line.owned, line.maintenance_end) = (owned, end);
        }
        let analyst = self.access(ANALYST, garn).await.expect("an analyst sees every account").caller().analyst();
        let analyst = analyst.expect("an analyst");
        match (enter_line(&analyst, &cells).await, holds) {
            (Err(NotEntered::Refused(_)), true) => self.count("orders refused"),
            (Ok(reference), false) => {
                apply_import(&analyst, &reference).await.expect("applied");
                finished(self.server.portal(), &Lane::Imports).await;
                let applied = import(&analyst, &reference).await.expect("the import");
                assert_eq!(applied.state, ImportState::Applied, "{cells:?}");
                self.count("orders changed");
            }
            (entered, _) => panic!("{cells:?}: {entered:?}, files hold it: {holds}"),
        }
    }

    async fn order_old(&mut self, model: &mut Model, random: &mut StdRng) {
        let garn = *["ACME-1001", "NORDIC-3003"].choose(random).expect("an account");
        let order = format!("SO-OLD-{}", self.counts["ordered"]);
        let sql = format!(
            "INSERT INTO orders (account_id, sales_order, ordered_on) SELECT id, '{order}', '2010-01-04' FROM accounts WHERE garn = '{garn}'"
        );
        self.server.execute(&sql).await;
        for (line, part) in ["SV02", "SO02", "AL02", "AL04"].into_iter().enumerate() {
            // One that is not maintained would keep a mirrored account from ever upgrading.
            let days: i64 = if garn == "ACME-1001" { *[-5, 20, 300].choose(random).expect("days") } else { 400 };
            let end = model.today[garn] + TimeDelta::days(days);
            let (assigned, pooled) = (random.random_range(1..6), random.random_range(0..4));
            let sql = format!(
                "INSERT INTO entitlements (account_id, order_id, line, part_id, owned_assigned, owned_pooled, unlimited, maintenance_end)
                 SELECT o.account_id, o.id, {}, p.id, {assigned}, {pooled}, FALSE, '{end}' FROM orders o, parts p
                 WHERE o.sales_order = '{order}' AND p.number = 'SW-001-3.0-{part}'",
                line + 1
            );
            self.server.execute(&sql).await;
        }
        let now = lines(&self.server, garn).await;
        assert_eq!(now[..model.lines[garn].len()], model.lines[garn], "{garn}");
        model.lines.insert(garn, now);
    }

    pub(super) fn wait(&mut self, model: &mut Model, random: &mut StdRng) {
        self.count("waited");
        self.server.advance(TimeDelta::minutes(random.random_range(1..400)));
        self.note_day(model);
    }

    pub(super) fn note_day(&self, model: &mut Model) {
        for (garn, zone) in ACCOUNTS.iter().zip(["America/Indiana/Indianapolis", "Europe/Berlin", "Europe/Oslo"]) {
            let zone: chrono_tz::Tz = zone.parse().expect("a zone");
            model.today.insert(garn, self.server.portal().now().with_timezone(&zone).date_naive());
        }
    }
}

/// Compares what a file says with what it should.
async fn assert_file(access: &AccountAccess, serial: &str, expected: &Content) {
    let download = portal::files::download(access, serial, None).await.expect("the file");
    let note = Note::parse(&download.bytes).expect("a note");
    let file = ActivationFile::decode(note.text).expect("a file");
    let keys = file.keys.iter().map(|(key, count)| (key.to_string(), count)).collect();
    assert_eq!(Content { keys, updates_through: file.updates_through }, *expected, "{serial}");
}

/// The batch that has these lines, from a table.
fn new_batch(lines: &Lines, site_names: &BTreeMap<String, String>) -> NewBatch {
    let (kind, repeats, table) = match lines {
        Lines::Generate { requests, repeats, stranger } => (Kind::Generate, *repeats, table(requests, *stranger, site_names)),
        Lines::Refresh(serials) => (Kind::Refresh, false, format!("serial\n{}", serials.join("\n"))),
        Lines::Deactivate(serials) => (Kind::Deactivate, false, format!("serial\n{}", serials.join("\n"))),
    };
    NewBatch { kind, pattern: NewFileForm::default(), repeats, lines: batch::Lines::Table(table.into_bytes()) }
}

/// A column for each field that one of the requests has.
fn table(requests: &[Request], stranger: bool, site_names: &BTreeMap<String, String>) -> String {
    let forms: Vec<NewFileForm> = requests.iter().map(Request::form).collect();
    let columns: BTreeSet<&str> =
        forms.iter().flat_map(|form| form.fields().map(|(name, _)| name)).filter(|name| *name != "switchover_later").collect();
    let columns: Vec<&str> = columns.into_iter().chain(stranger.then_some("assigned.SW-001-4.0-XX99")).collect();
    // A table names sites, a form chooses them.
    let value = |form: &NewFileForm, name: &str| match name {
        "site" => site_names[form.value(name)].clone(),
        name => form.value(name).to_owned(),
    };
    let cells = forms.iter().map(|form| columns.iter().map(|name| value(form, name)).collect::<Vec<_>>().join(","));
    let head = columns.join(",");
    std::iter::once(head).chain(cells).collect::<Vec<_>>().join("\n")
}

/// A list of an account's files, narrowed and sorted at random, and the serials that it must show.
fn narrowed(model: &Model, garn: &str, random: &mut StdRng) -> (Filter, Vec<String>) {
    const NAMES: [&str; 6] = ["Amelia Hart", "Owen Blake", "Hanna Vogt", "Petra Novák", "Lena Fischer", "Sam Okafor"];
    let by = random.random_bool(0.3).then(|| random.random_range(0..NAMES.len()));
    // The beginning of a name, or a whole one.
    let machine = random.random_bool(0.4).then(|| {
        let hosts = model.files.get(garn).into_iter().flatten().flat_map(|file| file.request.hosts()).collect::<Vec<_>>();
        match hosts.choose(random) {
            Some(host) if random.random_bool(0.5) => format!("Ic-{host}"),
            _ => format!("ic-0000000000{}*", random.random_range(0..3)),
        }
    });
    let site = random.random_bool(0.3).then(|| model.sites[garn].choose(random).expect("a site").0.clone());
    let lines = &model.lines[garn];
    // Of upgraded lines the part of before, too.
    let parts = lines.iter().map(|line| &line.part).chain(model.upgrades.keys()).collect::<Vec<_>>();
    let part = random.random_bool(0.3).then(|| parts.choose(random).expect("a part").to_string());
    let filter = Filter {
        part: part.as_ref().map(|part| part.parse().expect("a part number")),
        active: *Active::ALL.choose(random).expect("one"),
        sort: *Sort::ALL.choose(random).expect("one"),
        by: by.map(|by| NAMES[by].to_uppercase()),
        machine: machine.clone(),
        site: site.clone(),
        ..Filter::default()
    };
    let named = |name: &String| {
        machine.as_ref().is_none_or(|machine| match machine.strip_suffix('*') {
            Some(beginning) => name.starts_with(beginning),
            None => name.eq_ignore_ascii_case(machine),
        })
    };
    let mut found: Vec<(String, DateTime<Utc>, usize, &File)> = Vec::new();
    for (position, file) in model.files.get(garn).map_or(&[][..], Vec::as_slice).iter().enumerate() {
        let names: Vec<String> = file.request.hosts().map(|host| format!("IC-{host}").to_ascii_lowercase()).collect();
        let active = match filter.active {
            Active::Yes => file.active,
            Active::No => !file.active,
            Active::All => true,
        };
        // Where no machine is named the primary server's name sorts, else the first of the names that were asked for.
        let name = if machine.is_some() { names.iter().filter(|name| named(name)).min() } else { names.first() };
        let holds = |part: &String| {
            lines.iter().any(|line| file.drew.get(&line.id).is_some_and(|drew| drew == part || line.part == *part))
        };
        let wanted = active
            && part.as_ref().is_none_or(holds)
            && by.is_none_or(|by| file.by == by)
            && site.as_ref().is_none_or(|site| file.request.site == *site);
        if let (true, Some(name)) = (wanted, name) {
            found.push((name.clone(), file.at, position, file));
        }
    }
    match filter.sort {
        Sort::Latest | Sort::Oldest => found.sort_by_key(|(_, at, position, _)| (*at, *position)),
        Sort::MachineUp | Sort::MachineDown => found.sort_by_key(|(name, _, position, _)| (name.clone(), *position)),
        // One product, one type, and no file ends.
        Sort::EndFirst | Sort::EndLast | Sort::ProductUp | Sort::ProductDown | Sort::TypeUp | Sort::TypeDown => {
            found.sort_by_key(|(_, _, position, _)| *position);
        }
        Sort::SiteUp | Sort::SiteDown => {
            found.sort_by_key(|(_, _, position, file)| (model.site_names[&file.request.site].to_ascii_lowercase(), *position));
        }
        Sort::ByUp | Sort::ByDown => found.sort_by_key(|(_, _, position, file)| (NAMES[file.by].to_ascii_lowercase(), *position)),
        Sort::StateUp | Sort::StateDown => found.sort_by_key(|(_, _, position, file)| (!file.active, *position)),
    }
    if filter.sort.descends() {
        found.reverse();
    }
    (filter, found.into_iter().map(|(.., file)| file.serial.clone()).collect())
}
