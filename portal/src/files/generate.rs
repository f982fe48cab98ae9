use crate::{
    access::account::AccountAccess,
    audit::AuditEvent,
    error::Error,
    event_type::EventType,
    files::{
        current::NotUpdatable,
        mail::{FileMail, queue_mail},
        revision::{
            draft::{Draft, make_all},
            store::{store_held, store_new},
        },
    },
    offer::{eligibility::ineligible, held::Held, load::load_offer, model::LoadedOffer},
    orders::allocation::{allocate, sides},
    store::{
        entity::shared_host,
        statement::{parsed, row, rows},
        write::Write,
    },
    submission::{
        KeyReused,
        key::SubmissionKey,
        once::{Asked, Submission, once},
    },
};
use chrono::{DateTime, Utc};
use licensing::{
    HostId, LicenceType, Serial,
    files::request::{FileProblem, GenerateRequest, NewFile, Preview},
    form::Refusal,
    offer::{Offer, eligibility::Ineligible},
};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, FromQueryResult};
use serde_json::json;
use std::collections::BTreeMap;

/// A request that could be generated now, shown once more before it is.
#[derive(Clone, Debug)]
pub struct Checked {
    pub request: NewFile,
    pub offer: Offer,
    pub preview: Preview,
    /// Active files of the same product and type for one of the hosts: (host id, serial). Domain §6.4.
    pub same_host: Vec<(HostId, Serial)>,
    /// Host ids that many machines share, with what has them. Domain §6.4.
    pub shared_hosts: Vec<(HostId, String)>,
    /// The version of the current revision, where an update goes back to an older one.
    pub older_than: Option<String>,
}

/// The file that a submission led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    pub serial: Serial,
}

