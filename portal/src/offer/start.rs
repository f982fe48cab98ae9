//! The choices that come before the form.

use crate::{
    access::account::AccountAccess,
    error::Error,
    offer::{
        eligibility::{licence_types, only_subscribes},
        load::sites,
    },
    store::statement::rows,
};
use licensing::{LicenceType, Source, offer::OfferedSite};
use sea_orm::{ConnectionTrait, FromQueryResult};

/// Choices of the first step of *New activation file*.
#[derive(Clone, Debug)]
pub struct Start {
    pub sites: Vec<OfferedSite>,
    /// (code, name) of the products that the account owns something of; all of them for whom the catalogue is open.
    pub products: Vec<(String, String)>,
    /// Licence types that this person may choose from. Domain §4.
    pub licence_types: Vec<LicenceType>,
    /// Names of product versions, the latest first.
    pub versions: Vec<String>,
}

/// The choices that come before the form.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn start(access: &AccountAccess) -> Result<Start, Error> {
    #[derive(FromQueryResult)]
    struct Version {
        name: String,
    }
    let on = access.portal().database.read();
    let licence_types = licence_types(access);
    let products = if licence_types.iter().any(|t| t.source() == Source::Catalogue) {
        let all: Vec<Product> =
            rows(on, "offer: all products", "SELECT p.code, p.name FROM products p WHERE NOT p.retired ORDER BY p.id", [])
                .await?;
        all.into_iter().map(Product::pair).collect()
    } else {
        owned_products(access, on).await?
    };
    let versions: Vec<Version> = rows(
        on,
        "offer: versions",
        "SELECT v.name, MAX(v.released_on) AS released_on FROM product_versions v
         WHERE (v.subscription OR NOT $1) AND NOT v.retired GROUP BY v.name ORDER BY released_on DESC",
        [only_subscribes(access).into()],
    )
    .await?;
    let sites = sites(access, on).await?;
    Ok(Start { sites, products, versions: versions.into_iter().map(|v| v.name).collect(), licence_types })
}

#[derive(FromQueryResult)]
struct Product {
    code: String,
    name: String,
}

impl Product {
    fn pair(self) -> (String, String) {
        (self.code, self.name)
    }
}

/// (code, name) of the products that the account owns something of.
pub(crate) async fn owned_products(access: &AccountAccess, on: &impl ConnectionTrait) -> Result<Vec<(String, String)>, Error> {
    let sql = "SELECT DISTINCT p.id, p.code, p.name FROM entitlements e
               JOIN parts ON parts.id = e.part_id JOIN products p ON p.id = parts.product_id
               WHERE e.account_id = $1 ORDER BY p.id";
    let owned: Vec<Product> = rows(on, "offer: products", sql, [access.account_id().into()]).await?;
    Ok(owned.into_iter().map(Product::pair).collect())
}
