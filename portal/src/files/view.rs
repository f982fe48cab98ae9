use crate::{
    access::caller::AccountAccess,
    audit::AuditEvent,
    error::Error,
    store::database::{count, known, parsed, records, row, rows},
};
use chrono::{DateTime, NaiveDate, Utc};
use licensing::{
    HostId, LicenceType, PartNumber, Quantity, Serial,
    activation_file::{ActivationFile, Binding, Change, Enforcement, Note},
    catalogue::{PartClass, key::KeyCounts},
    files::{
        deactivation::Reason,
        list::{Active, Filter},
        request::{MailConnector, SystemType},
    },
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    fmt::{self, Write as _},
};

/// Whether a file counts. Domain §6.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileState {
    Active,
    Deactivated,
    Revoked,
}

impl FileState {
    /// As stored.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Deactivated => "deactivated",
            Self::Revoked => "revoked",
        }
    }

    pub(crate) fn stored(text: &str) -> Result<Self, Error> {
        let state = match text {
            "active" => Some(Self::Active),
            "deactivated" => Some(Self::Deactivated),
            "revoked" => Some(Self::Revoked),
            _ => None,
        };
        known(state, text)
    }
}

/// As it stands in a sentence.
impl fmt::Display for FileState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
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
    /// At first.
    pub generated_by: String,
    pub generated_at: DateTime<Utc>,
    /// Who made the current revision, and when; `None` of a file that was never updated.
    pub updated: Option<(String, DateTime<Utc>)>,
    pub valid_through: NaiveDate,
    /// An active file of a part that was upgraded since: an update is available.
    pub outdated: bool,
}

/// Everything that *View* shows of a file.
#[derive(Clone, Debug)]
pub struct FileView {
    pub row: FileRow,
    /// Of a file that is no longer active.
    pub ended: Option<Ended>,
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
    /// Of the signature that the file carries, lower-case hexadecimal digits.
    pub signature_sha256: String,
    /// The latest first.
    pub revisions: Vec<Revision>,
    /// What was done to the file, the latest first.
    pub events: Vec<FileEvent>,
}

/// How a file stopped being active.
#[derive(Clone, Debug)]
pub struct Ended {
    pub at: DateTime<Utc>,
    pub by: String,
    pub reason: Option<Reason>,
    pub note: Option<String>,
}

/// Something that was done to a file, in words.
#[derive(Clone, Debug)]
pub struct FileEvent {
    pub at: DateTime<Utc>,
    pub by: String,
    pub what: String,
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
    /// What it says otherwise than the one before; nothing of the first.
    pub changes: Vec<Change>,
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
    r.primary_machine, r.switchover_machine, r.valid_through, n.generated_at, g.name AS generated_by,
    r.generated_at AS updated_at, u.name AS updated_by,
    (f.state = 'active' AND EXISTS (SELECT 1 FROM allocations a JOIN entitlements e ON e.id = a.entitlement_id
        WHERE a.revision_id = r.id AND a.part_id <> e.part_id)) AS outdated";

/// What [`FILE`] is read from.
const FILES: &str = "activation_files f
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
    updated_at: DateTime<Utc>,
    updated_by: String,
    outdated: bool,
}

/// What only one file's page and its download need.
#[derive(FromQueryResult)]
struct Current {
    serial: String,
    current: i64,
    revision: i64,
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
            updated: (self.revision > 1).then_some((self.updated_by, self.updated_at)),
            valid_through: self.valid_through,
            outdated: self.outdated,
        })
    }
}

impl AccountAccess {
    /// The latest files, at most `most`.
    ///
    /// # Errors
    /// [`Error::Unavailable`] and [`Error::Internal`].
    pub async fn recent_files(&self, most: usize) -> Result<Vec<FileRow>, Error> {
        let all = Filter { active: Active::All, ..Filter::default() };
        Ok(self.activity(&self.activity_choices().await?, &all, None, most).await?.rows)
    }

