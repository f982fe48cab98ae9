//! Attachments of requests. Each is received into a private file of its own, judged by its content, and only then kept.

use super::{
    content::{BadContent, judge},
    follow::{self, Follower, RequestAccess},
};
use crate::{
    access::{analyst::AnalystAccess, caller::Caller},
    audit::AuditEvent,
    error::Error,
    event_type::EventType,
    jobs::job::Job,
    portal::Portal,
    requests::{browser::BrowserAccess, confirmation::ConfirmRequest},
    signing::key_ring,
    store::{
        blobs::BlobBytes,
        entity::request_attachment,
        insertion::insert,
        statement::{known, row, rows, run},
        write::Write,
    },
};
use chrono::{DateTime, Utc};
use licensing::{activation_file::Expected, requests::RequestNumber, visible};
use object_store::GetRange;
use sea_orm::{ActiveValue::Set, ConnectionTrait, FromQueryResult, NotSet};
use sha2::{Digest, Sha256};
use std::{fs::File, io::Write as _, ops::Range};

/// Maximum size of one attachment, in bytes.
pub const MOST_BYTES_EACH: u64 = 10 * 1024 * 1024;
/// Maximum number of attachments of a request.
pub const MOST_ATTACHMENTS: u64 = 10;
/// Maximum size of all attachments of a request, in bytes.
pub const MOST_BYTES: u64 = 50 * 1024 * 1024;
/// Maximum length of a name, in characters.
const LONGEST_NAME: usize = 120;

/// Why an attachment was not kept. Others that came with it were.
#[derive(Debug, thiserror::Error)]
pub enum NotAttached {
    #[error("{0} {1}.")]
    Content(String, BadContent),
    #[error("{0} is larger than 10 MB. Send less of it, or pack it.")]
    TooLarge(String),
    #[error("{0} would be attachment {1}; a request has at most 10. Remove one first.")]
    TooMany(String, u64),
    #[error("With {0} the attachments would be larger than 50 MB together. Remove one first.")]
    TooMuch(String),
    #[error(transparent)]
    Error(#[from] Error),
}

/// Whoever may attach something to a request.
#[derive(Clone)]
pub struct AttachAccess {
    portal: Portal,
    request: i64,
    by: Option<Caller>,
    /// An analyst provides files to be handed over.
    provides: bool,
}

impl AttachAccess {
    /// For an analyst, who provides files to be handed over with a reply.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn of_analyst(access: &AnalystAccess, number: RequestNumber) -> Result<Self, Error> {
        let portal = access.caller().portal();
        let found: Option<Found> =
            row(portal.database.read(), "request: there", "SELECT id FROM requests WHERE id = $1", [number.id().into()]).await?;
        let Found { id } = found.ok_or(Error::NotFound)?;
        Ok(Self { portal: portal.clone(), request: id, by: Some(access.caller().clone()), provides: true })
    }

    /// The request that was sent from this browser under `key`.
    ///
    /// # Errors
    /// [`Error::NotFound`], the same for another browser's and for none.
    pub async fn of_form(browser: &BrowserAccess, key: &str) -> Result<Self, Error> {
        let submitted = super::submit::submitted(browser, key).await?;
        Ok(Self { portal: browser.portal().clone(), request: submitted.number.id(), by: None, provides: false })
    }

    const fn side(&self) -> Side {
        if self.provides { Side::Analyst } else { Side::Requester }
    }

    fn event(&self, event_type: EventType) -> AuditEvent {
        let number = RequestNumber::of_id(self.request).to_string();
        match &self.by {
            Some(caller) => caller.event(self.portal.now(), event_type, number),
            None => AuditEvent::by_operator(self.portal.now(), "requester", event_type, number),
        }
    }
}

impl From<&RequestAccess> for AttachAccess {
    fn from(access: &RequestAccess) -> Self {
        let by = match &access.by {
            Follower::Link(_) => None,
            Follower::Person(caller) => Some(caller.clone()),
        };
        Self { portal: access.portal().clone(), request: access.number().id(), by, provides: false }
    }
}

/// Word of the virus scanner about an attachment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scan {
    /// There was no scanner when it came.
    None,
    /// It waits for the scanner, and is given to nobody.
    Pending,
    Clean,
    /// It was removed.
    Infected,
}

impl Scan {
    const ALL: [Self; 4] = [Self::None, Self::Pending, Self::Clean, Self::Infected];

    const fn code(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pending => "pending",
            Self::Clean => "clean",
            Self::Infected => "infected",
        }
    }
}

