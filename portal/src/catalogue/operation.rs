use super::{
    apply::{apply, lock},
    load::{Stored, load},
};
use crate::{
    access::{administrator::AdministratorAccess, caller::Caller},
    audit::AuditEvent,
    error::Error,
    event_type::EventType,
    people::{CodeProblem, confirm},
    portal::Portal,
    store::{
        entity::catalogue_document,
        insertion::insert_returning_ids,
        statement::{elements, row, rows, run},
        write::Write,
    },
};
use chrono::{DateTime, Utc};
use licensing::catalogue::{
    Catalogue, CatalogueError,
    difference::{Change, Fixed, Subject, What},
};
use sea_orm::{ActiveValue::Set, ConnectionTrait, FromQueryResult, NotSet};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The catalogue that is shipped with the product.
const SHIPPED: &str = include_str!("../../catalogue/pureconnect.toml");

/// Maximum length of a document, in bytes.
pub const LONGEST_DOCUMENT: usize = 4 * 1024 * 1024;
/// Maximum number of changes of an event and of a page: the first.
const MOST_TOLD: usize = 1000;
/// Number of catalogues of before that are listed, the latest.
const MOST_LISTED: u32 = 100;

/// Why a catalogue was not taken. The one that is in use stays.
#[derive(Debug, thiserror::Error)]
pub enum NotApplied {
    #[error("Choose a file: a catalogue is a TOML document.")]
    Nothing,
    #[error("The document is larger than 4 MiB, which no catalogue is.")]
    TooLong,
    #[error("The document is no text in UTF-8. Save it as UTF-8.")]
    NotText,
    #[error(transparent)]
    Wrong(#[from] CatalogueError),
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))]
    Fixed(Vec<Fixed>),
    #[error("The catalogue was changed meanwhile. Compare with what it is now, then apply yours.")]
    ChangedMeanwhile,
    #[error("This is the catalogue that is in use. Nothing has changed.")]
    Same,
    #[error(transparent)]
    Code(#[from] CodeProblem),
    #[error(transparent)]
    Error(#[from] Error),
}

/// Parts that can be ordered: number and description.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn offered_parts(caller: &Caller) -> Result<Vec<(String, String)>, Error> {
    #[derive(FromQueryResult)]
    struct Offered {
        number: String,
        description: String,
    }
    let sql = "SELECT number, description FROM parts WHERE NOT retired ORDER BY number";
    let parts: Vec<Offered> = rows(caller.portal().database.read(), "catalogue: offered parts", sql, []).await?;
    Ok(parts.into_iter().map(|part| (part.number, part.description)).collect())
}

/// A catalogue that was taken into use.
#[derive(Clone, Debug, FromQueryResult)]
pub struct AppliedCatalogue {
    pub id: i64,
    pub applied_at: DateTime<Utc>,
    /// Name of the person, or the command line.
    pub proposed_by: String,
    pub changes: i64,
}

/// A change, and what it means for orders.
#[derive(Clone, Debug)]
pub struct ToldChange {
    pub change: Change,
    /// “40 order lines of 3 accounts name it”, where there are any and it matters.
    pub effect: Option<String>,
}

/// What another catalogue would change.
#[derive(Clone, Debug)]
pub struct Comparison {
    pub changes: Vec<ToldChange>,
    /// Id of the catalogue that it was compared with; 0 where there was none.
    pub base: i64,
}

#[derive(FromQueryResult)]
struct Latest {
    id: i64,
    document: String,
}

const LATEST: &str = "SELECT id, document FROM catalogues WHERE applied_at IS NOT NULL ORDER BY applied_at DESC, id DESC LIMIT 1";

/// The document as a catalogue, and as its text.
fn read(bytes: &[u8]) -> Result<(String, Catalogue), NotApplied> {
    if bytes.is_empty() {
        return Err(NotApplied::Nothing);
    }
    if bytes.len() > LONGEST_DOCUMENT {
        return Err(NotApplied::TooLong);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| NotApplied::NotText)?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text).replace("\r\n", "\n");
    if text.contains('\0') {
        return Err(NotApplied::NotText);
    }
    let catalogue = Catalogue::from_toml(&text)?;
    Ok((text, catalogue))
}

async fn base(on: &impl ConnectionTrait) -> Result<i64, Error> {
    let latest: Option<Latest> = row(on, "catalogue: latest", LATEST, []).await?;
    Ok(latest.map_or(0, |latest| latest.id))
}

