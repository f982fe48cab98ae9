//! A planned batch is begun.

use super::run::RunBatch;
use crate::{
    access::account::AccountAccess,
    error::Error,
    event_type::EventType,
    files::batch::{
        stored::{BatchState, NotBegun, own_batch},
        view::LineCounts,
    },
    jobs::queue::enqueue,
    store::statement::run,
};
use licensing::files::batch::BeginRequest;
use serde_json::json;

/// Begins a batch that is planned: it is worked on from now on. One that was begun already stays as it is.
///
/// # Errors
/// [`NotBegun`]; nothing was changed then.
pub async fn begin(access: &AccountAccess, reference: &str, request: &BeginRequest) -> Result<(), NotBegun> {
    let write = access.write().await?;
    let now = access.portal().now();
    let stored = own_batch(access, write.on(), reference).await?;
    if stored.state != BatchState::Planned {
        return Ok(());
    }
    let LineCounts { ready, refused, .. } = super::view::counts(write.on(), stored.id).await?;
    let begin = request.check(stored.terms.kind, ready, refused).map_err(NotBegun::Refused)?;
    let deactivation = begin.deactivation.as_ref();
    let sql = "UPDATE batches SET state = 'running', mode = $1, begun_at = $2, end_reason = $3, end_note = $4, told = NULL
               WHERE id = $5 AND state = 'planned'";
    let values = [
        begin.mode.code().into(),
        now.into(),
        deactivation.map(|deactivation| deactivation.reason.code().to_owned()).into(),
        deactivation.and_then(|deactivation| deactivation.note.clone()).into(),
        stored.id.into(),
    ];
    if run(write.on(), "batch: begin", sql, values).await? != 1 {
        return Err(Error::internal("a batch was changed without its account's lock").into());
    }
    enqueue(&write, &RunBatch { batch: stored.id }, now).await?;
    let event =
        access.event(now, EventType::BatchBegun, reference).changing(json!({}), json!({ "mode": begin.mode, "lines": ready }));
    write.commit(event).await?;
    tracing::info!(reference, garn = %access.garn, lines = ready, "batch begun");
    Ok(())
}
