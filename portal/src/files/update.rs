//! *Update*: a new revision of a file under its serial. The ledger moves by the difference. Domain §5.

use super::{
    generate::{Checked, NotGenerated},
    revision::{Draft, Held, Made, StoredRevision, allocate, sides},
    view::{FileState, decoded},
};
use crate::{
    access::caller::AccountAccess,
    audit::AuditEvent,
    ctx::Failpoint,
    error::Error,
    offer::load::LoadedOffer,
    store::database::{Write, count, in_runs, known, marks, parsed, row, rows, run},
    submission::{Action, Asked, SubmissionKey},
};
use chrono::{DateTime, NaiveDate, Utc};
use licensing::{
    LicenceType, PartNumber, Quantity, Serial, UsageTracking,
    activation_file::{ActivationFile, Binding, Change},
    catalogue::PartClass,
    files::request::{MailConnector, NewFile, NewFileForm, Preview, Problem, Refusal, SystemType, field},
    value::date,
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::json;
use std::collections::BTreeMap;

/// A file that can be updated, with the form that would make it as it is.
#[derive(Clone, Debug)]
pub struct Updatable {
    pub serial: Serial,
    /// The current revision, on which an update builds.
    pub revision: u32,
    pub form: NewFileForm,
    /// What a revision of the same form would say otherwise today: maintenance that was renewed.
    pub refresh: Vec<Change>,
    /// A key for the submission of this form.
    pub key: SubmissionKey,
}

/// An update that could be made now.
#[derive(Clone, Debug)]
pub struct CheckedUpdate {
    pub checked: Checked,
    /// What the new revision would say otherwise.
    pub changes: Vec<Change>,
}

/// The revision that a submission led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Updated {
    pub serial: Serial,
    pub revision: u32,
}

/// Why a file cannot be updated as it is. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotUpdatable {
    #[error("{serial} is {state}: it has no further revisions. Generate a new file instead.")]
    NotActive { serial: Serial, state: FileState },
    #[error("{serial} ended on {}. Generate a new file instead.", date::words(*ended_on))]
    Ended { serial: Serial, ended_on: NaiveDate },
    /// Somebody else was first.
    #[error(
        "{serial} was updated meanwhile: it is at revision {revision}, and this form began with revision {began}. Compare, then continue."
    )]
    Superseded { serial: Serial, revision: u32, began: u32 },
    #[error("{serial} says all of this already. Change something, or leave the file as it is.")]
    Unchanged { serial: Serial },
}

/// A file as an update finds it.
pub(crate) struct Current {
    pub(crate) file_id: i64,
    pub(crate) serial: Serial,
    pub(crate) revision: u32,
    pub(crate) state: FileState,
    pub(crate) licence_type: LicenceType,
    pub(crate) product: String,
    /// The version of the file; where its server item was upgraded since, the latest that runs with what it became.
    pub(crate) version: String,
    pub(crate) site_active: bool,
    site_name: String,
    system_type: Option<String>,
    mail_connector: Option<String>,
    pub(crate) file: ActivationFile,
    pub(crate) held: Held,
    pub(crate) parts: Vec<(PartClass, PartNumber, Quantity)>,
}

impl AccountAccess {
    /// The file as its form has it.
    ///
    /// # Errors
    /// [`NotGenerated::NotUpdatable`], and [`Error::NotFound`] for a file of others and for none.
    pub async fn updatable(&self, serial: &str) -> Result<Updatable, NotGenerated> {
        let on = self.portal().database.read();
        let current = self.current_file(on, serial).await?;
        current.check(self, None)?;
        let form = current.form();
        let refresh = match self.revise(on, &current, &form, self.portal().now()).await {
            Ok((draft, _)) => changes(&current.file, &draft.file),
            // What stands in the way of an update is told where somebody tries one.
            Err(NotGenerated::Error(error)) => return Err(error.into()),
            Err(_) => Vec::new(),
        };
        let key = self.portal().new_submission_key();
        Ok(Updatable { serial: current.serial, revision: current.revision, form, refresh, key })
    }

