use super::load::Stored;
use crate::{
    error::Error,
    store::{
        entity::{key_mapping, part, part_requirement, part_upgrade, product, product_version, shared_host},
        insertion::{insert, insert_returning_ids},
        statement::{elements, run},
        write::Write,
    },
};
use licensing::{
    PartNumber,
    catalogue::{Catalogue, Part, Product, ProductVersion},
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DbBackend, EntityTrait, NotSet};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Waits until nobody writes to an account, and makes others wait: no file is made of two catalogues.
pub(super) async fn lock(write: &Write) -> Result<(), Error> {
    if write.on().get_database_backend() == DbBackend::Postgres {
        write.on().execute_unprepared("LOCK TABLE accounts IN EXCLUSIVE MODE").await?;
    }
    Ok(())
}

/// Makes `next` the catalogue that is in use, in place of `stored`.
pub(super) async fn apply(write: &Write, stored: &Stored, next: &Catalogue) -> Result<(), Error> {
    let products = apply_products(write, stored, next).await?;
    let parts = apply_parts(write, stored, next, &products).await?;
    write.reach("parts stored");
    relate(write, stored, next, &parts).await?;
    shared_host::Entity::delete_many().exec(write.on()).await?;
    let shared = next
        .shared_hosts()
        .iter()
        .map(|shared| shared_host::ActiveModel { host_id: Set(shared.host_id.to_string()), what: Set(shared.of.clone()) });
    insert::<shared_host::Entity>(write.on(), shared.collect()).await
}

/// Row ids of the products by their codes.
async fn apply_products(write: &Write, stored: &Stored, next: &Catalogue) -> Result<BTreeMap<String, i64>, Error> {
    let on = write.on();
    let mut ids = stored.products.clone();
    for Product { code, name, line, switchover, mail_connector, version, .. } in next.products() {
        let id = stored.products.get(code).copied();
        let row = product::ActiveModel {
            id: id.map_or(NotSet, Set),
            code: Set(code.clone()),
            name: Set(name.clone()),
            line: Set(line.clone()),
            switchover: Set(*switchover),
            mail_connector: Set(*mail_connector),
            // Perhaps of a product that is still to come.
            cloud_beside: Set(None),
            retired: Set(false),
        };
        let id = if id.is_some() { row.update(on).await?.id } else { row.insert(on).await?.id };
        ids.insert(code.clone(), id);
        for ProductVersion { name, released_on, generation, subscription, virtual_cloud } in version {
            let version_id = stored.versions.get(&(code.clone(), name.clone())).copied();
            let row = product_version::ActiveModel {
                id: version_id.map_or(NotSet, Set),
                product_id: Set(id),
                name: Set(name.clone()),
                released_on: Set(*released_on),
                generation: Set(generation.clone()),
                subscription: Set(*subscription),
                virtual_cloud: Set(*virtual_cloud),
                retired: Set(false),
            };
            if version_id.is_some() {
                row.update(on).await?.id
            } else {
                row.insert(on).await?.id
            };
        }
    }
    for product in next.products().iter().filter(|product| product.cloud_beside.is_some()) {
        let sql = "UPDATE products SET cloud_beside = $1 WHERE code = $2";
        run(on, "catalogue: beside", sql, [product.cloud_beside.clone().into(), product.code.clone().into()]).await?;
    }
    let kept: BTreeSet<&str> = next.products().iter().map(|product| product.code.as_str()).collect();
    let versions: BTreeSet<(&str, &str)> =
        next.products().iter().flat_map(|p| p.version.iter().map(|v| (p.code.as_str(), v.name.as_str()))).collect();
    let gone = stored.products.iter().filter(|(code, _)| !kept.contains(code.as_str())).map(|(_, id)| *id);
    retire(write, "UPDATE products SET retired = TRUE", gone).await?;
    let gone = stored.versions.iter().filter(|((code, name), _)| !versions.contains(&(code.as_str(), name.as_str())));
    retire(write, "UPDATE product_versions SET retired = TRUE", gone.map(|(_, id)| *id)).await?;
    Ok(ids)
}

