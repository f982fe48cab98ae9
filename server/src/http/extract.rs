//! Arguments of handlers, read from the request.

use super::{
    answer, client_address,
    middleware::{cookie, cookie_value},
};
use crate::state::App;
use app::Visit;
use axum::{
    extract::{ConnectInfo, FromRequestParts, Path, RawPathParams},
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use cookie::time::Duration;
use portal::{AccountAccess, Caller, Error, requests::BrowserAccess};
use serde::de::DeserializeOwned;
use std::net::{IpAddr, SocketAddr};

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

/// A browser as it is known again: one without our cookie gets it with the answer.
pub(crate) struct Browser {
    pub(crate) access: BrowserAccess,
    /// Address that the request came from.
    pub(crate) address: IpAddr,
    /// Token of a browser that has none.
    new_token: Option<String>,
}

/// Drafts of a browser are kept no longer.
const BROWSER_KEPT: Duration = Duration::days(30);

impl FromRequestParts<App> for Browser {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let ConnectInfo(peer) =
            ConnectInfo::<SocketAddr>::from_request_parts(parts, app).await.map_err(IntoResponse::into_response)?;
        let address = client_address::of(app, peer.ip(), &parts.headers);
        let portal = &app.site.portal;
        let known = cookie_value(&parts.headers, app.public_url.browser_cookie());
        let new_token = if known.is_none() { Some(portal.new_browser_token()) } else { None };
        let token = known.or_else(|| new_token.clone()).unwrap_or_default();
        Ok(Self { access: portal.browser(&token), address, new_token })
    }
}

impl Browser {
    /// The response, with the cookie for a browser that has none.
    pub(crate) fn remembered(&self, app: &App, mut response: Response) -> Response {
        let set = self.new_token.as_ref().map(|token| cookie(app, app.public_url.browser_cookie(), token).max_age(BROWSER_KEPT));
        if let Some(Ok(set)) = set.map(|set| HeaderValue::from_str(&set.to_string())) {
            response.headers_mut().append(header::SET_COOKIE, set);
        }
        response
    }
}

async fn nowhere(parts: &Parts) -> Response {
    match parts.extensions.get::<Visit>() {
        Some(visit) => answer::failure(visit.clone(), &Error::NotFound).await,
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
