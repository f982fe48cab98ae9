//! A batch as it is kept.

use crate::{
    access::account::AccountAccess,
    error::Error,
    files::batch::table::Cells,
    store::statement::{known, row},
};
use licensing::{
    files::{
        batch::{BatchProblem, Kind, Mode},
        deactivation::{Deactivation, Reason},
        request::NewFileForm,
    },
    form::Refusal,
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use std::sync::Arc;

/// Lines that are worked on together, in one transaction where each line is by itself: others write between them.
pub(crate) const SLICE: usize = 256;

/// Why a batch was not begun. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum NotBegun {
    #[error("There is a problem.")]
    Refused(Vec<Refusal<BatchProblem>>),
    #[error("{by} planned this batch, and nobody else can begin it. Plan one of your own.")]
    Others { by: String },
    #[error(transparent)]
    Error(#[from] Error),
}

/// State of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchState {
    Planned,
    Running,
    Done,
}

impl BatchState {
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Running => "running",
            Self::Done => "done",
        }
    }

    pub(super) fn stored(text: &str) -> Result<Self, Error> {
        known([Self::Planned, Self::Running, Self::Done].into_iter().find(|state| state.code() == text), text)
    }
}

/// Choices that all lines of a batch share.
pub(crate) struct Terms {
    pub(super) kind: Kind,
    pub(super) pattern: NewFileForm,
    pub(super) repeats: bool,
}

/// A batch as it is kept.
pub(crate) struct Stored {
    pub(super) id: i64,
    pub(super) person_id: i64,
    pub(super) by: String,
    pub(super) state: BatchState,
    pub(super) mode: Option<Mode>,
    pub(super) deactivation: Option<Deactivation>,
    pub(super) terms: Arc<Terms>,
}

/// `BT-0000001`
pub(crate) fn reference(id: i64) -> String {
    format!("BT-{id:07}")
}

pub(crate) fn id(reference: &str) -> Result<i64, Error> {
    reference.strip_prefix("BT-").and_then(|number| number.parse().ok()).ok_or(Error::NotFound)
}

pub(crate) async fn own_batch(access: &AccountAccess, on: &impl ConnectionTrait, reference: &str) -> Result<Stored, NotBegun> {
    let stored = stored_batch(access, on, reference).await?;
    if stored.person_id == access.caller().person_id() { Ok(stored) } else { Err(NotBegun::Others { by: stored.by }) }
}

/// A batch of the account.
pub(crate) async fn stored_batch(access: &AccountAccess, on: &impl ConnectionTrait, reference: &str) -> Result<Stored, Error> {
    #[derive(FromQueryResult)]
    struct Found {
        id: i64,
        person_id: i64,
        by: String,
        state: String,
        kind: String,
        mode: Option<String>,
        pattern: serde_json::Value,
        repeats: bool,
        end_reason: Option<String>,
        end_note: Option<String>,
    }
    let found: Option<Found> = row(
        on,
        "batch",
        "SELECT b.id, b.person_id, p.name AS \"by\", b.state, b.kind, b.mode, b.pattern, b.repeats, b.end_reason, b.end_note
         FROM batches b JOIN people p ON p.id = b.person_id WHERE b.account_id = $1 AND b.id = $2",
        [access.account_id().into(), id(reference)?.into()],
    )
    .await?;
    let found = found.ok_or(Error::NotFound)?;
    let kind = known(Kind::from_code(&found.kind), &found.kind)?;
    let pattern = serde_json::from_value(found.pattern).map_err(Error::internal)?;
    let reason = found.end_reason.as_deref().and_then(Reason::from_code);
    Ok(Stored {
        id: found.id,
        person_id: found.person_id,
        by: found.by,
        state: BatchState::stored(&found.state)?,
        mode: found.mode.as_deref().and_then(Mode::from_code),
        deactivation: reason.map(|reason| Deactivation { reason, note: found.end_note }),
        terms: Arc::new(Terms { kind, pattern, repeats: found.repeats }),
    })
}

/// The cells of a line as they are kept.
pub(crate) fn cells(asked: serde_json::Value) -> Result<Cells, Error> {
    serde_json::from_value(asked).map_err(Error::internal)
}
