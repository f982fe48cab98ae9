//! *Update*: a new revision of a file under its serial. The ledger moves by the difference. Domain §5.

use crate::{
    access::account::AccountAccess,
    audit::AuditEvent,
    error::Error,
    event_type::EventType,
    files::{
        current::{Current, NotUpdatable, Revised, current_file},
        generate::{Checked, NotGenerated, eligible_offer, same_host, shared_hosts},
        mail::{FileMail, queue_mail},
        revision::{
            draft::{Draft, Made, StoredRevision, make_all},
            store::{store_held, store_revisions},
        },
    },
    offer::{load::load_offer, model::LoadedOffer},
    orders::allocation::{allocate, sides},
    store::{
        insertion::in_runs,
        statement::{marks, parsed, row, run},
        write::Write,
    },
    submission::{
        key::SubmissionKey,
        once::{Asked, Submission, once},
    },
};
use chrono::{DateTime, Utc};
use licensing::{
    LicenceType, Serial,
    activation_file::{ActivationFile, Change},
    files::request::{NewFileForm, UpdateRequest},
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::json;

/// A file that can be updated, with the form that would make it as it is.
#[derive(Clone, Debug)]
pub struct Updatable {
    pub serial: Serial,
    /// The current revision, on which an update builds.
    pub revision: u32,
    /// Request that would make the file as it is.
    pub request: UpdateRequest,
    /// The same, as the form has it.
    pub form: NewFileForm,
    /// Differences that a revision of the same form would show today, such as renewed maintenance.
    pub refresh: Vec<Change>,
    /// A key for the submission of this form.
    pub key: SubmissionKey,
}

/// An update that could be made now.
#[derive(Clone, Debug)]
pub struct CheckedUpdate {
    pub checked: Checked,
    /// Differences that the new revision would show.
    pub changes: Vec<Change>,
    /// Name of the switchover server that it would drop, to be typed before it does.
    pub drops: Option<String>,
}

/// The revision that a submission led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Updated {
    pub serial: Serial,
    pub revision: u32,
}

/// The file as its form has it.
///
/// # Errors
/// [`NotGenerated::NotUpdatable`], and [`Error::NotFound`] for a file of others and for none.
pub async fn updatable(access: &AccountAccess, serial: &str) -> Result<Updatable, NotGenerated> {
    let on = access.portal().database.read();
    let current = current_file(access, on, serial).await?;
    current.check(access, None)?;
    let request = current.request();
    let refresh = match revise(access, on, &current, &request, access.portal().now()).await {
        Ok((draft, _)) => changes(&current.file, &draft.file),
        // What stands in the way of an update is told where somebody tries one.
        Err(NotGenerated::Error(error)) => return Err(error.into()),
        Err(_) => Vec::new(),
    };
    let key = access.portal().new_submission_key();
    Ok(Updatable { request, form: current.form(), serial: current.serial, revision: current.revision, refresh, key })
}

/// Facts that an update cannot change: product code, and licence type.
///
/// # Errors
/// [`Error::NotFound`], the same for a file of others and for none.
pub async fn fixed(access: &AccountAccess, serial: &str) -> Result<(String, LicenceType), Error> {
    let Current { product, licence_type, .. } = current_file(access, access.portal().database.read(), serial).await?;
    Ok((product, licence_type))
}

/// Offer of an update's form: the file's own quantities count as returned.
///
/// # Errors
/// [`Error::NotFound`] when there is no such file, or no such version of its product.
pub async fn update_offer(access: &AccountAccess, serial: &str, version: &str) -> Result<licensing::offer::Offer, Error> {
    let on = access.portal().database.read();
    let current = current_file(access, on, serial).await?;
    let loaded = load_offer(access, on, &current.product, version, current.licence_type, Some(&current.held)).await?;
    Ok(loaded.offer)
}

/// Reads and checks the form of an update, which began with revision `began`, without changing anything.
///
/// # Errors
/// [`NotGenerated`], as [`update`] would answer.
pub async fn check_update(
    access: &AccountAccess,
    serial: &str,
    began: u32,
    request: &UpdateRequest,
) -> Result<CheckedUpdate, NotGenerated> {
    let on = access.portal().database.read();
    let current = current_file(access, on, serial).await?;
    current.check(access, Some(began))?;
    let (draft, loaded) = revise(access, on, &current, request, access.portal().now()).await?;
    let changes = changes(&current.file, &draft.file);
    if changes.is_empty() {
        return Err(NotUpdatable::Unchanged { serial: current.serial }.into());
    }
    let drops = request.drops(&loaded.offer).map(str::to_owned);
    let same_host = same_host(access, on, &draft.request, draft.product_id, Some(&current.serial)).await?;
    let preview = request.content.preview(&loaded.offer);
    let older_than = older_than(on, &current, &loaded).await?;
    let shared_hosts = shared_hosts(on, &draft.request).await?;
    let checked = Checked { request: draft.request, offer: loaded.offer, preview, same_host, shared_hosts, older_than };
    Ok(CheckedUpdate { drops, checked, changes })
}

