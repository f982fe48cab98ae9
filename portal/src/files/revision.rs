//! One revision of a file: what it is made of, what that moves in the ledger, and where it is kept.

use super::{list::facet, view::FileState};
use crate::{
    Portal,
    access::caller::AccountAccess,
    ctx::Failpoint,
    error::Error,
    offer::load::LoadedOffer,
    store::{
        database::{Write, in_runs, insert, insert_or_replace, insert_returning_ids, marks, parsed, rows, run},
        entity::{activation_file, allocation, file_machine, file_revision, listed_file, unordered_part},
    },
};
use chrono::{DateTime, NaiveDate, SubsecRound, Utc};
use licensing::{
    LicenceType, PartNumber, Quantity, Serial, Source,
    activation_file::{Account, ActivationFile},
    files::request::{NewFile, Preview},
    folded,
    offer::{Choosable, OfferedPart, Updated},
    orders::entitlement::draw,
};
use sea_orm::{ActiveValue::Set, FromQueryResult, NotSet};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Stands for *no updates* where days are compared.
const NEVER: NaiveDate = NaiveDate::from_ymd_opt(1, 1, 1).expect("a date");

/// The current revision of a file, and what it holds.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    /// Id of its install site, as the form sends it.
    pub(crate) site: String,
    pub(crate) valid_through: NaiveDate,
    pub(crate) ramp_date: Option<NaiveDate>,
    /// Of order lines, by row id.
    pub(crate) entitlements: BTreeMap<i64, Quantity>,
    /// Of parts without an order, by row id.
    pub(crate) parts: BTreeMap<i64, Quantity>,
}

impl Held {
    /// Whether [`Self::return_to`] changes this part of the offer.
    pub(crate) fn touches(&self, part: &OfferedPart, loaded: &LoadedOffer) -> bool {
        let lines = loaded.entitlement_ids.get(&part.number).into_iter().flatten();
        part.choosable == Choosable::AsHeld
            || lines.into_iter().any(|id| self.entitlements.contains_key(id))
            || loaded.part_ids.get(&part.number).is_some_and(|id| self.parts.contains_key(id))
    }

    /// Makes the offer one for an update: what is held counts as returned, and each part says how much of it that is. Of what analysts alone add
    /// there is as much as is held.
    pub(crate) fn return_to(&self, loaded: &mut LoadedOffer) {
        for part in &mut loaded.offer.parts {
            let capped = part.choosable == Choosable::AsHeld;
            for line in part.lines.iter_mut().filter(|_| capped) {
                (line.owned, line.unlimited) = (line.allocated, false);
            }
            let lines = loaded.entitlement_ids.get(&part.number).into_iter().flatten();
            let of_lines = lines.zip(&mut part.lines).filter_map(|(id, line)| Some((self.entitlements.get(id)?, line)));
            for (held, line) in of_lines {
                line.allocated = line.allocated.saturating_sub(*held);
                part.held = part.held.saturating_add(*held);
            }
            let unordered = loaded.part_ids.get(&part.number).and_then(|id| self.parts.get(id));
            if let (Some(held), Some(line)) = (unordered, part.lines.first_mut()) {
                line.allocated = line.allocated.saturating_sub(*held);
                part.held = *held;
                if capped {
                    line.owned = *held;
                }
            }
        }
        loaded.offer.updates =
            Some(Updated { site: self.site.clone(), valid_through: self.valid_through, ramp_date: self.ramp_date });
    }
}

/// A revision before it is stored.
pub(crate) struct Draft {
    pub(crate) file: ActivationFile,
    pub(crate) request: NewFile,
    pub(crate) product_id: i64,
    version_id: i64,
    holds: Vec<Hold>,
    server_line: Option<i64>,
    /// What moves when this takes the place of what was held.
    pub(crate) ledger: Ledger,
}

/// A revision with the bytes of its file, signed and verified as anybody would.
pub(crate) struct Made {
    pub(crate) draft: Draft,
    bytes: Vec<u8>,
}

/// A revision that is stored.
pub(crate) struct StoredRevision {
    pub(crate) file_id: i64,
    revision_id: i64,
    pub(crate) draft: Draft,
}

/// From so many on, files are made by all processors at once, away from the threads that answer.
const MANY: usize = 16;

