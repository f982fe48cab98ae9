use super::sources::{Sources, catalogue_parts};
use crate::{
    access::caller::{AccountAccess, Role},
    error::Error,
    files::{list::facet, revision::Held},
    store::database::{parsed, row, rows},
};
use chrono::NaiveDate;
use licensing::{
    LicenceModel, LicenceType, Name, PartNumber, Source,
    catalogue::PartClass,
    offer::{
        Choosable, CloudObstacle, Offer, OfferedPart, OfferedProduct, OfferedSite,
        eligibility::{Certification, Ineligible, certified},
    },
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
        Ok(self.load_offer(self.portal().database.read(), product, version, licence_type, None).await?.offer)
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
    pub(crate) fn refused_model(&self) -> Option<Ineligible> {
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
            _ => reasons.extend(self.certified_for(on, &offer.product.code, &offer.product.name).await?.err()),
        }
        if offer.updates.is_none() && !offer.sites.iter().any(|site| site.active) {
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
                _ if offer.parts.iter().any(|part| part.class == PartClass::ServerItem) => {
                    Ineligible::NoneForVersion { product, version: offer.version.clone() }
                }
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

    /// Whether this person is certified today for the product of this code and name: until when, or why not.
    pub(crate) async fn certified_for(
        &self,
        on: &impl ConnectionTrait,
        code: &str,
        name: &str,
    ) -> Result<Result<NaiveDate, Ineligible>, Error> {
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
        let (own, others): (Vec<_>, Vec<_>) = held.into_iter().partition(|held| held.code == code);
        let own: Vec<_> =
            own.iter().map(|held| Certification { valid_from: held.valid_from, valid_through: held.valid_through }).collect();
        let others =
            others.into_iter().filter(|h| (h.valid_from..=h.valid_through).contains(&today)).map(|held| held.name).collect();
        Ok(certified(name, &own, others, today))
    }

    pub(crate) async fn sites(&self, on: &impl ConnectionTrait) -> Result<Vec<OfferedSite>, Error> {
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
        updates: Option<&Held>,
    ) -> Result<LoadedOffer, Error> {
        let found: Version = row(
            on,
            "offer: version",
            "SELECT p.id AS product_id, v.id AS version_id, p.code, p.name, p.switchover, p.mail_connector, v.name AS version,
                v.generation, v.subscription, v.virtual_cloud, b.code AS beside_code, b.name AS beside_name,
                a.cloud_organization, a.cloud_connected
             FROM products p JOIN product_versions v ON v.product_id = p.id JOIN accounts a ON a.id = $4
             LEFT JOIN products b ON b.code = p.cloud_beside
             WHERE p.code = $1 AND v.name = $2 AND (v.subscription OR NOT $3)",
            [product.into(), version.into(), self.only_subscribes().into(), self.account_id().into()],
        )
        .await?
        .ok_or(Error::NotFound)?;
        let mut sources: Sources = match licence_type.source() {
            Source::Entitlements => self.ordered_parts(on, &found, licence_type).await?,
            Source::Bundle => self.bundled_parts(on, &found).await?,
            Source::Catalogue => catalogue_parts(on, &found).await?,
        };
        if self.caller().role() != Role::Analyst {
            let reserved = |part: &&mut OfferedPart| part.class.is_for_analysts() && part.choosable == Choosable::Free;
            sources.parts.iter_mut().filter(reserved).for_each(|part| part.choosable = Choosable::AsHeld);
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
            updates: None,
        };
        let mut loaded = LoadedOffer {
            offer,
            product_id: found.product_id,
            version_id: found.version_id,
            entitlement_ids: sources.entitlement_ids,
            part_ids: sources.part_ids,
        };
        if let Some(held) = updates {
            held.return_to(&mut loaded);
        }
        Ok(loaded)
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
            let sql = "SELECT f.id FROM listed_files l JOIN activation_files f ON f.id = l.file_id
                       JOIN file_revisions r ON r.file_id = f.id AND r.revision = f.revision
                       WHERE l.account_id = $1 AND l.facet = $2 AND r.primary_host IS NULL LIMIT 1";
            let values = [self.account_id().into(), facet("active", LicenceType::Production, code).into()];
            let beside: Option<Id> = row(on, "offer: server beside", sql, values).await?;
            if beside.is_none() {
                let (product, beside) = (version.name.clone(), name.clone());
                return Ok(Err(CloudObstacle::NothingBeside { product, beside }));
            }
        }
        Ok(Ok(parsed(organization)?))
    }
}

#[derive(FromQueryResult)]
struct Id {
    #[expect(dead_code, reason = "that there is a row is the answer")]
    id: i64,
}

/// A product version, and what the account has for it in a cloud.
#[derive(FromQueryResult)]
pub(crate) struct Version {
    pub(crate) product_id: i64,
    version_id: i64,
    pub(crate) code: String,
    name: String,
    switchover: bool,
    mail_connector: bool,
    version: String,
    pub(crate) generation: String,
    /// Whether it reports usage. Domain §2.
    pub(crate) subscription: bool,
    virtual_cloud: bool,
    beside_code: Option<String>,
    beside_name: Option<String>,
    cloud_organization: Option<String>,
    cloud_connected: bool,
}
