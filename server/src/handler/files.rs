use super::Segments;
use crate::{answer, form::decode};
use app::{Visit, page};
use axum::{
    Extension,
    extract::RawQuery,
    http::header,
    response::{IntoResponse, Response},
};
use portal::{Caller, PageSize};

pub(crate) async fn list(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(garn): Segments<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let value = |field: &str| decode(&query).find(|(name, _)| name == field).map(|(_, value)| value);
    let (after, size) = (value("after"), PageSize::from_rows(&value("rows").unwrap_or_default()));
    let page = async { page::files::show(&caller.account(&garn).await?, after.as_deref(), size).await };
    let page = page.await;
    answer::result(visit, page).await
}

pub(crate) async fn view(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments((garn, serial)): Segments<(String, String)>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let generated = decode(&query).any(|(name, _)| name == "generated");
    let page = async { page::file::show(&visit.site, &caller.account(&garn).await?, &serial, generated).await };
    let page = page.await;
    answer::result(visit, page).await
}

/// The stored bytes, the same every time.
pub(crate) async fn download(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments((garn, serial)): Segments<(String, String)>,
) -> Response {
    let download = async { caller.account(&garn).await?.download(&serial).await };
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
