//! Partners who act for a customer: access that the customer's own managers or licensing analysts give and withdraw. Domain §1.

use super::session::{Pace, SignInRefused, subject};
use crate::{
    access::{account::AccountAccess, change::PeopleAccess},
    error::Error,
    event_type::EventType,
    store::statement::{row, rows, run},
};
use chrono::TimeDelta;
use sea_orm::FromQueryResult;

/// Pace of naming partners: it is not for finding out who is one.
const OF_NAMES: Pace = Pace { free: 10, gap: TimeDelta::minutes(1) };

/// A partner who acts for the account.
#[derive(Clone, Debug, FromQueryResult)]
pub struct PartnerGrant {
    /// Number that addresses know the partner by.
    pub partner_id: i64,
    pub name: String,
    pub garn: String,
}

/// Why no access was given. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum NotGranted {
    #[error("Enter the GARN of the partner.")]
    Nothing,
    #[error("No partner has the GARN {0}. Ask the partner for theirs.")]
    NoPartner(String),
    #[error("{0} has access already.")]
    Already(String),
    #[error("Partners act for customers: the account of a partner grants no access.")]
    OfPartner,
    #[error("There were many attempts. Try again in {0} seconds.")]
    TooMany(u64),
    #[error(transparent)]
    Error(#[from] Error),
}

/// Partners who act for the account, by name.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn partner_grants(access: &AccountAccess) -> Result<Vec<PartnerGrant>, Error> {
    let sql = "SELECT g.partner_id, a.name, a.garn FROM partner_grants g JOIN accounts a ON a.id = g.partner_id
               WHERE g.customer_id = $1 ORDER BY a.name, a.id";
    rows(access.portal().database.read(), "grants", sql, [access.account_id().into()]).await
}

/// Gives the partner with this GARN access to the account.
///
/// # Errors
/// [`NotGranted`].
pub async fn grant_partner(access: &PeopleAccess, garn: &str) -> Result<(), NotGranted> {
    #[derive(FromQueryResult)]
    struct Partner {
        id: i64,
        name: String,
    }
    let garn = garn.trim().to_uppercase();
    if garn.is_empty() {
        return Err(NotGranted::Nothing);
    }
    if access.of_partner {
        return Err(NotGranted::OfPartner);
    }
    let portal = access.portal();
    let attempts = subject("partners of", &access.account_id().to_string());
    portal.count_attempt(&attempts, OF_NAMES).await.map_err(|refused| match refused {
        SignInRefused::TooMany { retry_after_s } => NotGranted::TooMany(retry_after_s),
        SignInRefused::Error(error) => NotGranted::Error(error),
        SignInRefused::Incorrect => NotGranted::Nothing,
    })?;
    let write = access.write().await?;
    // Who is no partner looks like nobody.
    let sql = "SELECT id, name FROM accounts WHERE garn = $1 AND kind = 'partner'";
    let partner: Option<Partner> = row(write.on(), "grant: partner", sql, [garn.clone().into()]).await?;
    let Partner { id, name } = partner.ok_or_else(|| NotGranted::NoPartner(licensing::excerpt(&garn)))?;
    let sql = "INSERT INTO partner_grants (partner_id, customer_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    if run(write.on(), "grant: give", sql, [id.into(), access.account_id().into()]).await? == 0 {
        return Err(NotGranted::Already(name));
    }
    Ok(write.commit(access.event(access.portal().now(), EventType::PartnerGranted, format!("{name} ({garn})"))).await?)
}

/// Withdraws the access of a partner: their people see the account no more, at once.
///
/// # Errors
/// [`Error::NotFound`]: the partner has none.
pub async fn withdraw_partner(access: &PeopleAccess, partner: i64) -> Result<(), Error> {
    let write = access.write().await?;
    let sql = "SELECT g.partner_id, a.name, a.garn FROM partner_grants g JOIN accounts a ON a.id = g.partner_id
               WHERE g.customer_id = $1 AND g.partner_id = $2";
    let found: Option<PartnerGrant> = row(write.on(), "grant", sql, [access.account_id().into(), partner.into()]).await?;
    let PartnerGrant { name, garn, .. } = found.ok_or(Error::NotFound)?;
    let sql = "DELETE FROM partner_grants WHERE customer_id = $1 AND partner_id = $2";
    run(write.on(), "grant: withdraw", sql, [access.account_id().into(), partner.into()]).await?;
    write.commit(access.event(access.portal().now(), EventType::PartnerWithdrawn, format!("{name} ({garn})"))).await
}