/// Why no file was generated. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum NotGenerated {
    #[error("You cannot generate this file.")]
    Ineligible(Vec<Ineligible>),
    #[error("This product has no such version.")]
    NoSuchVersion,
    /// Everything that is wrong with what was typed, with the offer it was checked against.
    #[error("There is a problem.")]
    Refused { refusals: Vec<Refusal<FileProblem>>, offer: Box<Offer> },
    #[error(transparent)]
    KeyReused(#[from] KeyReused),
    /// The file that was to be updated cannot be, as it is.
    #[error(transparent)]
    NotUpdatable(#[from] NotUpdatable),
    #[error(transparent)]
    Error(#[from] Error),
}

impl NotGenerated {
    /// Every reason in words, for where there is no form to show them at.
    #[must_use]
    pub fn reasons(&self) -> String {
        match self {
            Self::Ineligible(reasons) => reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            Self::Refused { refusals, .. } => refusals.iter().map(|r| r.problem.to_string()).collect::<Vec<_>>().join(" "),
            other => other.to_string(),
        }
    }
}

/// Reads and checks a complete form without changing anything.
///
/// # Errors
/// [`NotGenerated`], as [`generate`] would answer a form that was not used before.
pub async fn check(access: &AccountAccess, request: &GenerateRequest) -> Result<Checked, NotGenerated> {
    let on = access.portal().database.read();
    let ((request, preview), loaded) = complete(access, on, request).await?;
    let same_host = same_host(access, on, &request, loaded.product_id, None).await?;
    let shared_hosts = shared_hosts(on, &request).await?;
    Ok(Checked { request, offer: loaded.offer, preview, same_host, shared_hosts, older_than: None })
}

/// Generates an activation file: in one transaction the quantities move, the signed and verified bytes are stored, and the event and the mail are noted.
///
/// The same key with the same request gives the same file again.
///
/// # Errors
/// [`NotGenerated`]; nothing was changed then.
pub async fn generate(access: &AccountAccess, request: &GenerateRequest, key: &SubmissionKey) -> Result<Generated, NotGenerated> {
    let generated = generate_once(access, request, key).await;
    access.portal().observed.generation(match &generated {
        Ok(_) => "generated",
        Err(NotGenerated::Error(_)) => "failed",
        Err(_) => "refused",
    });
    generated
}

async fn generate_once(
    access: &AccountAccess,
    request: &GenerateRequest,
    key: &SubmissionKey,
) -> Result<Generated, NotGenerated> {
    let first = match once::<NotGenerated>(Asked::new(access, "generate", "", request, key)?).await? {
        Submission::First(first) => first,
        Submission::Again(serial) => return Ok(Generated { serial: parsed(&serial)? }),
    };
    let (write, now) = (&first.write, access.portal().now());
    let (request, loaded) = complete(access, write.on(), request).await?;
    let serial = next_serials(write, 1).await?.remove(0);
    write.reach("numbered");
    let draft = Draft::new(access, (&serial, 1), request, &loaded, &BTreeMap::new(), now)?;
    allocate(write, &draft.ledger).await?;
    let made = make_all(access.portal(), vec![draft]).await?;
    let mut stored = store_new(access, write, made, now).await?;
    store_held(access, write, &stored, now).await?;
    let draft = stored.remove(0).draft;
    let (machines, names) = draft.machines();
    let subject = format!("Activation file {serial} for {names}");
    let done = format!("You generated activation file {serial} for {machines}.");
    let restriction = draft.request.licence_type.restriction();
    queue_mail(access, write, FileMail { subject, done, restriction, next: "View and download it", loads: true }, &serial, now)
        .await?;
    if let Some(serial) = first.commit::<NotGenerated>(serial.to_string(), generated_event(access, &draft, now)).await? {
        return Ok(Generated { serial: parsed(&serial)? });
    }
    tracing::info!(%serial, garn = %access.garn, product = draft.request.product, "activation file generated");
    Ok(Generated { serial })
}

/// The complete request that the account can fulfil today, and what it is checked against.
async fn complete(
    access: &AccountAccess,
    on: &impl ConnectionTrait,
    request: &GenerateRequest,
) -> Result<((NewFile, Preview), LoadedOffer), NotGenerated> {
    // A type that there is not is refused at its field.
    let licence_type = request.licence_type.unwrap_or(LicenceType::Production);
    let loaded = eligible_offer(access, on, (&request.product, &request.version, licence_type), None).await?;
    match request.check(&loaded.offer) {
        Ok(complete) => Ok((complete, loaded)),
        Err(refusals) => Err(NotGenerated::Refused { refusals, offer: Box::new(loaded.offer) }),
    }
}

/// Offer of a product (its code), version (its name) and licence type, if this person may generate it. `updates` is what the updated file holds.
pub(crate) async fn eligible_offer(
    access: &AccountAccess,
    on: &impl ConnectionTrait,
    (product, version, licence_type): (&str, &str, LicenceType),
    updates: Option<&Held>,
) -> Result<LoadedOffer, NotGenerated> {
    let loaded = load_offer(access, on, product, version, licence_type, updates).await.map_err(|error| match error {
        Error::NotFound => NotGenerated::NoSuchVersion,
        error => error.into(),
    })?;
    let ineligible = ineligible(access, on, &loaded.offer).await?;
    if ineligible.is_empty() { Ok(loaded) } else { Err(NotGenerated::Ineligible(ineligible)) }
}

/// Hosts of a request that many machines share, with what has them. Domain §6.4.
pub(crate) async fn shared_hosts(on: &impl ConnectionTrait, request: &NewFile) -> Result<Vec<(HostId, String)>, Error> {
    let mut shared = Vec::new();
    for host_id in request.binding.host_ids() {
        if let Some(known) = shared_host::Entity::find_by_id(host_id.to_string()).one(on).await? {
            shared.push((host_id.clone(), known.what));
        }
    }
    Ok(shared)
}

/// Active files other than `but` that one of the hosts has already. Domain §6.4.
pub(crate) async fn same_host(
    access: &AccountAccess,
    on: &impl ConnectionTrait,
    request: &NewFile,
    product_id: i64,
    but: Option<&Serial>,
) -> Result<Vec<(HostId, Serial)>, Error> {
    #[derive(FromQueryResult)]
    struct Same {
        serial: String,
    }
    let mut same = Vec::new();
    for host_id in request.binding.host_ids() {
        let files: Vec<Same> = rows(
            on,
            "files of a host",
            "SELECT f.serial FROM file_revisions r JOIN activation_files f ON f.id = r.file_id AND f.revision = r.revision
             WHERE (r.primary_host = $1 OR r.switchover_host = $1)
               AND f.account_id = $2 AND f.product_id = $3 AND f.licence_type = $4 AND f.state = 'active'
             ORDER BY f.id",
            [host_id.to_string().into(), access.account_id().into(), product_id.into(), request.licence_type.code().into()],
        )
        .await?;
        for file in files.into_iter().filter(|file| but.is_none_or(|but| but.as_str() != file.serial)) {
            same.push((host_id.clone(), parsed(&file.serial)?));
        }
    }
    Ok(same)
}

/// Details of the event of a generated file.
pub(crate) fn generated_event(access: &AccountAccess, draft: &Draft, now: DateTime<Utc>) -> AuditEvent {
    let (before, after) = sides(&draft.ledger);
    access
        .event(now, EventType::Generate, draft.file.serial.as_str())
        .changing(json!({ "allocated": before }), json!({ "allocated": after, "revision": 1, "request": draft.request }))
}

/// The next `count` serial numbers.
pub(crate) async fn next_serials(write: &Write, count: usize) -> Result<Vec<Serial>, Error> {
    #[derive(FromQueryResult)]
    struct Next {
        next: i64,
    }
    let count = i64::try_from(count).map_err(Error::internal)?;
    let numbers: Vec<i64> = match write.on().get_database_backend() {
        DbBackend::Postgres => {
            let sql = "SELECT nextval('serial_numbers') AS next FROM generate_series(1, $1)";
            rows::<Next>(write.on(), "next serials", sql, [count.into()]).await?.into_iter().map(|row| row.next).collect()
        }
        _ => {
            let sql = "UPDATE serial_numbers SET last = last + $1 WHERE one = 1 RETURNING last AS next";
            let last: Option<Next> = row(write.on(), "next serials", sql, [count.into()]).await?;
            let Next { next: last } = last.ok_or_else(|| Error::internal("the serial numbers are missing"))?;
            (last - count + 1..=last).collect()
        }
    };
    numbers.into_iter().map(|number| Ok(Serial::from_number(crate::store::statement::count(number)?))).collect()
}
