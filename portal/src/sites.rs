//! Install sites: where an account's servers stand. They are never deleted. Domain §2.

use crate::{
    access::account::AccountAccess,
    error::Error,
    files::{facet::ACTIVE, list::MOST_COUNTED},
    store::{
        entity::install_site,
        statement::{parsed, row, rows},
        write::Write,
    },
};
use licensing::{
    files::request::{Problem, Refusal},
    sites::{SiteData, field},
};

use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait, FromQueryResult, NotSet};

use sha2::{Digest, Sha256};

/// An install site with how much depends on it.
#[derive(Clone, Debug)]
pub struct Site {
    /// As forms and addresses have it.
    pub id: String,
    pub data: SiteData,
    /// Counted to one more than [`MOST_COUNTED`].
    pub active_files: u64,
}

impl Site {
    /// Tells one state of a site from the next: what an edit began with.
    #[must_use]
    pub fn mark(&self) -> String {
        let told = serde_json::to_vec(&self.data).unwrap_or_default();
        Sha256::digest(told).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Why a site was not saved. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum NotSaved {
    #[error("There is a problem.")]
    Refused(Vec<Refusal>),
    /// Somebody else was first.
    #[error("This site was changed meanwhile. Compare with what it is now, then save again.")]
    ChangedMeanwhile,
    /// A site that is to be made inactive has active files; saying so once more does it.
    #[error("{active_files} active files are for this site.")]
    HasFiles { active_files: u64 },
    #[error(transparent)]
    Error(#[from] Error),
}

/// All sites, by name.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn list(access: &AccountAccess) -> Result<Vec<Site>, Error> {
    load_sites(access, access.portal().database.read(), "", []).await
}

/// One site.
///
/// # Errors
/// [`Error::NotFound`], the same for another account's and for none.
pub async fn site(access: &AccountAccess, id: &str) -> Result<Site, Error> {
    load_site(access, access.portal().database.read(), id).await
}

async fn load_site(access: &AccountAccess, on: &impl ConnectionTrait, id: &str) -> Result<Site, Error> {
    let id: i64 = id.parse().map_err(|_| Error::NotFound)?;
    load_sites(access, on, "AND s.id = $2", [id.into()]).await?.pop().ok_or(Error::NotFound)
}

async fn load_sites(
    access: &AccountAccess,
    on: &impl ConnectionTrait,
    condition: &str,
    values: impl IntoIterator<Item = sea_orm::Value>,
) -> Result<Vec<Site>, Error> {
    #[derive(FromQueryResult)]
    struct Stored {
        #[sea_orm(nested)]
        site: install_site::Model,
        active_files: i64,
    }
    let sql = format!(
        "SELECT s.id, s.account_id, s.name, s.address, s.city, s.state, s.postal_code, s.country, s.contact, s.phone, s.email, s.active,
            (SELECT COUNT(*) FROM (SELECT 1 AS one FROM listed_files l WHERE l.site_id = s.id AND {ACTIVE} LIMIT {}) c) AS active_files
         FROM install_sites s WHERE s.account_id = $1 {condition} ORDER BY s.name, s.id",
        MOST_COUNTED + 1
    );
    let values = std::iter::once(access.account_id().into()).chain(values);
    let stored: Vec<Stored> = rows(on, "install sites", &sql, values).await?;
    stored
        .into_iter()
        .map(|Stored { site, active_files }| {
            Ok(Site {
                id: site.id.to_string(),
                data: SiteData {
                    name: parsed(&site.name)?,
                    country: parsed(&site.country)?,
                    optional: [site.address, site.city, site.state, site.postal_code, site.contact, site.phone, site.email],
                    active: site.active,
                },
                active_files: u64::try_from(active_files).map_err(Error::internal)?,
            })
        })
        .collect()
}

/// Adds a site. One that is there already, exactly as described, is the same one: the form was sent twice.
///
/// # Errors
/// [`NotSaved`]; nothing was changed then.
pub async fn add<'a>(access: &AccountAccess, value: impl Fn(&str) -> &'a str) -> Result<Site, NotSaved> {
    let data = SiteData::parse(value).map_err(NotSaved::Refused)?;
    let write = access.write().await?;
    if let Some(there) = named(access, &write, &data, None).await? {
        return if there.data == data { Ok(there) } else { Err(name_taken(&data)) };
    }
    let added = model(access, None, &data)?.insert(write.on()).await.map_err(Error::from)?;
    let event = access.event(access.portal().now(), "install site added", data.name.as_str());
    write.commit(event.changing(serde_json::Value::Null, told(&data)?)).await?;
    Ok(Site { id: added.id.to_string(), data, active_files: 0 })
}

/// Changes the site `id`, of which the form began with the state `mark`. Making one inactive that has active files is refused until
/// `confirmed`.
///
/// # Errors
/// [`NotSaved`]; nothing was changed then.
pub async fn change<'a>(
    access: &AccountAccess,
    id: &str,
    mark: &str,
    confirmed: bool,
    value: impl Fn(&str) -> &'a str,
) -> Result<Site, NotSaved> {
    let parsed = SiteData::parse(value);
    let write = access.write().await?;
    let before = load_site(access, write.on(), id).await?;
    let data = parsed.map_err(NotSaved::Refused)?;
    if before.data == data {
        return Ok(before);
    }
    if before.mark() != mark {
        return Err(NotSaved::ChangedMeanwhile);
    }
    if named(access, &write, &data, Some(&before)).await?.is_some() {
        return Err(name_taken(&data));
    }
    if before.data.active && !data.active && before.active_files > 0 && !confirmed {
        return Err(NotSaved::HasFiles { active_files: before.active_files });
    }
    model(access, Some(&before), &data)?.update(write.on()).await.map_err(Error::from)?;
    let event = access.event(access.portal().now(), "install site changed", data.name.as_str());
    write.commit(event.changing(told(&before.data)?, told(&data)?)).await?;
    Ok(Site { data, ..before })
}

