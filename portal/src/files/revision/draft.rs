//! A revision before it is stored: what it is made of, and what that moves in the ledger.

use crate::{
    access::account::AccountAccess, error::Error, files::facet::facet, offer::model::LoadedOffer, orders::allocation::Ledger,
    portal::Portal, store::statement::parsed,
};
use chrono::{DateTime, SubsecRound, Utc};
use licensing::{
    LicenceType, PartNumber, Quantity, Serial, Source,
    activation_file::{Account, ActivationFile},
    files::request::{NewFile, Preview},
    orders::entitlement::draw,
};
use std::collections::BTreeMap;

/// A revision before it is stored.
pub(crate) struct Draft {
    pub(crate) file: ActivationFile,
    pub(crate) request: NewFile,
    pub(crate) product_id: i64,
    pub(super) version_id: i64,
    pub(super) holds: Vec<Hold>,
    pub(super) server_line: Option<i64>,
    /// Quantities that move when this revision replaces the one before.
    pub(crate) ledger: Ledger,
}

/// A revision with the bytes of its file, signed and verified as anybody would.
pub(crate) struct Made {
    pub(crate) draft: Draft,
    pub(super) bytes: Vec<u8>,
}

/// Number of files from which on all processors make them, away from the threads that answer.
const MANY: usize = 16;

/// Makes, signs and verifies the file of each draft.
pub(crate) async fn make_all(portal: &Portal, drafts: Vec<Draft>) -> Result<Vec<Made>, Error> {
    let maker = portal.clone();
    let make = move |drafts: Vec<Draft>| -> Result<Vec<Made>, Error> {
        drafts.into_iter().map(|draft| Ok(Made { bytes: maker.signer.make(&draft.file)?, draft })).collect()
    };
    let made = if drafts.len() < MANY {
        make(drafts)?
    } else {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let share = drafts.len().div_ceil(processors);
        let mut left = drafts.into_iter();
        let shares = std::iter::from_fn(|| Some(left.by_ref().take(share).collect()).filter(|share: &Vec<_>| !share.is_empty()));
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
    portal.ctx.reach("signed");
    Ok(made)
}

/// A part that a revision is made of.
pub(super) struct Hold {
    /// The order line that gives it; `None` of a part without an order.
    pub(super) entitlement: Option<i64>,
    pub(super) part: i64,
    pub(super) quantity: Quantity,
}

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

    pub(super) fn site_id(&self) -> Result<i64, Error> {
        parsed(&self.request.site)
    }

    pub(super) fn facet(&self) -> String {
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

/// Quantities that move when `taken` replaces `held`, for lines as the offer shows them with `held` returned.
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

/// A revision that is stored.
pub(crate) struct StoredRevision {
    pub(crate) file_id: i64,
    pub(super) revision_id: i64,
    pub(crate) draft: Draft,
}
