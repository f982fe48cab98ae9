//! Result of each line of a batch, on the offers as the lines before it left them. Planning and running share it.

use crate::{
    access::account::AccountAccess,
    error::Error,
    files::{
        batch::{
            stored::Terms,
            table::{Cells, MACHINE_NAME, SERIAL},
        },
        current::{Current, Revised, current_files},
        generate::NotGenerated,
        list::active_facets,
        revision::draft::Draft,
        state::FileState,
        update::changes,
    },
    offer::{
        eligibility::ineligible,
        held::Held,
        load::{load_offer, sites},
        model::LoadedOffer,
    },
    orders::allocation::Ledger,
    store::{
        entity::shared_host,
        statement::{elements, parsed, rows},
    },
};
use chrono::{DateTime, Utc};
use licensing::{
    HostId, LicenceType, PartNumber, Quantity, Serial,
    activation_file::Change,
    excerpt,
    files::{
        batch::{Kind, MOST_OFFERS},
        request::{FileProblem, NewFileForm, field, label, label_of},
    },
    folded,
    form::Refusal,
    offer::{
        Offer, OfferedSite,
        eligibility::{Action, Ineligible},
    },
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Result of a line.
pub(super) enum Outcome {
    Does(Box<Step>),
    /// Nothing is to be done, and why.
    Left(String),
    Refused(String),
}

/// Work that a line asks for.
pub(super) enum Step {
    /// A new file. It bears the first serial there is until it gets its own.
    New(Draft),
    /// A further revision of the file with this row id.
    Next(i64, Draft, Vec<Change>),
    End(Current),
}

impl Step {
    /// Differences that a further revision makes, in words.
    pub(super) fn changes(&self) -> Option<String> {
        match self {
            Self::Next(_, _, changes) => {
                let named = changes.iter().take(MOST_CHANGES).map(ToString::to_string).collect::<Vec<_>>().join("; ");
                let more = changes.len().saturating_sub(MOST_CHANGES);
                Some(if more > 0 { format!("{named}; and {more} more") } else { named })
            }
            Self::New(_) | Self::End(_) => None,
        }
    }
}

/// The offer of one product version and licence type, as the lines before leave it.
struct Ready {
    loaded: LoadedOffer,
    ineligible: Vec<Ineligible>,
    /// Position of the allocated quantity of each pool: (part, line).
    places: BTreeMap<Pool, (usize, usize)>,
}

impl Ready {
    /// Result of `revise` on the offer with the holdings of a file returned to it. The offer itself is left unchanged.
    fn returning<T>(&mut self, held: &Held, revise: impl FnOnce(&LoadedOffer) -> T) -> T {
        let parts = self.loaded.offer.parts.iter().enumerate();
        let touched = parts.filter(|(_, part)| held.touches(part, &self.loaded)).map(|(at, part)| (at, part.clone()));
        let before: Vec<_> = touched.collect();
        held.return_to(&mut self.loaded);
        let revised = revise(&self.loaded);
        self.loaded.offer.updates = None;
        for (at, part) in before {
            self.loaded.offer.parts[at] = part;
        }
        revised
    }
}

/// Source that lines of a batch draw from, by row id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Pool {
    OrderLine(i64),
    /// Development licences that come with servers of this part.
    Bundle(i64),
}

/// (product, version, type)
type OfferKey = (String, String, LicenceType);
/// A host, product and licence type: one active file is usual for them. Domain §6.4.
type HostKey = (HostId, i64, LicenceType);

pub(super) struct BatchPlanner {
    access: AccountAccess,
    terms: Arc<Terms>,
    now: DateTime<Utc>,
    sites: Vec<OfferedSite>,
    /// `None`: there is no such version of such a product.
    offers: BTreeMap<OfferKey, Option<Ready>>,
    /// Allocations that earlier lines have moved.
    allocated: BTreeMap<Pool, Quantity>,
    /// Hosts and files of lines before, with the line.
    hosts: BTreeMap<HostKey, u32>,
    files: BTreeMap<Serial, u32>,
    /// Active files by name of a machine, and by host.
    named: BTreeMap<String, Vec<Serial>>,
    of_hosts: BTreeMap<HostKey, Serial>,
    /// Hosts that many machines share, with what has them.
    shared_hosts: BTreeMap<String, String>,
    /// Files that the lines which are worked on are about.
    current: BTreeMap<Serial, Current>,
    /// Quantities that all lines together take or return.
    pub(super) moves: BTreeMap<PartNumber, Quantity>,
}

