//! An account's connection to its cloud organisation, which virtual-cloud files need. Domain §6.5.

use crate::{
    access::{account::AccountAccess, caller::Role},
    error::Error,
    store::statement::{parsed, row, run},
};
use licensing::{Name, TextError};

use sea_orm::{ConnectionTrait, FromQueryResult};

use serde_json::json;

/// What is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloudConnection {
    /// Id of the cloud organisation.
    pub organization: Option<Name>,
    /// Somebody has set up the connection between the account's servers and the organisation.
    pub connected: bool,
}

/// Why a connection was not changed.
#[derive(Debug, thiserror::Error)]
pub enum CloudNotChanged {
    #[error("Licensing analysts alone change the cloud connection. Send them an activation file request.")]
    ForAnalysts,
    #[error("The organisation id cannot be used: {0}.")]
    Organization(TextError),
    #[error("There is a connection only to an organisation. Enter its id, or clear the box.")]
    NoOrganization,
    #[error(transparent)]
    Error(#[from] Error),
}

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

/// Whether this person may change it.
#[must_use]
pub fn changes_cloud(access: &AccountAccess) -> bool {
    access.caller().role() == Role::Analyst
}

/// Notes the organisation and whether the connection to it is set up. Files that were generated before stay as they are.
///
/// # Errors
/// [`CloudNotChanged`]; nothing was changed then.
pub async fn change(access: &AccountAccess, organization: &str, connected: bool) -> Result<(), CloudNotChanged> {
    if !changes_cloud(access) {
        return Err(CloudNotChanged::ForAnalysts);
    }
    let organization = match organization.trim() {
        "" if connected => return Err(CloudNotChanged::NoOrganization),
        "" => None,
        typed => Some(Name::typed(typed).map_err(CloudNotChanged::Organization)?),
    };
    let after = CloudConnection { organization, connected };
    let write = access.write().await?;
    let before = load(access, write.on()).await?;
    if before == after {
        return Ok(());
    }
    let sql = "UPDATE accounts SET cloud_organization = $1, cloud_connected = $2 WHERE id = $3";
    let organization: Option<String> = after.organization.clone().map(Into::into);
    let values = [organization.into(), connected.into(), access.account_id().into()];
    run(write.on(), "cloud connection: change", sql, values).await?;
    let event = access.event(access.portal().now(), "cloud connection", access.garn.as_str());
    let json =
        |connection: CloudConnection| json!({ "organization": connection.organization, "connected": connection.connected });
    write.commit(event.changing(json(before), json(after))).await?;
    Ok(())
}
