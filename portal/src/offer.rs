use crate::{
    AccountAccess, Error, Role,
    database::{count, known, parsed, row, rows},
};
use chrono::NaiveDate;
use licensing::{
    DevelopmentSize, LicenceModel, LicenceType, Name, PartNumber, Quantity, Source,
    catalogue::{PartClass, development_keys},
    eligibility::{Certification, Ineligible, certified},
    entitlement::{Entitlement, Holding},
    key::{KeyMapping, KeyName},
    offer::{CloudObstacle, Offer, OfferedPart, OfferedProduct, OfferedSite},
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use std::collections::BTreeMap;

/// What the first step of *New activation file* offers.
#[derive(Clone, Debug)]
pub struct Start {
    pub sites: Vec<OfferedSite>,
    /// (code, name) of the products that the account owns something of; all of them for whom the catalogue is open.
    pub products: Vec<(String, String)>,
    /// What this person may choose from. Domain §4.
    pub licence_types: Vec<LicenceType>,
    /// Names of product versions, the latest first.
    pub versions: Vec<String>,
    /// What stands in the way whatever is chosen.
    pub ineligible: Vec<Ineligible>,
}

/// An offer, and where its quantities are kept.
pub(crate) struct LoadedOffer {
    pub(crate) offer: Offer,
    pub(crate) product_id: i64,
    pub(crate) version_id: i64,
    /// Row ids of the lines of each part, in the order of [`OfferedPart::lines`].
    pub(crate) entitlement_ids: BTreeMap<PartNumber, Vec<i64>>,
    /// Row id of each part.
    pub(crate) part_ids: BTreeMap<PartNumber, i64>,
}

impl AccountAccess {
    /// The choices that come before the form.
    ///
    /// # Errors
    /// [`Error::Unavailable`] and [`Error::Internal`].
    pub async fn start(&self) -> Result<Start, Error> {
        #[derive(FromQueryResult)]
        struct Product {
            code: String,
            name: String,
        }
        #[derive(FromQueryResult)]
        struct Version {
            name: String,
        }
        let on = self.portal().database.read();
        let licence_types = self.licence_types();
        let products: Vec<Product> = if licence_types.iter().any(|t| t.source() == Source::Catalogue) {
            rows(on, "offer: all products", "SELECT p.code, p.name FROM products p ORDER BY p.id", []).await?
        } else {
            let sql = "SELECT DISTINCT p.id, p.code, p.name FROM entitlements e
                       JOIN parts ON parts.id = e.part_id JOIN products p ON p.id = parts.product_id
                       WHERE e.account_id = $1 ORDER BY p.id";
            rows(on, "offer: products", sql, [self.account_id().into()]).await?
        };
        let versions: Vec<Version> = rows(
            on,
            "offer: versions",
            "SELECT v.name, MAX(v.released_on) AS released_on FROM product_versions v
             WHERE v.subscription OR NOT $1 GROUP BY v.name ORDER BY released_on DESC",
            [self.only_subscribes().into()],
        )
        .await?;
        let sites = self.sites(on).await?;
        let mut ineligible = Vec::new();
        ineligible.extend(self.refused_model());
        if !sites.iter().any(|site| site.active) {
            ineligible.push(Ineligible::NoActiveSite);
        }
        Ok(Start {
            sites,
            products: products.into_iter().map(|p| (p.code, p.name)).collect(),
            versions: versions.into_iter().map(|v| v.name).collect(),
            licence_types,
            ineligible,
        })
    }

    /// What the form of `product` (its code), `version` (its name) and `licence_type` offers today.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such version of such a product.
    pub async fn offer(&self, product: &str, version: &str, licence_type: LicenceType) -> Result<Offer, Error> {
        Ok(self.load_offer(self.portal().database.read(), product, version, licence_type).await?.offer)
    }

    /// Everything that keeps this person from generating files of `product` (its code) for this account today.
    ///
    /// # Errors
    /// [`Error::Unavailable`] and [`Error::Internal`].
    pub async fn eligibility(&self, offer: &Offer) -> Result<Vec<Ineligible>, Error> {
        self.ineligible(self.portal().database.read(), offer).await
    }

    /// The licence types that this person may generate at all. Domain §4.
    fn licence_types(&self) -> Vec<LicenceType> {
        let role = self.caller().role();
        let may = |licence_type: &LicenceType| match licence_type {
            LicenceType::Trial | LicenceType::Evaluation => role == Role::Analyst && !self.of_partner,
            LicenceType::PartnerDevelopment => matches!(role, Role::Partner | Role::Analyst),
            _ => !self.of_partner,
        };
        LicenceType::ALL.iter().copied().filter(may).collect()
    }

    fn subscribes(&self) -> bool {
        self.licence_model != LicenceModel::Perpetual
    }

    /// A subscription needs a version that knows the usage keys; a mixed estate may run older ones beside it. Domain §2.
    fn only_subscribes(&self) -> bool {
        self.licence_model == LicenceModel::Subscription
    }

    /// Customers and partners serve themselves only on perpetual accounts. Domain §1.
    fn refused_model(&self) -> Option<Ineligible> {
        (self.subscribes() && self.caller().role() != Role::Analyst).then_some(Ineligible::LicenceModel(self.licence_model))
    }

    pub(crate) async fn ineligible(&self, on: &impl ConnectionTrait, offer: &Offer) -> Result<Vec<Ineligible>, Error> {
        let mut reasons = Vec::new();
        reasons.extend(self.refused_model());
        let analyst = self.caller().role() == Role::Analyst;
        match offer.licence_type {
            _ if analyst => {}
            LicenceType::Trial | LicenceType::Evaluation => reasons.push(Ineligible::ForAnalysts(offer.licence_type)),
            LicenceType::PartnerDevelopment => {
                let partner = self.caller().role() == Role::Partner;
                if !partner || !self.certified_for_anything(on).await? {
                    reasons.push(Ineligible::ForPartners { partner });
                }
            }
            _ => reasons.extend(self.certified_for(on, &offer.product).await?.err()),
        }
        if !offer.sites.iter().any(|site| site.active) {
            reasons.push(Ineligible::NoActiveSite);
        }
        if offer.licence_type == LicenceType::Trial && analyst && !self.has_ordered(on).await? {
            reasons.push(Ineligible::NotACustomerYet);
        }
        let reserved = reasons.iter().any(|reason| matches!(reason, Ineligible::ForAnalysts(_)));
        if offer.items().next().is_none() && !reserved {
            let product = offer.product.name.clone();
            let ended_on = offer.ended_on;
            reasons.push(match (offer.licence_type, offer.licence_type.ordered_size()) {
                (_, Some(size)) => Ineligible::NoDevelopmentOrdered { product, size, ended_on },
                (LicenceType::BundledDevelopment, _) => Ineligible::NoBundle { product },
                (LicenceType::Evaluation, _) => Ineligible::NoEvaluationOrdered { product, ended_on },
                _ => Ineligible::NothingOrdered { product },
            });
        }
        Ok(reasons)
    }

    /// Whether a customer has ordered anything. A partner's own account is no customer.
    async fn has_ordered(&self, on: &impl ConnectionTrait) -> Result<bool, Error> {
        let sql = "SELECT id FROM entitlements WHERE account_id = $1 LIMIT 1";
        let found: Option<Id> = row(on, "offer: anything ordered", sql, [self.account_id().into()]).await?;
        Ok(found.is_some() && !self.of_partner)
    }

    /// A certified partner employee is certified for some product, whichever. Domain §1.
    async fn certified_for_anything(&self, on: &impl ConnectionTrait) -> Result<bool, Error> {
        let sql = "SELECT id FROM certifications WHERE person_id = $1 AND valid_from <= $2 AND valid_through >= $2 LIMIT 1";
        let values = [self.caller().person_id().into(), self.today().into()];
        let found: Option<Id> = row(on, "offer: any certification", sql, values).await?;
        Ok(found.is_some())
    }

    async fn certified_for(&self, on: &impl ConnectionTrait, product: &OfferedProduct) -> Result<Result<(), Ineligible>, Error> {
        #[derive(FromQueryResult)]
        struct Held {
            code: String,
            name: String,
            valid_from: NaiveDate,
            valid_through: NaiveDate,
        }
        let held: Vec<Held> = rows(
            on,
            "offer: certifications",
            "SELECT p.code, p.name, c.valid_from, c.valid_through FROM certifications c
             JOIN products p ON p.id = c.product_id WHERE c.person_id = $1 ORDER BY p.id",
            [self.caller().person_id().into()],
        )
        .await?;
        let today = self.today();
        let (own, others): (Vec<_>, Vec<_>) = held.into_iter().partition(|held| held.code == product.code);
        let own: Vec<_> =
            own.iter().map(|held| Certification { valid_from: held.valid_from, valid_through: held.valid_through }).collect();
        let others =
            others.into_iter().filter(|h| (h.valid_from..=h.valid_through).contains(&today)).map(|held| held.name).collect();
        Ok(certified(&product.name, &own, others, today))
    }

    async fn sites(&self, on: &impl ConnectionTrait) -> Result<Vec<OfferedSite>, Error> {
        #[derive(FromQueryResult)]
        struct Site {
            id: i64,
            name: String,
            active: bool,
        }
        let sites: Vec<Site> = rows(
            on,
            "offer: sites",
            "SELECT id, name, active FROM install_sites WHERE account_id = $1 ORDER BY name",
            [self.account_id().into()],
        )
        .await?;
        Ok(sites.into_iter().map(|site| OfferedSite { id: site.id.to_string(), name: site.name, active: site.active }).collect())
    }

    pub(crate) async fn load_offer(
        &self,
        on: &impl ConnectionTrait,
        product: &str,
        version: &str,
        licence_type: LicenceType,
    ) -> Result<LoadedOffer, Error> {
        let found: Version = row(
            on,
            "offer: version",
            "SELECT p.id AS product_id, v.id AS version_id, p.code, p.name, p.switchover, p.mail_connector, v.name AS version,
                v.generation, v.virtual_cloud, b.code AS beside_code, b.name AS beside_name,
                a.cloud_organization, a.cloud_connected
             FROM products p JOIN product_versions v ON v.product_id = p.id JOIN accounts a ON a.id = $4
             LEFT JOIN products b ON b.code = p.cloud_beside
             WHERE p.code = $1 AND v.name = $2 AND (v.subscription OR NOT $3)",
            [product.into(), version.into(), self.only_subscribes().into(), self.account_id().into()],
        )
        .await?
        .ok_or(Error::NotFound)?;
        let mut sources = match licence_type.source() {
            Source::Entitlements => self.ordered_parts(on, &found, licence_type).await?,
            Source::Bundle => self.bundled_parts(on, &found).await?,
            Source::Catalogue => catalogue_parts(on, &found).await?,
        };
        if self.caller().role() != Role::Analyst {
            sources.parts.retain(|part| !part.class.is_for_analysts());
        }
        let virtual_cloud = self.virtual_cloud(on, &found, licence_type).await?;
        let offer = Offer {
            product: OfferedProduct {
                code: found.code,
                name: found.name,
                switchover: found.switchover,
                mail_connector: found.mail_connector,
            },
            version: found.version,
            licence_type,
            today: self.today(),
            sites: self.sites(on).await?,
            parts: sources.parts,
            ended_on: sources.ended_on,
            virtual_cloud,
        };
        Ok(LoadedOffer {
            offer,
            product_id: found.product_id,
            version_id: found.version_id,
            entitlement_ids: sources.entitlement_ids,
            part_ids: sources.part_ids,
        })
    }

    /// The account's cloud organisation, or why a file cannot be for a virtual cloud. Domain §6.5.
    async fn virtual_cloud(
        &self,
        on: &impl ConnectionTrait,
        version: &Version,
        licence_type: LicenceType,
    ) -> Result<Result<Name, CloudObstacle>, Error> {
        if licence_type != LicenceType::Production {
            return Ok(Err(CloudObstacle::LicenceType(licence_type)));
        }
        if self.licence_model != LicenceModel::Subscription {
            return Ok(Err(CloudObstacle::LicenceModel(self.licence_model)));
        }
        if !version.virtual_cloud {
            #[derive(FromQueryResult)]
            struct Since {
                name: String,
            }
            let sql = "SELECT name FROM product_versions WHERE product_id = $1 AND virtual_cloud ORDER BY released_on LIMIT 1";
            let since: Option<Since> = row(on, "offer: first version in a cloud", sql, [version.product_id.into()]).await?;
            let (product, named) = (version.name.clone(), version.version.clone());
            return Ok(Err(CloudObstacle::Version { product, version: named, since: since.map(|since| since.name) }));
        }
        let Some(organization) = &version.cloud_organization else { return Ok(Err(CloudObstacle::NoOrganization)) };
        if !version.cloud_connected {
            return Ok(Err(CloudObstacle::NotConnected));
        }
        if let (Some(code), Some(name)) = (&version.beside_code, &version.beside_name) {
            let sql = "SELECT f.id FROM activation_files f JOIN products p ON p.id = f.product_id
                       JOIN file_revisions r ON r.file_id = f.id AND r.revision = f.revision
                       WHERE f.account_id = $1 AND p.code = $2 AND f.state = 'active' AND r.primary_host IS NULL LIMIT 1";
            let values = [self.account_id().into(), code.clone().into()];
            let beside: Option<Id> = row(on, "offer: server beside", sql, values).await?;
            if beside.is_none() {
                let (product, beside) = (version.name.clone(), name.clone());
                return Ok(Err(CloudObstacle::NothingBeside { product, beside }));
            }
        }
        Ok(Ok(parsed(organization)?))
    }

    /// The account's ordered parts that fit a product version and a licence type, with their lines, keys and requirements.
    async fn ordered_parts(
        &self,
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
            "SELECT e.id AS entitlement_id, p.id AS part_id, p.number, p.description, p.class, p.development, o.sales_order,
                o.ordered_on, e.owned_assigned, e.owned_pooled, e.allocated_assigned, e.allocated_pooled, e.unlimited,
                e.maintenance_end, e.term_days, {KEYS} AS keys, {REQUIRES} AS requires,
                CASE WHEN p.class IN ('development-bundle', 'evaluation') THEN
                    (SELECT MIN(r.valid_through) FROM allocations a JOIN file_revisions r ON r.id = a.revision_id
                     WHERE a.entitlement_id = e.id) END AS ends_on
             FROM entitlements e JOIN parts p ON p.id = e.part_id JOIN orders o ON o.id = e.order_id
             WHERE e.account_id = $1 AND p.product_id = $2 AND p.generation = $3 AND {of_type} ORDER BY p.id, e.id"
        );
        let values = [self.account_id().into(), version.product_id.into(), version.generation.clone().into()];
        let lines: Vec<Line> = rows(on, "offer: parts", &sql, values).await?;

        let today = self.today();
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
                part.lines.push(line.entitlement()?);
            }
        }
        if let Some(size) = licence_type.ordered_size() {
            let keys = keys_of_product(on, version).await?;
            sources.parts.iter_mut().for_each(|part| give_whole(part, &keys, size));
        }
        Ok(sources)
    }

    /// Development licences that come with the account's server items: one for each server, as long as no active file is for it.
    async fn bundled_parts(&self, on: &impl ConnectionTrait, version: &Version) -> Result<Sources, Error> {
        #[derive(FromQueryResult)]
        struct Bundled {
            number: String,
            size: String,
            in_use: i64,
        }
        let mut sources = self.ordered_parts(on, version, LicenceType::BundledDevelopment).await?;
        let bundled: Vec<Bundled> = rows(
            on,
            "offer: bundled licences",
            "SELECT p.number, p.development AS size,
                (SELECT COUNT(*) FROM unordered_parts u JOIN file_revisions r ON r.id = u.revision_id
                 JOIN activation_files f ON f.id = r.file_id AND f.revision = r.revision
                 WHERE u.part_id = p.id AND f.account_id = $1 AND f.licence_type = 'development-bundled' AND f.state = 'active') AS in_use
             FROM parts p WHERE p.product_id = $2 AND p.generation = $3 AND p.class = 'server-item' AND p.development IS NOT NULL",
            [self.account_id().into(), version.product_id.into(), version.generation.clone().into()],
        )
        .await?;
        let keys = keys_of_product(on, version).await?;
        for part in &mut sources.parts {
            let Some(Bundled { size, in_use, .. }) = bundled.iter().find(|b| b.number == part.number.as_str()) else { continue };
            let size = known(DevelopmentSize::from_code(size), size)?;
            let Holding { owned, unlimited, .. } = part.holding();
            part.description = format!("Development licence, {size}, with {}", part.description);
            let servers = Quantity::new(owned.assigned, 0);
            part.lines =
                vec![Entitlement { owned: servers, allocated: Quantity::new(count(*in_use)?, 0), unlimited, ..UNORDERED }];
            give_whole(part, &keys, size);
        }
        sources.entitlement_ids.clear();
        Ok(sources)
    }
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