impl Portal {
    /// Makes, signs and verifies the file of each draft.
    pub(crate) async fn make_all(&self, drafts: Vec<Draft>) -> Result<Vec<Made>, Error> {
        let portal = self.clone();
        let make = move |drafts: Vec<Draft>| -> Result<Vec<Made>, Error> {
            drafts.into_iter().map(|draft| Ok(Made { bytes: portal.signer.make(&draft.file)?, draft })).collect()
        };
        let made = if drafts.len() < MANY {
            make(drafts)?
        } else {
            let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
            let share = drafts.len().div_ceil(processors);
            let mut left = drafts.into_iter();
            let shares =
                std::iter::from_fn(|| Some(left.by_ref().take(share).collect()).filter(|share: &Vec<_>| !share.is_empty()));
            let making: Vec<_> = shares
                .map(|share| {
                    let make = make.clone();
                    tokio::task::spawn_blocking(move || make(share))
                })
                .collect();
            let mut made = Vec::new();
            for share in making {
                made.extend(share.await.map_err(Error::internal)??);
            }
            made
        };
        self.ctx.reach(Failpoint::Signed);
        Ok(made)
    }
}

/// A part that a revision is made of.
struct Hold {
    /// The order line that gives it; `None` of a part without an order.
    entitlement: Option<i64>,
    part: i64,
    quantity: Quantity,
}

/// How an entitlement changes: (allocated before, allocated after), by row id, in id order: the order in which rows are taken everywhere.
pub(crate) type Ledger = BTreeMap<i64, (Quantity, Quantity)>;

impl Draft {
    /// The revision of `serial` that `request` asks for, checked against the offer it was parsed with. `held` is what the revision before holds.
    pub(crate) fn new(
        access: &AccountAccess,
        (serial, revision): (&Serial, u32),
        (request, preview): (NewFile, Preview),
        loaded: &LoadedOffer,
        held: &BTreeMap<i64, Quantity>,
        now: DateTime<Utc>,
    ) -> Result<Self, Error> {
        let offer = &loaded.offer;
        let site = offer.sites.iter().find(|site| site.id == request.site).ok_or_else(|| Error::internal("the site is gone"))?;
        let file = ActivationFile {
            serial: serial.clone(),
            revision,
            issued_at: now.trunc_subsecs(0),
            product: parsed(&offer.product.code)?,
            product_version: parsed(&offer.version)?,
            license_type: request.licence_type,
            valid_through: request.valid_through,
            updates_through: preview.updates_through,
            account: Account { name: parsed(&access.name)?, garn: access.garn.clone(), install_site: parsed(&site.name)? },
            binding: request.binding.clone(),
            keys: preview.keys,
        };
        let taken = drawn(&request, loaded)?;
        let ledger = ledger(loaded, held, &taken)?;
        let part = |number: &PartNumber| {
            loaded.part_ids.get(number).copied().ok_or_else(|| Error::internal(format!("{number} is no part")))
        };
        let holds: Result<_, Error> = if taken.is_empty() {
            let unordered = request.parts.iter();
            unordered.map(|(number, quantity)| Ok(Hold { entitlement: None, part: part(number)?, quantity: *quantity })).collect()
        } else {
            let of_line = |(line, quantity): (&i64, &Quantity)| {
                let number = loaded.entitlement_ids.iter().find(|(_, lines)| lines.contains(line)).map(|(number, _)| number);
                let number = number.ok_or_else(|| Error::internal("a line is of no part"))?;
                Ok(Hold { entitlement: Some(*line), part: part(number)?, quantity: *quantity })
            };
            taken.iter().map(of_line).collect()
        };
        let server_line = server_line(&request, loaded, &taken);
        let (product_id, version_id) = (loaded.product_id, loaded.version_id);
        Ok(Self { file, product_id, version_id, holds: holds?, server_line, ledger, request })
    }

    /// The machines with their host ids, and their names alone, in words.
    pub(crate) fn machines(&self) -> (String, String) {
        let servers = self.request.binding.servers();
        let names: Vec<_> = servers.iter().map(|server| server.machine_name.as_str()).collect();
        let machines: Vec<_> = servers
            .iter()
            .map(|server| match &server.host_id {
                Some(host_id) => format!("{} ({host_id})", server.machine_name),
                None => format!("{} (virtual cloud)", server.machine_name),
            })
            .collect();
        (machines.join(" and "), names.join(" and "))
    }

    fn site_id(&self) -> Result<i64, Error> {
        parsed(&self.request.site)
    }

    fn facet(&self) -> String {
        facet("active", self.request.licence_type, &self.request.product)
    }
}

