//! The end of files, given back or taken back: everything that they hold returns. Domain §6.3.

use crate::{
    access::account::AccountAccess,
    audit::AuditEvent,
    error::Error,
    event_type::EventType,
    files::{current::Current, facet::facet, revision::listing::list_state, state::FileState},
    orders::allocation::{Ledger, allocate, sides},
    store::{
        insertion::in_runs,
        statement::{count, marks, rows, run},
        write::Write,
    },
};
use chrono::{DateTime, Utc};
use licensing::{Quantity, files::deactivation::Deactivation};
use sea_orm::FromQueryResult;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// How files end.
#[derive(Clone, Copy)]
pub(crate) enum End<'a> {
    Deactivated(&'a Deactivation),
    /// For this reason.
    Revoked(&'a str),
}

impl End<'_> {
    const fn state(self) -> FileState {
        match self {
            Self::Deactivated(_) => FileState::Deactivated,
            Self::Revoked(_) => FileState::Revoked,
        }
    }

    const fn event_type(self) -> EventType {
        match self {
            Self::Deactivated(_) => EventType::Deactivate,
            Self::Revoked(_) => EventType::Revoke,
        }
    }

    const fn reason(self) -> Option<&'static str> {
        match self {
            Self::Deactivated(deactivation) => Some(deactivation.reason.code()),
            Self::Revoked(_) => None,
        }
    }

    fn note(self) -> Option<String> {
        match self {
            Self::Deactivated(deactivation) => deactivation.note.clone(),
            Self::Revoked(reason) => Some(reason.to_owned()),
        }
    }
}

/// Ends active files: everything that they hold returns, and lists find them in their state. What an event tells of each.
pub(crate) async fn end_files(
    access: &AccountAccess,
    write: &Write,
    files: &[&Current],
    end: End<'_>,
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
        events.push(ended_event(access, file, end, &ledger, now));
    }
    let moved = before.into_iter().filter_map(|(line, before)| Some((line, (before, *allocated.get(&line)?))));
    allocate(write, &moved.collect()).await?;
    for files in in_runs(files.iter().map(|file| file.file_id).collect()) {
        let count = files.len();
        let sql = format!(
            "UPDATE activation_files SET state = $1, ended_at = $2, ended_by = $3, end_reason = $4, end_note = $5
             WHERE state = 'active' AND id IN ({})",
            marks(6, count)
        );
        let by = access.caller().person_id();
        let values = [end.state().code().into(), now.into(), by.into(), end.reason().into(), end.note().into()];
        let values = values.into_iter().chain(files.into_iter().map(Into::into));
        if run(write.on(), "files: end", &sql, values).await? != count as u64 {
            return Err(Error::internal("a file was changed without its account's lock"));
        }
    }
    write.reach("state stored");
    let mut by_facet: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for file in files {
        let facet = facet(end.state().code(), file.licence_type, &file.product);
        by_facet.entry(facet).or_default().push(file.file_id);
    }
    for (facet, files) in by_facet {
        list_state(write, files, &facet).await?;
    }
    Ok(events)
}

fn ended_event(access: &AccountAccess, file: &Current, end: End<'_>, ledger: &Ledger, now: DateTime<Utc>) -> AuditEvent {
    let (before, after) = sides(ledger);
    access.event(now, end.event_type(), file.serial.as_str()).changing(
        json!({ "allocated": before, "state": FileState::Active.code() }),
        json!({ "allocated": after, "state": end.state().code(), "reason": end.reason(), "note": end.note() }),
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
        let found: Vec<Line> = rows(write.on(), "files: what is allocated", &sql, lines.into_iter().map(Into::into)).await?;
        for line in found {
            allocated.insert(line.id, Quantity::new(count(line.allocated_assigned)?, count(line.allocated_pooled)?));
        }
    }
    Ok(allocated)
}