/// An attachment that is kept, or was removed because it is infected.
#[derive(Clone, Debug)]
pub struct Attachment {
    pub id: i64,
    pub name: String,
    pub bytes: u64,
    /// What it is, by its content.
    pub about: String,
    pub at: DateTime<Utc>,
    pub scan: Scan,
    /// An analyst provides it.
    pub provided: bool,
    /// When it was handed over to the requester, if it is provided.
    pub handed_at: Option<DateTime<Utc>>,
}

/// An attachment that is asked for.
pub enum Opened {
    /// The virus scanner has not spoken yet.
    Pending,
    /// Its name and bytes.
    Bytes(String, BlobBytes),
}

/// An attachment that arrives, piece by piece.
pub struct Upload {
    name: String,
    file: File,
    bytes: u64,
    sha256: Sha256,
}

impl Upload {
    /// Begins an upload under the name that the sender gave it, without folders and without what nobody sees.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: there is no place for it.
    pub fn begin(name: &str) -> Result<Self, Error> {
        let name = visible(name.rsplit(['/', '\\']).next().unwrap_or_default());
        let (stem, ending) = name.rsplit_once('.').unwrap_or((&name, ""));
        let stem: String = stem.chars().take(LONGEST_NAME).collect();
        let name = if ending.is_empty() { stem } else { format!("{stem}.{ending}") };
        let file = tempfile::tempfile().map_err(|error| Error::Unavailable(error.into()))?;
        Ok(Self { name, file, bytes: 0, sha256: Sha256::new() })
    }

    /// Takes the next piece.
    ///
    /// # Errors
    /// [`NotAttached::TooLarge`] and [`NotAttached::Error`].
    pub fn take(&mut self, piece: &[u8]) -> Result<(), NotAttached> {
        self.bytes += piece.len() as u64;
        if self.bytes > MOST_BYTES_EACH {
            return Err(NotAttached::TooLarge(self.name.clone()));
        }
        self.sha256.update(piece);
        self.file.write_all(piece).map_err(|error| NotAttached::Error(Error::Unavailable(error.into())))
    }
}

/// An attachment that was judged and written, and has no record yet.
pub(super) struct Kept {
    name: String,
    about: String,
    bytes: u64,
    sha256: Vec<u8>,
    object: String,
    scan: Scan,
}

/// Judges what has arrived whole, and writes it.
pub(super) async fn keep(portal: &Portal, upload: Upload) -> Result<Kept, NotAttached> {
    let Upload { name, file, bytes, sha256 } = upload;
    let (ring, now) = (key_ring(portal).await?, portal.now());
    let expected = Expected { on: Some(now.date_naive()), ..Expected::default() };
    let judged = {
        let (name, file) = (name.clone(), file.try_clone().map_err(|error| Error::Unavailable(error.into()))?);
        tokio::task::spawn_blocking(move || judge(&name, &file, &ring, &expected)).await.map_err(Error::internal)?
    };
    let about =
        judged.map_err(|why| NotAttached::Content(if name.is_empty() { "A file".to_owned() } else { name.clone() }, why))?;
    let object = portal.new_object_name();
    portal.blobs.put(&object, file).await?;
    portal.ctx.reach("blob written");
    let scan = if portal.scanner.is_some() { Scan::Pending } else { Scan::None };
    Ok(Kept { name, about, bytes, sha256: sha256.finalize().to_vec(), object, scan })
}

/// Records what was kept, if its request has room for it.
pub(super) async fn record(
    write: &Write,
    request: i64,
    kept: &Kept,
    (person, provided): (Option<i64>, bool),
    now: DateTime<Utc>,
) -> Result<(), NotAttached> {
    room(write.on(), (request, provided), &kept.name, kept.bytes).await?;
    let row = request_attachment::ActiveModel {
        id: NotSet,
        request_id: Set(request),
        name: Set(kept.name.clone()),
        bytes: Set(i64::try_from(kept.bytes).map_err(Error::internal)?),
        sha256: Set(kept.sha256.clone()),
        about: Set(kept.about.clone()),
        object: Set(kept.object.clone()),
        person_id: Set(person),
        at: Set(now),
        removed_at: Set(None),
        scan: Set(kept.scan.code().to_owned()),
        provided: Set(provided),
        handed_at: Set(None),
    };
    insert::<request_attachment::Entity>(write.on(), vec![row]).await?;
    if kept.scan == Scan::Pending {
        write.wake_workers(ConfirmRequest::KIND);
    }
    write.reach("attachment stored");
    Ok(())
}

/// Removes what was kept and has no record. What cannot be removed now is swept later.
pub(super) async fn discard(portal: &Portal, kept: &[Kept]) {
    for Kept { object, .. } in kept {
        if let Err(error) = portal.blobs.remove(object).await {
            tracing::warn!(%error, "an attachment without a record was not removed yet");
        }
    }
}