    /// What the form of an update offers, the file's own quantities counted as returned.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such file, or no such version of its product.
    pub async fn update_offer(&self, serial: &str, version: &str) -> Result<licensing::offer::Offer, Error> {
        let on = self.portal().database.read();
        let current = self.current_file(on, serial).await?;
        let loaded = self.load_offer(on, &current.product, version, current.licence_type, Some(&current.held)).await?;
        Ok(loaded.offer)
    }

    /// Reads and checks the form of an update, which began with revision `began`, without changing anything.
    ///
    /// # Errors
    /// [`NotGenerated`], as [`Self::update`] would answer.
    pub async fn check_update(&self, serial: &str, began: u32, form: &NewFileForm) -> Result<CheckedUpdate, NotGenerated> {
        let on = self.portal().database.read();
        let current = self.current_file(on, serial).await?;
        current.check(self, Some(began))?;
        let (draft, loaded) = self.revise(on, &current, form, self.portal().now()).await?;
        let changes = changes(&current.file, &draft.file);
        if changes.is_empty() {
            return Err(NotUpdatable::Unchanged { serial: current.serial }.into());
        }
        let same_host = self.same_host(on, &draft.request, draft.product_id, Some(&current.serial)).await?;
        let preview = form.preview(&loaded.offer);
        let older_than = self.older_than(on, &current, &loaded).await?;
        let shared_hosts = self.shared_hosts(on, &draft.request).await?;
        let checked = Checked { request: draft.request, offer: loaded.offer, preview, same_host, shared_hosts, older_than };
        Ok(CheckedUpdate { checked, changes })
    }

    /// Makes the next revision: in one transaction the difference moves, the signed and verified bytes take the place of the current ones, and the
    /// event and the mail are noted. The revision before stays in the history.
    ///
    /// # Errors
    /// [`NotGenerated`]; nothing was changed then.
    pub async fn update(
        &self,
        serial: &str,
        began: u32,
        form: &NewFileForm,
        key: &SubmissionKey,
    ) -> Result<Updated, NotGenerated> {
        let mut updated = self.try_update(serial, began, form, key).await;
        // Another request took the key first, so this time it is found.
        if let Ok(None) = updated {
            updated = self.try_update(serial, began, form, key).await;
        }
        updated?.ok_or_else(|| Error::internal("the submission key is taken and cannot be found").into())
    }

    async fn try_update(
        &self,
        serial: &str,
        began: u32,
        form: &NewFileForm,
        key: &SubmissionKey,
    ) -> Result<Option<Updated>, NotGenerated> {
        let asked = Asked::new(self, Action::Update, &format!("{serial}/{began}"), form, key)?;
        let write = self.write().await?;
        let now = self.portal().now();
        write.reach(Failpoint::UpdateBegun);
        if let Some(before) = self.submitted(write.on(), &asked).await? {
            return Ok(Some(Updated { serial: before.of_file()?, revision: began + 1 }));
        }
        let current = self.current_file(write.on(), serial).await?;
        current.check(self, Some(began))?;
        let (draft, _) = self.revise(write.on(), &current, form, now).await?;
        let changed = changes(&current.file, &draft.file);
        if changed.is_empty() {
            return Err(NotUpdatable::Unchanged { serial: current.serial }.into());
        }
        let revision = draft.file.revision;
        allocate(&write, &draft.ledger).await?;
        let made = self.portal().make_all(vec![draft]).await?.remove(0);
        let mut stored = self.store_next(&write, vec![(current.file_id, made)], now).await?;
        self.store_held(&write, &stored, now).await?;
        let draft = stored.remove(0).draft;
        let subject = format!("{}/{revision}", current.serial);
        if !self.note_submission(&write, asked, subject).await? {
            return Ok(None);
        }
        let (machines, names) = draft.machines();
        let subject = format!("Activation file {serial} for {names}, revision {revision}");
        let told: Vec<String> = changed.iter().map(|change| format!("  {change}\n")).collect();
        let done = format!(
            "You updated activation file {serial} for {machines}. Revision {revision} takes the place of revision {began}; load it on \
             the server.\n\nWhat changed:\n{}\nIt belongs to {}",
            told.concat(),
            self.name
        );
        self.queue_mail(&write, subject, done, draft.request.licence_type.restriction(), &current.serial, now).await?;
        let event = updated_event(self, &draft, &changed, now);
        write.commit(event).await?;
        tracing::info!(serial, revision, garn = %self.garn, "activation file updated");
        Ok(Some(Updated { serial: current.serial, revision }))
    }

