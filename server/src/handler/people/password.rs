//! A forgotten password.

use crate::{
    http::{answer, client_address, extract::Segments, form::PostedForm},
    state::App,
};
use app::{
    Visit,
    page::people::password::{self, field},
};
use axum::{
    Extension,
    extract::{ConnectInfo, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Redirect, Response},
};
use licensing::EmailAddress;
use portal::{
    Error, path,
    people::{NotReset, SignInRefused},
};
use std::net::SocketAddr;

pub(crate) async fn show(Extension(visit): Extension<Visit>) -> Response {
    answer::page(visit, password::forgotten(String::new(), None, 200)).await
}

pub(crate) async fn ask(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    posted: PostedForm,
) -> Response {
    let typed = posted.value(field::EMAIL).trim().to_owned();
    let email = match EmailAddress::typed(&typed) {
        Ok(email) => email,
        Err(error) => {
            let words = if typed.is_empty() { "Enter your e-mail address.".to_owned() } else { error.to_string() };
            return answer::page(visit, password::forgotten(typed, Some(words), 422)).await;
        }
    };
    let address = client_address::of(&app, peer.ip(), &headers);
    match portal::people::ask_for_reset(&visit.site.portal, &email, address).await {
        Ok(()) => answer::page(visit, password::asked()).await,
        Err(SignInRefused::Error(error)) => answer::failure(visit, &error).await,
        Err(SignInRefused::TooMany { retry_after_s }) => {
            let words = format!("Links were asked for often. Try again in {retry_after_s} seconds.");
            let mut response = answer::page(visit, password::forgotten(typed, Some(words), 429)).await;
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_after_s));
            response
        }
        Err(refused) => answer::page(visit, password::forgotten(typed, Some(refused.to_string()), 422)).await,
    }
}

pub(crate) async fn show_reset(Extension(visit): Extension<Visit>, Segments(secret): Segments<String>) -> Response {
    page(visit, &secret, None).await
}

async fn page(visit: Visit, secret: &str, problem: Option<String>) -> Response {
    match portal::people::can_be_reset(&visit.site.portal, secret).await {
        Ok(email) => answer::page(visit, password::reset(secret, email, problem)).await,
        Err(Error::NotFound) => answer::page(visit, password::gone()).await,
        Err(error) => answer::failure(visit, &error).await,
    }
}

pub(crate) async fn reset(
    Extension(visit): Extension<Visit>,
    Segments(secret): Segments<String>,
    posted: PostedForm,
) -> Response {
    let password = posted.value(field::PASSWORD);
    match portal::people::reset_password(&visit.site.portal, &secret, password).await {
        Ok(()) => Redirect::to(&format!("{}?password", path::SIGN_IN)).into_response(),
        Err(NotReset::Error(Error::NotFound)) => answer::page(visit, password::gone()).await,
        Err(NotReset::Error(error)) => answer::failure(visit, &error).await,
        Err(why @ NotReset::Password(_)) => page(visit, &secret, Some(why.to_string())).await,
    }
}
