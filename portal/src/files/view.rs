//! *View*: everything that is known of one file.

use crate::{
    access::account::AccountAccess,
    error::Error,
    files::{
        download::{file_name_of, hexadecimal},
        row::{Current, FILE, FILES, FileRow, Stored as StoredRow, current},
    },
    store::statement::{count, known, parsed, row, rows},
};
use chrono::{DateTime, NaiveDate, Utc};
use licensing::{
    HostId, PartNumber, Quantity,
    activation_file::{ActivationFile, Binding, Change, Enforcement, Note},
    catalogue::{PartClass, key::KeyCounts},
    files::{
        deactivation::Reason,
        request::{MailConnector, SystemType},
    },
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use sha2::{Digest, Sha256};

/// A server of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    pub name: String,
    /// `None` in a virtual cloud.
    pub host_id: Option<HostId>,
    pub item: Option<PartNumber>,
}

/// Everything that *View* shows of a file.
#[derive(Clone, Debug)]
pub struct FileView {
    pub row: FileRow,
    /// Present once the file is no longer active.
    pub ended: Option<Ended>,
    pub updates_through: Option<NaiveDate>,
    pub primary: Machine,
    pub switchover: Option<Machine>,
    /// Present for a file for a virtual cloud.
    pub enforcement: Option<Enforcement>,
    pub system_type: Option<SystemType>,
    pub mail_connector: Option<MailConnector>,
    /// Contents of the current revision, whether they are drawn from the account's entitlements or not.
    pub parts: Vec<PartRow>,
    pub keys: KeyCounts,
    /// Name of the key.
    pub signed_by: String,
    pub file_name: String,
    pub size_bytes: usize,
    /// Lower-case hexadecimal digits.
    pub sha256: String,
    /// SHA-256 of the signature that the file carries, in lower-case hexadecimal digits.
    pub signature_sha256: String,
    /// The latest first.
    pub revisions: Vec<Revision>,
    /// Events of the file, the latest first.
    pub events: Vec<FileEvent>,
}

/// End of a file.
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
    /// Differences from the revision before; empty for the first.
    pub changes: Vec<Change>,
}

/// Number of files on a page of the list.
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

/// One file of the account with its current revision.
///
/// # Errors
/// [`Error::NotFound`], the same for another account's file and for none.
pub async fn view(access: &AccountAccess, serial: &str) -> Result<FileView, Error> {
    let on = access.portal().database.read();
    #[derive(FromQueryResult)]
    struct Found {
        #[sea_orm(nested)]
        file: StoredRow,
        ended_at: Option<DateTime<Utc>>,
        ended_by: Option<String>,
        end_reason: Option<String>,
        end_note: Option<String>,
    }
    let sql = format!(
        "SELECT {FILE}, f.ended_at, e.name AS ended_by, f.end_reason, f.end_note
         FROM {FILES} LEFT JOIN people e ON e.id = f.ended_by WHERE f.account_id = $1 AND f.serial = $2"
    );
    let stored: Option<Found> = row(on, "file", &sql, [access.account_id().into(), serial.into()]).await?;
    let Found { file: stored, ended_at, ended_by, end_reason, end_note } = stored.ok_or(Error::NotFound)?;
    let Current { revision_id, system_type, mail_connector, updates_through, bytes, sha256, .. } =
        current(access, serial).await?;
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
    let stored = stored.row()?;
    Ok(FileView {
        file_name: file_name_of(serial, None, stored.state),
        row: stored,
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
        parts: parts_of(on, revision_id).await?,
        keys: file.keys,
        signature_sha256: hexadecimal(&Sha256::digest(signature.signature)),
        signed_by: signature.name,
        size_bytes: bytes.len(),
        sha256: hexadecimal(&sha256),
        revisions: revisions(access, serial).await?,
        events: events(access, serial).await?,
    })
}

/// Contents of a revision; order lines give the parts that they were at that time.
async fn parts_of(on: &impl ConnectionTrait, revision_id: i64) -> Result<Vec<PartRow>, Error> {
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

async fn revisions(access: &AccountAccess, serial: &str) -> Result<Vec<Revision>, Error> {
    #[derive(FromQueryResult)]
    struct Stored {
        revision: i64,
        generated_at: DateTime<Utc>,
        generated_by: String,
        bytes: Vec<u8>,
    }
    let stored: Vec<Stored> = rows(
        access.portal().database.read(),
        "file: revisions",
        "SELECT r.revision, r.generated_at, g.name AS generated_by, r.bytes FROM file_revisions r
         JOIN activation_files f ON f.id = r.file_id JOIN people g ON g.id = r.generated_by
         WHERE f.account_id = $1 AND f.serial = $2 ORDER BY r.revision",
        [access.account_id().into(), serial.into()],
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

async fn events(access: &AccountAccess, serial: &str) -> Result<Vec<FileEvent>, Error> {
    #[derive(FromQueryResult)]
    struct Event {
        at: DateTime<Utc>,
        actor: String,
        action: String,
        after: Option<serde_json::Value>,
    }
    let events: Vec<Event> = rows(
        access.portal().database.read(),
        "file: events",
        "SELECT at, actor, action, after FROM audit_events e WHERE account_id = $1 AND subject = $2
            AND (action <> 'download' OR NOT EXISTS (SELECT 1 FROM audit_events n WHERE n.account_id = $1 AND n.subject = $2
                AND n.action = 'download' AND n.person_id = e.person_id AND n.id > e.id))
         ORDER BY id DESC",
        [access.account_id().into(), serial.into()],
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
                // What was allocated before, of a file that drew on orders.
                let drew = after.get("allocated").and_then(serde_json::Value::as_object).is_some_and(|lines| !lines.is_empty());
                let done = if drew { "Deactivated; its quantities were returned." } else { "Deactivated." };
                format!("{done}{reason}{note}")
            }
            "revoke" => {
                let reason = text("note").map_or_else(String::new, |note| format!(" “{note}”"));
                format!("Revoked; its quantities were returned.{reason}")
            }
            // Of each person the latest.
            "download" => {
                format!("Downloaded revision {}.", after.get("revision").and_then(serde_json::Value::as_u64).unwrap_or_default())
            }
            other => other.to_owned(),
        }
    };
    Ok(events.into_iter().map(|e| FileEvent { at: e.at, by: e.actor, what: words(&e.action, e.after) }).collect())
}

/// A stored file as it was signed.
pub(crate) fn decoded(bytes: &[u8]) -> Result<ActivationFile, Error> {
    let note = Note::parse(bytes).map_err(Error::internal)?;
    ActivationFile::decode(note.text).map_err(Error::internal)
}
