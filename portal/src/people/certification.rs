//! Certifications of the people of an account, product by product. Licensing analysts enter them. Domain §1.

use crate::{
    access::{account::AccountAccess, analyst::AnalystAccount},
    error::Error,
    event_type::EventType,
    store::{
        entity::certification,
        insertion::insert,
        statement::{row, rows, run},
        write::Write,
    },
};
use chrono::NaiveDate;
use licensing::form::{NotADate, day};
use sea_orm::{ActiveValue::Set, FromQueryResult, NotSet};
use serde_json::{Value, json};

/// A certification of a person.
#[derive(Clone, Debug, FromQueryResult)]
pub struct CertificationRow {
    pub id: i64,
    pub product: String,
    pub valid_from: NaiveDate,
    /// The last day.
    pub valid_through: NaiveDate,
}

/// Why a certification was not entered. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum NotCertified {
    #[error("Select a product.")]
    Product,
    #[error(transparent)]
    From(NotADate),
    #[error(transparent)]
    Through(NotADate),
    #[error("The last day lies before the first one.")]
    Backwards,
    #[error(transparent)]
    Error(#[from] Error),
}

/// A certification as somebody types it.
pub struct NewCertification {
    /// The product's code.
    pub product: String,
    pub valid_from: String,
    pub valid_through: String,
}

/// Products that somebody can be certified for: code and name.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn certifiable(access: &AnalystAccount) -> Result<Vec<(String, String)>, Error> {
    #[derive(FromQueryResult)]
    struct Product {
        code: String,
        name: String,
    }
    let sql = "SELECT code, name FROM products WHERE NOT retired ORDER BY id";
    let products: Vec<Product> = rows(access.portal().database.read(), "certification: products", sql, []).await?;
    Ok(products.into_iter().map(|Product { code, name }| (code, name)).collect())
}

/// Certifications of a person of the account, those that last longest first.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn certifications(access: &AccountAccess, person: i64) -> Result<Vec<CertificationRow>, Error> {
    let sql = "SELECT c.id, p.name AS product, c.valid_from, c.valid_through FROM certifications c JOIN products p ON p.id = c.product_id
               WHERE c.person_id = $1 AND EXISTS (SELECT 1 FROM memberships m WHERE m.person_id = c.person_id AND m.account_id = $2)
               ORDER BY c.valid_through DESC, c.id";
    rows(access.portal().database.read(), "certifications", sql, [person.into(), access.account_id().into()]).await
}

/// Address of a person of the account.
async fn email_of(access: &AnalystAccount, write: &Write, person: i64) -> Result<String, Error> {
    #[derive(FromQueryResult)]
    struct Person {
        email: String,
    }
    let sql = "SELECT p.email FROM memberships m JOIN people p ON p.id = m.person_id WHERE m.account_id = $1 AND p.id = $2";
    let found: Option<Person> =
        row(write.on(), "certification: person", sql, [access.account_id().into(), person.into()]).await?;
    found.map(|person| person.email).ok_or(Error::NotFound)
}

/// Enters a certification of a person of the account.
///
/// # Errors
/// [`NotCertified`]; nothing was changed then.
pub async fn certify(access: &AnalystAccount, person: i64, new: &NewCertification) -> Result<(), NotCertified> {
    #[derive(FromQueryResult)]
    struct Product {
        id: i64,
    }
    let valid_from = day(&new.valid_from).map_err(NotCertified::From)?;
    let valid_through = day(&new.valid_through).map_err(NotCertified::Through)?;
    if valid_through < valid_from {
        return Err(NotCertified::Backwards);
    }
    let write = access.write().await?;
    let email = email_of(access, &write, person).await?;
    let sql = "SELECT id FROM products WHERE code = $1 AND NOT retired";
    let product: Option<Product> = row(write.on(), "certification: product", sql, [new.product.clone().into()]).await?;
    let Product { id } = product.ok_or(NotCertified::Product)?;
    let entered = certification::ActiveModel {
        id: NotSet,
        person_id: Set(person),
        product_id: Set(id),
        valid_from: Set(valid_from),
        valid_through: Set(valid_through),
    };
    insert::<certification::Entity>(write.on(), vec![entered]).await?;
    let told = json!({ "product": new.product, "valid_from": valid_from, "valid_through": valid_through });
    let event = access.event(write.now(), EventType::PersonCertified, email);
    write.commit(event.changing(Value::Null, told)).await?;
    Ok(())
}

/// Removes a certification of a person of the account.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn withdraw_certification(access: &AnalystAccount, person: i64, id: i64) -> Result<(), Error> {
    let write = access.write().await?;
    let email = email_of(access, &write, person).await?;
    let sql = "DELETE FROM certifications WHERE id = $1 AND person_id = $2";
    if run(write.on(), "certification: withdraw", sql, [id.into(), person.into()]).await? == 0 {
        return Err(Error::NotFound);
    }
    let event = access.event(write.now(), EventType::CertificationWithdrawn, email);
    write.commit(event.changing(json!({ "certification": id }), Value::Null)).await
}