/// Changes from what is stored to `next`, with what orders depend on.
async fn compare(on: &impl ConnectionTrait, stored: &Stored, next: &Catalogue) -> Result<Vec<ToldChange>, NotApplied> {
    #[derive(FromQueryResult)]
    struct Named {
        number: String,
        lines: i64,
        accounts: i64,
    }
    let fixed = stored.all.fixed(next);
    if !fixed.is_empty() {
        return Err(NotApplied::Fixed(fixed));
    }
    let changes = stored.in_use.changes(next);
    let touched = changes.iter().filter_map(|change| match (&change.subject, &change.what) {
        (Subject::Part(number), What::Retired | What::Changed(_)) => Some(number.as_str()),
        _ => None,
    });
    let touched = json!(touched.collect::<Vec<_>>()).to_string();
    let sql = format!(
        "SELECT p.number, COUNT(*) AS lines, COUNT(DISTINCT e.account_id) AS accounts
         FROM parts p JOIN entitlements e ON e.part_id = p.id WHERE p.number IN {} GROUP BY p.number",
        elements(on, 1)
    );
    let named: Vec<Named> = rows(on, "catalogue: named by orders", &sql, [touched.into()]).await?;
    let named: BTreeMap<String, (i64, i64)> = named.into_iter().map(|row| (row.number, (row.lines, row.accounts))).collect();
    let effect = |change: &Change| {
        let Subject::Part(number) = &change.subject else { return None };
        let (lines, accounts) = named.get(number.as_str())?;
        let lines = if *lines == 1 { "1 order line".to_owned() } else { format!("{lines} order lines") };
        let accounts = if *accounts == 1 { "1 account".to_owned() } else { format!("{accounts} accounts") };
        Some(format!("Named by {lines} of {accounts}; files that are there stay as they are."))
    };
    Ok(changes.into_iter().map(|change| ToldChange { effect: effect(&change), change }).collect())
}

/// Keeps a document as this person's proposal, in place of an earlier one; its id.
///
/// # Errors
/// [`NotApplied`]; nothing was changed then.
pub async fn propose_catalogue(access: &AdministratorAccess, bytes: &[u8]) -> Result<i64, NotApplied> {
    let (caller, portal) = (access.caller(), access.caller().portal());
    let (text, next) = read(bytes)?;
    let on = portal.database.read();
    if compare(on, &load(on).await?, &next).await?.is_empty() {
        return Err(NotApplied::Same);
    }
    let write = portal.database.write().await?;
    let sql = "DELETE FROM catalogues WHERE person_id = $1 AND applied_at IS NULL";
    run(write.on(), "catalogue: earlier proposal", sql, [caller.person_id().into()]).await?;
    let id = store(&write, text, &caller.person().name, Some(caller.person_id()), None).await?;
    write.commit(caller.event(portal.now(), EventType::CatalogueProposed, format!("catalogue {id}"))).await?;
    Ok(id)
}

/// What a proposal of this person would change.
///
/// # Errors
/// [`Error::NotFound`], wrapped: there is none of this id, or it was applied.
pub async fn proposed_catalogue(access: &AdministratorAccess, id: i64) -> Result<Comparison, NotApplied> {
    let on = access.caller().portal().database.read();
    let (_, next) = proposal(on, access, id).await?;
    Ok(Comparison { changes: compare(on, &load(on).await?, &next).await?, base: base(on).await? })
}

async fn proposal(on: &impl ConnectionTrait, access: &AdministratorAccess, id: i64) -> Result<(String, Catalogue), NotApplied> {
    let sql = "SELECT id, document FROM catalogues WHERE id = $1 AND person_id = $2 AND applied_at IS NULL";
    let found: Option<Latest> = row(on, "catalogue: proposal", sql, [id.into(), access.caller().person_id().into()]).await?;
    read(found.ok_or(Error::NotFound)?.document.as_bytes())
}

/// Takes a proposal into use, in place of the catalogue `compared` that it was compared with.
///
/// # Errors
/// [`NotApplied`]; nothing was changed then.
pub async fn apply_catalogue(access: &AdministratorAccess, id: i64, compared: i64, code: &str) -> Result<(), NotApplied> {
    confirm(access, code).await?;
    let (caller, portal) = (access.caller(), access.caller().portal());
    let write = portal.database.write_alone().await?;
    let (_, next) = proposal(write.on(), access, id).await?;
    if base(write.on()).await? != compared {
        return Err(NotApplied::ChangedMeanwhile);
    }
    let changes = take(&write, &next).await?;
    let sql = "UPDATE catalogues SET applied_at = $1, changes = $2 WHERE id = $3";
    run(write.on(), "catalogue: applied", sql, [portal.now().into(), number(&changes).into(), id.into()]).await?;
    let event = caller.event(portal.now(), EventType::CatalogueApplied, format!("catalogue {id}"));
    write.commit(event.changing(Value::Null, told(&changes))).await?;
    Ok(())
}

