use crate::{
    AccountAccess, Error,
    database::{count, known, parsed, row, rows},
};
use chrono::{DateTime, NaiveDate, Utc};
use licensing::{
    HostId, LicenceType, PartNumber, Quantity, Serial,
    catalogue::PartClass,
    file::{ActivationFile, Binding, Enforcement, Note},
    form::{MailConnector, SystemType},
    key::KeyCounts,
};
use sea_orm::{FromQueryResult, Value};
use std::fmt::Write as _;

/// Whether a file counts. Domain §6.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileState {
    Active,
    Deactivated,
    Revoked,
}

impl FileState {
    fn stored(text: &str) -> Result<Self, Error> {
        let state = match text {
            "active" => Some(Self::Active),
            "deactivated" => Some(Self::Deactivated),
            "revoked" => Some(Self::Revoked),
            _ => None,
        };
        known(state, text)
    }
}

/// A server of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    pub name: String,
    /// `None` in a virtual cloud.
    pub host_id: Option<HostId>,
    pub item: Option<PartNumber>,
}

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
    pub generated_by: String,
    pub generated_at: DateTime<Utc>,
    pub valid_through: NaiveDate,
}

/// Files of an account, the latest first.
#[derive(Clone, Debug)]
pub struct FilePage {
    pub rows: Vec<FileRow>,
    /// Of all pages.
    pub total: u64,
    /// The next page begins after this file; `None` on the last page.
    pub next: Option<Serial>,
}

/// Everything that *View* shows of a file.
#[derive(Clone, Debug)]
pub struct FileView {
    pub row: FileRow,
    pub updates_through: Option<NaiveDate>,
    pub primary: Machine,
    pub switchover: Option<Machine>,
    /// Of a file for a virtual cloud.
    pub enforcement: Option<Enforcement>,
    pub system_type: Option<SystemType>,
    pub mail_connector: Option<MailConnector>,
    /// What the current revision is made of, whether it holds it of the account's entitlements or not.
    pub parts: Vec<PartRow>,
    pub keys: KeyCounts,
    /// Name of the key.
    pub signed_by: String,
    pub file_name: String,
    pub size_bytes: usize,
    /// Lower-case hexadecimal digits.
    pub sha256: String,
    /// The latest first.
    pub revisions: Vec<Revision>,
}

#[derive(Clone, Debug)]
pub struct PartRow {
    pub number: PartNumber,
    pub description: String,
    pub class: PartClass,
    pub quantity: Quantity,
}

#[derive(Clone, Debug)]
pub struct Revision {
    pub revision: u32,
    pub generated_by: String,
    pub generated_at: DateTime<Utc>,
}

/// The bytes of a file, the same at every download.
#[derive(Clone, Debug)]
pub struct Download {
    pub file_name: String,
    pub bytes: Vec<u8>,
    pub sha256: Vec<u8>,
}

/// How many files a page of the list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PageSize {
    #[default]
    Small,
    Medium,
    Large,
}

impl PageSize {
    pub const ALL: [Self; 3] = [Self::Small, Self::Medium, Self::Large];

    #[must_use]
    pub const fn rows(self) -> usize {
        match self {
            Self::Small => 25,
            Self::Medium => 50,
            Self::Large => 100,
        }
    }

    /// The size with so many rows; another number is the usual size.
    #[must_use]
    pub fn from_rows(rows: &str) -> Self {
        Self::ALL.into_iter().find(|size| size.rows().to_string() == rows).unwrap_or_default()
    }
}

/// A file with its current revision, as every query here reads it.
const FILE: &str = "f.serial, f.revision, f.state, f.licence_type, p.name AS product, v.name AS version, s.name AS site,
    r.primary_machine, r.switchover_machine, r.valid_through, r.generated_at, g.name AS generated_by";

/// The files of account `$1`.
const FILES: &str = "FROM activation_files f
    JOIN file_revisions r ON r.file_id = f.id AND r.revision = f.revision
    JOIN products p ON p.id = f.product_id
    JOIN product_versions v ON v.id = r.version_id
    JOIN install_sites s ON s.id = r.site_id
    JOIN people g ON g.id = r.generated_by
    WHERE f.account_id = $1";

#[derive(FromQueryResult)]
struct Stored {
    serial: String,
    revision: i64,
    state: String,
    licence_type: String,
    product: String,
    version: String,
    site: String,
    primary_machine: String,
    switchover_machine: Option<String>,
    valid_through: NaiveDate,
    generated_at: DateTime<Utc>,
    generated_by: String,
}

