//! Virtual clouds: an account's connection to its cloud organisation, and whether a file may be for it. Domain §6.5.

use crate::{
    access::{account::AccountAccess, analyst::AnalystAccount},
    error::Error,
    event_type::EventType,
    files::facet::facet,
    offer::model::{Id, Version},
    store::statement::{parsed, row, run},
};
use licensing::{LicenceModel, LicenceType, Name, cloud::CloudConnection, offer::CloudObstacle};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::json;

/// State of the account's connection.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn connection(access: &AccountAccess) -> Result<CloudConnection, Error> {
    load(access, access.portal().database.read()).await
}

async fn load(access: &AccountAccess, on: &impl ConnectionTrait) -> Result<CloudConnection, Error> {
    #[derive(FromQueryResult)]
    struct Stored {
        cloud_organization: Option<String>,
        cloud_connected: bool,
    }
    let sql = "SELECT cloud_organization, cloud_connected FROM accounts WHERE id = $1";
    let stored: Option<Stored> = row(on, "cloud connection", sql, [access.account_id().into()]).await?;
    let Stored { cloud_organization, cloud_connected } = stored.ok_or(Error::NotFound)?;
    let organization = cloud_organization.as_deref().map(parsed).transpose()?;
    Ok(CloudConnection { organization, connected: cloud_connected })
}

/// Stores the organisation and whether the connection to it is set up. Files that were generated before stay as they are.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`]; nothing was changed then.
pub async fn change(access: &AnalystAccount, after: CloudConnection) -> Result<(), Error> {
    let write = access.write().await?;
    let before = load(access, write.on()).await?;
    if before == after {
        return Ok(());
    }
    let sql = "UPDATE accounts SET cloud_organization = $1, cloud_connected = $2 WHERE id = $3";
    let organization: Option<String> = after.organization.clone().map(Into::into);
    let values = [organization.into(), after.connected.into(), access.account_id().into()];
    run(write.on(), "cloud connection: change", sql, values).await?;
    let event = access.event(access.portal().now(), EventType::CloudConnection, access.garn.as_str());
    write.commit(event.changing(json!(before), json!(after))).await
}

/// The account's cloud organisation, or why a file cannot be for a virtual cloud. Domain §6.5.
pub(crate) async fn virtual_cloud(
    access: &AccountAccess,
    on: &impl ConnectionTrait,
    version: &Version,
    licence_type: LicenceType,
) -> Result<Result<Name, CloudObstacle>, Error> {
    if licence_type != LicenceType::Production {
        return Ok(Err(CloudObstacle::LicenceType(licence_type)));
    }
    if access.licence_model != LicenceModel::Subscription {
        return Ok(Err(CloudObstacle::LicenceModel(access.licence_model)));
    }
    if !version.virtual_cloud {
        #[derive(FromQueryResult)]
        struct Since {
            name: String,
        }
        let sql = "SELECT name FROM product_versions WHERE product_id = $1 AND virtual_cloud ORDER BY released_on LIMIT 1";
        let since: Option<Since> = row(on, "offer: first version in a cloud", sql, [version.product_id.into()]).await?;
        let (product, named) = (version.name.clone(), version.version.clone());
        return Ok(Err(CloudObstacle::Version { product, version: named, since: since.map(|since| since.name) }));
    }
    let Some(organization) = &version.cloud_organization else { return Ok(Err(CloudObstacle::NoOrganization)) };
    if !version.cloud_connected {
        return Ok(Err(CloudObstacle::NotConnected));
    }
    if let (Some(code), Some(name)) = (&version.beside_code, &version.beside_name) {
        let sql = "SELECT f.id FROM listed_files l JOIN activation_files f ON f.id = l.file_id
                   JOIN file_revisions r ON r.file_id = f.id AND r.revision = f.revision
                   WHERE l.account_id = $1 AND l.facet = $2 AND r.primary_host IS NULL LIMIT 1";
        let values = [access.account_id().into(), facet("active", LicenceType::Production, code).into()];
        let beside: Option<Id> = row(on, "offer: server beside", sql, values).await?;
        if beside.is_none() {
            let (product, beside) = (version.name.clone(), name.clone());
            return Ok(Err(CloudObstacle::NothingBeside { product, beside }));
        }
    }
    Ok(Ok(parsed(organization)?))
}
