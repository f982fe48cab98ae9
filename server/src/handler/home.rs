//! The start page, the theme, and addresses that lead nowhere.

use crate::{
    http::{answer, form::PostedForm, middleware::THEME_COOKIE},
    state::App,
};
use app::{Theme, Visit, page::problem};
use axum::{
    Extension,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use cookie::{Cookie, SameSite, time::Duration};
use portal::path;

/// The start page is the chooser, or the only account; for administrators, who see none, what they look after.
pub(crate) async fn home(Extension(visit): Extension<Visit>) -> Response {
    let Some(caller) = &visit.caller else { return Redirect::to(path::SIGN_IN).into_response() };
    if caller.needs_second_factor() {
        return Redirect::to(path::SECOND_FACTOR).into_response();
    }
    if caller.administrator().is_ok() {
        return Redirect::to(path::SETUP).into_response();
    }
    match portal::overview::accounts(caller, "").await {
        Ok(accounts) if accounts.len() == 1 => Redirect::to(&path::account(&accounts[0].garn)).into_response(),
        Ok(_) => Redirect::to(path::ACCOUNTS).into_response(),
        Err(error) => answer::failure(visit, &error).await,
    }
}

/// Remembers light or dark in a cookie. The page that asked stays as it is.
pub(crate) async fn theme(State(app): State<App>, form: PostedForm) -> Response {
    let theme = Theme::from_code(form.value("theme"));
    // The script of every page reads it: one that Back brings again shows the theme of today.
    let cookie = Cookie::build((THEME_COOKIE, theme.code()))
        .path("/")
        .secure(app.public_url.is_https())
        .same_site(SameSite::Lax)
        .max_age(Duration::days(365));
    (StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie.to_string())]).into_response()
}

pub(crate) async fn not_found(Extension(visit): Extension<Visit>) -> Response {
    answer::not_found(visit).await
}

pub(crate) async fn method_not_allowed(Extension(visit): Extension<Visit>) -> Response {
    answer::page(visit, problem::method_not_allowed()).await
}
