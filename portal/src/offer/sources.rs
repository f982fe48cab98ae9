//! Sources of the parts of an offer: order lines, licences that come with a server, or the catalogue. Domain §4.

use crate::{
    access::account::AccountAccess,
    error::Error,
    files::facet::facet,
    offer::model::Version,
    orders::line::{LINE, StoredLine},
    store::statement::{count, known, parsed, rows},
};
use chrono::NaiveDate;
use licensing::{
    DevelopmentSize, LicenceType, PartNumber, Quantity,
    catalogue::{
        PartClass, development_keys,
        key::{KeyMapping, KeyName},
    },
    offer::{Choosable, OfferedPart},
    orders::entitlement::{Entitlement, Holding},
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use std::collections::BTreeMap;

/// The account's ordered parts of a product that fit a licence type, with their lines, keys and requirements. Those of another generation
/// than the version are there to be given back, and so is what is billed by use where the version is older than the reporting of usage.
pub(crate) async fn ordered_parts(
    access: &AccountAccess,
    on: &impl ConnectionTrait,
    version: &Version,
    licence_type: LicenceType,
) -> Result<Sources, Error> {
    let of_type = match licence_type {
        LicenceType::OrderedDevelopmentSmall => "p.class = 'development-bundle' AND p.development = 'small'",
        LicenceType::OrderedDevelopmentLarge => "p.class = 'development-bundle' AND p.development = 'large'",
        LicenceType::Evaluation => "p.class = 'evaluation' AND e.term_days IS NOT NULL",
        LicenceType::BundledDevelopment => "p.class = 'server-item' AND p.development IS NOT NULL",
        _ => "p.class NOT IN ('development-bundle', 'evaluation')",
    };
    let sql = format!(
        "SELECT e.id AS entitlement_id, p.id AS part_id, p.number, p.description, p.class,
            (p.generation = $3 AND (NOT e.unlimited OR $4)) AS fits, {LINE}, {KEYS} AS keys, {REQUIRES} AS requires,
            CASE WHEN p.class IN ('development-bundle', 'evaluation') THEN
                (SELECT MIN(r.valid_through) FROM allocations a JOIN file_revisions r ON r.id = a.revision_id
                 WHERE a.entitlement_id = e.id) END AS ends_on
         FROM entitlements e JOIN parts p ON p.id = e.part_id JOIN orders o ON o.id = e.order_id
         WHERE e.account_id = $1 AND p.product_id = $2 AND {of_type} ORDER BY p.id, e.id"
    );
    let values =
        [access.account_id().into(), version.product_id.into(), version.generation.clone().into(), version.subscription.into()];
    let lines: Vec<Line> = rows(on, "offer: parts", &sql, values).await?;

    let today = access.today();
    let mut sources = Sources::default();
    for line in lines {
        if let Some(ended_on) = line.ends_on.filter(|ends_on| *ends_on < today) {
            sources.ended_on = sources.ended_on.max(Some(ended_on));
            continue;
        }
        let number: PartNumber = parsed(&line.number)?;
        if sources.parts.last().is_none_or(|part| part.number != number) {
            sources.part_ids.insert(number.clone(), line.part_id);
            sources.parts.push(line.part()?);
        }
        sources.entitlement_ids.entry(number).or_default().push(line.entitlement_id);
        if let Some(part) = sources.parts.last_mut() {
            if line.fits {
                part.choosable = Choosable::Free;
            }
            let billed_too_early = line.line.unlimited && !version.subscription;
            let mut entitlement = line.line.entitlement(line.ends_on)?;
            if billed_too_early {
                (entitlement.owned, entitlement.unlimited) = (entitlement.allocated, false);
            }
            part.lines.push(entitlement);
        }
    }
    if let Some(size) = licence_type.ordered_size() {
        let keys = keys_of_product(on, version).await?;
        sources.parts.iter_mut().for_each(|part| give_whole(part, &keys, size));
    }
    Ok(sources)
}

/// Development licences that come with the account's server items: one for each server, as long as no active file is for it.
pub(crate) async fn bundled_parts(
    access: &AccountAccess,
    on: &impl ConnectionTrait,
    version: &Version,
) -> Result<Sources, Error> {
    #[derive(FromQueryResult)]
    struct Bundled {
        number: String,
        size: String,
        in_use: i64,
    }
    let mut sources = ordered_parts(access, on, version, LicenceType::BundledDevelopment).await?;
    sources.parts.retain(|part| part.choosable == Choosable::Free);
    let bundled: Vec<Bundled> = rows(
        on,
        "offer: bundled licences",
        "SELECT p.number, p.development AS size,
            (SELECT COUNT(*) FROM listed_files l JOIN activation_files f ON f.id = l.file_id
             JOIN file_revisions r ON r.file_id = f.id AND r.revision = f.revision
             JOIN unordered_parts u ON u.revision_id = r.id AND u.part_id = p.id WHERE l.account_id = $1 AND l.facet = $4) AS in_use
         FROM parts p WHERE p.product_id = $2 AND p.generation = $3 AND p.class = 'server-item' AND p.development IS NOT NULL",
        [
            access.account_id().into(),
            version.product_id.into(),
            version.generation.clone().into(),
            facet("active", LicenceType::BundledDevelopment, &version.code).into(),
        ],
    )
    .await?;
    let keys = keys_of_product(on, version).await?;
    for part in &mut sources.parts {
        let Some(Bundled { size, in_use, .. }) = bundled.iter().find(|b| b.number == part.number.as_str()) else { continue };
        let size = known(DevelopmentSize::from_code(size), size)?;
        let Holding { owned, unlimited, .. } = part.holding();
        part.description = format!("Development licence, {size}, with {}", part.description);
        let servers = Quantity::new(owned.assigned, 0);
        part.lines = vec![Entitlement { owned: servers, allocated: Quantity::new(count(*in_use)?, 0), unlimited, ..UNORDERED }];
        give_whole(part, &keys, size);
    }
    sources.entitlement_ids.clear();
    Ok(sources)
}

/// The line of what no order bounds.
const UNORDERED: Entitlement = Entitlement {
    sales_order: String::new(),
    ordered_on: NaiveDate::MIN,
    owned: Quantity::ZERO,
    allocated: Quantity::ZERO,
    unlimited: true,
    maintenance_end: None,
    term_days: None,
    ends_on: None,
};

/// `key per_assigned per_pooled` of part `p`, separated by commas.
const KEYS: &str = "(SELECT string_agg(m.key || ' ' || m.per_assigned || ' ' || m.per_pooled, ',' ORDER BY m.key)
    FROM key_mappings m WHERE m.part_id = p.id)";
