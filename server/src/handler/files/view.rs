//! *View*: one file, its revisions and their downloads.

use crate::http::{
    answer,
    extract::{Account, Segments},
    query::decode,
};
use app::{
    Visit,
    page::{self, files::view::Notice},
};
use axum::{
    Extension,
    extract::RawQuery,
    http::{HeaderMap, header},
    response::Response,
};
use portal::{AccountAccess, path};

pub(crate) async fn view(
    Extension(visit): Extension<Visit>,
    Account(access): Account,
    Segments((_, serial)): Segments<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let query = query.unwrap_or_default();
    // The list as it was filtered, where the link was followed there.
    let files = path::files(&access.garn);
    let came_from = headers.get(header::REFERER).and_then(|address| address.to_str().ok());
    let came_from = came_from.and_then(|address| address.strip_prefix(&visit.site.public_url));
    let list = came_from.filter(|address| address.split('?').next() == Some(files.as_str())).map_or(files.clone(), str::to_owned);
    let told = decode(&query).find_map(|(name, _)| match name.as_str() {
        "generated" => Some(Notice::Generated),
        "updated" => Some(Notice::Updated),
        "deactivated" => Some(Notice::Deactivated),
        "revoked" => Some(Notice::Revoked),
        _ => None,
    });
    let told = told.unwrap_or(Notice::Nothing);
    let page = page::files::view::show(&visit.site, &access, &serial, told, list).await;
    answer::result(visit, page).await
}

/// A revision that another one took the place of.
pub(crate) async fn superseded(
    Extension(visit): Extension<Visit>,
    Account(access): Account,
    Segments((_, serial, revision)): Segments<(String, String, u32)>,
) -> Response {
    let page = page::files::view::superseded(&access, &serial, revision).await;
    answer::result(visit, page).await
}

/// The stored bytes of the current revision, the same every time.
pub(crate) async fn download(
    Extension(visit): Extension<Visit>,
    Account(access): Account,
    Segments((_, serial)): Segments<(String, String)>,
) -> Response {
    send(visit, &access, &serial, None).await
}

/// Bytes of a revision of the history.
pub(crate) async fn download_revision(
    Extension(visit): Extension<Visit>,
    Account(access): Account,
    Segments((_, serial, revision)): Segments<(String, String, u32)>,
) -> Response {
    send(visit, &access, &serial, Some(revision)).await
}

async fn send(visit: Visit, access: &AccountAccess, serial: &str, revision: Option<u32>) -> Response {
    let found = portal::files::download(access, serial, revision).await;
    answer::download(visit, found).await
}
