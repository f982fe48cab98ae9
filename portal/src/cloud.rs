//! An account's connection to its cloud organisation, which virtual-cloud files need. Domain §6.5.

use crate::{
    access::{account::AccountAccess, analyst::AnalystAccount},
    error::Error,
    store::statement::{parsed, row, run},
};
use licensing::cloud::CloudConnection;
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::json;

/// What is known of the account's connection.
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
    let event = access.event(access.portal().now(), "cloud connection", access.garn.as_str());
    write.commit(event.changing(json!(before), json!(after))).await
}