/// Makes `next` the catalogue; what that changed.
async fn take(write: &Write, next: &Catalogue) -> Result<Vec<ToldChange>, NotApplied> {
    lock(write).await?;
    let stored = load(write.on()).await?;
    let changes = compare(write.on(), &stored, next).await?;
    if changes.is_empty() {
        return Err(NotApplied::Same);
    }
    apply(write, &stored, next).await?;
    Ok(changes)
}

fn number(changes: &[ToldChange]) -> i64 {
    i64::try_from(changes.len()).unwrap_or(i64::MAX)
}

fn told(changes: &[ToldChange]) -> Value {
    let words = changes.iter().take(MOST_TOLD).map(|told| format!("{}: {}", told.change.subject, told.change.what));
    json!({ "changes": words.collect::<Vec<_>>() })
}

async fn store(
    write: &Write,
    document: String,
    by: &str,
    person: Option<i64>,
    applied: Option<&[ToldChange]>,
) -> Result<i64, Error> {
    let row = catalogue_document::ActiveModel {
        id: NotSet,
        document: Set(document),
        proposed_at: Set(write.now()),
        proposed_by: Set(by.to_owned()),
        person_id: Set(person),
        applied_at: Set(applied.map(|_| write.now())),
        changes: Set(applied.map(number)),
    };
    let ids = insert_returning_ids::<catalogue_document::Entity>(write.on(), vec![row]).await?;
    ids.first().copied().ok_or_else(|| Error::internal("a row without its id"))
}

/// Name of the command line in events.
const TERMINAL: &str = "command line";

/// What a document would change, for the server's terminal.
///
/// # Errors
/// [`NotApplied`].
pub async fn compare_from_terminal(portal: &Portal, bytes: &[u8]) -> Result<Vec<ToldChange>, NotApplied> {
    let (_, next) = read(bytes)?;
    let on = portal.database.read();
    compare(on, &load(on).await?, &next).await
}

/// Takes a document into use, from the server's terminal; what that changed.
///
/// # Errors
/// [`NotApplied`]; nothing was changed then.
pub async fn apply_from_terminal(portal: &Portal, bytes: &[u8]) -> Result<Vec<ToldChange>, NotApplied> {
    let (text, next) = read(bytes)?;
    let write = portal.database.write_alone().await?;
    let changes = take(&write, &next).await?;
    let id = store(&write, text, TERMINAL, None, Some(&changes)).await?;
    let event = AuditEvent::by_operator(portal.now(), TERMINAL, EventType::CatalogueApplied, format!("catalogue {id}"));
    write.commit(event.changing(Value::Null, told(&changes))).await?;
    Ok(changes)
}

/// The shipped catalogue, into a database that has none.
pub(crate) async fn apply_shipped(write: &Write, by: &str) -> Result<(), NotApplied> {
    let (text, next) = read(SHIPPED.as_bytes())?;
    let changes = take(write, &next).await?;
    store(write, text, by, None, Some(&changes)).await?;
    Ok(())
}

/// Catalogues that were taken into use, the latest first.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn applied_catalogues(access: &AdministratorAccess) -> Result<Vec<AppliedCatalogue>, Error> {
    let sql = format!(
        "SELECT id, applied_at, proposed_by, changes FROM catalogues WHERE applied_at IS NOT NULL
         ORDER BY applied_at DESC, id DESC LIMIT {MOST_LISTED}"
    );
    rows(access.caller().portal().database.read(), "catalogues", &sql, []).await
}

/// Document of a catalogue that was taken into use.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn catalogue_document(access: &AdministratorAccess, id: i64) -> Result<String, Error> {
    let sql = "SELECT id, document FROM catalogues WHERE id = $1 AND applied_at IS NOT NULL";
    let found: Option<Latest> = row(access.caller().portal().database.read(), "catalogue: document", sql, [id.into()]).await?;
    found.map(|found| found.document).ok_or(Error::NotFound)
}
