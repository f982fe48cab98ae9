use crate::{App, answer, form::PostedForm, handler::sign_in::sign_in_page};
use app::{Theme, Visit, page};
use axum::{
    body::Bytes,
    extract::{FromRequest, MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use cookie::Cookie;
use page::sign_in::Asked;
use std::time::Instant;

pub(crate) const THEME_COOKIE: &str = "theme";

/// A cookie of the request.
pub(crate) fn cookie_value(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(Cookie::split_parse)
        .filter_map(Result::ok)
        .find(|cookie| cookie.name() == name)
        .map(|cookie| cookie.value().to_owned())
}

/// Finds out who is asking, and puts the [`Visit`] into the request.
pub(crate) async fn identify(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let headers = request.headers();
    let theme = cookie_value(headers, THEME_COOKIE).map_or(Theme::System, |code| Theme::from_code(&code));
    let address = request.uri().path_and_query().map_or("/", |p| p.as_str()).to_owned();
    let mut visit = Visit { site: app.site.clone(), caller: None, theme, address };
    if let Some(token) = cookie_value(headers, app.public_url.session_cookie()) {
        match app.site.portal.authenticate(&token).await {
            Ok(caller) => visit.caller = caller,
            Err(error) => return answer::failure(visit, &error).await,
        }
    }
    request.extensions_mut().insert(visit);
    next.run(request).await
}

/// For routes that need a signed-in person. A form that was sent is kept, and comes back after signing in.
pub(crate) async fn require_sign_in(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let Some(visit) = request.extensions().get::<Visit>().cloned() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    if let Some(caller) = visit.caller.clone() {
        request.extensions_mut().insert(caller);
        return next.run(request).await;
    }
    if request.method() == Method::POST {
        let headers = request.headers().clone();
        let return_to = request.uri().path().to_owned();
        let kept_form = match PostedForm::read(&visit, &headers, Bytes::from_request(request, &app).await).await {
            Ok(form) => form.body,
            Err(response) => return response,
        };
        let asked = Asked { return_to, kept_form, status: 401, ..Asked::default() };
        return answer::page(visit.clone(), sign_in_page(&visit, asked)).await;
    }
    let query: String = form_urlencoded::Serializer::new(String::new()).append_pair("return_to", &visit.address).finish();
    Redirect::to(&format!("/sign-in?{query}")).into_response()
}

/// Unsafe methods are taken from our own pages only.
pub(crate) async fn same_origin(State(app): State<App>, request: Request, next: Next) -> Response {
    if request.method().is_safe() || app.public_url.sent(request.headers()) {
        return next.run(request).await;
    }
    let visit = Visit { site: app.site.clone(), caller: None, theme: Theme::System, address: "/".into() };
    answer::page(visit, page::problem::foreign_origin()).await
}

/// What every answer carries unless its handler said otherwise.
const HEADERS: [(HeaderName, &str); 8] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
];

pub(crate) async fn headers(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if app.public_url.is_https() {
        let a_year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, a_year);
    }
    response
}

/// One line for each request, by its route: no address, no query, no name.
pub(crate) async fn log(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    let response = next.run(request).await;
    let duration_ms = began.elapsed().as_secs_f64() * 1000.0;
    tracing::info!(%method, route, status = response.status().as_u16(), duration_ms, "answered");
    response
}