impl BatchPlanner {
    pub(super) async fn new(
        access: &AccountAccess,
        on: &impl ConnectionTrait,
        terms: Arc<Terms>,
        now: DateTime<Utc>,
    ) -> Result<Self, Error> {
        Ok(Self {
            access: access.clone(),
            terms,
            now,
            sites: sites(access, on).await?,
            offers: BTreeMap::new(),
            allocated: BTreeMap::new(),
            hosts: BTreeMap::new(),
            files: BTreeMap::new(),
            current: BTreeMap::new(),
            named: BTreeMap::new(),
            of_hosts: BTreeMap::new(),
            shared_hosts: BTreeMap::new(),
            moves: BTreeMap::new(),
        })
    }

    /// Whether these lines are for more combinations of product, version and licence type than [`MOST_OFFERS`].
    pub(super) fn asks_for_too_many_offers(&self, lines: &[(u32, Cells)]) -> bool {
        let mut keys = BTreeSet::new();
        self.terms.kind == Kind::Generate
            && lines.iter().any(|(_, cells)| keys.insert(self.offer_key(cells)) && keys.len() > MOST_OFFERS)
    }

    /// Reads what all lines need to know, once: files that have their hosts or names already. What is stored later is told by the lines before.
    pub(super) async fn survey<'l>(
        &mut self,
        on: &impl ConnectionTrait,
        lines: impl Iterator<Item = &'l Cells> + Clone,
    ) -> Result<(), Error> {
        if self.terms.kind == Kind::Generate {
            for key in lines.clone().map(|cells| self.offer_key(cells)).collect::<BTreeSet<_>>() {
                self.load(on, key).await?;
            }
            return self.look_up_hosts(on, lines).await;
        }
        let names = lines.filter(|cells| !cells.contains_key(SERIAL)).filter_map(|cells| cells.get(MACHINE_NAME));
        self.look_up_names(on, names.map(|name| folded(name)).collect()).await
    }

    /// The first of `columns` or of the fields in common that asks for a part which no offer of the lines has. Where there is no offer at all, each
    /// line says why.
    pub(super) fn not_offered(&self, columns: &[String]) -> Option<String> {
        let offers: Vec<&Ready> = self.offers.values().flatten().collect();
        let offered =
            |part: &str| offers.iter().any(|ready| ready.loaded.offer.add_ons().any(|add_on| add_on.number.as_str() == part));
        let asked = self.terms.pattern.fields().map(|(name, _)| name).chain(columns.iter().map(String::as_str));
        let stranger = |name: &&str| field::quantity_part(name).is_some_and(|part| !offered(part));
        if offers.is_empty() { None } else { asked.into_iter().find(stranger).map(str::to_owned) }
    }

    /// Reads the files that the next lines are about.
    pub(super) async fn look_up<'l>(
        &mut self,
        on: &impl ConnectionTrait,
        lines: impl Iterator<Item = &'l Cells>,
    ) -> Result<(), Error> {
        if self.terms.kind == Kind::Generate {
            return Ok(());
        }
        let serials = lines.filter_map(|cells| self.serial(cells).0).map(|serial| serial.to_string()).collect();
        let current = current_files(&self.access, on, serials).await?;
        if self.terms.kind == Kind::Refresh {
            for key in current.iter().map(Current::offer_key).collect::<BTreeSet<_>>() {
                self.load(on, key).await?;
            }
        }
        self.current = current.into_iter().map(|current| (current.serial.clone(), current)).collect();
        Ok(())
    }

    async fn look_up_hosts<'l>(
        &mut self,
        on: &impl ConnectionTrait,
        lines: impl Iterator<Item = &'l Cells>,
    ) -> Result<(), Error> {
        #[derive(FromQueryResult)]
        struct Found {
            host: String,
            serial: String,
            product_id: i64,
            licence_type: String,
        }
        let typed = lines.flat_map(|cells| [field::HOST_ID, field::SWITCHOVER_HOST_ID].map(|name| cells.get(name)));
        let hosts: Vec<HostId> = typed.flatten().filter_map(|host| HostId::typed(host).ok()).collect();
        let among = elements(on, 2);
        let sql = format!(
            "SELECT r.host, f.serial, f.product_id, f.licence_type
             FROM (SELECT file_id, revision, primary_host AS host FROM file_revisions WHERE primary_host IN {among}
                   UNION ALL
                   SELECT file_id, revision, switchover_host FROM file_revisions WHERE switchover_host IN {among}) r
             JOIN activation_files f ON f.id = r.file_id AND f.revision = r.revision
             WHERE f.account_id = $1 AND f.state = 'active'"
        );
        let hosts: Vec<String> = hosts.into_iter().map(Into::into).collect();
        let values = [self.access.account_id().into(), json!(hosts).to_string().into()];
        for found in rows::<Found>(on, "batch: files of hosts", &sql, values).await? {
            let licence_type = LicenceType::from_code(&found.licence_type);
            let licence_type = crate::store::statement::known(licence_type, &found.licence_type)?;
            let key = (parsed(&found.host)?, found.product_id, licence_type);
            self.of_hosts.insert(key, parsed(&found.serial)?);
        }
        let sql = format!("SELECT host_id, what FROM shared_hosts WHERE host_id IN {}", elements(on, 1));
        let shared: Vec<shared_host::Model> = rows(on, "batch: shared hosts", &sql, [json!(hosts).to_string().into()]).await?;
        self.shared_hosts.extend(shared.into_iter().map(|shared| (shared.host_id, shared.what)));
        Ok(())
    }

    /// Active files by the names of their machines, both of a pair.
    async fn look_up_names(&mut self, on: &impl ConnectionTrait, names: BTreeSet<String>) -> Result<(), Error> {
        #[derive(FromQueryResult)]
        struct Found {
            name: String,
            serial: String,
        }
        let facets = if names.is_empty() { Vec::new() } else { active_facets(on, self.access.account_id()).await? };
        let sql = format!(
            "SELECT m.name, f.serial FROM file_machines m JOIN activation_files f ON f.id = m.file_id
             WHERE m.account_id = $1 AND m.facet IN {} AND m.name IN {} ORDER BY f.id",
            elements(on, 2),
            elements(on, 3)
        );
        let values = [self.access.account_id().into(), json!(facets).to_string().into(), json!(names).to_string().into()];
        for found in rows::<Found>(on, "batch: files of machines", &sql, values).await? {
            let serials = self.named.entry(found.name).or_default();
            let serial = parsed(&found.serial)?;
            if !serials.contains(&serial) {
                serials.push(serial);
            }
        }
        Ok(())
    }

    /// Adds the serial to a line that names a file by its machine, so that it cannot become another file.
    pub(super) fn pin(&self, cells: &mut Cells) {
        let named = |cells: &Cells| self.named.get(&folded(cells.get(MACHINE_NAME)?)).map(Vec::as_slice);
        if self.terms.kind != Kind::Generate
            && !cells.contains_key(SERIAL)
            && let Some([only]) = named(cells)
        {
            cells.insert(SERIAL.to_owned(), only.to_string());
        }
    }

    /// Results of these lines, worked out away from the threads that answer requests.
    pub(super) async fn lines(mut self, lines: Vec<(u32, Cells)>) -> Result<(Self, Vec<(u32, Cells, Outcome)>), Error> {
        let working = tokio::task::spawn_blocking(move || {
            let outcomes = lines.into_iter().map(|(line, cells)| {
                let outcome = self.line(line, &cells)?;
                Ok((line, cells, outcome))
            });
            let outcomes = outcomes.collect::<Result<_, Error>>()?;
            Ok((self, outcomes))
        });
        working.await.map_err(Error::internal)?
    }

    fn line(&mut self, line: u32, cells: &Cells) -> Result<Outcome, Error> {
        if self.terms.kind == Kind::Generate {
            return self.generate(line, cells);
        }
        let (serial, words) = self.serial(cells);
        let Some(serial) = serial else { return Ok(Outcome::Refused(words)) };
        if let Some(before) = self.files.get(&serial) {
            return Ok(Outcome::Left(format!("Line {before} names {serial}, too.")));
        }
        let Some(current) = self.current.remove(&serial) else {
            return Ok(Outcome::Refused(format!("This account has no file {serial}.")));
        };
        self.files.insert(serial.clone(), line);
        if let Some(name) = cells.get(MACHINE_NAME)
            && !current.file.binding.servers().iter().any(|server| folded(server.machine_name.as_str()) == folded(name))
        {
            return Ok(Outcome::Refused(format!("{serial} is not for a machine {name}.")));
        }
        match self.terms.kind {
            Kind::Deactivate => Ok(self.deactivate(current)),
            _ => self.refresh(current),
        }
    }

    /// The file that a line names, or why there is none.
    fn serial(&self, cells: &Cells) -> (Option<Serial>, String) {
        if let Some(typed) = cells.get(SERIAL) {
            let serial = typed.parse().ok();
            return (serial, format!("“{}” is not the serial of a file. Enter one such as AF-0000001.", excerpt(typed)));
        }
        let Some(name) = cells.get(MACHINE_NAME) else {
            return (None, "The line names no file: enter its serial or its machine_name.".to_owned());
        };
        match self.named.get(&folded(name)).map(Vec::as_slice) {
            Some([only]) => (Some(only.clone()), String::new()),
            Some(several) => {
                let serials: Vec<_> = several.iter().map(ToString::to_string).collect();
                (None, format!("{name} has several active files: {}. Enter the serial of the one you mean.", serials.join(", ")))
            }
            None => (None, format!("No active file of this account is for a machine {name}.")),
        }
    }

    fn offer_key(&self, cells: &Cells) -> OfferKey {
        let value = |name: &str| cells.get(name).map_or_else(|| self.terms.pattern.value(name), String::as_str);
        let licence_type = LicenceType::from_code(value(field::TYPE)).unwrap_or(LicenceType::Production);
        (value(field::PRODUCT).to_owned(), value(field::VERSION).to_owned(), licence_type)
    }

    fn generate(&mut self, line: u32, cells: &Cells) -> Result<Outcome, Error> {
        let key = self.offer_key(cells);
        let licence_type = key.2;
        let request = self.form(cells).generate_request();
        // What is wrong with a line as a whole does not hide what is wrong with its cells.
        let refused = |words: String| {
            let unread = request.content.unread.iter();
            let cells = unread.map(|(name, problem)| format!("{}: {problem}", label(name)));
            Ok(Outcome::Refused(in_words(std::iter::once(words).chain(cells).collect())))
        };
        let Some(Ready { loaded, ineligible, places }) = self.ready(&key) else {
            return refused(no_such_version(&key));
        };
        if !ineligible.is_empty() {
            return refused(NotGenerated::Ineligible(ineligible.clone()).reasons());
        }
        if let Some(name) = cells.get(field::SITE).filter(|name| self.site(name).is_none()) {
            return refused(format!(
                "“{}” is not an active install site. Write a name as the list of sites has it.",
                excerpt(name)
            ));
        }
        // Before quantities are asked for: a line that was done before needs none.
        let typed =
            [field::HOST_ID, field::SWITCHOVER_HOST_ID].into_iter().filter_map(|name| HostId::typed(cells.get(name)?).ok());
        let hosts: Vec<HostKey> = typed.map(|host| (host, loaded.product_id, licence_type)).collect();
        if let Some((before, host)) = hosts.iter().find_map(|host| Some((self.hosts.get(host)?, &host.0))) {
            return Ok(Outcome::Refused(format!("Line {before} is for host {host}, too. One file is enough for a host.")));
        }
        if let Some((serial, host)) = hosts.iter().find_map(|host| Some((self.of_hosts.get(host)?, &host.0)))
            && !self.terms.repeats
        {
            return Ok(Outcome::Left(format!("{serial} is for host {host} already.")));
        }
        // Of one file the check page warns; nobody looks at each of thousands.
        if let Some((host, what)) = hosts.iter().find_map(|(host, ..)| self.shared_hosts.get_key_value(host.as_str())) {
            let words = format!(
                "Many machines have the host id {host}: {what}. Enter the server’s own, or generate this file by itself if it is."
            );
            return Ok(Outcome::Left(words));
        }
        let request = match request.check(&loaded.offer) {
            Ok(request) => request,
            Err(refusals) => return Ok(Outcome::Refused(told(&refusals, &loaded.offer))),
        };
        let none = BTreeMap::new();
        let draft = Draft::new(&self.access, (&Serial::from_number(0), 1), request, loaded, &none, self.now)?;
        let mut taken = of_lines(&draft.ledger);
        if licence_type == LicenceType::BundledDevelopment {
            taken.extend(draft.request.parts.iter().filter_map(|(number, quantity)| {
                let pool = Pool::Bundle(*loaded.part_ids.get(number)?);
                let (part, line) = places.get(&pool)?;
                Some((pool, loaded.offer.parts[*part].lines[*line].allocated.checked_add(*quantity)?))
            }));
        }
        self.shift(taken);
        self.hosts.extend(hosts.into_iter().map(|host| (host, line)));
        self.moved(draft.request.parts.iter().map(|(part, quantity)| (part, *quantity)));
        Ok(Outcome::Does(Box::new(Step::New(draft))))
    }

    /// The install site of this name, as people write it.
    fn site(&self, name: &str) -> Option<&OfferedSite> {
        let alike = |site: &&OfferedSite| folded(&site.name) == folded(name);
        self.sites.iter().find(|site| site.name == name).or_else(|| self.sites.iter().find(alike))
    }

    /// The form of a line: what all have in common, and its own cells. A line without a second machine is for one server.
    fn form(&self, cells: &Cells) -> NewFileForm {
        let alone = ![field::SWITCHOVER_HOST_ID, field::SWITCHOVER_MACHINE_NAME].iter().any(|name| cells.contains_key(*name));
        let own = cells.iter().map(|(name, cell)| match name.as_str() {
            field::SITE => (field::SITE, self.site(cell).map_or("", |site| site.id.as_str())),
            name => (name, cell.as_str()),
        });
        let later = alone.then_some((field::SWITCHOVER_LATER, "yes"));
        self.terms.pattern.with(&own.chain(later).collect::<Vec<_>>())
    }

    fn refresh(&mut self, current: Current) -> Result<Outcome, Error> {
        if let Err(why) = current.check(&self.access, None) {
            return Ok(Outcome::Refused(why.to_string()));
        }
        let Some(ready) = self.offers.get_mut(&current.offer_key()).and_then(Option::as_mut) else {
            return Ok(Outcome::Refused(no_such_version(&current.offer_key())));
        };
        if !ready.ineligible.is_empty() {
            return Ok(Outcome::Refused(NotGenerated::Ineligible(ready.ineligible.clone()).reasons()));
        }
        let request = current.request();
        let revised = ready.returning(&current.held, |loaded| current.revised(&self.access, &request, loaded, self.now));
        let draft = match revised? {
            Revised::Draft(draft) => *draft,
            Revised::Refused(refusals) => return Ok(Outcome::Refused(told(&refusals, &ready.loaded.offer))),
        };
        let changes = changes(&current.file, &draft.file);
        if changes.is_empty() {
            return Ok(Outcome::Left(format!("Nothing has changed in {}.", current.serial)));
        }
        self.shift(of_lines(&draft.ledger));
        Ok(Outcome::Does(Box::new(Step::Next(current.file_id, draft, changes))))
    }

    fn deactivate(&mut self, current: Current) -> Outcome {
        if let Err(reason) = self.access.change(Action::Deactivate) {
            return Outcome::Refused(reason.to_string());
        }
        if current.state != FileState::Active {
            return Outcome::Left(format!("{} is {} already.", current.serial, current.state));
        }
        // What needs no order is not held of one.
        if !current.held.entitlements.is_empty() {
            self.moved(current.parts.iter().map(|(_, part, quantity)| (part, *quantity)));
        }
        Outcome::Does(Box::new(Step::End(current)))
    }

    fn moved<'p>(&mut self, parts: impl Iterator<Item = (&'p PartNumber, Quantity)>) {
        for (part, quantity) in parts {
            let sum = self.moves.entry(part.clone()).or_default();
            *sum = sum.checked_add(quantity).unwrap_or(*sum);
        }
    }

    /// Reads the offer of `key`, once.
    async fn load(&mut self, on: &impl ConnectionTrait, key: OfferKey) -> Result<(), Error> {
        if !self.offers.contains_key(&key) {
            let (product, version, licence_type) = &key;
            let loaded = load_offer(&self.access, on, product, version, *licence_type, None).await;
            let ready = match loaded {
                Err(Error::NotFound) => None,
                Err(error) => return Err(error),
                Ok(mut loaded) => {
                    // A file that is there may stay at a site that is not active.
                    let ineligible = ineligible(&self.access, on, &loaded.offer).await?;
                    let updates = self.terms.kind == Kind::Refresh;
                    let ineligible = ineligible.into_iter().filter(|why| !updates || *why != Ineligible::NoActiveSite).collect();
                    let mut places = BTreeMap::new();
                    for (at, part) in loaded.offer.parts.iter_mut().enumerate() {
                        let ids = loaded.entitlement_ids.get(&part.number).into_iter().flatten().copied();
                        let bundle =
                            loaded.part_ids.get(&part.number).filter(|_| *licence_type == LicenceType::BundledDevelopment);
                        let pools = ids.map(Pool::OrderLine).chain(bundle.copied().map(Pool::Bundle));
                        for (nth, (pool, line)) in pools.zip(&mut part.lines).enumerate() {
                            places.insert(pool, (at, nth));
                            line.allocated = self.allocated.get(&pool).copied().unwrap_or(line.allocated);
                        }
                    }
                    Some(Ready { loaded, ineligible, places })
                }
            };
            self.offers.insert(key, ready);
        }
        Ok(())
    }

    fn ready(&self, key: &OfferKey) -> Option<&Ready> {
        self.offers.get(key).and_then(Option::as_ref)
    }

    /// Every offer has what the line before left.
    fn shift(&mut self, allocated: Vec<(Pool, Quantity)>) {
        for (pool, after) in allocated {
            self.allocated.insert(pool, after);
            for ready in self.offers.values_mut().flatten() {
                if let Some((part, line)) = ready.places.get(&pool) {
                    ready.loaded.offer.parts[*part].lines[*line].allocated = after;
                }
            }
        }
    }
}