/// Numbers of the parts that part `p` requires, separated by commas.
const REQUIRES: &str = "(SELECT string_agg(n.number, ',' ORDER BY n.number)
    FROM part_requirements r JOIN parts n ON n.id = r.required_part_id WHERE r.part_id = p.id)";

/// The parts of an offer, and where they are kept.
#[derive(Default)]
pub(crate) struct Sources {
    pub(crate) parts: Vec<OfferedPart>,
    pub(crate) entitlement_ids: BTreeMap<PartNumber, Vec<i64>>,
    pub(crate) part_ids: BTreeMap<PartNumber, i64>,
    pub(crate) ended_on: Option<NaiveDate>,
}

#[derive(FromQueryResult)]
struct Line {
    entitlement_id: i64,
    part_id: i64,
    number: String,
    description: String,
    class: String,
    fits: bool,
    #[sea_orm(nested)]
    line: StoredLine,
    ends_on: Option<NaiveDate>,
    keys: Option<String>,
    requires: Option<String>,
}

impl Line {
    fn part(&self) -> Result<OfferedPart, Error> {
        let choosable = if self.fits { Choosable::Free } else { Choosable::GivenBack };
        let part = offered(&self.number, &self.description, &self.class, self.keys.as_deref(), self.requires.as_deref())?;
        Ok(OfferedPart { choosable, ..part })
    }
}

fn offered(
    number: &str,
    description: &str,
    class: &str,
    keys: Option<&str>,
    requires: Option<&str>,
) -> Result<OfferedPart, Error> {
    Ok(OfferedPart {
        number: parsed(number)?,
        description: description.to_owned(),
        class: known(PartClass::from_code(class), class)?,
        requires: listed(requires).map(parsed).collect::<Result<_, _>>()?,
        keys: listed(keys).map(key_mapping).collect::<Result<_, _>>()?,
        lines: Vec::new(),
        choosable: Choosable::Free,
        held: Quantity::ZERO,
    })
}

/// Every part of a product version, in any quantity: for development by partners, and for trials. Domain §4.
pub(crate) async fn catalogue_parts(on: &impl ConnectionTrait, version: &Version) -> Result<Sources, Error> {
    #[derive(FromQueryResult)]
    struct Part {
        id: i64,
        number: String,
        description: String,
        class: String,
        keys: Option<String>,
        requires: Option<String>,
    }
    let sql = format!(
        "SELECT p.id, p.number, p.description, p.class, {KEYS} AS keys, {REQUIRES} AS requires FROM parts p
         WHERE p.product_id = $1 AND p.generation = $2 AND NOT p.retired
           AND p.class NOT IN ('development-bundle', 'evaluation') ORDER BY p.id"
    );
    let values = [version.product_id.into(), version.generation.clone().into()];
    let mut sources = Sources::default();
    for part in rows::<Part>(on, "offer: catalogue", &sql, values).await? {
        let lines = vec![UNORDERED];
        let offered = offered(&part.number, &part.description, &part.class, part.keys.as_deref(), part.requires.as_deref())?;
        sources.part_ids.insert(offered.number.clone(), part.id);
        sources.parts.push(OfferedPart { lines, ..offered });
    }
    Ok(sources)
}

/// Every key that a part of a product version gives.
async fn keys_of_product(on: &impl ConnectionTrait, version: &Version) -> Result<Vec<KeyName>, Error> {
    #[derive(FromQueryResult)]
    struct Key {
        key: String,
    }
    let sql = "SELECT DISTINCT m.key FROM key_mappings m JOIN parts p ON p.id = m.part_id
               WHERE p.product_id = $1 AND p.generation = $2 ORDER BY m.key";
    let values = [version.product_id.into(), version.generation.clone().into()];
    let keys: Vec<Key> = rows(on, "offer: keys of a product", sql, values).await?;
    keys.iter().map(|Key { key }| parsed(key)).collect()
}

/// Makes `part` give what a development licence of `size` gives of `keys`, and require nothing.
fn give_whole(part: &mut OfferedPart, keys: &[KeyName], size: DevelopmentSize) {
    part.keys = development_keys(keys.iter().cloned(), size);
    part.requires.clear();
}

/// The elements of a list that the database has put together.
fn listed(list: Option<&str>) -> impl Iterator<Item = &str> {
    list.unwrap_or_default().split(',').filter(|element| !element.is_empty())
}

/// `key per_assigned per_pooled`.
fn key_mapping(text: &str) -> Result<KeyMapping, Error> {
    let mut words = text.split(' ');
    let mut word = || words.next().ok_or_else(|| Error::internal(format!("{text:?} is no key mapping")));
    Ok(KeyMapping { key: parsed(word()?)?, per_assigned: parsed(word()?)?, per_pooled: parsed(word()?)? })
}
