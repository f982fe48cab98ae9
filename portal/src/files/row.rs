//! One line of a list of files.

use crate::{
    access::account::AccountAccess,
    error::Error,
    files::state::FileState,
    store::statement::{count, known, parsed, records, row, rows},
};
use chrono::{DateTime, NaiveDate, Utc};
use licensing::{LicenceType, Serial};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::json;
use std::collections::HashMap;

/// One line of the list of files.
#[derive(Clone, Debug)]
pub struct FileRow {
    pub serial: Serial,
    pub revision: u32,
    pub state: FileState,
    pub product: String,
    pub version: String,
    pub licence_type: LicenceType,
    pub site: String,
    /// The primary server's machine, then the switchover server's.
    pub machines: Vec<String>,
    /// Their host ids; none in a virtual cloud.
    pub hosts: Vec<String>,
    /// At first.
    pub generated_by: String,
    pub generated_at: DateTime<Utc>,
    /// Person who made the current revision, and the instant; `None` for a file that was never updated.
    pub updated: Option<(String, DateTime<Utc>)>,
    pub valid_through: NaiveDate,
    /// An active file of a part that was upgraded since: an update is available.
    pub outdated: bool,
}

/// A file with its current revision, as every query here reads it.
pub(crate) const FILE: &str =
    "f.serial, f.revision, f.state, f.licence_type, p.name AS product, v.name AS version, s.name AS site,
    r.primary_machine, r.switchover_machine, r.primary_host, r.switchover_host, r.valid_through, n.generated_at, g.name AS generated_by,
    r.generated_at AS updated_at, u.name AS updated_by,
    (f.state = 'active' AND EXISTS (SELECT 1 FROM allocations a JOIN entitlements e ON e.id = a.entitlement_id
        WHERE a.revision_id = r.id AND a.part_id <> e.part_id)) AS outdated";

/// Tables that [`FILE`] is read from.
pub(crate) const FILES: &str = "activation_files f
    JOIN file_revisions r ON r.file_id = f.id AND r.revision = f.revision
    JOIN products p ON p.id = f.product_id
    JOIN product_versions v ON v.id = r.version_id
    JOIN install_sites s ON s.id = r.site_id
    JOIN people u ON u.id = r.generated_by
    JOIN file_revisions n ON n.file_id = f.id AND n.revision = 1
    JOIN people g ON g.id = n.generated_by";

/// The files of a page, by their row ids and in the order of these.
pub(crate) async fn listed_files(on: &impl ConnectionTrait, ids: &[i64]) -> Result<Vec<FileRow>, Error> {
    #[derive(FromQueryResult)]
    struct Listed {
        id: i64,
        #[sea_orm(nested)]
        file: Stored,
    }
    let sql = format!("SELECT f.id, {FILE} FROM {FILES} WHERE f.id IN (SELECT CAST(t.value AS BIGINT) FROM {})", records(on, 1));
    let places: HashMap<i64, usize> = ids.iter().zip(0..).map(|(id, place)| (*id, place)).collect();
    let mut listed: Vec<Listed> = rows(on, "files of a page", &sql, [json!(ids).to_string().into()]).await?;
    listed.sort_by_key(|listed| places.get(&listed.id).copied());
    listed.into_iter().map(|listed| listed.file.row()).collect()
}

#[derive(FromQueryResult)]
pub(super) struct Stored {
    pub(super) serial: String,
    pub(super) revision: i64,
    pub(super) state: String,
    pub(super) licence_type: String,
    pub(super) product: String,
    pub(super) version: String,
    pub(super) site: String,
    pub(super) primary_machine: String,
    pub(super) switchover_machine: Option<String>,
    pub(super) primary_host: Option<String>,
    pub(super) switchover_host: Option<String>,
    pub(super) valid_through: NaiveDate,
    pub(super) generated_at: DateTime<Utc>,
    pub(super) generated_by: String,
    pub(super) updated_at: DateTime<Utc>,
    pub(super) updated_by: String,
    pub(super) outdated: bool,
}

/// Columns that only a file's page and its download need.
#[derive(FromQueryResult)]
pub(super) struct Current {
    pub(super) serial: String,
    pub(super) current: i64,
    pub(super) revision: i64,
    pub(super) revision_id: i64,
    pub(super) system_type: Option<String>,
    pub(super) mail_connector: Option<String>,
    pub(super) updates_through: Option<NaiveDate>,
    pub(super) state: String,
    pub(super) bytes: Vec<u8>,
    pub(super) sha256: Vec<u8>,
}

impl Stored {
    pub(super) fn row(self) -> Result<FileRow, Error> {
        Ok(FileRow {
            serial: parsed(&self.serial)?,
            revision: count(self.revision)?,
            state: FileState::stored(&self.state)?,
            product: self.product,
            version: self.version,
            licence_type: known(LicenceType::from_code(&self.licence_type), &self.licence_type)?,
            site: self.site,
            machines: std::iter::once(self.primary_machine).chain(self.switchover_machine).collect(),
            hosts: self.primary_host.into_iter().chain(self.switchover_host).collect(),
            generated_by: self.generated_by,
            generated_at: self.generated_at,
            updated: (self.revision > 1).then_some((self.updated_by, self.updated_at)),
            valid_through: self.valid_through,
            outdated: self.outdated,
        })
    }
}

pub(super) async fn current(access: &AccountAccess, serial: &str) -> Result<Current, Error> {
    stored_revision(access, serial, None).await
}

pub(super) async fn stored_revision(access: &AccountAccess, serial: &str, revision: Option<u32>) -> Result<Current, Error> {
    let current = row(
        access.portal().database.read(),
        "file: revision",
        "SELECT f.serial, f.revision AS current, r.revision, r.id AS revision_id, r.system_type, r.mail_connector, r.updates_through,
            f.state, r.bytes, r.sha256
         FROM activation_files f JOIN file_revisions r ON r.file_id = f.id AND r.revision = COALESCE($3, f.revision)
         WHERE f.account_id = $1 AND f.serial = $2",
        [access.account_id().into(), serial.into(), revision.map(i64::from).into()],
    );
    current.await?.ok_or(Error::NotFound)
}
