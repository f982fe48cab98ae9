//! The mail about a batch that is done.

use super::{
    stored::{Stored, reference},
    view::LineCounts,
};
use crate::{
    access::account::AccountAccess,
    error::Error,
    mail::{Letter, message},
    path,
    store::write::Write,
};
use chrono::{DateTime, Utc};
use licensing::files::batch::Kind;

/// Queues the mail that tells who began a batch what came of it.
pub(super) async fn queue_result(
    access: &AccountAccess,
    write: &Write,
    batch: &Stored,
    counts: &LineCounts,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let reference = reference(batch.id);
    let LineCounts { done, left, refused, .. } = counts;
    let what = match batch.terms.kind {
        Kind::Generate => "generated",
        Kind::Refresh => "refreshed",
        Kind::Deactivate => "deactivated",
    };
    let files = if *done == 1 { "file" } else { "files" };
    let link = format!("{}{}", access.portal().settings.public_url, path::batch(&access.garn, &reference));
    let told = format!(
        "Batch {reference} of account {} ({}) is done. Activation files {what}: {done}. Skipped: {left}. Refused: {refused}.",
        access.name, access.garn
    );
    let mail = Letter::default().words(told).link("Results and files", link);
    let subject = format!("Batch {reference}: {done} activation {files} {what}");
    message::queue(write, &mail.mail(&access.caller().person().email, subject), now).await
}