    /// The version of the current revision, where that was released after the one which `loaded` is for.
    async fn older_than(
        &self,
        on: &impl ConnectionTrait,
        current: &Current,
        loaded: &LoadedOffer,
    ) -> Result<Option<String>, Error> {
        #[derive(FromQueryResult)]
        struct Newer {
            name: String,
        }
        let sql = "SELECT v.name FROM product_versions v JOIN product_versions n ON n.id = $2
                   WHERE v.product_id = $1 AND v.name = $3 AND v.released_on > n.released_on";
        let values = [loaded.product_id.into(), loaded.version_id.into(), current.file.product_version.as_str().into()];
        Ok(row::<Newer>(on, "update: a newer version", sql, values).await?.map(|newer| newer.name))
    }

    /// Stores the next revisions of files, by row id. What they hold follows with [`Self::store_held`].
    pub(crate) async fn store_next(
        &self,
        write: &Write,
        made: Vec<(i64, Made)>,
        now: DateTime<Utc>,
    ) -> Result<Vec<StoredRevision>, Error> {
        for ids in in_runs(made.iter().map(|(file_id, _)| *file_id).collect()) {
            let count = ids.len();
            let sql = format!(
                "UPDATE activation_files SET revision = revision + 1 WHERE state = 'active' AND id IN ({})",
                marks(1, count)
            );
            if run(write.on(), "update: revision", &sql, ids.into_iter().map(Into::into)).await? != count as u64 {
                return Err(Error::internal("a file was changed without its account's lock"));
            }
        }
        self.store_revisions(write, made, now).await
    }

    /// The next revision of a file, as `form` asks for it, and the offer that it is made of.
    async fn revise(
        &self,
        on: &impl ConnectionTrait,
        current: &Current,
        form: &NewFileForm,
        now: DateTime<Utc>,
    ) -> Result<(Draft, LoadedOffer), NotGenerated> {
        let (own, contradicted) = current.keeping(form);
        let (request, loaded) = match self.parse(on, &own, Some(&current.held)).await {
            Err(NotGenerated::Refused { refusals, offer }) => {
                let refusals = contradicted.into_iter().chain(refusals).collect();
                return Err(NotGenerated::Refused { refusals, offer });
            }
            parsed => parsed?,
        };
        if !contradicted.is_empty() {
            return Err(NotGenerated::Refused { refusals: contradicted, offer: Box::new(loaded.offer) });
        }
        match current.revised(self, &own, request, &loaded, now)? {
            Ok(draft) => Ok((draft, loaded)),
            Err(refusals) => Err(NotGenerated::Refused { refusals, offer: Box::new(loaded.offer) }),
        }
    }

    /// A file with its current revision and what that holds.
    pub(crate) async fn current_file(&self, on: &impl ConnectionTrait, serial: &str) -> Result<Current, Error> {
        self.current_files(on, vec![serial.to_owned()]).await?.pop().ok_or(Error::NotFound)
    }