/// The order line that the server item is drawn from, of files that permit updates as long as that is maintained. Domain §6.7.
fn server_line(request: &NewFile, loaded: &LoadedOffer, taken: &BTreeMap<i64, Quantity>) -> Option<i64> {
    let permits = matches!(request.licence_type, LicenceType::Production | LicenceType::Evaluation);
    let item = request.binding.servers().into_iter().next()?.server_item?;
    let lines = loaded.entitlement_ids.get(&item)?;
    lines.iter().find(|line| taken.contains_key(line)).copied().filter(|_| permits)
}

/// What moves when `taken` takes the place of what was `held`, of lines that stand in the offer without what was held.
fn ledger(loaded: &LoadedOffer, held: &BTreeMap<i64, Quantity>, taken: &BTreeMap<i64, Quantity>) -> Result<Ledger, Error> {
    let lines = loaded.offer.parts.iter().flat_map(|part| {
        let ids = loaded.entitlement_ids.get(&part.number).into_iter().flatten();
        ids.zip(&part.lines).map(|(id, line)| (*id, line.allocated))
    });
    let sum = |a: Quantity, b: Option<&Quantity>| a.saturating_add(b.copied().unwrap_or_default());
    let ledger: Ledger = lines
        .filter(|(id, _)| held.contains_key(id) || taken.contains_key(id))
        .map(|(id, others)| (id, (sum(others, held.get(&id)), sum(others, taken.get(&id)))))
        .collect();
    match held.keys().find(|id| !ledger.contains_key(id)) {
        Some(id) => Err(Error::internal(format!("what a file holds of order line {id} would be lost"))),
        None => Ok(ledger),
    }
}

fn drawn(request: &NewFile, loaded: &LoadedOffer) -> Result<BTreeMap<i64, Quantity>, Error> {
    let mut taken = BTreeMap::new();
    if request.licence_type.source() != Source::Entitlements {
        return Ok(taken);
    }
    for (number, quantity) in &request.parts {
        let missing = || Error::internal(format!("{number} was asked for and checked, but cannot be drawn"));
        let part = loaded.offer.part(number).ok_or_else(missing)?;
        let ids = loaded.entitlement_ids.get(number).ok_or_else(missing)?;
        for (line, given) in draw(&part.lines, *quantity).map_err(|_| missing())? {
            taken.insert(ids[line], given);
        }
    }
    Ok(taken)
}

/// What is allocated before and after, by row id, as an event tells it.
pub(crate) fn sides(ledger: &Ledger) -> (BTreeMap<i64, Quantity>, BTreeMap<i64, Quantity>) {
    let side = |of: fn(&(Quantity, Quantity)) -> Quantity| ledger.iter().map(|(id, sides)| (*id, of(sides))).collect();
    (side(|(before, _)| *before), side(|(_, after)| *after))
}

/// Moves what is allocated of each entitlement. That there is enough was read in the same write, so that nothing else can be the case.
pub(crate) async fn allocate(write: &Write, ledger: &Ledger) -> Result<(), Error> {
    let moved: Vec<[i64; 3]> = ledger
        .iter()
        .filter(|(_, (before, after))| before != after)
        .map(|(id, (before, after))| {
            let difference = |after: u32, before: u32| i64::from(after) - i64::from(before);
            [*id, difference(after.assigned, before.assigned), difference(after.pooled, before.pooled)]
        })
        .collect();
    if moved.is_empty() {
        return Ok(());
    }
    let rows: Vec<String> =
        (0..moved.len()).map(|row| format!("(${}, ${}, ${})", 3 * row + 1, 3 * row + 2, 3 * row + 3)).collect();
    // Both databases call the columns of VALUES column1, column2 and column3.
    let sql = format!(
        "UPDATE entitlements SET allocated_assigned = allocated_assigned + t.column2, allocated_pooled = allocated_pooled + t.column3
         FROM (VALUES {}) AS t WHERE id = t.column1
            AND allocated_assigned + t.column2 >= 0 AND allocated_pooled + t.column3 >= 0
            AND allocated_assigned + t.column2 <= 4294967295 AND allocated_pooled + t.column3 <= 4294967295
            AND (unlimited OR (allocated_assigned + t.column2 <= owned_assigned AND allocated_pooled + t.column3 <= owned_pooled))",
        rows.join(", ")
    );
    let changed = run(write.on(), "allocate", &sql, moved.iter().flatten().map(|value| (*value).into())).await?;
    write.reach(Failpoint::Allocated);
    if changed == moved.len() as u64 {
        Ok(())
    } else {
        Err(Error::internal("an entitlement was changed without its account's lock"))
    }
}

