//! What happens at each address: read the request, ask `portal`, answer with a page of `app`.

pub(crate) mod accounts;
pub(crate) mod batches;
pub(crate) mod check_file;
pub(crate) mod cloud;
pub(crate) mod deactivate;
pub(crate) mod file_form;
pub(crate) mod files;
pub(crate) mod health;
pub(crate) mod help;
pub(crate) mod keys;
pub(crate) mod metrics;
pub(crate) mod sign_in;
pub(crate) mod sites;
pub(crate) mod summary;
pub(crate) mod upgrade;

use crate::{App, answer, form::PostedForm, middleware::THEME_COOKIE, origin::own_address};
use app::{Theme, Visit, page::problem};
use axum::{
    Extension,
    body::{Body, Bytes},
    extract::{FromRequestParts, Path, State},
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use cookie::{Cookie, SameSite, time::Duration};
use portal::table;
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

/// The start page is the chooser, or the only account.
pub(crate) async fn home(Extension(visit): Extension<Visit>) -> Response {
    let Some(caller) = &visit.caller else { return Redirect::to("/sign-in").into_response() };
    match caller.accounts("").await {
        Ok(accounts) if accounts.len() == 1 => Redirect::to(&format!("/accounts/{}", accounts[0].garn)).into_response(),
        Ok(_) => Redirect::to("/accounts").into_response(),
        Err(error) => answer::failure(visit, &error).await,
    }
}

/// Remembers light or dark in a cookie, and goes back.
pub(crate) async fn theme(State(app): State<App>, form: PostedForm) -> Response {
    let theme = Theme::from_code(form.value("theme"));
    let cookie = Cookie::build((THEME_COOKIE, theme.code()))
        .path("/")
        .http_only(true)
        .secure(app.public_url.is_https())
        .same_site(SameSite::Lax)
        .max_age(Duration::days(365));
    ([(header::SET_COOKIE, cookie.to_string())], Redirect::to(own_address(form.value("return_to")))).into_response()
}

/// A table for spreadsheets, as a file to keep.
pub(crate) fn csv(name: &str, lines: impl Into<Body>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, lines.into()).into_response()
}

/// The head of a table, and the lines below it that are there already.
pub(crate) fn csv_begin<L: IntoIterator<Item = String>>(lines: impl IntoIterator<Item = L>) -> Bytes {
    [table::MARK.as_bytes(), &table::lines(lines)].concat().into()
}

pub(crate) async fn not_found(Extension(visit): Extension<Visit>) -> Response {
    answer::not_found(visit).await
}

pub(crate) async fn method_not_allowed(Extension(visit): Extension<Visit>) -> Response {
    answer::page(visit, problem::method_not_allowed()).await
}
