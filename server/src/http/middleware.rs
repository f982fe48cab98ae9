use super::{
    answer, client_address,
    form::PostedForm,
    resume::sign_in_page,
    table_form::{Files, PostedTable},
};
use crate::state::App;
use app::{
    Theme, Visit,
    page::{self, people::sign_in::Asked},
};
use axum::{
    extract::{ConnectInfo, FromRequest, MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use cookie::{Cookie, CookieBuilder, SameSite};
use futures_util::FutureExt;
use std::{
    net::SocketAddr,
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};
use tracing::Instrument;

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

/// A cookie that script does not see.
pub(crate) fn cookie(app: &App, name: &'static str, value: &str) -> CookieBuilder<'static> {
    Cookie::build((name, value.to_owned())).path("/").http_only(true).secure(app.public_url.is_https()).same_site(SameSite::Lax)
}

/// Finds out who is asking, and puts the [`Visit`] into the request.
pub(crate) async fn identify(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let headers = request.headers();
    let theme = cookie_value(headers, THEME_COOKIE).map_or(Theme::System, |code| Theme::from_code(&code));
    let address = request.uri().path_and_query().map_or("/", |p| p.as_str()).to_owned();
    let mut visit = Visit { theme, address, ..stranger(&app, &request) };
    if let Some(token) = cookie_value(headers, app.public_url.session_cookie()) {
        match app.site.portal.authenticate(&token).await {
            Ok(caller) => {
                if let Some(caller) = &caller {
                    tracing::Span::current().record("person", caller.number());
                }
                visit.caller = caller;
            }
            Err(error) => return answer::failure(visit, &error).await,
        }
    }
    request.extensions_mut().insert(visit);
    next.run(request).await
}

/// A visit of which nothing is known but the request's reference.
fn stranger(app: &App, request: &Request) -> Visit {
    let reference = request.extensions().get::<Reference>().map_or("-".into(), |reference| Arc::clone(&reference.0));
    Visit { site: app.site.clone(), caller: None, theme: Theme::System, address: "/".into(), reference }
}

/// For routes that need a signed-in person. A form that was sent is kept, and comes back after signing in.
pub(crate) async fn require_sign_in(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let Some(visit) = request.extensions().get::<Visit>().cloned() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    if let Some(caller) = visit.caller.clone() {
        let path = request.uri().path();
        if caller.needs_second_factor() && !path.starts_with(portal::path::PROFILE) {
            return Redirect::to(portal::path::SECOND_FACTOR).into_response();
        }
        request.extensions_mut().insert(caller);
        return next.run(request).await;
    }
    // No file is kept while somebody signs in: they come back to where they choose it again.
    let with_files = request.uri().path().ends_with("/attachments");
    if request.method() == Method::POST && !with_files {
        let return_to = request.uri().path().to_owned();
        let with_table =
            request.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/"));
        let kept_form = if with_table {
            PostedTable::read(&visit, request, &app, Files::PassOver).await.map(PostedTable::kept)
        } else {
            PostedForm::from_request(request, &app).await.map(|form| (form.body, None))
        };
        let (kept_form, choose_again) = match kept_form {
            Ok(kept) => kept,
            Err(response) => return response,
        };
        let asked = Asked { return_to, kept_form, choose_again, status: 401, ..Asked::default() };
        return answer::page(visit.clone(), sign_in_page(&visit, asked)).await;
    }
    let return_to = visit.address.strip_suffix("/attachments").filter(|_| with_files).unwrap_or(&visit.address);
    Redirect::to(&portal::path::asking(portal::path::SIGN_IN, [("return_to", return_to)])).into_response()
}

/// Route of the link that ends notices.
const UNSUBSCRIBE: &str = "/notices/{secret}/{group}";

/// Unsafe methods are taken from our own pages only.
pub(crate) async fn same_origin(State(app): State<App>, request: Request, next: Next) -> Response {
    // Mail programs end notices with one click: the address has its own secret, and does nothing else.
    let by_mail = request.extensions().get::<MatchedPath>().is_some_and(|path| path.as_str() == UNSUBSCRIBE);
    if request.method().is_safe() || by_mail || app.public_url.sent(request.headers()) {
        return next.run(request).await;
    }
    answer::page(stranger(&app, &request), page::problem::foreign_origin()).await
}

/// Whoever asks for another host is told that this is not it: no link, no cookie and no cache is made for a name that is not ours. Probes may
/// call us what they like.
pub(crate) async fn public_host(State(app): State<App>, request: Request, next: Next) -> Response {
    let asked = request.uri().authority().map(|authority| authority.as_str().to_owned());
    let asked = asked.or_else(|| request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).map(str::to_owned));
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let asked = asked.unwrap_or_default();
    if app.public_url.is_host(&asked) || PROBES.contains(&route) {
        return next.run(request).await;
    }
    if app.public_url.is_localhost(&asked) && request.method().is_safe() {
        let address = request.uri().path_and_query().map_or("/", |address| address.as_str());
        return Redirect::temporary(&format!("{}{address}", app.public_url.origin())).into_response();
    }
    let origin = app.public_url.origin();
    answer::page(stranger(&app, &request), page::problem::other_host(origin)).await
}

/// Monitoring asks the server by its address.
const PROBES: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// Maximum length of an address, in bytes. What it holds comes back in the links of a page.
pub(crate) const LONGEST_ADDRESS: usize = 8 * 1024;

/// Addresses that no page of this site has lead nowhere.
pub(crate) async fn bounded_address(State(app): State<App>, request: Request, next: Next) -> Response {
    if request.uri().path_and_query().map_or(0, |address| address.as_str().len()) <= LONGEST_ADDRESS {
        return next.run(request).await;
    }
    answer::page(stranger(&app, &request), page::problem::address_too_long()).await
}

/// Headers that every answer carries unless its handler set them.
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

/// No answer takes longer.
const LONGEST_ANSWER: Duration = Duration::from_secs(30);

/// An upload of the largest body at the least pace takes no longer.
const LONGEST_UPLOAD: Duration = Duration::from_secs(30 * 60 * 60);

/// Answer to every request, whatever its handler does: a page when it panics, and one when it takes too long.
pub(crate) async fn answer_always(State(app): State<App>, request: Request, next: Next) -> Response {
    let visit = stranger(&app, &request);
    // Files take as long as the line needs: what reads and sends them gives up a line on which nothing moves.
    let has_files = request.extensions().get::<MatchedPath>().is_some_and(|path| path.as_str().ends_with("/attachments"));
    let longest = if has_files { LONGEST_UPLOAD } else { LONGEST_ANSWER };
    let answering = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(longest, answering).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => {
            let page = page::problem::internal(&visit.reference);
            answer::page(visit, page).await
        }
        Err(_) => {
            tracing::error!("an answer took too long and was given up");
            answer::try_again_later(visit, page::problem::too_slow).await
        }
    }
}

/// Methods that are logged and counted by their names.
const KNOWN: [Method; 4] = [Method::GET, Method::HEAD, Method::POST, Method::OPTIONS];

/// Names one request: in each line of its log, in a header of its answer, and on the page that says what went wrong.
#[derive(Clone)]
struct Reference(Arc<str>);

const REFERENCE: HeaderName = HeaderName::from_static("x-request-id");

/// Assigns the request its reference, and logs and counts its answer by the route: no address, no query, no name.
pub(crate) async fn observe(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let reference: Arc<str> = app.site.portal.new_reference().into();
    request.extensions_mut().insert(Reference(Arc::clone(&reference)));
    // Whatever else somebody calls it.
    let method = if KNOWN.contains(request.method()) { request.method().as_str().to_owned() } else { "other".to_owned() };
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.ip());
    let from = peer.map(|peer| app.site.portal.pseudonym_of_address(client_address::of(&app, peer, request.headers())));
    let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", reference = &*reference, method, route, from, person = tracing::field::Empty);
    let answering = async {
        let mut response = next.run(request).await;
        if let Ok(reference) = HeaderValue::from_str(&reference) {
            response.headers_mut().insert(REFERENCE, reference);
        }
        let duration = began.elapsed();
        app.metrics.answered(&method, &route, response.status(), duration);
        tracing::info!(status = response.status().as_u16(), duration_ms = duration.as_secs_f64() * 1000.0, "answered");
        response
    };
    answering.instrument(span).await
}