impl AccountAccess {
    /// Stores new files with their first revisions. What they hold follows with [`Self::store_held`].
    pub(crate) async fn store_new(
        &self,
        write: &Write,
        made: Vec<Made>,
        now: DateTime<Utc>,
    ) -> Result<Vec<StoredRevision>, Error> {
        let files = made.iter().map(|Made { draft, .. }| activation_file::ActiveModel {
            id: NotSet,
            serial: Set(draft.file.serial.to_string()),
            account_id: Set(self.account_id()),
            product_id: Set(draft.product_id),
            licence_type: Set(draft.request.licence_type.code().to_owned()),
            revision: Set(1),
            state: Set(FileState::Active.code().to_owned()),
            ..Default::default()
        });
        let ids = insert_returning_ids::<activation_file::Entity>(write, files.collect()).await?;
        write.reach(Failpoint::FileStored);
        self.store_revisions(write, ids.into_iter().zip(made).collect(), now).await
    }

    /// Stores each as the current revision of the file with that row id. What they hold follows with [`Self::store_held`].
    pub(crate) async fn store_revisions(
        &self,
        write: &Write,
        made: Vec<(i64, Made)>,
        now: DateTime<Utc>,
    ) -> Result<Vec<StoredRevision>, Error> {
        let (mut drafts, mut revisions) = (Vec::with_capacity(made.len()), Vec::with_capacity(made.len()));
        for (file_id, Made { draft, bytes }) in made {
            revisions.push(self.revision(file_id, &draft, bytes, now)?);
            drafts.push((file_id, draft));
        }
        let revision_ids = insert_returning_ids::<file_revision::Entity>(write, revisions).await?;
        write.reach(Failpoint::RevisionStored);
        let stored = drafts.into_iter().zip(revision_ids);
        Ok(stored.map(|((file_id, draft), revision_id)| StoredRevision { file_id, revision_id, draft }).collect())
    }

    /// Stores what revisions hold, and puts them where lists and searches find them.
    pub(crate) async fn store_held(&self, write: &Write, stored: &[StoredRevision], now: DateTime<Utc>) -> Result<(), Error> {
        let (mut ordered, mut unordered) = (Vec::new(), Vec::new());
        for StoredRevision { revision_id, draft, .. } in stored {
            for Hold { entitlement, part, quantity } in &draft.holds {
                let (assigned, pooled) = (Set(i64::from(quantity.assigned)), Set(i64::from(quantity.pooled)));
                let (revision_id, part_id) = (Set(*revision_id), Set(*part));
                match *entitlement {
                    Some(line) => {
                        let entitlement_id = Set(line);
                        ordered.push(allocation::ActiveModel { revision_id, entitlement_id, part_id, assigned, pooled });
                    }
                    None => unordered.push(unordered_part::ActiveModel { revision_id, part_id, assigned, pooled }),
                }
            }
        }
        // While the database stores one thing, the statement of the next is written.
        let ledger = async {
            insert::<allocation::Entity>(write, ordered).await?;
            insert::<unordered_part::Entity>(write, unordered).await?;
            write.reach(Failpoint::LedgerStored);
            Ok(())
        };
        tokio::try_join!(ledger, self.list(write, stored, now))?;
        Ok(())
    }

    fn revision(
        &self,
        file_id: i64,
        draft: &Draft,
        bytes: Vec<u8>,
        now: DateTime<Utc>,
    ) -> Result<file_revision::ActiveModel, Error> {
        let Draft { file, request, .. } = draft;
        let mut servers = request.binding.servers().into_iter();
        let primary = servers.next().ok_or_else(|| Error::internal("a file is for no server"))?;
        let switchover = servers.next();
        Ok(file_revision::ActiveModel {
            id: NotSet,
            file_id: Set(file_id),
            revision: Set(i64::from(file.revision)),
            site_id: Set(draft.site_id()?),
            version_id: Set(draft.version_id),
            system_type: Set(request.system_type.map(|t| t.code().to_owned())),
            mail_connector: Set(request.mail_connector.map(|c| c.code().to_owned())),
            primary_machine: Set(primary.machine_name.to_string()),
            primary_host: Set(primary.host_id.map(Into::into)),
            switchover_machine: Set(switchover.as_ref().map(|server| server.machine_name.to_string())),
            switchover_host: Set(switchover.as_ref().and_then(|server| server.host_id.clone()).map(Into::into)),
            valid_through: Set(file.valid_through),
            updates_through: Set(file.updates_through),
            generated_by: Set(self.caller().person_id()),
            generated_at: Set(now),
            signing_key: Set(self.portal().signer.key_name()),
            sha256: Set(Sha256::digest(&bytes).to_vec()),
            bytes: Set(bytes),
        })
    }

