//! Eligibility: who may generate what. Domain §1 and §4.

use crate::{
    access::{account::AccountAccess, caller::Role},
    error::Error,
    offer::model::Id,
    store::statement::{row, rows},
};
use chrono::NaiveDate;
use licensing::{
    LicenceModel, LicenceType,
    catalogue::PartClass,
    offer::{
        Offer,
        eligibility::{Action, Certification, Ineligible, certified},
    },
};
use sea_orm::{ConnectionTrait, FromQueryResult};

/// Everything that keeps this person from generating files of `product` (its code) for this account today.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn eligibility(access: &AccountAccess, offer: &Offer) -> Result<Vec<Ineligible>, Error> {
    ineligible(access, access.portal().database.read(), offer).await
}

/// The licence types that this person may generate at all. Domain §4.
pub(crate) fn licence_types(access: &AccountAccess) -> Vec<LicenceType> {
    let role = access.caller().role();
    let may = |licence_type: &LicenceType| match licence_type {
        LicenceType::Trial | LicenceType::Evaluation => role == Role::Analyst && !access.of_partner,
        LicenceType::PartnerDevelopment => matches!(role, Role::Partner | Role::Analyst),
        _ => !access.of_partner,
    };
    LicenceType::ALL.iter().copied().filter(may).collect()
}

/// A subscription needs a version that knows the usage keys; a mixed estate may run older ones beside it. Domain §2.
pub(crate) fn only_subscribes(access: &AccountAccess) -> bool {
    access.licence_model == LicenceModel::Subscription
}

pub(crate) async fn ineligible(
    access: &AccountAccess,
    on: &impl ConnectionTrait,
    offer: &Offer,
) -> Result<Vec<Ineligible>, Error> {
    let mut reasons = Vec::new();
    let action = if offer.updates.is_some() { Action::Update } else { Action::Generate };
    reasons.extend(access.change(action).err());
    let analyst = access.caller().role() == Role::Analyst;
    match offer.licence_type {
        _ if analyst => {}
        LicenceType::Trial | LicenceType::Evaluation => reasons.push(Ineligible::ForAnalysts(offer.licence_type)),
        LicenceType::PartnerDevelopment => {
            let partner = access.caller().role() == Role::Partner;
            if !partner || !certified_for_anything(access, on).await? {
                reasons.push(Ineligible::ForPartners { partner });
            }
        }
        _ => reasons.extend(certified_for(access, on, &offer.product.code, &offer.product.name).await?.err()),
    }
    if offer.updates.is_none() && !offer.sites.iter().any(|site| site.active) {
        reasons.push(Ineligible::NoActiveSite);
    }
    if offer.licence_type == LicenceType::Trial && analyst && !has_ordered(access, on).await? {
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
                let (version, generation) = (offer.version.clone(), offer.generation.clone());
                Ineligible::NoneForVersion { product, version, generation }
            }
            _ => Ineligible::NothingOrdered { product },
        });
    }
    Ok(reasons)
}

/// Whether a customer has ordered anything. A partner's own account is no customer.
async fn has_ordered(access: &AccountAccess, on: &impl ConnectionTrait) -> Result<bool, Error> {
    let sql = "SELECT id FROM entitlements WHERE account_id = $1 LIMIT 1";
    let found: Option<Id> = row(on, "offer: anything ordered", sql, [access.account_id().into()]).await?;
    Ok(found.is_some() && !access.of_partner)
}

/// A certified partner employee is certified for some product, whichever. Domain §1.
pub(crate) async fn certified_for_anything(access: &AccountAccess, on: &impl ConnectionTrait) -> Result<bool, Error> {
    let sql = "SELECT id FROM certifications WHERE person_id = $1 AND valid_from <= $2 AND valid_through >= $2 LIMIT 1";
    let values = [access.caller().person_id().into(), access.today().into()];
    let found: Option<Id> = row(on, "offer: any certification", sql, values).await?;
    Ok(found.is_some())
}

/// Whether this person is certified today for the product of this code and name: until when, or why not.
pub(crate) async fn certified_for(
    access: &AccountAccess,
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
        [access.caller().person_id().into()],
    )
    .await?;
    let today = access.today();
    let (own, others): (Vec<_>, Vec<_>) = held.into_iter().partition(|held| held.code == code);
    let own: Vec<_> =
        own.iter().map(|held| Certification { valid_from: held.valid_from, valid_through: held.valid_through }).collect();
    let others = others.into_iter().filter(|h| (h.valid_from..=h.valid_through).contains(&today)).map(|held| held.name).collect();
    Ok(certified(name, &own, others, today))
}
