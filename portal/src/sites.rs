//! Install sites: where an account's servers stand. They are never deleted. Domain §2.

use crate::{
    access::{account::AccountAccess, change::SitesAccess},
    error::Error,
    event_type::EventType,
    files::{facet::ACTIVE, list::MOST_COUNTED},
    store::{
        entity::install_site,
        statement::{parsed, rows},
        write::Write,
    },
};
use licensing::{
    folded,
    form::Refusal,
    sites::{SiteDraft, SiteProblem, field},
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait, FromQueryResult, NotSet};
use sha2::{Digest, Sha256};

/// An install site with how much depends on it.
#[derive(Clone, Debug)]
pub struct Site {
    /// As forms and addresses have it.
    pub id: String,
    pub details: SiteDraft,
    /// Counted to one more than [`MOST_COUNTED`].
    pub active_files: u64,
}

impl Site {
    /// Tells one state of a site from the next: what an edit began with.
    #[must_use]
    pub fn mark(&self) -> String {
        let told = serde_json::to_vec(&self.details).unwrap_or_default();
        Sha256::digest(told).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Why a site was not saved. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum NotSaved {
    #[error("There is a problem.")]
    Refused(Vec<Refusal<SiteProblem>>),
    /// Somebody else was first.
    #[error("This site was changed meanwhile. Compare with what it is now, then save again.")]
    ChangedMeanwhile,
    /// A site that is to be made inactive has active files; saying so once more does it.
    #[error("This site has active files: {active_files}.")]
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
                details: SiteDraft {
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

/// Adds a site. One that is there already, exactly as described, is the same one: the request came twice.
///
/// # Errors
/// [`NotSaved`]; nothing was changed then.
pub async fn add(access: &SitesAccess, draft: SiteDraft) -> Result<Site, NotSaved> {
    let write = access.write().await?;
    if let Some(there) = named(access, &write, &draft, None).await? {
        return if there.details == draft { Ok(there) } else { Err(name_taken(&there)) };
    }
    let added = model(access, None, &draft)?.insert(write.on()).await.map_err(Error::from)?;
    let event = access.event(access.portal().now(), EventType::InstallSiteAdded, draft.name.as_str());
    write.commit(event.changing(serde_json::Value::Null, told(&draft)?)).await?;
    Ok(Site { id: added.id.to_string(), details: draft, active_files: 0 })
}

/// A request to change a site.
#[derive(Clone, Debug)]
pub struct SiteChange {
    /// Contents that the site is to have.
    pub draft: SiteDraft,
    /// [`Site::mark`] of the state that it is to be changed from.
    pub mark: String,
    /// Making the site inactive was confirmed, although active files are for it.
    pub confirmed: bool,
}

/// Changes the site `id`. Making one inactive that has active files is refused until that is confirmed.
///
/// # Errors
/// [`NotSaved`]; nothing was changed then.
pub async fn change(access: &SitesAccess, id: &str, change: SiteChange) -> Result<Site, NotSaved> {
    let SiteChange { draft, mark, confirmed } = change;
    let write = access.write().await?;
    let before = load_site(access, write.on(), id).await?;
    if before.details == draft {
        return Ok(before);
    }
    if before.mark() != mark {
        return Err(NotSaved::ChangedMeanwhile);
    }
    let renamed = folded(before.details.name.as_str()) != folded(draft.name.as_str());
    if renamed && let Some(there) = named(access, &write, &draft, Some(&before)).await? {
        return Err(name_taken(&there));
    }
    if before.details.active && !draft.active && before.active_files > 0 && !confirmed {
        return Err(NotSaved::HasFiles { active_files: before.active_files });
    }
    model(access, Some(&before), &draft)?.update(write.on()).await.map_err(Error::from)?;
    let event = access.event(access.portal().now(), EventType::InstallSiteChanged, draft.name.as_str());
    write.commit(event.changing(told(&before.details)?, told(&draft)?)).await?;
    Ok(Site { details: draft, ..before })
}

/// The site of this name, in any case and with any accents, other than `but`.
async fn named(access: &AccountAccess, write: &Write, draft: &SiteDraft, but: Option<&Site>) -> Result<Option<Site>, Error> {
    #[derive(FromQueryResult)]
    struct Named {
        id: i64,
        name: String,
    }
    let sql = "SELECT id, name FROM install_sites WHERE account_id = $1 ORDER BY id";
    let all: Vec<Named> = rows(write.on(), "install sites: names", sql, [access.account_id().into()]).await?;
    let alike = |named: &Named| folded(&named.name) == folded(draft.name.as_str());
    let others = all.into_iter().filter(|named| but.is_none_or(|but| but.id != named.id.to_string()));
    match others.into_iter().find(alike) {
        Some(named) => load_site(access, write.on(), &named.id.to_string()).await.map(Some),
        None => Ok(None),
    }
}

fn model(access: &AccountAccess, before: Option<&Site>, draft: &SiteDraft) -> Result<install_site::ActiveModel, Error> {
    let [address, city, state, postal_code, contact, phone, email] = draft.optional.clone();
    Ok(install_site::ActiveModel {
        id: match before {
            Some(site) => Set(parsed(&site.id)?),
            None => NotSet,
        },
        account_id: Set(access.account_id()),
        name: Set(draft.name.to_string()),
        address: Set(address),
        city: Set(city),
        state: Set(state),
        postal_code: Set(postal_code),
        country: Set(draft.country.to_string()),
        contact: Set(contact),
        phone: Set(phone),
        email: Set(email),
        active: Set(draft.active),
    })
}

fn name_taken(by: &Site) -> NotSaved {
    NotSaved::Refused(vec![Refusal::new(field::NAME, SiteProblem::NameTaken(by.details.name.to_string()))])
}

fn told(draft: &SiteDraft) -> Result<serde_json::Value, Error> {
    serde_json::to_value(draft).map_err(Error::internal)
}