    /// Puts files, as their current revisions have them, where lists and searches find them.
    async fn list(&self, write: &Write, stored: &[StoredRevision], now: DateTime<Utc>) -> Result<(), Error> {
        let (mut listed, mut machines) = (Vec::new(), Vec::new());
        let updated: Vec<i64> =
            stored.iter().filter(|stored| stored.draft.file.revision > 1).map(|stored| stored.file_id).collect();
        // Generated is what a file was at first, whatever became of it.
        let first = first_generations(write, &updated).await?;
        for StoredRevision { file_id, draft, .. } in stored {
            let servers = draft.request.binding.servers();
            let names: Vec<String> = servers.iter().map(|server| folded(server.machine_name.as_str())).collect();
            let mut names_in_order = names.iter().cloned();
            let (generated_by, generated_at) = first.get(file_id).copied().unwrap_or((self.caller().person_id(), now));
            let file = listed_file::ActiveModel {
                file_id: Set(*file_id),
                account_id: Set(self.account_id()),
                facet: Set(draft.facet()),
                site_id: Set(draft.site_id()?),
                generated_by: Set(generated_by),
                generated_at: Set(generated_at),
                valid_through: Set(draft.file.valid_through),
                machine: Set(names_in_order.next().unwrap_or_default()),
                switchover_machine: Set(names_in_order.next()),
                server_line: Set(draft.server_line),
                updates_through: Set(draft.file.updates_through.unwrap_or(NEVER)),
            };
            let names: BTreeSet<String> = names.into_iter().collect();
            machines.extend(names.iter().map(|name| file_machine::ActiveModel {
                file_id: file.file_id.clone(),
                name: Set(name.clone()),
                account_id: file.account_id.clone(),
                facet: file.facet.clone(),
                other: Set(names.iter().find(|other| *other != name).cloned()),
                site_id: file.site_id.clone(),
                generated_by: file.generated_by.clone(),
                generated_at: file.generated_at.clone(),
                valid_through: file.valid_through.clone(),
            }));
            listed.push(file);
        }
        insert_or_replace::<listed_file::Entity>(write, listed_file::Column::FileId, listed).await?;
        for ids in in_runs(updated) {
            let sql = format!("DELETE FROM file_machines WHERE file_id IN ({})", marks(1, ids.len()));
            run(write.on(), "machines: of before", &sql, ids.into_iter().map(Into::into)).await?;
        }
        insert::<file_machine::Entity>(write, machines).await?;
        write.reach(Failpoint::Listed);
        Ok(())
    }
}

/// Who generated each of these files at first, and when, by row id.
async fn first_generations(write: &Write, files: &[i64]) -> Result<BTreeMap<i64, (i64, DateTime<Utc>)>, Error> {
    #[derive(FromQueryResult)]
    struct First {
        file_id: i64,
        generated_by: i64,
        generated_at: DateTime<Utc>,
    }
    let mut first = BTreeMap::new();
    for ids in in_runs(files.to_vec()) {
        let sql = format!(
            "SELECT file_id, generated_by, generated_at FROM file_revisions WHERE revision = 1 AND file_id IN ({})",
            marks(1, ids.len())
        );
        for found in rows::<First>(write.on(), "activity: first generations", &sql, ids.into_iter().map(Into::into)).await? {
            first.insert(found.file_id, (found.generated_by, found.generated_at));
        }
    }
    Ok(first)
}

/// Says where lists find them that these files are no longer active but in `state`, all of one `facet`.
pub(crate) async fn list_state(write: &Write, files: Vec<i64>, facet: &str) -> Result<(), Error> {
    for ids in in_runs(files) {
        let values = || std::iter::once(facet.into()).chain(ids.iter().map(|id| (*id).into()));
        let marks = marks(2, ids.len());
        let sql = format!("UPDATE listed_files SET facet = $1, server_line = NULL WHERE file_id IN ({marks})");
        run(write.on(), "activity: state", &sql, values()).await?;
        let sql = format!("UPDATE file_machines SET facet = $1 WHERE file_id IN ({marks})");
        run(write.on(), "machines: state", &sql, values()).await?;
    }
    write.reach(Failpoint::Listed);
    Ok(())
}
