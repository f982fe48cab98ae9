//! *Deactivate*: a file gives back everything that it holds. Domain §5 and §6.3.

use crate::{
    access::{account::AccountAccess, change::ChangeAccess},
    audit::AuditEvent,
    error::Error,
    files::{
        current::{Current, current_file},
        facet::facet,
        mail::{FileMail, queue_mail},
        revision::listing::list_state,
        state::FileState,
    },
    orders::allocation::{Ledger, allocate, sides},
    store::{
        insertion::in_runs,
        statement::{count, marks, parsed, rows, run},
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
    Quantity, Serial,
    files::deactivation::{Deactivation, DeactivationProblem, DeactivationRequest},
    form::Refusal,
    offer::eligibility::Ineligible,
};
use sea_orm::FromQueryResult;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Why a file was not deactivated. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum NotDeactivated {
    #[error("You cannot deactivate this file.")]
    Ineligible(Ineligible),
    #[error("There is a problem.")]
    Refused(Vec<Refusal<DeactivationProblem>>),
    #[error("{serial} is {state} already: it holds nothing that could be returned.")]
    NotActive { serial: Serial, state: FileState },
    #[error(transparent)]
    KeyReused(#[from] KeyReused),
    #[error(transparent)]
    Error(#[from] Error),
}

/// Deactivates the file `serial`: in one transaction its quantities return, its state changes, and the event and the mail are noted.
///
/// The same key with the same request gives the same answer again.
///
/// # Errors
/// [`NotDeactivated`]; nothing was changed then.
pub async fn deactivate(
    access: &ChangeAccess,
    serial: &str,
    request: &DeactivationRequest,
    key: &SubmissionKey,
) -> Result<Serial, NotDeactivated> {
    let first = match once::<NotDeactivated>(Asked::new(access, "deactivate", serial, request, key)?).await? {
        Submission::First(first) => first,
        Submission::Again(serial) => return Ok(parsed(&serial)?),
    };
    let (write, now) = (&first.write, access.portal().now());
    let current = current_file(access, write.on(), serial).await?;
    if current.state != FileState::Active {
        return Err(NotDeactivated::NotActive { serial: current.serial, state: current.state });
    }
    let servers = current.file.binding.servers();
    let machine = servers.first().map_or("", |server| server.machine_name.as_str());
    let deactivation = request.check(current.licence_type, machine).map_err(NotDeactivated::Refused)?;
    let ended = end_files(access, write, &[&current], &deactivation, now).await?.remove(0);
    let subject = format!("Activation file {serial} for {machine} was deactivated");
    let returned = current.licence_type.returned();
    let done = format!(
        "You deactivated activation file {serial} for {machine}. {returned} An installed copy cannot be recalled: remove it from its server."
    );
    queue_mail(access, write, FileMail { subject, done, restriction: None, next: "View it" }, &current.serial, now).await?;
    if let Some(serial) = first.commit::<NotDeactivated>(current.serial.to_string(), ended).await? {
        return Ok(parsed(&serial)?);
    }
    tracing::info!(serial, garn = %access.garn, "activation file deactivated");
    Ok(current.serial)
}

/// Ends active files: everything that they hold returns, and lists find them as deactivated. What an event tells of each.
pub(crate) async fn end_files(
    access: &AccountAccess,
    write: &Write,
    files: &[&Current],
    deactivation: &Deactivation,
    now: DateTime<Utc>,
) -> Result<Vec<AuditEvent>, Error> {
    let lines: BTreeSet<i64> = files.iter().flat_map(|file| file.held.entitlements.keys().copied()).collect();
    let mut allocated = allocated(write, lines.into_iter().collect()).await?;
    let before = allocated.clone();
    let mut events = Vec::with_capacity(files.len());
    for file in files {
        let mut ledger = Ledger::new();
        for (line, held) in &file.held.entitlements {
            let too_much = || Error::internal("a file holds more than is allocated");
            let of_line = allocated.get_mut(line).ok_or_else(too_much)?;
            let left = of_line.checked_sub(*held).ok_or_else(too_much)?;
            ledger.insert(*line, (*of_line, left));
            *of_line = left;
        }
        events.push(ended_event(access, file, deactivation, &ledger, now));
    }
    let moved = before.into_iter().filter_map(|(line, before)| Some((line, (before, *allocated.get(&line)?))));
    allocate(write, &moved.collect()).await?;
    for files in in_runs(files.iter().map(|file| file.file_id).collect()) {
        let count = files.len();
        let sql = format!(
            "UPDATE activation_files SET state = 'deactivated', ended_at = $1, ended_by = $2, end_reason = $3, end_note = $4
             WHERE state = 'active' AND id IN ({})",
            marks(5, count)
        );
        let (by, Deactivation { reason, note }) = (access.caller().person_id(), deactivation);
        let values = [now.into(), by.into(), reason.code().into(), note.clone().into()];
        let values = values.into_iter().chain(files.into_iter().map(Into::into));
        if run(write.on(), "deactivate", &sql, values).await? != count as u64 {
            return Err(Error::internal("a file was changed without its account's lock"));
        }
    }
    write.reach("state stored");
    let mut by_facet: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for file in files {
        let facet = facet(FileState::Deactivated.code(), file.licence_type, &file.product);
        by_facet.entry(facet).or_default().push(file.file_id);
    }
    for (facet, files) in by_facet {
        list_state(write, files, &facet).await?;
    }
    Ok(events)
}

fn ended_event(
    access: &AccountAccess,
    file: &Current,
    deactivation: &Deactivation,
    ledger: &Ledger,
    now: DateTime<Utc>,
) -> AuditEvent {
    let (before, after) = sides(ledger);
    let Deactivation { reason, note } = deactivation;
    access.event(now, "deactivate", file.serial.as_str()).changing(
        json!({ "allocated": before, "state": FileState::Active.code() }),
        json!({ "allocated": after, "state": FileState::Deactivated.code(), "reason": reason.code(), "note": note }),
    )
}

/// Allocation of each of these order lines, by row id.
async fn allocated(write: &Write, lines: Vec<i64>) -> Result<BTreeMap<i64, Quantity>, Error> {
    #[derive(FromQueryResult)]
    struct Line {
        id: i64,
        allocated_assigned: i64,
        allocated_pooled: i64,
    }
    let mut allocated = BTreeMap::new();
    for lines in in_runs(lines) {
        let sql =
            format!("SELECT id, allocated_assigned, allocated_pooled FROM entitlements WHERE id IN ({})", marks(1, lines.len()));
        let found: Vec<Line> = rows(write.on(), "deactivate: what is allocated", &sql, lines.into_iter().map(Into::into)).await?;
        for line in found {
            allocated.insert(line.id, Quantity::new(count(line.allocated_assigned)?, count(line.allocated_pooled)?));
        }
    }
    Ok(allocated)
}
