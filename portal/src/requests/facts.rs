//! Facts beside a request: what is known of who asks, and of what they name.

use super::follow::{OwnRequest, StoredLine};
use crate::{
    access::analyst::AnalystAccess,
    error::Error,
    files::FileRow,
    orders::{OwnedProduct, summary},
    search::search,
    store::statement::{known, row, rows},
};
use licensing::{Garn, LicenceModel, requests::RequestNumber};
use sea_orm::{ConnectionTrait, FromQueryResult};

/// Account of a request.
#[derive(Clone, Debug)]
pub struct AccountFact {
    pub garn: Garn,
    pub name: String,
    pub licence_model: LicenceModel,
    /// An analyst linked it, or the requester had signed in; else it is the one whose GARN was typed.
    pub linked: bool,
}

/// Facts beside a request.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub account: Option<AccountFact>,
    /// What the account owns, and what is left of it.
    pub owned: Vec<OwnedProduct>,
    pub hosts: Vec<String>,
    /// Files that are or were for the named hosts.
    pub files: Vec<(Garn, FileRow)>,
    /// Earlier and later requests of the same mailbox, GARN or account.
    pub others: Vec<OwnRequest>,
}

/// Maximum number of other requests listed.
const MOST_OTHERS: u32 = 10;
/// Facts of a request, by (mailbox, typed GARN, row id of its account).
pub(super) async fn load(
    access: &AnalystAccess,
    number: RequestNumber,
    (email, garn, account_id): (&str, Option<&str>, Option<i64>),
) -> Result<Facts, Error> {
    let on = access.caller().portal().database.read();
    let hosts = hosts(on, number).await?;
    let account = account(on, account_id, garn).await?;
    let owned = match &account {
        Some(account) => summary(&access.caller().account(account.garn.as_str()).await?).await?,
        None => Vec::new(),
    };
    Ok(Facts {
        files: files(access, &hosts).await?,
        others: others(on, number, (email, garn, account_id)).await?,
        hosts,
        account,
        owned,
    })
}

async fn account(on: &impl ConnectionTrait, linked: Option<i64>, typed: Option<&str>) -> Result<Option<AccountFact>, Error> {
    #[derive(FromQueryResult)]
    struct Stored {
        garn: String,
        name: String,
        licence_model: String,
    }
    let sql = "SELECT garn, name, licence_model FROM accounts WHERE id = $1 OR ($1 IS NULL AND garn = $2)";
    let found: Option<Stored> = row(on, "request: account", sql, [linked.into(), typed.map(str::to_owned).into()]).await?;
    found
        .map(|stored| {
            Ok(AccountFact {
                garn: crate::store::statement::parsed(&stored.garn)?,
                name: stored.name,
                licence_model: known(LicenceModel::from_code(&stored.licence_model), &stored.licence_model)?,
                linked: linked.is_some(),
            })
        })
        .transpose()
}

async fn hosts(on: &impl ConnectionTrait, number: RequestNumber) -> Result<Vec<String>, Error> {
    #[derive(FromQueryResult)]
    struct Host {
        host_id: String,
    }
    let sql = "SELECT host_id FROM request_hosts WHERE request_id = $1 ORDER BY host_id";
    let hosts: Vec<Host> = rows(on, "request: hosts", sql, [number.id().into()]).await?;
    Ok(hosts.into_iter().map(|host| host.host_id).collect())
}

async fn files(access: &AnalystAccess, hosts: &[String]) -> Result<Vec<(Garn, FileRow)>, Error> {
    let mut files: Vec<(Garn, FileRow)> = Vec::new();
    for host in hosts {
        for (garn, file) in search(access.caller(), None, host).await?.files {
            if !files.iter().any(|(_, known)| known.serial == file.serial) {
                files.push((garn, file));
            }
        }
    }
    Ok(files)
}

async fn others(
    on: &impl ConnectionTrait,
    number: RequestNumber,
    (email, garn, account): (&str, Option<&str>, Option<i64>),
) -> Result<Vec<OwnRequest>, Error> {
    // Each part reads an index of its own.
    let part = |condition: &str| {
        format!(
            "SELECT * FROM (SELECT id, subject, state, submitted_at, changed_at FROM requests WHERE {condition} AND id <> $1 ORDER BY id DESC LIMIT {MOST_OTHERS}) p"
        )
    };
    let sql = format!(
        "{} UNION {} UNION {} ORDER BY id DESC LIMIT {MOST_OTHERS}",
        part("email = $2"),
        part("garn = $3"),
        part("account_id = $4")
    );
    let values = [number.id().into(), email.into(), garn.map(str::to_owned).into(), account.into()];
    let stored: Vec<StoredLine> = rows(on, "request: others", &sql, values).await?;
    stored.into_iter().map(StoredLine::line).collect()
}
