//! *Account summary* and *software details*: what an account owns, and what it may do with it today. Domain §5.

use crate::{
    AccountAccess, Error, Role,
    database::{count, known, parsed, rows},
};
use chrono::NaiveDate;
use licensing::{
    LicenceModel, LicenceType, PartNumber, Quantity,
    catalogue::PartClass,
    eligibility::Condition,
    entitlement::{Entitlement, Holding},
};
use sea_orm::FromQueryResult;

/// A product with every order line of its parts.
#[derive(Clone, Debug)]
pub struct OwnedProduct {
    pub line: String,
    pub code: String,
    pub name: String,
    /// The latest version that the account may run.
    pub latest_version: Option<String>,
    pub lines: Vec<OwnedLine>,
}

/// One order line.
#[derive(Clone, Debug)]
pub struct OwnedLine {
    pub number: PartNumber,
    pub description: String,
    pub class: PartClass,
    /// Licence generation, such as `4.0`.
    pub generation: String,
    /// The licence type that is generated from it.
    pub licence_type: LicenceType,
    pub entitlement: Entitlement,
}

impl OwnedProduct {
    /// All lines together.
    #[must_use]
    pub fn total(&self) -> Holding {
        Holding::of(&self.lines.iter().map(|line| line.entitlement.clone()).collect::<Vec<_>>())
    }
}

/// What stands between an account's people and a file of one product.
#[derive(Clone, Debug)]
pub struct ProductDetails {
    pub code: String,
    pub name: String,
    /// Every one of them must be met to generate.
    pub conditions: Vec<Condition>,
}

impl AccountAccess {
    /// Everything ordered that can be licensed, by product.
    ///
    /// # Errors
    /// [`Error::Unavailable`] and [`Error::Internal`].
    pub async fn summary(&self) -> Result<Vec<OwnedProduct>, Error> {
        #[derive(FromQueryResult)]
        struct Line {
            product_line: String,
            code: String,
            product: String,
            latest_version: Option<String>,
            number: String,
            description: String,
            class: String,
            generation: String,
            development: Option<String>,
            sales_order: String,
            ordered_on: NaiveDate,
            owned_assigned: i64,
            owned_pooled: i64,
            allocated_assigned: i64,
            allocated_pooled: i64,
            unlimited: bool,
            maintenance_end: Option<NaiveDate>,
            term_days: Option<i64>,
        }
        let lines: Vec<Line> = rows(
            self.portal().database.read(),
            "summary",
            "SELECT d.line AS product_line, d.code, d.name AS product,
                (SELECT v.name FROM product_versions v WHERE v.product_id = d.id AND (v.subscription OR NOT $2)
                 ORDER BY v.released_on DESC LIMIT 1) AS latest_version,
                p.number, p.description, p.class, p.generation, p.development, o.sales_order, o.ordered_on, e.owned_assigned, e.owned_pooled,
                e.allocated_assigned, e.allocated_pooled, e.unlimited, e.maintenance_end, e.term_days
             FROM entitlements e JOIN parts p ON p.id = e.part_id JOIN products d ON d.id = p.product_id JOIN orders o ON o.id = e.order_id
             WHERE e.account_id = $1 ORDER BY d.id, p.id, o.ordered_on, e.id",
            [self.account_id().into(), (self.licence_model == LicenceModel::Subscription).into()],
        )
        .await?;
        let mut products: Vec<OwnedProduct> = Vec::new();
        for line in lines {
            if products.last().is_none_or(|product| product.code != line.code) {
                products.push(OwnedProduct {
                    line: line.product_line,
                    code: line.code,
                    name: line.product,
                    latest_version: line.latest_version,
                    lines: Vec::new(),
                });
            }
            let class = known(PartClass::from_code(&line.class), &line.class)?;
            let owned = OwnedLine {
                number: parsed(&line.number)?,
                description: line.description,
                class,
                generation: line.generation,
                licence_type: match (class, line.development.as_deref()) {
                    (PartClass::DevelopmentBundle, Some("large")) => LicenceType::OrderedDevelopmentLarge,
                    (PartClass::DevelopmentBundle, _) => LicenceType::OrderedDevelopmentSmall,
                    (PartClass::Evaluation, _) => LicenceType::Evaluation,
                    _ => LicenceType::Production,
                },
                entitlement: Entitlement {
                    sales_order: line.sales_order,
                    ordered_on: line.ordered_on,
                    owned: Quantity::new(count(line.owned_assigned)?, count(line.owned_pooled)?),
                    allocated: Quantity::new(count(line.allocated_assigned)?, count(line.allocated_pooled)?),
                    unlimited: line.unlimited,
                    maintenance_end: line.maintenance_end,
                    term_days: line.term_days.map(count).transpose()?,
                    ends_on: None,
                },
            };
            if let Some(product) = products.last_mut() {
                product.lines.push(owned);
            }
        }
        Ok(products)
    }

    /// The conditions of generating a production file of each product that the account owns something of, each met or not.
    ///
    /// # Errors
    /// [`Error::Unavailable`] and [`Error::Internal`].
    pub async fn software(&self) -> Result<Vec<ProductDetails>, Error> {
        let on = self.portal().database.read();
        let today = self.today();
        let sites = self.sites(on).await?;
        let analyst = self.caller().role() == Role::Analyst;
        let mut details = Vec::new();
        for product in self.summary().await? {
            let certified = self.certified_for(on, &product.code, &product.name).await?;
            let servers: Vec<Entitlement> = product
                .lines
                .iter()
                .filter(|line| line.class == PartClass::ServerItem)
                .map(|line| line.entitlement.clone())
                .collect();
            let conditions = vec![
                Condition::licence_model(self.licence_model, analyst),
                Condition::maintenance(&servers, today),
                if analyst { Condition::no_certification() } else { Condition::certification(certified) },
                Condition::server_items(&product.name, &servers),
                Condition::sites(sites.iter().filter(|site| site.active).count()),
            ];
            details.push(ProductDetails { code: product.code, name: product.name, conditions });
        }
        Ok(details)
    }
}
