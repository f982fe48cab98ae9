//! Arguments of handlers, read from the request.

use super::answer;
use app::Visit;
use axum::{
    extract::{FromRequestParts, Path, RawPathParams},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use portal::{AccountAccess, Caller, Error};
use serde::de::DeserializeOwned;

/// The variable segments of an address. What cannot be one, such as bytes that are no text, leads nowhere like any other unknown address.
pub(crate) struct Segments<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Segments<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let no_text = parts.uri.path().contains("%00");
        match Path::from_request_parts(parts, state).await {
            Ok(Path(segments)) if !no_text => Ok(Self(segments)),
            _ => Err(nowhere(parts).await),
        }
    }
}

/// The account in the address, `{garn}`, as the person who asks may see it. One of others leads nowhere, like one that does not exist.
pub(crate) struct Account(pub(crate) AccountAccess);

impl<S: Send + Sync> FromRequestParts<S> for Account {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let segments = RawPathParams::from_request_parts(parts, state).await;
        let garn = segments.ok().and_then(|all| all.iter().find(|(name, _)| *name == "garn").map(|(_, garn)| garn.to_owned()));
        let (Some(garn), Some(caller)) = (garn.filter(|garn| !garn.contains('\0')), parts.extensions.get::<Caller>()) else {
            return Err(nowhere(parts).await);
        };
        match (caller.account(&garn).await, parts.extensions.get::<Visit>()) {
            (Ok(access), _) => Ok(Self(access)),
            (Err(error), Some(visit)) => Err(answer::failure(visit.clone(), &error).await),
            (Err(_), None) => Err(StatusCode::INTERNAL_SERVER_ERROR.into_response()),
        }
    }
}

async fn nowhere(parts: &Parts) -> Response {
    match parts.extensions.get::<Visit>() {
        Some(visit) => answer::failure(visit.clone(), &Error::NotFound).await,
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