/// Makes the next revision of a file, which builds on revision `began`: in one transaction the difference moves, the signed and verified bytes take
/// the place of the current ones, and the event and the mail are noted. The revision before stays in the history.
///
/// # Errors
/// [`NotGenerated`]; nothing was changed then.
pub async fn update(
    access: &AccountAccess,
    serial: &str,
    began: u32,
    request: &UpdateRequest,
    key: &SubmissionKey,
) -> Result<Updated, NotGenerated> {
    let again = |subject: String| -> Result<Updated, NotGenerated> {
        Ok(Updated { serial: parsed(subject.split('/').next().unwrap_or_default())?, revision: began + 1 })
    };
    let asked = Asked::new(access, "update", &format!("{serial}/{began}"), request, key)?;
    let first = match once::<NotGenerated>(asked).await? {
        Submission::First(first) => first,
        Submission::Again(subject) => return again(subject),
    };
    let (write, now) = (&first.write, access.portal().now());
    let current = current_file(access, write.on(), serial).await?;
    current.check(access, Some(began))?;
    let (draft, loaded) = revise(access, write.on(), &current, request, now).await?;
    if let Err(refusal) = request.confirm(&loaded.offer) {
        return Err(NotGenerated::Refused { refusals: vec![refusal], offer: Box::new(loaded.offer) });
    }
    let changed = changes(&current.file, &draft.file);
    if changed.is_empty() {
        return Err(NotUpdatable::Unchanged { serial: current.serial }.into());
    }
    let revision = draft.file.revision;
    allocate(write, &draft.ledger).await?;
    let made = make_all(access.portal(), vec![draft]).await?.remove(0);
    let mut stored = store_next(access, write, vec![(current.file_id, made)], now).await?;
    store_held(access, write, &stored, now).await?;
    let draft = stored.remove(0).draft;
    let (machines, names) = draft.machines();
    let subject = format!("Activation file {serial} for {names}, revision {revision}");
    let told: Vec<String> = changed.iter().map(|change| format!("  {change}\n")).collect();
    let done = format!(
        "You updated activation file {serial} for {machines}. Revision {revision} takes the place of revision {began}: load it on \
         the server.\n\nWhat changed:\n{}",
        told.concat().trim_end()
    );
    let restriction = draft.request.licence_type.restriction();
    let mail = FileMail { subject, done, restriction, next: "View and download it", loads: true };
    queue_mail(access, write, mail, &current.serial, now).await?;
    let event = updated_event(access, &draft, &changed, now);
    if let Some(subject) = first.commit::<NotGenerated>(format!("{}/{revision}", current.serial), event).await? {
        return again(subject);
    }
    tracing::info!(serial, revision, garn = %access.garn, "activation file updated");
    Ok(Updated { serial: current.serial, revision })
}

/// The version of the current revision, where that was released after the one which `loaded` is for.
async fn older_than(on: &impl ConnectionTrait, current: &Current, loaded: &LoadedOffer) -> Result<Option<String>, Error> {
    #[derive(FromQueryResult)]
    struct Newer {
        name: String,
    }
    let sql = "SELECT v.name FROM product_versions v JOIN product_versions n ON n.id = $2
               WHERE v.product_id = $1 AND v.name = $3 AND v.released_on > n.released_on";
    let values = [loaded.product_id.into(), loaded.version_id.into(), current.file.product_version.as_str().into()];
    Ok(row::<Newer>(on, "update: a newer version", sql, values).await?.map(|newer| newer.name))
}

/// Stores the next revisions of files, by row id. What they hold follows with [`store_held`].
pub(crate) async fn store_next(
    access: &AccountAccess,
    write: &Write,
    made: Vec<(i64, Made)>,
    now: DateTime<Utc>,
) -> Result<Vec<StoredRevision>, Error> {
    for ids in in_runs(made.iter().map(|(file_id, _)| *file_id).collect()) {
        let count = ids.len();
        let sql =
            format!("UPDATE activation_files SET revision = revision + 1 WHERE state = 'active' AND id IN ({})", marks(1, count));
        if run(write.on(), "update: revision", &sql, ids.into_iter().map(Into::into)).await? != count as u64 {
            return Err(Error::internal("a file was changed without its account's lock"));
        }
    }
    store_revisions(access, write, made, now).await
}

/// The next revision of a file, as `request` asks for it, and the offer that it is made of.
async fn revise(
    access: &AccountAccess,
    on: &impl ConnectionTrait,
    current: &Current,
    request: &UpdateRequest,
    now: DateTime<Utc>,
) -> Result<(Draft, LoadedOffer), NotGenerated> {
    let of_version = (current.product.as_str(), request.version.as_str(), current.licence_type);
    let loaded = eligible_offer(access, on, of_version, Some(&current.held)).await?;
    match current.revised(access, request, &loaded, now)? {
        Revised::Draft(draft) => Ok((*draft, loaded)),
        Revised::Refused(refusals) => Err(NotGenerated::Refused { refusals, offer: Box::new(loaded.offer) }),
    }
}

/// Details of the event of a further revision.
pub(crate) fn updated_event(access: &AccountAccess, draft: &Draft, changes: &[Change], now: DateTime<Utc>) -> AuditEvent {
    let (before, after) = sides(&draft.ledger);
    let revision = draft.file.revision;
    access.event(now, EventType::Update, draft.file.serial.as_str()).changing(
        json!({ "allocated": before, "revision": revision - 1 }),
        json!({ "allocated": after, "revision": revision, "request": draft.request, "changes": changes }),
    )
}

/// Differences between two revisions, apart from the marks that every revision changes.
pub(crate) fn changes(before: &ActivationFile, after: &ActivationFile) -> Vec<Change> {
    let unmarked = ActivationFile { revision: before.revision, issued_at: before.issued_at, ..after.clone() };
    before.changes(&unmarked)
}
