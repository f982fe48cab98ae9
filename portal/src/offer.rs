use crate::{
    AccountAccess, Error, Role,
    database::{count, known, parsed, row, rows},
};
use chrono::NaiveDate;
use licensing::{
    LicenceModel, Quantity,
    catalogue::PartClass,
    eligibility::{Certification, Ineligible, certified},
    entitlement::Entitlement,
    key::KeyMapping,
    offer::{Offer, OfferedPart, OfferedProduct, OfferedSite},
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use std::collections::BTreeMap;

/// What the first step of *New activation file* offers.
#[derive(Clone, Debug)]
pub struct Start {
    pub sites: Vec<OfferedSite>,
    /// (code, name) of the products that the account owns something of.
    pub products: Vec<(String, String)>,
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
    pub(crate) entitlement_ids: BTreeMap<licensing::PartNumber, Vec<i64>>,
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
        let products: Vec<Product> = rows(
            on,
            "offer: products",
            "SELECT DISTINCT p.id, p.code, p.name FROM entitlements e
             JOIN parts ON parts.id = e.part_id JOIN products p ON p.id = parts.product_id
             WHERE e.account_id = $1 ORDER BY p.id",
            [self.account_id().into()],
        )
        .await?;
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
            ineligible,
        })
    }

    /// What the form of `product` (its code) and `version` (its name) offers today.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such version of such a product.
    pub async fn offer(&self, product: &str, version: &str) -> Result<Offer, Error> {
        Ok(self.load_offer(self.portal().database.read(), product, version).await?.offer)
    }

    /// Everything that keeps this person from generating files of `product` (its code) for this account today.
    ///
    /// # Errors
    /// [`Error::Unavailable`] and [`Error::Internal`].
    pub async fn eligibility(&self, offer: &Offer) -> Result<Vec<Ineligible>, Error> {
        self.ineligible(self.portal().database.read(), offer).await
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
        if self.caller().role() != Role::Analyst
            && let Err(reason) = self.certified_for(on, &offer.product).await?
        {
            reasons.push(reason);
        }
        if !offer.sites.iter().any(|site| site.active) {
            reasons.push(Ineligible::NoActiveSite);
        }
        if offer.of_class(PartClass::ServerItem).next().is_none() {
            reasons.push(Ineligible::NothingOrdered { product: offer.product.name.clone() });
        }
        Ok(reasons)
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

    pub(crate) async fn load_offer(&self, on: &impl ConnectionTrait, product: &str, version: &str) -> Result<LoadedOffer, Error> {
        #[derive(FromQueryResult)]
        struct Version {
            product_id: i64,
            version_id: i64,
            code: String,
            name: String,
            switchover: bool,
            mail_connector: bool,
            version: String,
        }
        let found: Version = row(
            on,
            "offer: version",
            "SELECT p.id AS product_id, v.id AS version_id, p.code, p.name, p.switchover, p.mail_connector, v.name AS version
             FROM products p JOIN product_versions v ON v.product_id = p.id
             WHERE p.code = $1 AND v.name = $2 AND (v.subscription OR NOT $3)",
            [product.into(), version.into(), self.only_subscribes().into()],
        )
        .await?
        .ok_or(Error::NotFound)?;
        let (parts, entitlement_ids) = self.parts(on, found.version_id).await?;
        let offer = Offer {
            product: OfferedProduct {
                code: found.code,
                name: found.name,
                switchover: found.switchover,
                mail_connector: found.mail_connector,
            },
            version: found.version,
            today: self.today(),
            sites: self.sites(on).await?,
            parts,
        };
        Ok(LoadedOffer { offer, product_id: found.product_id, version_id: found.version_id, entitlement_ids })
    }

    /// The account's parts that fit a product version, with their lines, keys and requirements.
    async fn parts(
        &self,
        on: &impl ConnectionTrait,
        version_id: i64,
    ) -> Result<(Vec<OfferedPart>, BTreeMap<licensing::PartNumber, Vec<i64>>), Error> {
        #[derive(FromQueryResult)]
        struct Line {
            entitlement_id: i64,
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
            /// `key per_assigned per_pooled`, separated by commas.
            keys: Option<String>,
            /// Part numbers, separated by commas.
            requires: Option<String>,
        }

        let lines: Vec<Line> = rows(
            on,
            "offer: parts",
            "SELECT e.id AS entitlement_id, p.number, p.description, p.class, o.sales_order, o.ordered_on,
                e.owned_assigned, e.owned_pooled, e.allocated_assigned, e.allocated_pooled, e.unlimited, e.maintenance_end,
                (SELECT string_agg(m.key || ' ' || m.per_assigned || ' ' || m.per_pooled, ',' ORDER BY m.key)
                 FROM key_mappings m WHERE m.part_id = p.id) AS keys,
                (SELECT string_agg(n.number, ',' ORDER BY n.number)
                 FROM part_requirements r JOIN parts n ON n.id = r.required_part_id WHERE r.part_id = p.id) AS requires
             FROM entitlements e JOIN parts p ON p.id = e.part_id JOIN orders o ON o.id = e.order_id
             JOIN product_versions v ON v.product_id = p.product_id AND v.generation = p.generation
             WHERE e.account_id = $1 AND v.id = $2 ORDER BY p.id, e.id",
            [self.account_id().into(), version_id.into()],
        )
        .await?;

        let mut parts: Vec<OfferedPart> = Vec::new();
        let mut ids: BTreeMap<licensing::PartNumber, Vec<i64>> = BTreeMap::new();
        for line in lines {
            let number: licensing::PartNumber = parsed(&line.number)?;
            if parts.last().is_none_or(|part| part.number != number) {
                parts.push(OfferedPart {
                    number: number.clone(),
                    description: line.description,
                    class: known(PartClass::from_code(&line.class), &line.class)?,
                    requires: listed(line.requires.as_deref()).map(parsed).collect::<Result<_, _>>()?,
                    keys: listed(line.keys.as_deref()).map(key_mapping).collect::<Result<_, _>>()?,
                    lines: Vec::new(),
                });
            }
            ids.entry(number).or_default().push(line.entitlement_id);
            if let Some(part) = parts.last_mut() {
                part.lines.push(Entitlement {
                    sales_order: line.sales_order,
                    ordered_on: line.ordered_on,
                    owned: Quantity::new(count(line.owned_assigned)?, count(line.owned_pooled)?),
                    allocated: Quantity::new(count(line.allocated_assigned)?, count(line.allocated_pooled)?),
                    unlimited: line.unlimited,
                    maintenance_end: line.maintenance_end,
                });
            }
        }
        Ok((parts, ids))
    }
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
