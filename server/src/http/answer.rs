use app::{Page, Visit, document, page::problem};
use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use leptos::{
    nonce::{Nonce, use_nonce},
    prelude::*,
};
use leptos_axum::ResponseOptions;
use portal::{Error, files::Download};
use std::{
    error::Error as _,
    sync::{Arc, Mutex, PoisonError},
};

/// When to try again while the database is away.
const RETRY_AFTER_S: u64 = 5;

/// The reader's own browser keeps pages for Back and Forward, with all that was typed; nobody else may. Signing out removes them.
const PAGES_ARE_KEPT: &str = "private, no-cache";

/// Renders `page` with its status and a policy that allows nothing inline but what has the nonce of this render.
pub(crate) async fn page(visit: Visit, page: Page) -> Response {
    let page = in_account(&visit, page).await;
    let status = StatusCode::from_u16(page.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let once = Arc::new(Mutex::new(Some((visit, page))));
    let context = move || {
        let options = expect_context::<ResponseOptions>();
        options.set_status(status);
        options.insert_header(header::CACHE_CONTROL, HeaderValue::from_static(PAGES_ARE_KEPT));
        if let Some(policy) = use_nonce().and_then(|nonce| content_security_policy(&nonce)) {
            options.insert_header(header::CONTENT_SECURITY_POLICY, policy);
        }
    };
    let render = leptos_axum::render_app_async_with_context(context, move || {
        let page = once.lock().unwrap_or_else(PoisonError::into_inner).take();
        page.map(|(visit, page)| document(visit, page))
    });
    // Pages know their address from `Visit`; what Leptos would read from the request is not used.
    render(Request::new(Body::empty())).await.into_response()
}

/// The page below the tabs of the account that its address is about, if this person may see it. An internal error asks the database nothing more.
async fn in_account(visit: &Visit, page: Page) -> Page {
    match (&visit.caller, visit.account()) {
        (Some(caller), Some(garn)) if page.status < 500 && !page.is_of_account() => match caller.account(&garn).await {
            Ok(access) => page.beside(&access),
            Err(_) => page,
        },
        _ => page,
    }
}

fn content_security_policy(nonce: &Nonce) -> Option<HeaderValue> {
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self' 'nonce-{nonce}'; img-src 'self'; \
         font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    );
    HeaderValue::from_str(&policy).ok()
}

/// The page, or the page that says why there is none.
pub(crate) async fn result(visit: Visit, outcome: Result<Page, Error>) -> Response {
    match outcome {
        Ok(found) => page(visit, found).await,
        Err(error) => failure(visit, &error).await,
    }
}

/// Answer to a form that was sent.
pub(crate) enum Sent {
    /// Another address of this site.
    To(String),
    /// A page that answers it.
    Page(Page),
}

/// The answer to a form that was sent.
pub(crate) async fn sent(visit: Visit, outcome: Result<Sent, Error>) -> Response {
    match outcome {
        Ok(Sent::To(address)) => Redirect::to(&address).into_response(),
        Ok(Sent::Page(found)) => page(visit, found).await,
        Err(error) => failure(visit, &error).await,
    }
}

/// The bytes of an activation file, to be kept.
pub(crate) async fn download(visit: Visit, found: Result<Download, Error>) -> Response {
    match found {
        Ok(download) => {
            let disposition = format!("attachment; filename=\"{}\"", download.file_name);
            let headers =
                [(header::CONTENT_TYPE, "application/octet-stream".to_owned()), (header::CONTENT_DISPOSITION, disposition)];
            (headers, download.bytes).into_response()
        }
        Err(error) => failure(visit, &error).await,
    }
}

/// The same page for every address that leads nowhere: it does not say which.
pub(crate) async fn not_found(visit: Visit) -> Response {
    let lost = in_account(&visit, problem::not_found()).await;
    page(Visit { address: "/".into(), ..visit }, lost).await
}

/// One place for the status of what went wrong, and for its entry in the log.
pub(crate) async fn failure(visit: Visit, error: &Error) -> Response {
    match error {
        Error::NotFound => not_found(visit).await,
        Error::Unavailable(_) => {
            tracing::error!(error = chain(error), "the database is not available");
            try_again_later(visit, problem::unavailable).await
        }
        Error::Internal(_) => {
            tracing::error!(error = chain(error), "an operation failed");
            let internal = problem::internal(&visit.reference);
            page(visit, internal).await
        }
    }
}

/// A page about something that passes, with the time after which trying again makes sense.
pub(crate) async fn try_again_later(visit: Visit, problem: impl FnOnce(&str) -> Page) -> Response {
    let problem = problem(&visit.reference);
    let mut response = page(visit, problem).await;
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S));
    response
}

fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text} {cause}");
        source = cause.source();
    }
    text
}