/// The site of this name, other than `but`.
async fn named(access: &AccountAccess, write: &Write, data: &SiteData, but: Option<&Site>) -> Result<Option<Site>, Error> {
    #[derive(FromQueryResult)]
    struct Named {
        id: i64,
    }
    let sql = "SELECT id FROM install_sites WHERE account_id = $1 AND name = $2";
    let values = [access.account_id().into(), data.name.as_str().into()];
    let named: Option<Named> = row(write.on(), "install site: by name", sql, values).await?;
    match named.map(|named| named.id.to_string()) {
        Some(id) if but.is_none_or(|but| but.id != id) => load_site(access, write.on(), &id).await.map(Some),
        _ => Ok(None),
    }
}

fn model(access: &AccountAccess, before: Option<&Site>, data: &SiteData) -> Result<install_site::ActiveModel, Error> {
    let [address, city, state, postal_code, contact, phone, email] = data.optional.clone();
    Ok(install_site::ActiveModel {
        id: match before {
            Some(site) => Set(parsed(&site.id)?),
            None => NotSet,
        },
        account_id: Set(access.account_id()),
        name: Set(data.name.to_string()),
        address: Set(address),
        city: Set(city),
        state: Set(state),
        postal_code: Set(postal_code),
        country: Set(data.country.to_string()),
        contact: Set(contact),
        phone: Set(phone),
        email: Set(email),
        active: Set(data.active),
    })
}

fn name_taken(data: &SiteData) -> NotSaved {
    let problem = Problem::NameTaken(data.name.to_string());
    NotSaved::Refused(vec![Refusal { field: field::NAME.to_owned(), problem }])
}

fn told(data: &SiteData) -> Result<serde_json::Value, Error> {
    serde_json::to_value(data).map_err(Error::internal)
}