    /// The same for many; those that the account does not have are left out.
    pub(crate) async fn current_files(&self, on: &impl ConnectionTrait, serials: Vec<String>) -> Result<Vec<Current>, Error> {
        #[derive(FromQueryResult)]
        struct Stored {
            id: i64,
            serial: String,
            revision: i64,
            state: String,
            licence_type: String,
            product: String,
            version: String,
            revision_id: i64,
            site_id: i64,
            site_name: String,
            site_active: bool,
            system_type: Option<String>,
            mail_connector: Option<String>,
            valid_through: NaiveDate,
            bytes: Vec<u8>,
        }
        let mut current = Vec::with_capacity(serials.len());
        for serials in in_runs(serials) {
            let sql = format!(
                "SELECT f.id, f.serial, f.revision, f.state, f.licence_type, p.code AS product, r.id AS revision_id, r.site_id,
                    COALESCE((SELECT n.name FROM allocations a JOIN entitlements e ON e.id = a.entitlement_id JOIN parts q ON q.id = e.part_id
                              JOIN product_versions n ON n.product_id = v.product_id AND n.generation = q.generation
                              WHERE a.revision_id = r.id AND q.generation <> v.generation AND q.class = 'server-item'
                              ORDER BY n.released_on DESC LIMIT 1), v.name) AS version,
                    s.name AS site_name, s.active AS site_active, r.system_type, r.mail_connector, r.valid_through, r.bytes
                 FROM activation_files f JOIN file_revisions r ON r.file_id = f.id AND r.revision = f.revision
                 JOIN products p ON p.id = f.product_id JOIN install_sites s ON s.id = r.site_id
                 JOIN product_versions v ON v.id = r.version_id
                 WHERE f.account_id = $1 AND f.serial IN ({})",
                marks(2, serials.len())
            );
            let values = std::iter::once(self.account_id().into()).chain(serials.into_iter().map(Into::into));
            let stored: Vec<Stored> = rows(on, "update: file", &sql, values).await?;
            let mut holdings = holdings(on, stored.iter().map(|file| file.revision_id).collect()).await?;
            for stored in stored {
                let Holdings { entitlements, unordered, parts } = holdings.remove(&stored.revision_id).unwrap_or_default();
                let file = decoded(&stored.bytes)?;
                let ramp_date = match &file.binding {
                    Binding::VirtualCloud { enforcement, .. } => Some(enforcement.ramp_date),
                    Binding::Host { .. } => None,
                };
                let (site, valid_through) = (stored.site_id.to_string(), stored.valid_through);
                current.push(Current {
                    file_id: stored.id,
                    serial: parsed(&stored.serial)?,
                    revision: count(stored.revision)?,
                    state: FileState::stored(&stored.state)?,
                    licence_type: known(LicenceType::from_code(&stored.licence_type), &stored.licence_type)?,
                    product: stored.product,
                    version: stored.version,
                    site_active: stored.site_active,
                    site_name: stored.site_name,
                    system_type: stored.system_type,
                    mail_connector: stored.mail_connector,
                    file,
                    held: Held { site, valid_through, ramp_date, entitlements, parts: unordered },
                    parts: parts.into_values().collect(),
                });
            }
        }
        Ok(current)
    }
}

/// What a revision holds.
#[derive(Default)]
struct Holdings {
    /// Of order lines, by row id.
    entitlements: BTreeMap<i64, Quantity>,
    /// Of parts without an order, by row id.
    unordered: BTreeMap<i64, Quantity>,
    /// The parts that these are now, by row id.
    parts: BTreeMap<i64, (PartClass, PartNumber, Quantity)>,
}

