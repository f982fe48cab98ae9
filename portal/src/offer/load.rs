//! Today's offer of a product version.

use crate::{
    access::{account::AccountAccess, caller::Role},
    cloud::virtual_cloud,
    error::Error,
    offer::{
        eligibility::only_subscribes,
        held::Held,
        model::{LoadedOffer, Version},
        sources::{Sources, bundled_parts, catalogue_parts, ordered_parts},
    },
    store::statement::{row, rows},
};
use licensing::{
    LicenceType, Source,
    offer::{Choosable, Offer, OfferedPart, OfferedProduct, OfferedSite},
};
use sea_orm::{ConnectionTrait, FromQueryResult};

/// Today's offer for `product` (its code), `version` (its name) and `licence_type`.
///
/// # Errors
/// [`Error::NotFound`] when there is no such version of such a product.
pub async fn offer(access: &AccountAccess, product: &str, version: &str, licence_type: LicenceType) -> Result<Offer, Error> {
    Ok(load_offer(access, access.portal().database.read(), product, version, licence_type, None).await?.offer)
}

pub(crate) async fn sites(access: &AccountAccess, on: &impl ConnectionTrait) -> Result<Vec<OfferedSite>, Error> {
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
        [access.account_id().into()],
    )
    .await?;
    Ok(sites.into_iter().map(|site| OfferedSite { id: site.id.to_string(), name: site.name, active: site.active }).collect())
}

pub(crate) async fn load_offer(
    access: &AccountAccess,
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
         WHERE p.code = $1 AND v.name = $2 AND (v.subscription OR NOT $3) AND ($5 OR NOT v.retired)",
        [
            product.into(),
            version.into(),
            only_subscribes(access).into(),
            access.account_id().into(),
            // A file that is there may stay as it is.
            updates.is_some().into(),
        ],
    )
    .await?
    .ok_or(Error::NotFound)?;
    let mut sources: Sources = match licence_type.source() {
        Source::Entitlements => ordered_parts(access, on, &found, licence_type).await?,
        Source::Bundle => bundled_parts(access, on, &found).await?,
        Source::Catalogue => catalogue_parts(on, &found).await?,
    };
    if access.caller().role() != Role::Analyst {
        let reserved = |part: &&mut OfferedPart| part.class.is_for_analysts() && part.choosable == Choosable::Free;
        sources.parts.iter_mut().filter(reserved).for_each(|part| part.choosable = Choosable::AsHeld);
    }
    let virtual_cloud = virtual_cloud(access, on, &found, licence_type).await?;
    let offer = Offer {
        product: OfferedProduct {
            code: found.code,
            name: found.name,
            switchover: found.switchover,
            mail_connector: found.mail_connector,
        },
        version: found.version,
        generation: found.generation.clone(),
        licence_type,
        today: access.today(),
        sites: sites(access, on).await?,
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
