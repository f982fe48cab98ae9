//! An account as licensing analysts enter it, and what hangs on its licence model.

use crate::{access::analyst::AnalystAccount, error::Error, store::statement::row};
use chrono::NaiveDate;
use licensing::{LicenceModel, orders::import::column};
use sea_orm::FromQueryResult;
use serde_json::Value;

/// What a licence model decides in an account.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct OnLicenceModel {
    /// People who may change files.
    pub people: i64,
    pub active_files: i64,
    pub order_lines: i64,
}

/// The account, by column.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn account_cells(access: &AnalystAccount) -> Result<Vec<(&'static str, String)>, Error> {
    #[derive(FromQueryResult)]
    struct Stored {
        kind: String,
        mirrored: bool,
        activated_on: Option<NaiveDate>,
        billable: bool,
        billing: Option<Value>,
        landlord: Option<String>,
        licence_model: String,
    }
    let sql = "SELECT a.kind, a.mirrored, a.activated_on, a.billable, a.billing, a.licence_model, l.garn AS landlord
               FROM accounts a LEFT JOIN accounts l ON l.id = a.landlord_id WHERE a.id = $1";
    let stored: Option<Stored> =
        row(access.portal().database.read(), "account: cells", sql, [access.account_id().into()]).await?;
    let stored = stored.ok_or(Error::NotFound)?;
    let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    let billing = stored.billing.unwrap_or_default();
    let mut cells = vec![
        (column::GARN, access.garn.to_string()),
        (column::ACCOUNT, access.name.clone()),
        (column::KIND, stored.kind),
        (column::LICENCE_MODEL, stored.licence_model),
        (column::TIME_ZONE, access.time_zone.name().to_owned()),
        (column::MIRRORED, yes(stored.mirrored)),
        (column::ACTIVATED_ON, stored.activated_on.map_or_else(String::new, |day| day.to_string())),
        (column::BILLABLE, yes(stored.billable)),
        (column::LANDLORD, stored.landlord.unwrap_or_default()),
    ];
    cells.extend(column::BILLING.map(|name| (name, billing.get(name).and_then(Value::as_str).unwrap_or_default().to_owned())));
    Ok(cells)
}

/// What another licence model would change for the account: its people and files.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn on_licence_model(access: &AnalystAccount) -> Result<OnLicenceModel, Error> {
    let sql = "SELECT
            (SELECT COUNT(*) FROM memberships m JOIN people p ON p.id = m.person_id
             WHERE m.account_id = $1 AND p.active AND ' ' || m.permissions || ' ' LIKE '% files %') AS people,
            (SELECT COUNT(*) FROM activation_files WHERE account_id = $1 AND state = 'active') AS active_files,
            (SELECT COUNT(*) FROM entitlements WHERE account_id = $1) AS order_lines";
    let found = row(access.portal().database.read(), "account: licence model", sql, [access.account_id().into()]).await?;
    found.ok_or_else(|| Error::internal("no row of a query without a table"))
}

/// Other licence models than the account's own.
#[must_use]
pub fn other_models(access: &AnalystAccount) -> Vec<LicenceModel> {
    LicenceModel::ALL.iter().copied().filter(|model| *model != access.licence_model).collect()
}