/// Row ids of the parts by their numbers.
async fn apply_parts(
    write: &Write,
    stored: &Stored,
    next: &Catalogue,
    products: &BTreeMap<String, i64>,
) -> Result<BTreeMap<PartNumber, i64>, Error> {
    let before: BTreeMap<&PartNumber, &Part> = stored.all.parts().iter().map(|part| (&part.number, part)).collect();
    let mut ids = stored.parts.clone();
    let row = |part: &Part, id: Option<i64>| {
        let product_id = *products.get(&part.product).ok_or_else(|| Error::internal("a part without its product"))?;
        Ok::<_, Error>(part::ActiveModel {
            id: id.map_or(NotSet, Set),
            number: Set(part.number.to_string()),
            description: Set(part.description.clone()),
            product_id: Set(product_id),
            generation: Set(part.generation.clone()),
            class: Set(part.class.code().to_owned()),
            development: Set(part.development.map(|size| size.code().to_owned())),
            retired: Set(false),
        })
    };
    let (known, new): (Vec<&Part>, Vec<&Part>) = next.parts().iter().partition(|part| before.contains_key(&part.number));
    for part in known {
        let id = ids[&part.number];
        if before[&part.number] != part || stored.retired.contains(&id) {
            row(part, Some(id))?.update(write.on()).await?;
        }
    }
    let rows = new.iter().map(|part| row(part, None)).collect::<Result<Vec<_>, _>>()?;
    let new_ids = insert_returning_ids::<part::Entity>(write.on(), rows).await?;
    ids.extend(new.into_iter().map(|part| part.number.clone()).zip(new_ids));
    let kept: BTreeSet<&PartNumber> = next.parts().iter().map(|part| &part.number).collect();
    let gone = stored.parts.iter().filter(|(number, _)| !kept.contains(number)).map(|(_, id)| *id);
    retire(write, "UPDATE parts SET retired = TRUE", gone).await?;
    Ok(ids)
}

/// Retires the rows with these ids.
async fn retire(write: &Write, update: &str, ids: impl Iterator<Item = i64>) -> Result<(), Error> {
    let ids: Vec<String> = ids.map(|id| id.to_string()).collect();
    let sql = format!("{update} WHERE NOT retired AND CAST(id AS TEXT) IN {}", elements(write.on(), 1));
    run(write.on(), "catalogue: retire", &sql, [json!(ids).to_string().into()]).await.map(drop)
}

/// Stores keys, requirements and upgrade targets of the parts that are new or other than before.
async fn relate(write: &Write, stored: &Stored, next: &Catalogue, ids: &BTreeMap<PartNumber, i64>) -> Result<(), Error> {
    let on = write.on();
    let before: BTreeMap<&PartNumber, &Part> = stored.all.parts().iter().map(|part| (&part.number, part)).collect();
    let (mut keys, mut required, mut targets, mut again) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for part in next.parts() {
        let id = ids[&part.number];
        match before.get(&part.number) {
            Some(before) if *before == part => continue,
            Some(_) => again.push(id.to_string()),
            None => {}
        }
        keys.extend(part.keys.iter().map(|(key, per_assigned, per_pooled)| key_mapping::ActiveModel {
            part_id: Set(id),
            key: Set(key.to_string()),
            per_assigned: Set(i64::from(*per_assigned)),
            per_pooled: Set(i64::from(*per_pooled)),
        }));
        let unique: BTreeSet<&PartNumber> = part.requires.iter().collect();
        required.extend(
            unique.into_iter().map(|other| part_requirement::ActiveModel { part_id: Set(id), required_part_id: Set(ids[other]) }),
        );
        let unique: BTreeSet<&PartNumber> = part.upgrades_to.iter().collect();
        targets.extend(
            unique.into_iter().map(|other| part_upgrade::ActiveModel { part_id: Set(id), target_part_id: Set(ids[other]) }),
        );
    }
    for table in ["key_mappings", "part_requirements", "part_upgrades"] {
        let sql = format!("DELETE FROM {table} WHERE CAST(part_id AS TEXT) IN {}", elements(on, 1));
        run(on, "catalogue: related before", &sql, [json!(again).to_string().into()]).await?;
    }
    insert::<key_mapping::Entity>(on, keys).await?;
    insert::<part_requirement::Entity>(on, required).await?;
    insert::<part_upgrade::Entity>(on, targets).await
}