#[derive(FromQueryResult)]
struct Id {
    #[expect(dead_code, reason = "that there is a row is the answer")]
    id: i64,
}

/// A product version, and what the account has for it in a cloud.
#[derive(FromQueryResult)]
struct Version {
    product_id: i64,
    version_id: i64,
    code: String,
    name: String,
    switchover: bool,
    mail_connector: bool,
    version: String,
    generation: String,
    virtual_cloud: bool,
    beside_code: Option<String>,
    beside_name: Option<String>,
    cloud_organization: Option<String>,
    cloud_connected: bool,
}

/// The parts of an offer, and where they are kept.
#[derive(Default)]
struct Sources {
    parts: Vec<OfferedPart>,
    entitlement_ids: BTreeMap<PartNumber, Vec<i64>>,
    part_ids: BTreeMap<PartNumber, i64>,
    ended_on: Option<NaiveDate>,
}

#[derive(FromQueryResult)]
struct Line {
    entitlement_id: i64,
    part_id: i64,
    number: String,
    description: String,
    class: String,
    sales_order: String,
    ordered_on: NaiveDate,
    owned_assigned: i64,
    owned_pooled: i64,
    allocated_assigned: i64,
    allocated_pooled: i64,
    unlimited: bool,
    maintenance_end: Option<NaiveDate>,
    term_days: Option<i64>,
    ends_on: Option<NaiveDate>,
    keys: Option<String>,
    requires: Option<String>,
}

impl Line {
    fn part(&self) -> Result<OfferedPart, Error> {
        offered(&self.number, &self.description, &self.class, self.keys.as_deref(), self.requires.as_deref())
    }

    fn entitlement(self) -> Result<Entitlement, Error> {
        Ok(Entitlement {
            sales_order: self.sales_order,
            ordered_on: self.ordered_on,
            owned: Quantity::new(count(self.owned_assigned)?, count(self.owned_pooled)?),
            allocated: Quantity::new(count(self.allocated_assigned)?, count(self.allocated_pooled)?),
            unlimited: self.unlimited,
            maintenance_end: self.maintenance_end,
            term_days: self.term_days.map(count).transpose()?,
            ends_on: self.ends_on,
        })
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
    })
}

/// Every part of a product version, in any quantity: for development by partners, and for trials. Domain §4.
async fn catalogue_parts(on: &impl ConnectionTrait, version: &Version) -> Result<Sources, Error> {
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
         WHERE p.product_id = $1 AND p.generation = $2 AND p.class NOT IN ('development-bundle', 'evaluation') ORDER BY p.id"
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
