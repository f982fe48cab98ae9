//! The mail about what was done to a file.

use crate::{
    access::account::AccountAccess,
    error::Error,
    mail::{Mail, message},
    path,
    store::write::Write,
};
use chrono::{DateTime, Utc};
use licensing::Serial;

/// Queues the mail that tells the person who acted what was done to a file, and where it is.
pub(crate) async fn queue_mail(
    access: &AccountAccess,
    write: &Write,
    subject: String,
    done: String,
    restriction: Option<&str>,
    serial: &Serial,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let restriction = restriction.map(|words| format!("\n{words}\n")).unwrap_or_default();
    let link = format!("{}{}", access.portal().settings.public_url, path::file(&access.garn, serial));
    let mail = Mail {
        recipient: access.caller().person().email.clone(),
        subject,
        body: format!("{done}, account {} ({}).\n{restriction}\nView and download it: {link}\n", access.name, access.garn),
    };
    message::queue(write, &mail, now).await
}
