use crate::http::{answer, extract::Segments};
use app::{Visit, page};
use axum::{
    Extension,
    http::header,
    response::{IntoResponse, Response},
};
use portal::Error;

/// Keys are public and seldom change.
const CACHING: (header::HeaderName, &str) = (header::CACHE_CONTROL, "public, max-age=300");

pub(crate) async fn page(Extension(visit): Extension<Visit>) -> Response {
    let page = page::signing::keys::show(&visit).await;
    answer::result(visit, page).await
}

/// `/keys/ISSUER/GENERATION.pem`.
pub(crate) async fn pem(Extension(visit): Extension<Visit>, Segments(name): Segments<String>) -> Response {
    let keys = match portal::signing::public_keys(&visit.site.portal).await {
        Ok(keys) => keys,
        Err(error) => return answer::failure(visit, &error).await,
    };
    let found = name.strip_suffix(".pem").and_then(|name| keys.into_iter().find(|key| key.name == name));
    match found {
        Some(key) => ([CACHING, (header::CONTENT_TYPE, "application/x-pem-file")], key.pem).into_response(),
        None => answer::failure(visit, &Error::NotFound).await,
    }
}

/// One signed-note verifier key a line.
pub(crate) async fn verifier_keys(Extension(visit): Extension<Visit>) -> Response {
    match portal::signing::verifier_keys(&visit.site.portal).await {
        Ok(lines) => ([CACHING, (header::CONTENT_TYPE, "text/plain; charset=utf-8")], lines).into_response(),
        Err(error) => answer::failure(visit, &error).await,
    }
}

/// The verifier of the specification, thirty lines of Python.
pub(crate) async fn verifier() -> Response {
    let script = include_str!("../../../../docs/verify.py");
    ([CACHING, (header::CONTENT_TYPE, "text/x-python; charset=utf-8")], script).into_response()
}