/// What only one file's page and its download need.
#[derive(FromQueryResult)]
struct Current {
    serial: String,
    revision_id: i64,
    system_type: Option<String>,
    mail_connector: Option<String>,
    updates_through: Option<NaiveDate>,
    bytes: Vec<u8>,
    sha256: Vec<u8>,
}

impl Stored {
    fn row(self) -> Result<FileRow, Error> {
        Ok(FileRow {
            serial: parsed(&self.serial)?,
            revision: count(self.revision)?,
            state: FileState::stored(&self.state)?,
            product: self.product,
            version: self.version,
            licence_type: known(LicenceType::from_code(&self.licence_type), &self.licence_type)?,
            site: self.site,
            machines: std::iter::once(self.primary_machine).chain(self.switchover_machine).collect(),
            generated_by: self.generated_by,
            generated_at: self.generated_at,
            valid_through: self.valid_through,
        })
    }
}

impl AccountAccess {
    /// The account's files, those after `after` of an earlier page.
    ///
    /// # Errors
    /// [`Error::NotFound`] when `after` is not one of them.
    pub async fn files(&self, after: Option<&str>, size: PageSize) -> Result<FilePage, Error> {
        #[derive(FromQueryResult)]
        struct Begin {
            id: i64,
        }
        #[derive(FromQueryResult)]
        struct Listed {
            #[sea_orm(nested)]
            file: Stored,
            total: i64,
        }
        let on = self.portal().database.read();
        let account = self.account_id();
        // The page and its count are one statement: each statement changes threads or processes and back.
        let list = |name, condition: &str, values: Vec<Value>| {
            let total = "(SELECT COUNT(*) FROM activation_files WHERE account_id = $1)";
            let limit = size.rows() + 1;
            let sql = format!("SELECT {total} AS total, {FILE} {FILES} {condition} ORDER BY f.id DESC LIMIT {limit}");
            async move { rows::<Listed>(on, name, &sql, values).await }
        };
        let listed = match after {
            None => list("files: first page", "", vec![account.into()]).await?,
            Some(after) => {
                let sql = "SELECT f.id FROM activation_files f WHERE f.account_id = $1 AND f.serial = $2";
                let begin: Option<Begin> = row(on, "files: where the page begins", sql, [account.into(), after.into()]).await?;
                let Begin { id } = begin.ok_or(Error::NotFound)?;
                list("files: next page", "AND f.id < $2", vec![account.into(), id.into()]).await?
            }
        };
        let total = listed.first().map_or(Ok(0), |listed| u64::try_from(listed.total)).map_err(Error::internal)?;
        let more = listed.len() > size.rows();
        let page = listed.into_iter().take(size.rows()).map(|listed| listed.file.row()).collect::<Result<Vec<_>, _>>()?;
        let next = page.last().map(|row| row.serial.clone()).filter(|_| more);
        Ok(FilePage { rows: page, total, next })
    }

    /// The latest files, at most `most`.
    ///
    /// # Errors
    /// [`Error::Unavailable`] and [`Error::Internal`].
    pub async fn recent_files(&self, most: usize) -> Result<Vec<FileRow>, Error> {
        let sql = format!("SELECT {FILE} {FILES} ORDER BY f.id DESC LIMIT {most}");
        let stored: Vec<Stored> = rows(self.portal().database.read(), "files: recent", &sql, [self.account_id().into()]).await?;
        stored.into_iter().map(Stored::row).collect()
    }

