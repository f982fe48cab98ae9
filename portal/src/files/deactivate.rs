//! *Deactivate*: a file gives back everything that it holds. Domain §5 and §6.3.

use crate::{
    access::change::ChangeAccess,
    error::Error,
    files::{
        current::current_file,
        end::{End, end_files},
        mail::{FileMail, queue_mail},
        state::FileState,
    },
    store::statement::parsed,
    submission::{
        KeyReused,
        key::SubmissionKey,
        once::{Asked, Submission, once},
    },
};
use licensing::{
    Serial,
    files::deactivation::{DeactivationProblem, DeactivationRequest},
    form::Refusal,
    offer::eligibility::Ineligible,
};

/// Why a file was not deactivated. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum NotDeactivated {
    #[error("You cannot deactivate this file.")]
    Ineligible(Ineligible),
    #[error("There is a problem.")]
    Refused(Vec<Refusal<DeactivationProblem>>),
    #[error(transparent)]
    NotActive(#[from] NotActive),
    #[error(transparent)]
    KeyReused(#[from] KeyReused),
    #[error(transparent)]
    Error(#[from] Error),
}

/// The file has ended before.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{serial} is {state} already: it holds nothing that could be returned.")]
pub struct NotActive {
    pub serial: Serial,
    pub state: FileState,
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
        return Err(NotActive { serial: current.serial, state: current.state }.into());
    }
    let servers = current.file.binding.servers();
    let machine = servers.first().map_or("", |server| server.machine_name.as_str());
    let deactivation = request.check(current.licence_type, machine).map_err(NotDeactivated::Refused)?;
    let ended = end_files(access, write, &[&current], End::Deactivated(&deactivation), now).await?.remove(0);
    let subject = format!("Activation file {serial} for {machine} was deactivated");
    let returned = current.licence_type.returned();
    let done = format!(
        "You deactivated activation file {serial} for {machine}. {returned} An installed copy cannot be recalled: remove it from its server."
    );
    queue_mail(access, write, FileMail { subject, done, restriction: None, next: "View it", loads: false }, &current.serial, now)
        .await?;
    if let Some(serial) = first.commit::<NotDeactivated>(current.serial.to_string(), ended).await? {
        return Ok(parsed(&serial)?);
    }
    tracing::info!(serial, garn = %access.garn, "activation file deactivated");
    Ok(current.serial)
}