fn of_lines(ledger: &Ledger) -> Vec<(Pool, Quantity)> {
    ledger.iter().map(|(id, (_, after))| (Pool::OrderLine(*id), *after)).collect()
}

/// Number of changes of a line that are named.
const MOST_CHANGES: usize = 8;

/// Number of problems of a line that are named.
const MOST_NAMED: usize = 3;

/// Problems of a line, each with the label of its cell.
fn told(refusals: &[Refusal<FileProblem>], offer: &Offer) -> String {
    let named = |Refusal { field, problem }: &Refusal<FileProblem>| format!("{}: {problem}", label_of(field, offer));
    in_words(refusals.iter().map(named).collect())
}

fn no_such_version((product, version, _): &OfferKey) -> String {
    match (product.as_str(), version.as_str()) {
        ("", _) => "Product: enter its code, such as CIC.".to_owned(),
        (_, "") => "Product version: enter its name, such as 2020 R4.".to_owned(),
        (product, version) => format!("There is no version {} of a product {}.", excerpt(version), excerpt(product)),
    }
}

/// The first problems of a line, and the number of the others.
fn in_words(mut words: Vec<String>) -> String {
    let others = words.len().saturating_sub(MOST_NAMED);
    words.truncate(MOST_NAMED);
    match others {
        0 => {}
        1 => words.push("The line has 1 more problem.".to_owned()),
        more => words.push(format!("The line has {more} more problems.")),
    }
    words.join(" ")
}
