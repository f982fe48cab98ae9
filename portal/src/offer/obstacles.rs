//! What keeps somebody from generating or changing files of an account, and who does it instead. Domain §1.

use crate::{
    access::{account::AccountAccess, caller::Role},
    error::Error,
    offer::{
        eligibility::{certified_for, certified_for_anything},
        load::sites,
        start::owned_products,
    },
    store::statement::rows,
};
use licensing::offer::eligibility::{Action, Ineligible, WayOut};
use sea_orm::FromQueryResult;

/// Maximum number of colleagues named.
const MOST_COLLEAGUES: usize = 5;

/// Somebody of the account, or of a partner that it granted access, who is certified today.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Colleague {
    pub name: String,
    pub email: String,
}

/// Reasons somebody cannot do something, and who can.
#[derive(Clone, Debug, Default)]
pub struct Obstacles {
    /// Empty where nothing is in the way.
    pub reasons: Vec<Ineligible>,
    /// Colleagues who are certified, where a certification is missing.
    pub colleagues: Vec<Colleague>,
}

impl Obstacles {
    /// What is in the way of a file of `product` (its code), or of any file.
    ///
    /// # Errors
    /// [`Error::Unavailable`] and [`Error::Internal`].
    pub async fn of(access: &AccountAccess, reasons: Vec<Ineligible>, product: Option<&str>) -> Result<Self, Error> {
        let colleagues = if reasons.iter().any(|reason| reason.way_out() == WayOut::Colleagues) {
            colleagues(access, product.unwrap_or_default()).await?
        } else {
            Vec::new()
        };
        Ok(Self { reasons, colleagues })
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.reasons.is_empty()
    }
}

/// What keeps this person from generating any file of the account.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn obstacles(access: &AccountAccess) -> Result<Obstacles, Error> {
    let on = access.portal().database.read();
    let mut reasons: Vec<Ineligible> = access.change(Action::Generate).err().into_iter().collect();
    if reasons.is_empty() && access.caller().role() != Role::Analyst {
        reasons = uncertified(access).await?;
    }
    if !sites(access, on).await?.iter().any(|site| site.active) {
        reasons.push(Ineligible::NoActiveSite);
    }
    Obstacles::of(access, reasons, None).await
}

/// What keeps this person from generating production files of one product, by its code and name.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn obstacles_of_product(access: &AccountAccess, code: &str, name: &str) -> Result<Obstacles, Error> {
    let on = access.portal().database.read();
    let mut reasons: Vec<Ineligible> = access.change(Action::Generate).err().into_iter().collect();
    if reasons.is_empty() && access.caller().role() != Role::Analyst {
        reasons.extend(certified_for(access, on, code, name).await?.err());
    }
    Obstacles::of(access, reasons, Some(code)).await
}

/// Why this person is certified for none of the products that the account owns something of, if so: a reason for each.
async fn uncertified(access: &AccountAccess) -> Result<Vec<Ineligible>, Error> {
    let on = access.portal().database.read();
    if access.of_partner {
        let certified = certified_for_anything(access, on).await?;
        return Ok((!certified).then_some(Ineligible::ForPartners { partner: true }).into_iter().collect());
    }
    let mut reasons = Vec::new();
    for (code, name) in owned_products(access, on).await? {
        match certified_for(access, on, &code, &name).await? {
            Ok(_) => return Ok(Vec::new()),
            Err(why) => reasons.push(why),
        }
    }
    Ok(reasons)
}

async fn colleagues(access: &AccountAccess, product: &str) -> Result<Vec<Colleague>, Error> {
    let sql = format!(
        "SELECT DISTINCT u.name, u.email FROM people u JOIN certifications c ON c.person_id = u.id JOIN products p ON p.id = c.product_id
         WHERE u.active AND u.id <> $2 AND p.code LIKE $3 AND c.valid_from <= $4 AND c.valid_through >= $4
           AND u.id IN (SELECT m.person_id FROM memberships m WHERE m.account_id = $1
                        UNION SELECT m.person_id FROM partner_grants g JOIN memberships m ON m.account_id = g.partner_id WHERE g.customer_id = $1)
         ORDER BY u.name, u.email LIMIT {MOST_COLLEAGUES}"
    );
    let product = if product.is_empty() { "%" } else { product };
    let values = [access.account_id().into(), access.caller().person_id().into(), product.into(), access.today().into()];
    rows(access.portal().database.read(), "offer: certified colleagues", &sql, values).await
}
