//! The mail about what was done to a file.

use crate::{
    access::account::AccountAccess,
    error::Error,
    mail::{Letter, message},
    notices::{FileNotice, notify},
    path,
    store::write::Write,
};
use chrono::{DateTime, Utc};
use licensing::Serial;

/// Content of a mail about a file.
pub(crate) struct FileMail {
    pub(crate) subject: String,
    /// Result in whole sentences.
    pub(crate) done: String,
    /// Restriction of the licence type.
    pub(crate) restriction: Option<&'static str>,
    /// Words before the link to the file.
    pub(crate) next: &'static str,
    /// There is a revision to be loaded now.
    pub(crate) loads: bool,
}

/// Queues the mail that tells the person who acted what was done to a file, and where it is; and the notices to colleagues who chose them.
pub(crate) async fn queue_mail(
    access: &AccountAccess,
    write: &Write,
    mail: FileMail,
    serial: &Serial,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let FileMail { subject, done, restriction, next, loads } = mail;
    let name = &access.caller().person().name;
    let told = done.strip_prefix("You ").map_or_else(|| done.clone(), |done| format!("{name} {done}"));
    notify(access, write, &FileNotice { serial, subject: &subject, done: told, loads }, now).await?;
    let link = format!("{}{}", access.portal().settings.public_url, path::file(&access.garn, serial));
    let letter = restriction.into_iter().fold(Letter::default().words(done), Letter::words);
    let letter = letter.words(format!("Account: {} ({})", access.name, access.garn)).link(next, link);
    message::queue(write, &letter.mail(&access.caller().person().email, subject), now).await
}
