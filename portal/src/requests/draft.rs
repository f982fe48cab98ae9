//! Drafts: what was typed into the public form, kept until it is sent.

use super::browser::BrowserAccess;
use crate::{
    error::Error,
    store::statement::{row, run},
    submission::key::SubmissionKey,
};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::FromQueryResult;
use serde_json::json;
use std::net::IpAddr;

/// A draft is kept this long after it was last saved.
const KEPT: TimeDelta = TimeDelta::days(14);
/// Number of drafts of one browser, the latest.
const MOST_OF_BROWSER: u32 = 10;
/// Number of drafts from one network.
const MOST_OF_NETWORK: i64 = 200;

/// A form that is not sent yet.
#[derive(Clone, Debug)]
pub struct Draft {
    pub key: SubmissionKey,
    /// (field, typed)
    pub fields: Vec<(String, String)>,
    pub saved_at: DateTime<Utc>,
}

/// Why a draft was not kept.
#[derive(Debug, thiserror::Error)]
pub enum NotKept {
    #[error("Many drafts were begun from this network. What you typed is on this page still: send it, or try again tomorrow.")]
    TooMany,
    /// It is another browser's, or it was sent.
    #[error("This form was sent, or begun in another browser. Begin a new one.")]
    Elsewhere,
    #[error(transparent)]
    Error(#[from] Error),
}

#[derive(FromQueryResult)]
struct Stored {
    key: String,
    fields: serde_json::Value,
    saved_at: DateTime<Utc>,
}

impl Stored {
    fn draft(self) -> Result<Draft, Error> {
        let fields = serde_json::from_value(self.fields).map_err(Error::internal)?;
        Ok(Draft { key: self.key.parse().map_err(Error::internal)?, fields, saved_at: self.saved_at })
    }
}

/// Keeps what was typed so far under the key of the form.
///
/// # Errors
/// [`NotKept`].
pub async fn keep(
    access: &BrowserAccess,
    key: &SubmissionKey,
    fields: &[(String, String)],
    address: IpAddr,
) -> Result<(), NotKept> {
    #[derive(FromQueryResult)]
    struct Counted {
        drafts: i64,
        sent: bool,
    }
    let portal = access.portal();
    let (on, now) = (portal.database.bookkeeping(), portal.now());
    let network = portal.pseudonym_of_address(address);
    let ended = "DELETE FROM request_drafts WHERE saved_at <= $1";
    run(on, "request drafts: ended", ended, [(now - KEPT).into()]).await?;
    let sql = "SELECT (SELECT COUNT(*) FROM request_drafts WHERE network = $1 AND key <> $2) AS drafts,
                   EXISTS (SELECT 1 FROM requests WHERE draft_key = $2) AS sent";
    let counted: Option<Counted> =
        row(on, "request drafts: of network", sql, [network.clone().into(), key.as_str().into()]).await?;
    match counted {
        Some(Counted { sent: true, .. }) => return Err(NotKept::Elsewhere),
        Some(Counted { drafts, .. }) if drafts >= MOST_OF_NETWORK => return Err(NotKept::TooMany),
        _ => {}
    }
    let sql = "INSERT INTO request_drafts (key, browser_sha256, network, fields, saved_at) VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (key) DO UPDATE SET fields = excluded.fields, saved_at = excluded.saved_at
               WHERE request_drafts.browser_sha256 = excluded.browser_sha256";
    let values = [key.as_str().into(), access.sha256().into(), network.into(), json!(fields).into(), now.into()];
    if run(on, "request draft: keep", sql, values).await? == 0 {
        return Err(NotKept::Elsewhere);
    }
    let sql = format!(
        "DELETE FROM request_drafts WHERE browser_sha256 = $1 AND key NOT IN
            (SELECT n.key FROM request_drafts n WHERE n.browser_sha256 = $1 ORDER BY n.saved_at DESC, n.key LIMIT {MOST_OF_BROWSER})"
    );
    run(on, "request drafts: oldest", &sql, [access.sha256().into()]).await?;
    Ok(())
}

/// The draft under `key`, in the browser that it was begun in.
///
/// # Errors
/// [`Error::NotFound`], the same for another browser's and for none.
pub async fn draft(access: &BrowserAccess, key: &str) -> Result<Draft, Error> {
    let portal = access.portal();
    let sql = "SELECT key, fields, saved_at FROM request_drafts WHERE key = $1 AND browser_sha256 = $2 AND saved_at > $3";
    let values = [key.into(), access.sha256().into(), (portal.now() - KEPT).into()];
    let found: Option<Stored> = row(portal.database.read(), "request draft", sql, values).await?;
    found.ok_or(Error::NotFound)?.draft()
}

/// The draft that was saved last in this browser.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn latest_draft(access: &BrowserAccess) -> Result<Option<Draft>, Error> {
    let portal = access.portal();
    let sql = "SELECT key, fields, saved_at FROM request_drafts WHERE browser_sha256 = $1 AND saved_at > $2
               ORDER BY saved_at DESC, key LIMIT 1";
    let values = [access.sha256().into(), (portal.now() - KEPT).into()];
    let found: Option<Stored> = row(portal.database.read(), "request draft: latest", sql, values).await?;
    found.map(Stored::draft).transpose()
}
