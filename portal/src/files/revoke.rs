//! *Revoke*: a licensing analyst takes a file back, and its people are told. Domain §1.

use crate::{
    access::analyst::AnalystAccount,
    error::Error,
    files::{
        current::current_file,
        deactivate::NotActive,
        end::{End, end_files},
        state::FileState,
    },
    mail::{Letter, message},
    path,
    store::{
        statement::{parsed, rows},
        write::Write,
    },
    submission::{
        KeyReused,
        key::SubmissionKey,
        once::{Asked, Submission, once},
    },
};
use licensing::{
    Serial,
    files::revocation::{RevocationProblem, RevocationRequest},
    form::Refusal,
};
use sea_orm::FromQueryResult;

/// Number of people of an account who are told.
const MOST_TOLD: usize = 200;

/// Why a file was not revoked. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum NotRevoked {
    #[error("There is a problem.")]
    Refused(Vec<Refusal<RevocationProblem>>),
    #[error(transparent)]
    NotActive(#[from] NotActive),
    #[error(transparent)]
    KeyReused(#[from] KeyReused),
    #[error(transparent)]
    Error(#[from] Error),
}

/// Revokes the file `serial`: in one transaction its quantities return, its state changes, and the event and the mails are noted.
///
/// The same key with the same request gives the same answer again.
///
/// # Errors
/// [`NotRevoked`]; nothing was changed then.
pub async fn revoke(
    access: &AnalystAccount,
    serial: &str,
    request: &RevocationRequest,
    key: &SubmissionKey,
) -> Result<Serial, NotRevoked> {
    let first = match once::<NotRevoked>(Asked::new(access, "revoke", serial, request, key)?).await? {
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
    let reason = request.check(machine).map_err(NotRevoked::Refused)?;
    let ended = end_files(access, write, &[&current], End::Revoked(&reason), now).await?.remove(0);
    let returned = current.licence_type.returned();
    let vendor = access.portal().vendor();
    let letter = Letter::default()
        .words(format!("{vendor} revoked activation file {serial} for {machine}. {returned} Remove the file from its server: it permits nothing any more."))
        .words(format!("Reason: {reason}"))
        .words(format!("Account: {} ({})", access.name, access.garn))
        .link("View it", format!("{}{}", access.portal().settings.public_url, path::file(&access.garn, &current.serial)));
    for email in told(access, write, current.file_id).await? {
        message::queue(write, &letter.mail(email, format!("Activation file {serial} for {machine} was revoked")), now).await?;
    }
    if let Some(serial) = first.commit::<NotRevoked>(current.serial.to_string(), ended).await? {
        return Ok(parsed(&serial)?);
    }
    tracing::info!(serial, garn = %access.garn, "activation file revoked");
    Ok(current.serial)
}

/// Addresses of the account's people who may change its files, and of whoever made a revision of this one.
async fn told(access: &AnalystAccount, write: &Write, file: i64) -> Result<Vec<String>, Error> {
    #[derive(FromQueryResult)]
    struct Told {
        email: String,
    }
    let sql = format!(
        "SELECT p.email FROM people p WHERE p.active AND p.staff_role IS NULL
            AND (EXISTS (SELECT 1 FROM memberships m WHERE m.person_id = p.id AND m.account_id = $1
                         AND ' ' || m.permissions || ' ' LIKE '% files %')
                 OR EXISTS (SELECT 1 FROM file_revisions r WHERE r.file_id = $2 AND r.generated_by = p.id))
         ORDER BY p.id LIMIT {MOST_TOLD}"
    );
    let told: Vec<Told> = rows(write.on(), "revoke: told", &sql, [access.account_id().into(), file.into()]).await?;
    Ok(told.into_iter().map(|told| told.email).collect())
}
