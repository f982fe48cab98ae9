use crate::{
    error::Error,
    store::{
        entity::{key_mapping, part, part_requirement, part_upgrade, product, product_version, shared_host},
        statement::run,
    },
};
use licensing::catalogue::Catalogue;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, DatabaseTransaction, EntityTrait, NotSet};
use std::collections::BTreeMap;

/// Writes `catalogue` into a database that has none.
pub(crate) async fn insert(on: &DatabaseTransaction, catalogue: &Catalogue) -> Result<(), Error> {
    let mut products = BTreeMap::new();
    for licensing::catalogue::Product { code, name, line, switchover, mail_connector, version, .. } in catalogue.products() {
        let row = product::ActiveModel {
            id: NotSet,
            code: Set(code.clone()),
            name: Set(name.clone()),
            line: Set(line.clone()),
            switchover: Set(*switchover),
            mail_connector: Set(*mail_connector),
            // Perhaps of a product that is still to come.
            cloud_beside: Set(None),
        };
        let product_id = row.insert(on).await?.id;
        products.insert(code.as_str(), product_id);
        let versions = version.iter().map(|version| product_version::ActiveModel {
            id: NotSet,
            product_id: Set(product_id),
            name: Set(version.name.clone()),
            released_on: Set(version.released_on),
            generation: Set(version.generation.clone()),
            subscription: Set(version.subscription),
            virtual_cloud: Set(version.virtual_cloud),
        });
        product_version::Entity::insert_many(versions).exec(on).await?;
    }
    for product in catalogue.products().iter().filter(|product| product.cloud_beside.is_some()) {
        let sql = "UPDATE products SET cloud_beside = $1 WHERE code = $2";
        run(on, "catalogue: beside", sql, [product.cloud_beside.clone().into(), product.code.clone().into()]).await?;
    }
    let mut parts = BTreeMap::new();
    for part in catalogue.parts() {
        let product_id = *products.get(part.product.as_str()).ok_or_else(|| Error::internal("a part without its product"))?;
        let row = part::ActiveModel {
            id: NotSet,
            number: Set(part.number.to_string()),
            description: Set(part.description.clone()),
            product_id: Set(product_id),
            generation: Set(part.generation.clone()),
            class: Set(part.class.code().to_owned()),
            development: Set(part.development.map(|size| size.code().to_owned())),
        };
        let part_id = row.insert(on).await?.id;
        parts.insert(&part.number, part_id);
        let mappings = part.keys.iter().map(|(key, per_assigned, per_pooled)| key_mapping::ActiveModel {
            part_id: Set(part_id),
            key: Set(key.to_string()),
            per_assigned: Set(i64::from(*per_assigned)),
            per_pooled: Set(i64::from(*per_pooled)),
        });
        if !part.keys.is_empty() {
            key_mapping::Entity::insert_many(mappings).exec_without_returning(on).await?;
        }
    }
    for part in catalogue.parts() {
        for required in &part.requires {
            let row = part_requirement::ActiveModel { part_id: Set(parts[&part.number]), required_part_id: Set(parts[required]) };
            part_requirement::Entity::insert(row).exec_without_returning(on).await?;
        }
        for target in &part.upgrades_to {
            let row = part_upgrade::ActiveModel { part_id: Set(parts[&part.number]), target_part_id: Set(parts[target]) };
            part_upgrade::Entity::insert(row).exec_without_returning(on).await?;
        }
    }
    let shared = catalogue
        .shared_hosts()
        .iter()
        .map(|shared| shared_host::ActiveModel { host_id: Set(shared.host_id.to_string()), what: Set(shared.of.clone()) });
    shared_host::Entity::insert_many(shared).exec_without_returning(on).await?;
    Ok(())
}
