//! A file with its current revision, as an update finds it.

use crate::{
    access::account::AccountAccess,
    error::Error,
    files::{revision::draft::Draft, state::FileState, view::decoded},
    offer::{held::Held, model::LoadedOffer},
    store::{
        insertion::in_runs,
        statement::{count, known, marks, parsed, rows},
    },
};
use chrono::{DateTime, NaiveDate, Utc};
use licensing::{
    LicenceType, PartNumber, Quantity, Serial, UsageTracking,
    activation_file::{ActivationFile, Binding},
    catalogue::PartClass,
    files::request::{
        ContentRequest, FileProblem, GenerateRequest, MailConnector, NewFileForm, ServerRequest, SystemType, UpdateRequest, field,
    },
    form::Refusal,
    value::date,
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use std::collections::BTreeMap;

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
    #[error("Nothing has changed in {serial}. Change something, or leave the file as it is.")]
    Unchanged { serial: Serial },
}

impl NotUpdatable {
    /// The file.
    #[must_use]
    pub fn serial(&self) -> &Serial {
        let (Self::NotActive { serial, .. }
        | Self::Ended { serial, .. }
        | Self::Superseded { serial, .. }
        | Self::Unchanged { serial }) = self;
        serial
    }
}

/// Outcome of a request for a further revision.
pub(crate) enum Revised {
    Draft(Box<Draft>),
    /// Everything that is wrong with it.
    Refused(Vec<Refusal<FileProblem>>),
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

/// A file with its current revision and what that holds.
pub(crate) async fn current_file(access: &AccountAccess, on: &impl ConnectionTrait, serial: &str) -> Result<Current, Error> {
    current_files(access, on, vec![serial.to_owned()]).await?.pop().ok_or(Error::NotFound)
}

/// The same for many; those that the account does not have are left out.
pub(crate) async fn current_files(
    access: &AccountAccess,
    on: &impl ConnectionTrait,
    serials: Vec<String>,
) -> Result<Vec<Current>, Error> {
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
        let values = std::iter::once(access.account_id().into()).chain(serials.into_iter().map(Into::into));
        let stored: Vec<Stored> = rows(on, "update: file", &sql, values).await?;
        let mut holdings = holdings(on, stored.iter().map(|file| file.revision_id).collect()).await?;
        for stored in stored {
            let Holdings { entitlements, unordered, parts } = holdings.remove(&stored.revision_id).unwrap_or_default();
            let file = decoded(&stored.bytes)?;
            let ramp_date = match &file.binding {
                Binding::VirtualCloud { enforcement, .. } => Some(enforcement.ramp_date),
                Binding::Host { .. } => None,
            };
            let switchover = file.binding.servers().get(1).map(|server| server.machine_name.to_string());
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
                held: Held { site, valid_through, ramp_date, switchover, entitlements, parts: unordered },
                parts: parts.into_values().collect(),
            });
        }
    }
    Ok(current)
}

/// Quantities that a revision holds.
#[derive(Default)]
struct Holdings {
    /// Quantities of order lines, by row id.
    entitlements: BTreeMap<i64, Quantity>,
    /// Quantities of parts without an order, by row id.
    unordered: BTreeMap<i64, Quantity>,
    /// The parts that these are now, by row id.
    parts: BTreeMap<i64, (PartClass, PartNumber, Quantity)>,
}

/// Quantities that each revision holds, of order lines and of parts without an order.
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

impl Current {
    /// The next revision, as `request` asks for it and `loaded` offers it.
    pub(crate) fn revised(
        &self,
        access: &AccountAccess,
        request: &UpdateRequest,
        loaded: &LoadedOffer,
        now: DateTime<Utc>,
    ) -> Result<Revised, Error> {
        let complete = match request.check(&loaded.offer) {
            Ok(complete) => complete,
            Err(refusals) => return Ok(Revised::Refused(refusals)),
        };
        if !self.site_active {
            let kept = |name: &String| ![field::HOST_ID, field::SWITCHOVER_HOST_ID].contains(&name.as_str());
            let changed = request.changed_fields(&self.request());
            // The same revision once more, which renewed maintenance or upgraded parts would permit, is no change of the host either.
            let refreshed = changed.is_empty().then(|| field::SITE.to_owned());
            let refusals: Vec<_> = changed
                .into_iter()
                .filter(kept)
                .chain(refreshed)
                .map(|field| Refusal::new(field, FileProblem::OnlyHosts(self.site_name.clone())))
                .collect();
            if !refusals.is_empty() {
                return Ok(Revised::Refused(refusals));
            }
        }
        let (serial, held) = ((&self.serial, self.revision + 1), &self.held.entitlements);
        Ok(Revised::Draft(Box::new(Draft::new(access, serial, complete, loaded, held, now)?)))
    }

    /// The offer that a further revision is made of.
    pub(crate) fn offer_key(&self) -> (String, String, LicenceType) {
        (self.product.clone(), self.version.clone(), self.licence_type)
    }

    /// Checks that the file can have a further revision; `began` is the revision that the request builds on.
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

    /// The request that makes the file as it is.
    pub(crate) fn request(&self) -> UpdateRequest {
        let (ramp_date, grace_days) = match &self.file.binding {
            Binding::VirtualCloud { enforcement, .. } => (Some(enforcement.ramp_date), Some(enforcement.grace_days)),
            Binding::Host { .. } => (None, None),
        };
        let part = |wanted: fn(PartClass) -> bool| self.parts.iter().filter(move |(class, ..)| wanted(*class));
        let item = |wanted| part(wanted).next().map(|(_, number, _)| number.clone());
        let items = [item(PartClass::is_item), item(|class| class == PartClass::SwitchoverItem)];
        let servers = self.file.binding.servers().into_iter().zip(items);
        let mut servers = servers.map(|(server, item)| ServerRequest {
            host_id: server.host_id,
            machine_name: Some(server.machine_name),
            item,
        });
        let tracks = |usage: &UsageTracking| self.file.keys.count(&usage.key()) > 0;
        let add_on = |class: PartClass| !class.is_item() && class != PartClass::SwitchoverItem;
        let content = ContentRequest {
            site: self.held.site.clone(),
            system_type: self.system_type.as_deref().and_then(SystemType::from_code),
            mail_connector: self.mail_connector.as_deref().and_then(MailConnector::from_code),
            usage_tracking: UsageTracking::ALL.iter().copied().find(tracks),
            ramp_date,
            grace_days,
            primary: servers.next().unwrap_or_default(),
            switchover: servers.next(),
            add_ons: part(add_on).map(|(_, number, quantity)| (number.clone(), *quantity)).collect(),
            ..ContentRequest::default()
        };
        UpdateRequest { version: self.version.clone(), dropped: String::new(), content }
    }

    /// The form that makes the file as it is.
    pub(crate) fn form(&self) -> NewFileForm {
        let UpdateRequest { version, content, .. } = self.request();
        let (product, licence_type) = (self.product.clone(), Some(self.licence_type));
        NewFileForm::from(&GenerateRequest { product, version, licence_type, content })
    }
}