/// What each revision holds of order lines and of parts without an order.
async fn holdings(on: &impl ConnectionTrait, revision_ids: Vec<i64>) -> Result<BTreeMap<i64, Holdings>, Error> {
    #[derive(FromQueryResult)]
    struct Line {
        revision_id: i64,
        line: Option<i64>,
        part_id: i64,
        number: String,
        class: String,
        assigned: i64,
        pooled: i64,
    }
    let mut all: BTreeMap<i64, Holdings> = BTreeMap::new();
    if revision_ids.is_empty() {
        return Ok(all);
    }
    let marks = marks(1, revision_ids.len());
    let sql = format!(
        "SELECT a.revision_id, e.id AS line, p.id AS part_id, p.number, p.class, a.assigned, a.pooled
         FROM allocations a JOIN entitlements e ON e.id = a.entitlement_id JOIN parts p ON p.id = e.part_id
         WHERE a.revision_id IN ({marks})
         UNION ALL
         SELECT u.revision_id, NULL, p.id, p.number, p.class, u.assigned, u.pooled
         FROM unordered_parts u JOIN parts p ON p.id = u.part_id WHERE u.revision_id IN ({marks})"
    );
    for line in rows::<Line>(on, "update: what is held", &sql, revision_ids.into_iter().map(Into::into)).await? {
        let quantity = Quantity::new(count(line.assigned)?, count(line.pooled)?);
        let Holdings { entitlements, unordered, parts } = all.entry(line.revision_id).or_default();
        match line.line {
            Some(id) => entitlements.insert(id, quantity),
            None => unordered.insert(line.part_id, quantity),
        };
        let class = known(PartClass::from_code(&line.class), &line.class)?;
        let (.., sum) = parts.entry(line.part_id).or_insert((class, parsed(&line.number)?, Quantity::ZERO));
        *sum = sum.checked_add(quantity).ok_or_else(|| Error::internal("a file holds more than a file can"))?;
    }
    Ok(all)
}

/// What an event tells of a file's further revision.
pub(crate) fn updated_event(access: &AccountAccess, draft: &Draft, changes: &[Change], now: DateTime<Utc>) -> AuditEvent {
    let (before, after) = sides(&draft.ledger);
    let revision = draft.file.revision;
    AuditEvent::on_account(now, access, "update", draft.file.serial.as_str()).changing(
        json!({ "allocated": before, "revision": revision - 1 }),
        json!({ "allocated": after, "revision": revision, "request": draft.request, "changes": changes }),
    )
}

/// What two revisions say differently, the marks of every revision aside.
pub(crate) fn changes(before: &ActivationFile, after: &ActivationFile) -> Vec<Change> {
    let unmarked = ActivationFile { revision: before.revision, issued_at: before.issued_at, ..after.clone() };
    before.changes(&unmarked)
}

impl Current {
    /// The next revision, as `form` asks for it and `loaded` offers it, or why it cannot be.
    pub(crate) fn revised(
        &self,
        access: &AccountAccess,
        form: &NewFileForm,
        request: (NewFile, Preview),
        loaded: &LoadedOffer,
        now: DateTime<Utc>,
    ) -> Result<Result<Draft, Vec<Refusal>>, Error> {
        if !self.site_active {
            let kept = |name: &String| ![field::HOST_ID, field::SWITCHOVER_HOST_ID].contains(&name.as_str());
            let changed = form.changed_fields(&self.form());
            // A revision of the same form, which renewed maintenance or upgraded parts would permit, is no change of the host either.
            let refreshed = changed.is_empty().then(|| field::SITE.to_owned());
            let refusals: Vec<_> = changed
                .into_iter()
                .filter(kept)
                .chain(refreshed)
                .map(|field| Refusal { field, problem: Problem::OnlyHosts(self.site_name.clone()) })
                .collect();
            if !refusals.is_empty() {
                return Ok(Err(refusals));
            }
        }
        Draft::new(access, (&self.serial, self.revision + 1), request, loaded, &self.held.entitlements, now).map(Ok)
    }

    /// The offer that a further revision is made of.
    pub(crate) fn offer_key(&self) -> (String, String, LicenceType) {
        (self.product.clone(), self.version.clone(), self.licence_type)
    }

