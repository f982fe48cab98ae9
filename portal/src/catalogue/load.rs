use crate::{
    error::Error,
    store::{
        entity::{key_mapping, part, part_requirement, part_upgrade, product, product_version, shared_host},
        statement::{count, known, parsed},
    },
};
use licensing::{
    DevelopmentSize, PartNumber,
    catalogue::{Catalogue, Part, PartClass, Product, ProductVersion, SharedHost},
};
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder};
use std::collections::{BTreeMap, BTreeSet};

/// The catalogue as the database holds it.
pub(super) struct Stored {
    /// What is offered.
    pub(super) in_use: Catalogue,
    /// That, and all that was retired.
    pub(super) all: Catalogue,
    /// Row ids of all products by their codes, of their versions, and of all parts.
    pub(super) products: BTreeMap<String, i64>,
    pub(super) versions: BTreeMap<(String, String), i64>,
    pub(super) parts: BTreeMap<PartNumber, i64>,
    /// Row ids of the parts that were retired.
    pub(super) retired: BTreeSet<i64>,
}

pub(super) async fn load(on: &impl ConnectionTrait) -> Result<Stored, Error> {
    let products = product::Entity::find().order_by_asc(product::Column::Id).all(on).await?;
    let versions = product_version::Entity::find().order_by_asc(product_version::Column::Id).all(on).await?;
    let parts = part::Entity::find().order_by_asc(part::Column::Id).all(on).await?;
    let codes: BTreeMap<i64, String> = products.iter().map(|product| (product.id, product.code.clone())).collect();
    let numbers: BTreeMap<i64, PartNumber> =
        parts.iter().map(|part| Ok((part.id, parsed(&part.number)?))).collect::<Result<_, Error>>()?;
    let number = |id: i64| numbers.get(&id).cloned().ok_or_else(|| Error::internal("a part that is not there"));
    let code = |id: i64| codes.get(&id).cloned().ok_or_else(|| Error::internal("a product that is not there"));
    let mut keys: BTreeMap<i64, Vec<_>> = BTreeMap::new();
    for mapping in key_mapping::Entity::find().order_by_asc(key_mapping::Column::Key).all(on).await? {
        let units = (parsed(&mapping.key)?, count(mapping.per_assigned)?, count(mapping.per_pooled)?);
        keys.entry(mapping.part_id).or_default().push(units);
    }
    let mut requires: BTreeMap<i64, Vec<PartNumber>> = BTreeMap::new();
    for row in part_requirement::Entity::find().all(on).await? {
        requires.entry(row.part_id).or_default().push(number(row.required_part_id)?);
    }
    let mut upgrades: BTreeMap<i64, Vec<PartNumber>> = BTreeMap::new();
    for row in part_upgrade::Entity::find().all(on).await? {
        upgrades.entry(row.part_id).or_default().push(number(row.target_part_id)?);
    }
    let version_of = |version: &product_version::Model| ProductVersion {
        name: version.name.clone(),
        released_on: version.released_on,
        generation: version.generation.clone(),
        subscription: version.subscription,
        virtual_cloud: version.virtual_cloud,
    };
    let product_of = |product: &product::Model, retired: bool| Product {
        code: product.code.clone(),
        name: product.name.clone(),
        line: product.line.clone(),
        switchover: product.switchover,
        mail_connector: product.mail_connector,
        cloud_beside: product.cloud_beside.clone(),
        version: versions
            .iter()
            .filter(|version| version.product_id == product.id && (retired || !version.retired))
            .map(version_of)
            .collect(),
    };
    let mut part_of = |part: &part::Model| -> Result<Part, Error> {
        let development = part.development.as_ref().map(|size| known(DevelopmentSize::from_code(size), size)).transpose()?;
        Ok(Part {
            number: number(part.id)?,
            description: part.description.clone(),
            product: code(part.product_id)?,
            generation: part.generation.clone(),
            class: known(PartClass::from_code(&part.class), &part.class)?,
            development,
            requires: requires.remove(&part.id).unwrap_or_default(),
            upgrades_to: upgrades.remove(&part.id).unwrap_or_default(),
            keys: keys.remove(&part.id).unwrap_or_default(),
        })
    };
    let all_parts: Vec<Part> = parts.iter().map(&mut part_of).collect::<Result<_, _>>()?;
    let retired: BTreeSet<i64> = parts.iter().filter(|part| part.retired).map(|part| part.id).collect();
    let offered = parts.iter().zip(&all_parts).filter(|(row, _)| !row.retired).map(|(_, part)| part.clone()).collect();
    let shared: Vec<SharedHost> = shared_host::Entity::find()
        .all(on)
        .await?
        .into_iter()
        .map(|row| Ok(SharedHost { host_id: parsed(&row.host_id)?, of: row.what }))
        .collect::<Result<_, Error>>()?;
    let in_use = products.iter().filter(|product| !product.retired).map(|product| product_of(product, false)).collect();
    let all = products.iter().map(|product| product_of(product, true)).collect();
    Ok(Stored {
        in_use: Catalogue::stored(in_use, offered, shared.clone()),
        all: Catalogue::stored(all, all_parts, shared),
        products: products.into_iter().map(|product| (product.code, product.id)).collect(),
        versions: versions
            .iter()
            .map(|version| Ok(((code(version.product_id)?, version.name.clone()), version.id)))
            .collect::<Result<_, Error>>()?,
        parts: numbers.into_iter().map(|(id, number)| (number, id)).collect(),
        retired,
    })
}