/// Keeps an attachment that has arrived whole.
///
/// # Errors
/// [`NotAttached`]; nothing is kept of it then.
pub async fn attach(access: &AttachAccess, upload: Upload) -> Result<(), NotAttached> {
    let portal = &access.portal;
    room(portal.database.read(), (access.request, access.provides), &upload.name, upload.bytes).await?;
    let kept = keep(portal, upload).await?;
    let recorded = async {
        let write = portal.database.write().await?;
        let head = follow::head(&write, access.request).await?;
        let now = portal.now();
        record(&write, access.request, &kept, (access.by.as_ref().map(Caller::person_id), access.provides), now).await?;
        if access.provides {
            write.commit(access.event(EventType::RequestFileProvided)).await?;
            return Ok(());
        }
        // Whatever arrives of the requester is read: what was over is open again.
        let (before, analyst) = (head.state()?, head.assigned_to);
        let state = before.replied(analyst.is_some());
        follow::set_state(&write, access.request, (state, analyst), now).await?;
        if let Some(analyst) = analyst.filter(|_| state != before) {
            follow::tell_analyst(portal, &write, analyst, RequestNumber::of_id(access.request)).await?;
        }
        write.commit(access.event(EventType::RequestAttachmentAdded)).await?;
        Ok(())
    };
    let recorded: Result<(), NotAttached> = recorded.await;
    if recorded.is_err() {
        discard(portal, &[kept]).await;
    }
    recorded
}

#[derive(FromQueryResult)]
struct Found {
    id: i64,
}

/// Whether there is room for one more, of the requester or of those that are provided.
async fn room(on: &impl ConnectionTrait, (request, provided): (i64, bool), name: &str, bytes: u64) -> Result<(), NotAttached> {
    #[derive(FromQueryResult)]
    struct Sum {
        many: i64,
        bytes: i64,
    }
    let sql = "SELECT COUNT(*) AS many, CAST(COALESCE(SUM(bytes), 0) AS BIGINT) AS bytes FROM request_attachments
               WHERE request_id = $1 AND removed_at IS NULL AND provided = $2";
    let sum: Option<Sum> = row(on, "request: attachments so far", sql, [request.into(), provided.into()]).await?;
    let (many, so_far) = sum.map_or((0, 0), |sum| (sum.many.unsigned_abs(), sum.bytes.unsigned_abs()));
    if many >= MOST_ATTACHMENTS {
        return Err(NotAttached::TooMany(name.to_owned(), many + 1));
    }
    if so_far + bytes > MOST_BYTES {
        return Err(NotAttached::TooMuch(name.to_owned()));
    }
    Ok(())
}

/// A file that was handed over by an analyst.
pub(super) struct Provided {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) bytes: u64,
    pub(super) sha256: Vec<u8>,
}

/// Notes that files which analysts provided are handed over; `None`: one of them is not there, or not checked yet.
pub(super) async fn hand_over(
    write: &Write,
    request: i64,
    ids: &[i64],
    now: DateTime<Utc>,
) -> Result<Option<Vec<Provided>>, Error> {
    #[derive(FromQueryResult)]
    struct Handed {
        id: i64,
        name: String,
        bytes: i64,
        sha256: Vec<u8>,
    }
    let mut all = Vec::with_capacity(ids.len());
    for id in ids {
        let sql = "UPDATE request_attachments SET handed_at = COALESCE(handed_at, $1)
                   WHERE id = $2 AND request_id = $3 AND provided AND removed_at IS NULL AND scan IN ('none', 'clean')
                   RETURNING id, name, bytes, sha256";
        let handed: Option<Handed> =
            row(write.on(), "request: hand provided file over", sql, [now.into(), (*id).into(), request.into()]).await?;
        let Some(Handed { id, name, bytes, sha256 }) = handed else { return Ok(None) };
        all.push(Provided { id, name, bytes: bytes.unsigned_abs(), sha256 });
    }
    Ok(Some(all))
}

/// Bytes of a file that was handed over; `None` when it was removed since.
pub(crate) async fn provided_bytes(portal: &Portal, id: i64) -> Result<Option<Vec<u8>>, Error> {
    #[derive(FromQueryResult)]
    struct Handed {
        object: String,
    }
    let sql = "SELECT object FROM request_attachments WHERE id = $1 AND handed_at IS NOT NULL AND removed_at IS NULL";
    let handed: Option<Handed> = row(portal.database.read(), "mail: provided file", sql, [id.into()]).await?;
    match handed {
        Some(Handed { object }) => Ok(Some(portal.blobs.get(&object, None).await?.whole_bytes().await?)),
        None => Ok(None),
    }
}

