//! Upgrades that were made. Domain §5.

use crate::{
    access::account::AccountAccess,
    error::Error,
    store::statement::{count, row, rows},
};
use chrono::{DateTime, Utc};
use sea_orm::FromQueryResult;

/// Maximum number of upgrades listed: the latest.
pub const MOST_UPGRADES: usize = 100;

/// An upgrade that was made.
#[derive(Clone, Debug)]
pub struct UpgradeDone {
    /// `UP-0000001`.
    pub reference: String,
    pub at: DateTime<Utc>,
    pub by: String,
    /// Descriptions: part → target.
    pub parts: Vec<(String, String)>,
}

/// An upgrade as the history lists it.
#[derive(Clone, Debug)]
pub struct UpgradeRow {
    /// `UP-0000001`.
    pub reference: String,
    pub at: DateTime<Utc>,
    pub by: String,
    /// Number of parts that became others.
    pub parts: u32,
}

/// Reference of the upgrade with this row id.
pub(super) fn reference(id: i64) -> String {
    format!("UP-{id:07}")
}

/// Upgrades of the account, the latest first, [`MOST_UPGRADES`] at most.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn upgrades(access: &AccountAccess) -> Result<Vec<UpgradeRow>, Error> {
    #[derive(FromQueryResult)]
    struct Found {
        id: i64,
        at: DateTime<Utc>,
        by: String,
        parts: i64,
    }
    let sql = format!(
        "SELECT u.id, u.at, p.name AS \"by\",
            (SELECT COUNT(DISTINCT l.part_id) FROM upgrade_lines l WHERE l.upgrade_id = u.id) AS parts
         FROM upgrades u JOIN people p ON p.id = u.person_id WHERE u.account_id = $1 ORDER BY u.id DESC LIMIT {MOST_UPGRADES}"
    );
    let found: Vec<Found> = rows(access.portal().database.read(), "upgrade: history", &sql, [access.account_id().into()]).await?;
    let row = |Found { id, at, by, parts }: Found| Ok(UpgradeRow { reference: reference(id), at, by, parts: count(parts)? });
    found.into_iter().map(row).collect()
}

/// An upgrade of this account, by its reference.
///
/// # Errors
/// [`Error::NotFound`], the same for another account's and for none.
pub async fn upgrade_done(access: &AccountAccess, reference: &str) -> Result<UpgradeDone, Error> {
    #[derive(FromQueryResult)]
    struct Done {
        at: DateTime<Utc>,
        by: String,
    }
    #[derive(FromQueryResult)]
    struct Step {
        part: String,
        target: String,
    }
    let on = access.portal().database.read();
    let number = reference.strip_prefix("UP-").and_then(|number| number.parse::<i64>().ok()).ok_or(Error::NotFound)?;
    let values = || [access.account_id().into(), number.into()];
    let sql =
        "SELECT u.at, p.name AS \"by\" FROM upgrades u JOIN people p ON p.id = u.person_id WHERE u.account_id = $1 AND u.id = $2";
    let done: Option<Done> = row(on, "upgrade: done", sql, values()).await?;
    let Done { at, by } = done.ok_or(Error::NotFound)?;
    let sql = "SELECT DISTINCT p.id, p.description AS part, t.description AS target FROM upgrade_lines l
               JOIN upgrades u ON u.id = l.upgrade_id JOIN parts p ON p.id = l.part_id JOIN parts t ON t.id = l.target_part_id
               WHERE u.account_id = $1 AND u.id = $2 ORDER BY p.id";
    let steps: Vec<Step> = rows(on, "upgrade: steps", sql, values()).await?;
    let parts = steps.into_iter().map(|step| (step.part, step.target)).collect();
    Ok(UpgradeDone { reference: reference.to_owned(), at, by, parts })
}