    /// Whether it can have a further revision at all; `began` is the revision that a form began with.
    pub(crate) fn check(&self, access: &AccountAccess, began: Option<u32>) -> Result<(), NotUpdatable> {
        let serial = self.serial.clone();
        if self.state != FileState::Active {
            return Err(NotUpdatable::NotActive { serial, state: self.state });
        }
        if self.held.valid_through < access.today() {
            return Err(NotUpdatable::Ended { serial, ended_on: self.held.valid_through });
        }
        match began {
            Some(began) if began != self.revision => Err(NotUpdatable::Superseded { serial, revision: self.revision, began }),
            _ => Ok(()),
        }
    }

    /// `form` with product and licence type as the file has them, and a refusal for each that it says otherwise: they are what the file is,
    /// whatever is sent.
    fn keeping(&self, form: &NewFileForm) -> (NewFileForm, Vec<Refusal>) {
        let fixed = [
            (field::PRODUCT, "product", self.product.as_str(), self.product.clone()),
            (field::TYPE, "licence type", self.licence_type.code(), self.licence_type.to_string()),
        ];
        let contradicted = fixed.iter().filter(|(name, _, own, _)| {
            let sent = form.value(name);
            !sent.is_empty() && sent != *own
        });
        let refusal = |(name, what, _, is): &(&str, &'static str, &str, String)| Refusal {
            field: (*name).to_owned(),
            problem: Problem::Fixed { what, is: is.clone() },
        };
        let refusals = contradicted.map(refusal).collect();
        let own: Vec<(&str, &str)> = fixed.iter().map(|(name, _, own, _)| (*name, *own)).collect();
        (form.with(&own), refusals)
    }

    /// The form that makes the file as it is.
    pub(crate) fn form(&self) -> NewFileForm {
        let mut fields: Vec<(String, String)> = Vec::new();
        let mut say = |name: &str, value: String| fields.push((name.to_owned(), value));
        say(field::SITE, self.held.site.clone());
        say(field::PRODUCT, self.product.clone());
        say(field::VERSION, self.version.clone());
        say(field::TYPE, self.licence_type.code().to_owned());
        let system_type = self.system_type.as_deref().and_then(SystemType::from_code);
        say(field::SYSTEM_TYPE, system_type.map_or("", SystemType::code).to_owned());
        let mail_connector = self.mail_connector.as_deref().and_then(MailConnector::from_code);
        say(field::MAIL_CONNECTOR, mail_connector.map_or("", MailConnector::code).to_owned());
        let tracks = |usage: &&UsageTracking| self.file.keys.count(&usage.key()) > 0;
        if let Some(usage) = UsageTracking::ALL.iter().find(tracks) {
            say(field::USAGE_TRACKING, usage.code().to_owned());
        }
        if let Binding::VirtualCloud { enforcement, .. } = &self.file.binding {
            say(field::RAMP_DATE, enforcement.ramp_date.to_string());
            say(field::GRACE_DAYS, enforcement.grace_days.to_string());
        }
        let names = [(field::HOST_ID, field::MACHINE_NAME), (field::SWITCHOVER_HOST_ID, field::SWITCHOVER_MACHINE_NAME)];
        let servers = self.file.binding.servers();
        if servers.len() == 1 {
            say(field::SWITCHOVER_LATER, "yes".to_owned());
        }
        for ((host_id, machine_name), server) in names.into_iter().zip(servers) {
            say(host_id, server.host_id.map_or_else(String::new, |host_id| host_id.to_string()));
            say(machine_name, server.machine_name.to_string());
        }
        for (class, number, quantity) in &self.parts {
            match class {
                class if class.is_item() => say(field::SERVER_ITEM, number.to_string()),
                PartClass::SwitchoverItem => say(field::SWITCHOVER_ITEM, number.to_string()),
                _ => {
                    let units = |units: u32| if units == 0 { String::new() } else { units.to_string() };
                    say(&field::assigned(number), units(quantity.assigned));
                    say(&field::pooled(number), units(quantity.pooled));
                }
            }
        }
        fields.into_iter().collect()
    }
}
