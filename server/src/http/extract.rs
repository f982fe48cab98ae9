//! Arguments of handlers, read from the request.

use super::answer;
use app::Visit;
use axum::{
    extract::{FromRequestParts, Path},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use serde::de::DeserializeOwned;

/// The variable segments of an address. What cannot be one, such as bytes that are no text, leads nowhere like any other unknown address.
pub(crate) struct Segments<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Segments<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let no_text = parts.uri.path().contains("%00");
        match (Path::from_request_parts(parts, state).await, parts.extensions.get::<Visit>()) {
            (Ok(Path(segments)), _) if !no_text => Ok(Self(segments)),
            (_, Some(visit)) => Err(answer::not_found(visit.clone()).await),
            (_, None) => Err(StatusCode::NOT_FOUND.into_response()),
        }
    }
}
