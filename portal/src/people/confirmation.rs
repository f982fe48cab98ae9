//! The second factor asked for again, before roles or the catalogue change.

use super::code::{CodeProblem, check_code, use_code};
use crate::{access::administrator::AdministratorAccess, error::Error, store::statement::run};

/// Confirms an administrator: by the second factor that the session proved a short while ago, or else by `code`, after which the session counts as
/// confirmed for some minutes.
///
/// # Errors
/// [`CodeProblem`].
pub(crate) async fn confirm(access: &AdministratorAccess, code: &str) -> Result<(), CodeProblem> {
    let caller = access.caller();
    if caller.is_confirmed() {
        return Ok(());
    }
    let (portal, person) = (caller.portal(), caller.person_id());
    let session = caller.session().ok_or_else(|| Error::internal("nobody confirms for a job"))?;
    let code = check_code(portal, person, code).await?;
    let write = portal.database.write().await?;
    use_code(portal, &write, person, code).await?;
    let sql = "UPDATE sessions SET factor_at = $1 WHERE token_sha256 = $2";
    run(write.on(), "session: confirmed", sql, [write.now().into(), session.token_sha256.clone().into()]).await?;
    Ok(write.commit_bookkeeping().await?)
}
