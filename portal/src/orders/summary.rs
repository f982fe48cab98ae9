//! *Account summary* and *software details*: what an account owns, and what it may do with it today. Domain §5.

use crate::{
    access::{account::AccountAccess, caller::Role},
    error::Error,
    offer::{eligibility::certified_for, load::sites},
    orders::line::{LINE, StoredLine},
    store::statement::{known, parsed, row, rows},
};
use licensing::{
    LicenceType, PartNumber,
    catalogue::PartClass,
    offer::eligibility::Condition,
    orders::entitlement::{Entitlement, Holding},
};
use sea_orm::{ConnectionTrait, FromQueryResult};

/// A product with every order line of its parts.
#[derive(Clone, Debug)]
pub struct OwnedProduct {
    pub line: String,
    pub code: String,
    pub name: String,
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
    /// The first and the latest version that a file of it can be for; `None` where the account may run none of the generation.
    pub versions: Option<(String, String)>,
    /// The licence type that is generated from it.
    pub licence_type: LicenceType,
    /// The customer's number of the order; empty where there is none.
    pub purchase_order: String,
    pub entitlement: Entitlement,
}

impl OwnedProduct {
    /// All lines together.
    #[must_use]
    pub fn total(&self) -> Holding {
        Holding::of(&self.lines.iter().map(|line| line.entitlement.clone()).collect::<Vec<_>>())
    }
}

/// A product version, and the conditions to generate files of it.
#[derive(Clone, Debug)]
pub struct ProductDetails {
    pub line: String,
    pub code: String,
    pub name: String,
    /// Every one of them must be met to generate.
    pub conditions: Vec<Condition>,
    /// Every one of them must be met to download.
    pub to_download: Vec<Condition>,
}

/// Everything ordered that can be licensed, by product.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn summary(access: &AccountAccess) -> Result<Vec<OwnedProduct>, Error> {
    #[derive(FromQueryResult)]
    struct Line {
        product_line: String,
        code: String,
        product: String,
        first_version: Option<String>,
        latest_version: Option<String>,
        number: String,
        description: String,
        class: String,
        generation: String,
        development: Option<String>,
        purchase_order: String,
        #[sea_orm(nested)]
        line: StoredLine,
    }
    let version = |order: &str| {
        format!(
            "(SELECT v.name FROM product_versions v WHERE v.product_id = d.id AND v.generation = p.generation AND (v.subscription OR NOT e.unlimited)
              ORDER BY v.released_on {order} LIMIT 1)"
        )
    };
    let lines: Vec<Line> = rows(
        access.portal().database.read(),
        "summary",
        &format!(
            "SELECT d.line AS product_line, d.code, d.name AS product, {} AS first_version, {} AS latest_version,
                p.number, p.description, p.class, p.generation, p.development, o.purchase_order, {LINE}
             FROM entitlements e JOIN parts p ON p.id = e.part_id JOIN products d ON d.id = p.product_id JOIN orders o ON o.id = e.order_id
             WHERE e.account_id = $1 ORDER BY d.id, p.id, o.ordered_on, e.id",
            version("ASC"),
            version("DESC")
        ),
        [access.account_id().into()],
    )
    .await?;
    let mut products: Vec<OwnedProduct> = Vec::new();
    for line in lines {
        if products.last().is_none_or(|product| product.code != line.code) {
            products.push(OwnedProduct { line: line.product_line, code: line.code, name: line.product, lines: Vec::new() });
        }
        let class = known(PartClass::from_code(&line.class), &line.class)?;
        let owned = OwnedLine {
            number: parsed(&line.number)?,
            description: line.description,
            class,
            generation: line.generation,
            versions: line.first_version.zip(line.latest_version),
            purchase_order: line.purchase_order,
            licence_type: match (class, line.development.as_deref()) {
                (PartClass::DevelopmentBundle, Some("large")) => LicenceType::OrderedDevelopmentLarge,
                (PartClass::DevelopmentBundle, _) => LicenceType::OrderedDevelopmentSmall,
                (PartClass::Evaluation, _) => LicenceType::Evaluation,
                _ => LicenceType::Production,
            },
            entitlement: line.line.entitlement(None)?,
        };
        if let Some(product) = products.last_mut() {
            product.lines.push(owned);
        }
    }
    Ok(products)
}

/// Whether a file of a product was ever generated for this account.
async fn has_files_of(access: &AccountAccess, on: &impl ConnectionTrait, product: &str) -> Result<bool, Error> {
    #[derive(FromQueryResult)]
    struct Any {
        found: bool,
    }
    let sql = "SELECT EXISTS (SELECT 1 FROM activation_files f JOIN products d ON d.id = f.product_id
        WHERE f.account_id = $1 AND d.code = $2) AS found";
    let found: Option<Any> = row(on, "software: files", sql, [access.account_id().into(), product.into()]).await?;
    Ok(found.is_some_and(|found| found.found))
}

/// The conditions of generating a production file of each product that the account owns something of, each met or not.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn software(access: &AccountAccess) -> Result<Vec<ProductDetails>, Error> {
    let on = access.portal().database.read();
    let today = access.today();
    let sites = sites(access, on).await?;
    let analyst = access.caller().role() == Role::Analyst;
    let mut details = Vec::new();
    for product in summary(access).await? {
        let certified = certified_for(access, on, &product.code, &product.name).await?;
        let servers: Vec<Entitlement> = product
            .lines
            .iter()
            .filter(|line| line.class == PartClass::ServerItem)
            .map(|line| line.entitlement.clone())
            .collect();
        let conditions = vec![
            Condition::licence_model(access.licence_model, analyst),
            Condition::maintenance(&servers, today),
            if analyst { Condition::no_certification() } else { Condition::certification(certified) },
            Condition::server_items(&product.name, &servers),
            Condition::sites(sites.iter().filter(|site| site.active).count()),
        ];
        let to_download =
            vec![Condition::access(), Condition::files(&product.name, has_files_of(access, on, &product.code).await?)];
        details.push(ProductDetails { code: product.code, name: product.name, line: product.line, conditions, to_download });
    }
    Ok(details)
}
