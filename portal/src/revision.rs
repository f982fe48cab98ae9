//! One revision of a file: what it is made of, what that moves in the ledger, and where it is kept.

use crate::{
    AccountAccess, Error, Failpoint, Write,
    activity::facet,
    database::{parsed, run},
    entity::{allocation, file_machine, file_revision, listed_file, unordered_part},
    offer::LoadedOffer,
    parts::Sources,
};
use chrono::{DateTime, NaiveDate, SubsecRound, Utc};
use licensing::{
    LicenceType, Quantity, Serial, Source,
    entitlement::draw,
    file::{Account, ActivationFile},
    form::{NewFile, NewFileForm},
};
use sea_orm::{ActiveValue::Set, EntityTrait, NotSet, sea_query::OnConflict};
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
    /// Counts what is held as returned, and says so of each part.
    pub(crate) fn return_to(&self, sources: &mut Sources) {
        for part in &mut sources.parts {
            let lines = sources.entitlement_ids.get(&part.number).into_iter().flatten();
            let of_lines = lines.zip(&mut part.lines).filter_map(|(id, line)| Some((self.entitlements.get(id)?, line)));
            for (held, line) in of_lines {
                line.allocated = line.allocated.saturating_sub(*held);
                part.held = part.held.checked_add(*held).unwrap_or(part.held);
            }
            let unordered = sources.part_ids.get(&part.number).and_then(|id| self.parts.get(id));
            if let (Some(held), Some(line)) = (unordered, part.lines.first_mut()) {
                line.allocated = line.allocated.saturating_sub(*held);
                part.held = *held;
            }
        }
    }
}

/// A revision before it is stored.
pub(crate) struct Draft {
    pub(crate) file: ActivationFile,
    pub(crate) request: NewFile,
    pub(crate) loaded: LoadedOffer,
    /// What each entitlement gives, by row id, in id order: the order in which rows are taken everywhere.
    pub(crate) taken: BTreeMap<i64, Quantity>,
}

/// How an entitlement changes: (allocated before, allocated after), by row id.
pub(crate) type Ledger = BTreeMap<i64, (Quantity, Quantity)>;

impl Draft {
    /// The revision of `serial` that `request` asks for, checked against the offer it was parsed with.
    pub(crate) fn new(
        access: &AccountAccess,
        (serial, revision): (&Serial, u32),
        (request, loaded): (NewFile, LoadedOffer),
        form: &NewFileForm,
        now: DateTime<Utc>,
    ) -> Result<Self, Error> {
        let preview = form.preview(&loaded.offer);
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
        let taken = drawn(&request, &loaded)?;
        Ok(Self { file, request, loaded, taken })
    }