    /// One file of the account with its current revision.
    ///
    /// # Errors
    /// [`Error::NotFound`], the same for another account's file and for none.
    pub async fn file(&self, serial: &str) -> Result<FileView, Error> {
        let on = self.portal().database.read();
        #[derive(FromQueryResult)]
        struct Found {
            #[sea_orm(nested)]
            file: Stored,
            ended_at: Option<DateTime<Utc>>,
            ended_by: Option<String>,
            end_reason: Option<String>,
            end_note: Option<String>,
        }
        let sql = format!(
            "SELECT {FILE}, f.ended_at, e.name AS ended_by, f.end_reason, f.end_note
             FROM {FILES} LEFT JOIN people e ON e.id = f.ended_by WHERE f.account_id = $1 AND f.serial = $2"
        );
        let stored: Option<Found> = row(on, "file", &sql, [self.account_id().into(), serial.into()]).await?;
        let Found { file: stored, ended_at, ended_by, end_reason, end_note } = stored.ok_or(Error::NotFound)?;
        let Current { revision_id, system_type, mail_connector, updates_through, bytes, sha256, .. } =
            self.current(serial).await?;
        let note = Note::parse(&bytes).map_err(Error::internal)?;
        let file = ActivationFile::decode(note.text).map_err(Error::internal)?;
        let signature = note.signatures.into_iter().next();
        let signature = signature.ok_or_else(|| Error::internal("a stored file carries no signature"))?;
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
            ended: ended_at.map(|at| Ended {
                at,
                by: ended_by.unwrap_or_default(),
                reason: end_reason.as_deref().and_then(Reason::from_code),
                note: end_note,
            }),
            updates_through,
            primary,
            switchover: machines.next(),
            enforcement,
            system_type: system_type.as_deref().and_then(SystemType::from_code),
            mail_connector: mail_connector.as_deref().and_then(MailConnector::from_code),
            parts: self.parts_of(on, revision_id).await?,
            keys: file.keys,
            signature_sha256: hexadecimal(&Sha256::digest(signature.signature)),
            signed_by: signature.name,
            file_name: file_name_of(serial, None),
            size_bytes: bytes.len(),
            sha256: hexadecimal(&sha256),
            revisions: self.revisions(serial).await?,
            events: self.events(serial).await?,
        })
    }

    /// The stored bytes of a revision; of the current one where none is named.
    ///
    /// # Errors
    /// [`Error::NotFound`], the same for another account's file and for none.
    pub async fn download(&self, serial: &str, revision: Option<u32>) -> Result<Download, Error> {
        let Current { serial, revision, current, bytes, sha256, .. } = self.stored_revision(serial, revision).await?;
        let superseded = (revision != current).then(|| count(revision)).transpose()?;
        let file_name = file_name_of(&serial, superseded);
        self.note_download(&serial, Some(count(revision)?)).await;
        Ok(Download { file_name, bytes, sha256 })
    }

    /// Notes who took what was signed. While nothing can be written, files can still be had.
    pub async fn note_download(&self, subject: &str, revision: Option<u32>) {
        let note = async {
            let write = self.portal().database.write().await?;
            let event = AuditEvent::on_account(self.portal().now(), self, "download", subject);
            write.commit(event.changing(serde_json::Value::Null, json!({ "revision": revision }))).await
        };
        if let Err(error) = note.await {
            tracing::warn!(%error, subject, "a download was not noted");
        }
    }

    async fn current(&self, serial: &str) -> Result<Current, Error> {
        self.stored_revision(serial, None).await
    }

    async fn stored_revision(&self, serial: &str, revision: Option<u32>) -> Result<Current, Error> {
        let current = row(
            self.portal().database.read(),
            "file: revision",
            "SELECT f.serial, f.revision AS current, r.revision, r.id AS revision_id, r.system_type, r.mail_connector, r.updates_through,
                r.bytes, r.sha256
             FROM activation_files f JOIN file_revisions r ON r.file_id = f.id AND r.revision = COALESCE($3, f.revision)
             WHERE f.account_id = $1 AND f.serial = $2",
            [self.account_id().into(), serial.into(), revision.map(i64::from).into()],
        );
        current.await?.ok_or(Error::NotFound)
    }

    /// What a revision is made of: of order lines the parts that they were then.
    async fn parts_of(&self, on: &impl ConnectionTrait, revision_id: i64) -> Result<Vec<PartRow>, Error> {
        #[derive(FromQueryResult)]
        struct Part {
            number: String,
            description: String,
            class: String,
            assigned: i64,
            pooled: i64,
        }
        let parts: Vec<Part> = rows(
            on,
            "file: parts",
            "SELECT p.number, p.description, p.class,
                CAST(SUM(h.assigned) AS BIGINT) AS assigned, CAST(SUM(h.pooled) AS BIGINT) AS pooled
             FROM (SELECT a.part_id, a.assigned, a.pooled FROM allocations a WHERE a.revision_id = $1
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
            bytes: Vec<u8>,
        }
        let stored: Vec<Stored> = rows(
            self.portal().database.read(),
            "file: revisions",
            "SELECT r.revision, r.generated_at, g.name AS generated_by, r.bytes FROM file_revisions r
             JOIN activation_files f ON f.id = r.file_id JOIN people g ON g.id = r.generated_by
             WHERE f.account_id = $1 AND f.serial = $2 ORDER BY r.revision",
            [self.account_id().into(), serial.into()],
        )
        .await?;
        let mut revisions = Vec::new();
        let mut before: Option<ActivationFile> = None;
        for Stored { revision, generated_at, generated_by, bytes } in stored {
            let file = decoded(&bytes)?;
            // Revision and time of issue differ always, and stand beside.
            let told = |change: &Change| !matches!(change.what.as_str(), "Revision" | "Issued at");
            let changes = before.map(|before| before.changes(&file)).unwrap_or_default().into_iter().filter(told).collect();
            revisions.push(Revision { revision: count(revision)?, generated_by, generated_at, changes });
            before = Some(file);
        }
        revisions.reverse();
        Ok(revisions)
    }

    async fn events(&self, serial: &str) -> Result<Vec<FileEvent>, Error> {
        #[derive(FromQueryResult)]
        struct Event {
            at: DateTime<Utc>,
            actor: String,
            action: String,
            after: Option<serde_json::Value>,
        }
        let events: Vec<Event> = rows(
            self.portal().database.read(),
            "file: events",
            "SELECT at, actor, action, after FROM audit_events e WHERE account_id = $1 AND subject = $2
                AND (action <> 'download' OR NOT EXISTS (SELECT 1 FROM audit_events n WHERE n.account_id = $1 AND n.subject = $2
                    AND n.action = 'download' AND n.person_id = e.person_id AND n.id > e.id))
             ORDER BY id DESC",
            [self.account_id().into(), serial.into()],
        )
        .await?;
        let words = |action: &str, after: Option<serde_json::Value>| {
            let after = after.unwrap_or_default();
            let text = |name: &str| after.get(name).and_then(serde_json::Value::as_str).map(str::to_owned);
            match action {
                "generate" => "Generated.".to_owned(),
                "update" => {
                    let revision = after.get("revision").and_then(serde_json::Value::as_u64).unwrap_or_default();
                    format!("Updated: revision {revision} took the place of revision {}.", revision.saturating_sub(1))
                }
                "deactivate" => {
                    let reason = text("reason").as_deref().and_then(Reason::from_code);
                    let reason = reason.map_or_else(String::new, |reason| format!(" {reason}."));
                    let note = text("note").map_or_else(String::new, |note| format!(" “{note}”"));
                    format!("Deactivated; its quantities were returned.{reason}{note}")
                }
                // Of each person the latest.
                "download" => {
                    format!(
                        "Downloaded revision {}.",
                        after.get("revision").and_then(serde_json::Value::as_u64).unwrap_or_default()
                    )
                }
                other => other.to_owned(),
            }
        };
        Ok(events.into_iter().map(|e| FileEvent { at: e.at, by: e.actor, what: words(&e.action, e.after) }).collect())
    }
}

/// A stored file as it was signed.
pub(crate) fn decoded(bytes: &[u8]) -> Result<ActivationFile, Error> {
    let note = Note::parse(bytes).map_err(Error::internal)?;
    ActivationFile::decode(note.text).map_err(Error::internal)
}

/// The current file has the plain name; one that was `superseded` says which it is, so that nobody takes it for the current one.
pub(crate) fn file_name_of(serial: &str, superseded: Option<u32>) -> String {
    match superseded {
        None => format!("{serial}.I3Lic"),
        Some(revision) => format!("{serial}-revision-{revision}.I3Lic"),
    }
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