    /// One file of the account with its current revision.
    ///
    /// # Errors
    /// [`Error::NotFound`], the same for another account's file and for none.
    pub async fn file(&self, serial: &str) -> Result<FileView, Error> {
        let on = self.portal().database.read();
        let sql = format!("SELECT {FILE} {FILES} AND f.serial = $2");
        let stored: Option<Stored> = row(on, "file", &sql, [self.account_id().into(), serial.into()]).await?;
        let stored = stored.ok_or(Error::NotFound)?;
        let Current { revision_id, system_type, mail_connector, updates_through, bytes, sha256, .. } =
            self.current(serial).await?;
        let note = Note::parse(&bytes).map_err(Error::internal)?;
        let file = ActivationFile::decode(note.text).map_err(Error::internal)?;
        let signed_by = note.signatures.into_iter().next().map(|line| line.name);
        let mut machines = file.binding.servers().into_iter().map(|server| Machine {
            name: server.machine_name.into(),
            host_id: server.host_id,
            item: server.server_item,
        });
        let primary = machines.next().ok_or_else(|| Error::internal("a stored file is for no server"))?;
        let enforcement = match file.binding {
            Binding::VirtualCloud { enforcement, .. } => Some(enforcement),
            Binding::Host { .. } => None,
        };
        Ok(FileView {
            row: stored.row()?,
            updates_through,
            primary,
            switchover: machines.next(),
            enforcement,
            system_type: system_type.as_deref().and_then(SystemType::from_code),
            mail_connector: mail_connector.as_deref().and_then(MailConnector::from_code),
            parts: self.parts_of(revision_id).await?,
            keys: file.keys,
            signed_by: signed_by.ok_or_else(|| Error::internal("a stored file carries no signature"))?,
            file_name: file_name(serial),
            size_bytes: bytes.len(),
            sha256: sha256.iter().fold(String::with_capacity(64), |mut hex, byte| {
                let _ = write!(hex, "{byte:02x}");
                hex
            }),
            revisions: self.revisions(serial).await?,
        })
    }

    /// The stored bytes of the current revision.
    ///
    /// # Errors
    /// [`Error::NotFound`], the same for another account's file and for none.
    pub async fn download(&self, serial: &str) -> Result<Download, Error> {
        let Current { serial, bytes, sha256, .. } = self.current(serial).await?;
        Ok(Download { file_name: file_name(&serial), bytes, sha256 })
    }

    async fn current(&self, serial: &str) -> Result<Current, Error> {
        let current = row(
            self.portal().database.read(),
            "file: current revision",
            "SELECT f.serial, r.id AS revision_id, r.system_type, r.mail_connector, r.updates_through, r.bytes, r.sha256
             FROM activation_files f JOIN file_revisions r ON r.file_id = f.id AND r.revision = f.revision
             WHERE f.account_id = $1 AND f.serial = $2",
            [self.account_id().into(), serial.into()],
        );
        current.await?.ok_or(Error::NotFound)
    }

    async fn parts_of(&self, revision_id: i64) -> Result<Vec<PartRow>, Error> {
        #[derive(FromQueryResult)]
        struct Part {
            number: String,
            description: String,
            class: String,
            assigned: i64,
            pooled: i64,
        }
        let parts: Vec<Part> = rows(
            self.portal().database.read(),
            "file: parts",
            "SELECT p.number, p.description, p.class,
                CAST(SUM(h.assigned) AS BIGINT) AS assigned, CAST(SUM(h.pooled) AS BIGINT) AS pooled
             FROM (SELECT e.part_id, a.assigned, a.pooled FROM allocations a JOIN entitlements e ON e.id = a.entitlement_id
                   WHERE a.revision_id = $1
                   UNION ALL
                   SELECT u.part_id, u.assigned, u.pooled FROM unordered_parts u WHERE u.revision_id = $1) h
             JOIN parts p ON p.id = h.part_id GROUP BY p.id, p.number, p.description, p.class ORDER BY p.id",
            [revision_id.into()],
        )
        .await?;
        parts
            .into_iter()
            .map(|part| {
                Ok(PartRow {
                    number: parsed(&part.number)?,
                    description: part.description,
                    class: known(PartClass::from_code(&part.class), &part.class)?,
                    quantity: Quantity::new(count(part.assigned)?, count(part.pooled)?),
                })
            })
            .collect()
    }

    async fn revisions(&self, serial: &str) -> Result<Vec<Revision>, Error> {
        #[derive(FromQueryResult)]
        struct Stored {
            revision: i64,
            generated_at: DateTime<Utc>,
            generated_by: String,
        }
        let revisions: Vec<Stored> = rows(
            self.portal().database.read(),
            "file: revisions",
            "SELECT r.revision, r.generated_at, g.name AS generated_by FROM file_revisions r
             JOIN activation_files f ON f.id = r.file_id JOIN people g ON g.id = r.generated_by
             WHERE f.account_id = $1 AND f.serial = $2 ORDER BY r.revision DESC",
            [self.account_id().into(), serial.into()],
        )
        .await?;
        revisions
            .into_iter()
            .map(|r| Ok(Revision { revision: count(r.revision)?, generated_by: r.generated_by, generated_at: r.generated_at }))
            .collect()
    }
}

fn file_name(serial: &str) -> String {
    format!("{serial}.I3Lic")
}
