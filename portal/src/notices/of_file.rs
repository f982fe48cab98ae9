//! Notices about one file, to those of its account who chose them, beside whoever did it.

use super::settings::{Group, link, secret};
use crate::{
    access::account::AccountAccess,
    error::Error,
    files::{
        download::{file_name_of, hexadecimal},
        state::FileState,
    },
    mail::{Letter, MailedFile, MailedSource, message},
    path,
    store::{
        statement::{row, rows},
        write::Write,
    },
};
use chrono::{DateTime, Utc};
use licensing::Serial;
use sea_orm::FromQueryResult;

/// People who are told at most.
const MOST_TOLD: usize = 50;

/// What is told.
pub(crate) struct FileNotice<'a> {
    pub(crate) serial: &'a Serial,
    pub(crate) subject: &'a str,
    /// What was done, in a sentence.
    pub(crate) done: String,
    /// There is a revision to be loaded now.
    pub(crate) loads: bool,
}

/// Queues the notices.
pub(crate) async fn notify(
    access: &AccountAccess,
    write: &Write,
    notice: &FileNotice<'_>,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    #[derive(FromQueryResult)]
    struct Told {
        id: i64,
        email: String,
        attached: bool,
    }
    let sql = format!(
        "SELECT p.id, p.email, ' ' || n.notices || ' ' LIKE '% attached %' AS attached
         FROM memberships m JOIN notice_settings n ON n.person_id = m.person_id JOIN people p ON p.id = m.person_id
         WHERE m.account_id = $1 AND p.active AND p.id <> $2 AND ' ' || n.notices || ' ' LIKE '% files %' ORDER BY p.id LIMIT {MOST_TOLD}"
    );
    let values = [access.account_id().into(), access.caller().person_id().into()];
    let told: Vec<Told> = rows(write.on(), "notices: of a file", &sql, values).await?;
    if told.is_empty() {
        return Ok(());
    }
    let revision = if notice.loads { Some(current(write, notice.serial).await?) } else { None };
    let portal = access.portal();
    for Told { id, email, attached } in told {
        let secret = secret(portal, write, id).await?;
        let mut letter =
            Letter::default().words(notice.done.clone()).words(format!("Account: {} ({})", access.name, access.garn));
        if let Some((revision, name, sha256)) = &revision {
            letter = letter.words(format!("SHA-256 of {name}: {sha256}"));
            if attached {
                letter = letter.with(vec![MailedFile { source: MailedSource::Revision(*revision), name: name.clone() }]);
            }
        }
        let unsubscribe = link(portal, &secret, Group::Files);
        let letter = letter
            .link("View it", format!("{}{}", portal.settings.public_url, path::file(&access.garn, notice.serial)))
            .link("End these notices", unsubscribe.clone())
            .unsubscribed_at(unsubscribe);
        message::queue(write, &letter.mail(email, notice.subject), now).await?;
    }
    Ok(())
}

/// Row id, name and SHA-256 of the current revision.
async fn current(write: &Write, serial: &Serial) -> Result<(i64, String, String), Error> {
    #[derive(FromQueryResult)]
    struct Stored {
        id: i64,
        sha256: Vec<u8>,
    }
    let sql =
        "SELECT r.id, r.sha256 FROM activation_files f JOIN file_revisions r ON r.file_id = f.id AND r.revision = f.revision
               WHERE f.serial = $1";
    let stored: Option<Stored> = row(write.on(), "notices: revision", sql, [serial.as_str().into()]).await?;
    let Stored { id, sha256 } = stored.ok_or(Error::NotFound)?;
    Ok((id, file_name_of(serial.as_str(), None, FileState::Active), hexadecimal(&sha256)))
}
