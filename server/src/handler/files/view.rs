//! *View*: one file, its revisions and their downloads.

use crate::http::{answer, extract::Segments, form::decode};
use app::{
    Visit,
    page::{self, files::view::Told},
};
use axum::{
    Extension,
    extract::RawQuery,
    http::header,
    response::{IntoResponse, Response},
};
use portal::Caller;

pub(crate) async fn view(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments((garn, serial)): Segments<(String, String)>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let told = decode(&query).find_map(|(name, _)| match name.as_str() {
        "generated" => Some(Told::Generated),
        "updated" => Some(Told::Updated),
        "deactivated" => Some(Told::Deactivated),
        _ => None,
    });
    let told = told.unwrap_or(Told::Nothing);
    let page = async { page::files::view::show(&visit.site, &caller.account(&garn).await?, &serial, told).await };
    let page = page.await;
    answer::result(visit, page).await
}

/// A revision that another one took the place of.
pub(crate) async fn superseded(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments((garn, serial, revision)): Segments<(String, String, u32)>,
) -> Response {
    let page = async { page::files::view::superseded(&caller.account(&garn).await?, &serial, revision).await };
    let page = page.await;
    answer::result(visit, page).await
}

/// The stored bytes of the current revision, the same every time.
pub(crate) async fn download(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments((garn, serial)): Segments<(String, String)>,
) -> Response {
    send(visit, caller, &garn, &serial, None).await
}

/// Those of a revision of the history.
pub(crate) async fn download_revision(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments((garn, serial, revision)): Segments<(String, String, u32)>,
) -> Response {
    send(visit, caller, &garn, &serial, Some(revision)).await
}

async fn send(visit: Visit, caller: Caller, garn: &str, serial: &str, revision: Option<u32>) -> Response {
    let download = async { caller.account(garn).await?.download(serial, revision).await };
    match download.await {
        Ok(download) => {
            let disposition = format!("attachment; filename=\"{}\"", download.file_name);
            let headers =
                [(header::CONTENT_TYPE, "application/octet-stream".to_owned()), (header::CONTENT_DISPOSITION, disposition)];
            (headers, download.bytes).into_response()
        }
        Err(error) => answer::failure(visit, &error).await,
    }
}
