//! The checklist of a new portal: what it still needs before a customer generates a first file.

use crate::{
    access::administrator::AdministratorAccess,
    error::Error,
    event_type::EventType,
    jobs::job::Job,
    mail::{Letter, message, message::Mail},
    store::statement::row,
};
use sea_orm::FromQueryResult;

/// Lines of the checklist; `true`: done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Checklist {
    /// The server does not start without it.
    pub signing_key: bool,
    pub catalogue: bool,
    /// A mail has gone out.
    pub mail: bool,
    pub analyst: bool,
    pub account: bool,
    pub order: bool,
    /// Somebody of an account was invited, or is there.
    pub member: bool,
}

impl Checklist {
    /// Whether nothing is left to do.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.signing_key && self.catalogue && self.mail && self.analyst && self.account && self.order && self.member
    }
}

/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn checklist(access: &AdministratorAccess) -> Result<Checklist, Error> {
    let sql = "SELECT
            EXISTS (SELECT 1 FROM signing_keys) AS signing_key,
            EXISTS (SELECT 1 FROM parts) AS catalogue,
            EXISTS (SELECT 1 FROM jobs WHERE kind = $1 AND state = 'done') AS mail,
            EXISTS (SELECT 1 FROM people WHERE staff_role = 'analyst' AND active) AS analyst,
            EXISTS (SELECT 1 FROM accounts) AS account,
            EXISTS (SELECT 1 FROM orders) AS \"order\",
            EXISTS (SELECT 1 FROM invitations WHERE account_id IS NOT NULL) OR EXISTS (SELECT 1 FROM memberships) AS member";
    let found: Option<Checklist> = row(access.caller().portal().database.read(), "checklist", sql, [Mail::KIND.into()]).await?;
    found.ok_or_else(|| Error::internal("no row of a query without a table"))
}

/// Sends a mail to the administrator, to try the mail server.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`]; no mail is queued then.
pub async fn try_mail(access: &AdministratorAccess) -> Result<(), Error> {
    let caller = access.caller();
    let portal = caller.portal();
    let vendor = &portal.settings.vendor;
    let letter = Letter::default()
        .words(format!("Mail of the activation-file portal of {vendor} arrives."))
        .link("The portal", portal.settings.public_url.clone());
    let write = portal.database.write().await?;
    let mail = letter.mail(&*caller.person().email, format!("Test mail of the portal of {vendor}"));
    message::queue(&write, &mail, portal.now()).await?;
    write.commit(caller.event(portal.now(), EventType::MailTried, caller.person().email.clone())).await
}