    /// The order line that the server item is drawn from, of files that permit updates as long as that is maintained. Domain §6.7.
    fn server_line(&self) -> Option<i64> {
        let permits = matches!(self.request.licence_type, LicenceType::Production | LicenceType::Evaluation);
        let item = self.request.binding.servers().into_iter().next()?.server_item?;
        let lines = self.loaded.entitlement_ids.get(&item)?;
        lines.iter().find(|line| self.taken.contains_key(line)).copied().filter(|_| permits)
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

    /// What moves when this takes the place of what was held.
    pub(crate) fn ledger(&self, held: &BTreeMap<i64, Quantity>) -> Ledger {
        let lines = self.loaded.offer.parts.iter().flat_map(|part| {
            let ids = self.loaded.entitlement_ids.get(&part.number).into_iter().flatten();
            ids.zip(&part.lines).map(|(id, line)| (*id, line.allocated))
        });
        let sum = |a: Quantity, b: Option<&Quantity>| b.and_then(|b| a.checked_add(*b)).unwrap_or(a);
        lines
            .map(|(id, others)| (id, (sum(others, held.get(&id)), sum(others, self.taken.get(&id)))))
            .filter(|(id, _)| held.contains_key(id) || self.taken.contains_key(id))
            .collect()
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
    /// Makes, signs and verifies the file, and stores it as the current revision of `file_id` with what it holds.
    pub(crate) async fn store_revision(
        &self,
        write: &Write,
        file_id: i64,
        draft: &Draft,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let Draft { file, request, loaded, taken } = draft;
        let bytes = self.portal().signer.make(file)?;
        write.reach(Failpoint::Signed);
        let mut servers = request.binding.servers().into_iter();
        let primary = servers.next().ok_or_else(|| Error::internal("a file is for no server"))?;
        let switchover = servers.next();
        let revision = file_revision::ActiveModel {
            id: NotSet,
            file_id: Set(file_id),
            revision: Set(i64::from(file.revision)),
            site_id: Set(parsed(&request.site)?),
            version_id: Set(loaded.version_id),
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
        };
        let revision_id = file_revision::Entity::insert(revision).exec(write.on()).await?.last_insert_id;
        write.reach(Failpoint::RevisionStored);
        if taken.is_empty() {
            let parts = request.parts.iter().map(|(number, quantity)| {
                let part_id = loaded.part_ids.get(number).ok_or_else(|| Error::internal(format!("{number} is no part")))?;
                Ok(unordered_part::ActiveModel {
                    revision_id: Set(revision_id),
                    part_id: Set(*part_id),
                    assigned: Set(i64::from(quantity.assigned)),
                    pooled: Set(i64::from(quantity.pooled)),
                })
            });
            let parts = parts.collect::<Result<Vec<_>, Error>>()?;
            unordered_part::Entity::insert_many(parts).exec_without_returning(write.on()).await?;
        } else {
            let part_of = |entitlement: &i64| {
                let part = loaded.entitlement_ids.iter().find(|(_, lines)| lines.contains(entitlement)).map(|(part, _)| part);
                part.and_then(|part| loaded.part_ids.get(part).copied()).ok_or_else(|| Error::internal("a line is of no part"))
            };
            let ledger = taken.iter().map(|(entitlement, quantity)| {
                Ok(allocation::ActiveModel {
                    revision_id: Set(revision_id),
                    entitlement_id: Set(*entitlement),
                    part_id: Set(part_of(entitlement)?),
                    assigned: Set(i64::from(quantity.assigned)),
                    pooled: Set(i64::from(quantity.pooled)),
                })
            });
            let ledger = ledger.collect::<Result<Vec<_>, Error>>()?;
            allocation::Entity::insert_many(ledger).exec_without_returning(write.on()).await?;
        }
        write.reach(Failpoint::LedgerStored);
        let names = [Some(primary.machine_name.as_str()), switchover.as_ref().map(|server| server.machine_name.as_str())];
        let facet = facet("active", request.licence_type, &request.product);
        let listed = listed_file::ActiveModel {
            file_id: Set(file_id),
            account_id: Set(self.account_id()),
            facet: Set(facet.clone()),
            site_id: Set(parsed(&request.site)?),
            generated_by: Set(self.caller().person_id()),
            generated_at: Set(now),
            valid_through: Set(file.valid_through),
            machine: Set(primary.machine_name.as_str().to_ascii_lowercase()),
            switchover_machine: Set(names[1].map(str::to_ascii_lowercase)),
            server_line: Set(draft.server_line()),
            updates_through: Set(file.updates_through.unwrap_or(NEVER)),
        };
        self.list(write, (file_id, file.revision == 1), &facet, listed, &names).await
    }

    /// Puts the file, as its current revision has it, where lists and searches find it.
    async fn list(
        &self,
        write: &Write,
        (file_id, first): (i64, bool),
        facet: &str,
        listed: listed_file::ActiveModel,
        names: &[Option<&str>],
    ) -> Result<(), Error> {
        use listed_file::Column;
        let columns = [
            Column::Facet,
            Column::SiteId,
            Column::GeneratedBy,
            Column::GeneratedAt,
            Column::ValidThrough,
            Column::Machine,
            Column::SwitchoverMachine,
            Column::ServerLine,
            Column::UpdatesThrough,
        ];
        let replacing = OnConflict::column(Column::FileId).update_columns(columns).to_owned();
        listed_file::Entity::insert(listed).on_conflict(replacing).exec_without_returning(write.on()).await?;
        if !first {
            run(write.on(), "machines: of before", "DELETE FROM file_machines WHERE file_id = $1", [file_id.into()]).await?;
        }
        let names: BTreeSet<String> = names.iter().flatten().map(|name| name.to_ascii_lowercase()).collect();
        let machines = names.iter().map(|name| file_machine::ActiveModel {
            account_id: Set(self.account_id()),
            facet: Set(facet.to_owned()),
            name: Set(name.clone()),
            file_id: Set(file_id),
            other: Set(names.iter().find(|other| *other != name).cloned()),
        });
        file_machine::Entity::insert_many(machines).exec_without_returning(write.on()).await?;
        write.reach(Failpoint::Listed);
        Ok(())
    }
}

/// Says where lists find it that a file is no longer active but in `state`.
pub(crate) async fn list_state(
    write: &Write,
    file_id: i64,
    state: &str,
    licence_type: LicenceType,
    product: &str,
) -> Result<(), Error> {
    let facet = facet(state, licence_type, product);
    for (name, sql) in [
        ("activity: state", "UPDATE listed_files SET facet = $1, server_line = NULL WHERE file_id = $2"),
        ("machines: state", "UPDATE file_machines SET facet = $1 WHERE file_id = $2"),
    ] {
        run(write.on(), name, sql, [facet.as_str().into(), file_id.into()]).await?;
    }
    write.reach(Failpoint::Listed);
    Ok(())
}