/// Attachments of a request.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn attachments(access: &AttachAccess) -> Result<Vec<Attachment>, Error> {
    list(access.portal.database.read(), access.request, Side::Requester).await
}

/// Side that looks at attachments.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// They see what was handed over to them.
    Requester,
    Analyst,
}

impl Side {
    const fn condition(self) -> &'static str {
        match self {
            Self::Requester => "(NOT provided OR handed_at IS NOT NULL)",
            Self::Analyst => "TRUE",
        }
    }
}

pub(super) async fn list(on: &impl ConnectionTrait, request: i64, side: Side) -> Result<Vec<Attachment>, Error> {
    #[derive(FromQueryResult)]
    struct Stored {
        id: i64,
        name: String,
        bytes: i64,
        about: String,
        at: DateTime<Utc>,
        scan: String,
        provided: bool,
        handed_at: Option<DateTime<Utc>>,
    }
    let sql = format!(
        "SELECT id, name, bytes, about, at, scan, provided, handed_at FROM request_attachments
         WHERE request_id = $1 AND (removed_at IS NULL OR scan = 'infected') AND {} ORDER BY id",
        side.condition()
    );
    let stored: Vec<Stored> = rows(on, "request: attachments", &sql, [request.into()]).await?;
    let attachment = |stored: Stored| {
        let Stored { id, name, bytes, about, at, scan, provided, handed_at } = stored;
        let scan = known(Scan::ALL.into_iter().find(|word| word.code() == scan), &scan)?;
        Ok(Attachment { id, name, bytes: bytes.unsigned_abs(), about, at, scan, provided, handed_at })
    };
    stored.into_iter().map(attachment).collect()
}

#[derive(FromQueryResult)]
struct Object {
    name: String,
    object: String,
    bytes: i64,
    scan: String,
    provided: bool,
}

async fn object(on: &impl ConnectionTrait, request: i64, id: i64, side: Side) -> Result<Object, Error> {
    let sql = format!(
        "SELECT name, object, bytes, scan, provided FROM request_attachments
         WHERE id = $1 AND request_id = $2 AND removed_at IS NULL AND {}",
        side.condition()
    );
    let found: Option<Object> = row(on, "request: attachment", &sql, [id.into(), request.into()]).await?;
    found.ok_or(Error::NotFound)
}

/// Removes an attachment. The event of it stays.
///
/// # Errors
/// [`Error::NotFound`], the same for another request's and for one that was removed.
pub async fn remove_attachment(access: &AttachAccess, id: i64) -> Result<(), Error> {
    let portal = &access.portal;
    let write = portal.database.write().await?;
    follow::head(&write, access.request).await?;
    let Object { object, provided, .. } = object(write.on(), access.request, id, access.side()).await?;
    // Each side removes its own.
    if provided != access.provides {
        return Err(Error::NotFound);
    }
    let now = portal.now();
    let sql = "UPDATE request_attachments SET removed_at = $1 WHERE id = $2";
    run(write.on(), "request: remove attachment", sql, [now.into(), id.into()]).await?;
    let sql = "UPDATE requests SET changed_at = $1, revision = revision + 1 WHERE id = $2";
    run(write.on(), "request: changed", sql, [now.into(), access.request.into()]).await?;
    write.commit(access.event(EventType::RequestAttachmentRemoved)).await?;
    portal.blobs.remove(&object).await
}

/// Name and bytes of an attachment, all or those of `range`.
///
/// # Errors
/// [`Error::NotFound`], the same for another request's and for one that was removed.
pub async fn attachment(access: &AttachAccess, id: i64, range: Option<Range<u64>>) -> Result<Opened, Error> {
    open(&access.portal, access.request, (id, access.side()), range).await
}

/// The same, for an analyst.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn attachment_for_analyst(
    access: &AnalystAccess,
    number: RequestNumber,
    id: i64,
    range: Option<Range<u64>>,
) -> Result<Opened, Error> {
    open(access.caller().portal(), number.id(), (id, Side::Analyst), range).await
}

async fn open(portal: &Portal, request: i64, (id, side): (i64, Side), range: Option<Range<u64>>) -> Result<Opened, Error> {
    let Object { name, object, bytes, scan, .. } = object(portal.database.read(), request, id, side).await?;
    if scan == Scan::Pending.code() {
        return Ok(Opened::Pending);
    }
    // A range that begins behind the end is answered with all of it.
    let range = range.filter(|range| range.start < bytes.unsigned_abs());
    Ok(Opened::Bytes(name, portal.blobs.get(&object, range.map(GetRange::Bounded)).await?))
}
