//! Attachments of requests: uploaded, sent and removed, in each of the ways in which somebody reaches a request.

use crate::{
    http::{
        answer::{self, Sent},
        extract::{Browser, Segments},
        upload,
    },
    state::App,
};
use app::{
    Visit,
    page::{
        problem,
        requests::{
            follow::{self, Notice},
            form,
            work::{self, FormState},
        },
    },
};
use axum::{
    Extension,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use futures_util::TryStreamExt;
use licensing::requests::RequestNumber;
use portal::{
    Caller, Error, path,
    requests::{AttachAccess, NotAttached, Opened, RequestAccess, attachment, attachment_for_analyst, remove_attachment},
    store::BlobBytes,
};
use std::ops::Range;

/// Uploads in step 2 of the form.
pub(crate) async fn upload_to_form(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    browser: Browser,
    Segments(key): Segments<String>,
    request: Request,
) -> Response {
    let access = match AttachAccess::of_form(&browser.access, &key).await {
        Ok(access) => access,
        Err(error) => return answer::failure(visit, &error).await,
    };
    let refused = match upload::receive(&visit, &app, &access, request).await {
        Ok(refused) => refused,
        Err(response) => return response,
    };
    if refused.is_empty() {
        return Redirect::to(&path::request_attachments(&key)).into_response();
    }
    let page = form_page(&browser, &key, refused).await;
    answer::result(visit, page).await
}

/// Step 2 of the form.
pub(super) async fn form_page(browser: &Browser, key: &str, refused: Vec<NotAttached>) -> Result<app::Page, Error> {
    let submitted = portal::requests::submitted(&browser.access, key).await?;
    let access = AttachAccess::of_form(&browser.access, key).await?;
    let attachments = portal::requests::attachments(&access).await?;
    Ok(form::attachments(&key.parse().map_err(|_| Error::NotFound)?, submitted, attachments, &refused))
}

pub(crate) async fn remove_from_form(
    Extension(visit): Extension<Visit>,
    browser: Browser,
    Segments((key, id)): Segments<(String, i64)>,
) -> Response {
    let removed = async {
        let access = AttachAccess::of_form(&browser.access, &key).await?;
        remove_attachment(&access, id).await
    };
    match removed.await {
        Ok(()) => Redirect::to(&path::request_attachments(&key)).into_response(),
        Err(error) => answer::failure(visit, &error).await,
    }
}

/// Uploads by the private link.
pub(crate) async fn upload_by_link(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Segments(link): Segments<String>,
    request: Request,
) -> Response {
    match visit.site.portal.request_by_link(&link).await {
        Ok(access) => upload_to(&app, visit, &access, path::follow(&link), request).await,
        Err(error) => answer::failure(visit, &error).await,
    }
}

/// Uploads of somebody signed in.
pub(crate) async fn upload_signed_in(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(number): Segments<String>,
    request: Request,
) -> Response {
    match own(&caller, &number).await {
        Ok(access) => upload_to(&app, visit, &access, path::request(access.number()), request).await,
        Err(error) => answer::failure(visit, &error).await,
    }
}

async fn own(caller: &Caller, number: &str) -> Result<RequestAccess, Error> {
    caller.request(number.parse().map_err(|_| Error::NotFound)?).await
}

async fn upload_to(app: &App, visit: Visit, access: &RequestAccess, back: String, request: Request) -> Response {
    match upload::receive(&visit, app, &access.into(), request).await {
        Ok(refused) if refused.is_empty() => Redirect::to(&format!("{back}?attached")).into_response(),
        Ok(refused) => {
            let page = follow::show(access, Notice::NotAttached(refused)).await;
            answer::result(visit, page).await
        }
        Err(response) => response,
    }
}

pub(crate) async fn by_link(
    Extension(visit): Extension<Visit>,
    Segments((link, id)): Segments<(String, i64)>,
    headers: HeaderMap,
) -> Response {
    let found = async {
        let access = visit.site.portal.request_by_link(&link).await?;
        attachment(&(&access).into(), id, range(&headers)).await
    };
    let found = found.await;
    send(visit, found).await
}

pub(crate) async fn signed_in(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments((number, id)): Segments<(String, i64)>,
    headers: HeaderMap,
) -> Response {
    let found = async {
        match caller.analyst() {
            Ok(analyst) => {
                let number: RequestNumber = number.parse().map_err(|_| Error::NotFound)?;
                attachment_for_analyst(&analyst, number, id, range(&headers)).await
            }
            Err(_) => attachment(&(&own(&caller, &number).await?).into(), id, range(&headers)).await,
        }
    };
    let found = found.await;
    send(visit, found).await
}

/// The one range that is asked for, if it is written as `bytes=first-last`. Others are answered with all of it, as HTTP allows.
fn range(headers: &HeaderMap) -> Option<Range<u64>> {
    let (first, last) = headers.get(header::RANGE)?.to_str().ok()?.strip_prefix("bytes=")?.split_once('-')?;
    let first: u64 = first.parse().ok()?;
    let last: u64 = if last.is_empty() { u64::MAX } else { last.parse().ok()? };
    (first <= last).then_some(first..last.saturating_add(1))
}

/// Uploads of an analyst, to be handed over with a reply.
pub(crate) async fn provide(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(number): Segments<String>,
    request: Request,
) -> Response {
    let Ok(analyst) = caller.analyst() else { return answer::page(visit, problem::for_analysts()).await };
    let access = async {
        let number: RequestNumber = number.parse().map_err(|_| Error::NotFound)?;
        Ok((AttachAccess::of_analyst(&analyst, number).await?, number))
    };
    let (access, number) = match access.await {
        Ok(access) => access,
        Err(error) => return answer::failure(visit, &error).await,
    };
    match upload::receive(&visit, &app, &access, request).await {
        Ok(refused) if refused.is_empty() => Redirect::to(&path::request(number)).into_response(),
        Ok(refused) => {
            let page = work::show(&analyst, number, FormState { refused, ..FormState::default() }).await;
            answer::result(visit, page).await
        }
        Err(response) => response,
    }
}

pub(crate) async fn remove_provided(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments((number, id)): Segments<(String, i64)>,
) -> Response {
    let Ok(analyst) = caller.analyst() else { return answer::page(visit, problem::for_analysts()).await };
    let removed = async {
        let number: RequestNumber = number.parse().map_err(|_| Error::NotFound)?;
        remove_attachment(&AttachAccess::of_analyst(&analyst, number).await?, id).await?;
        Ok(Sent::To(path::request(number)))
    };
    let removed = removed.await;
    answer::sent(visit, removed).await
}

/// An attachment, to be kept and not to be shown: it is somebody else's.
pub(super) async fn send(visit: Visit, found: Result<Opened, Error>) -> Response {
    let (name, BlobBytes { range, whole, pieces }) = match found {
        Ok(Opened::Bytes(name, bytes)) => (name, bytes),
        Ok(Opened::Pending) => {
            return answer::try_again_later(visit, problem::being_checked).await;
        }
        Err(error) => return answer::failure(visit, &error).await,
    };
    let encoded: String = name
        .bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect();
    let partial = range.end - range.start < whole;
    let status = if partial { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let mut response = (
        status,
        [
            (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
            (header::CONTENT_DISPOSITION, format!("attachment; filename*=UTF-8''{encoded}")),
            (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
            (header::ACCEPT_RANGES, "bytes".to_owned()),
            (header::CONTENT_LENGTH, (range.end - range.start).to_string()),
        ],
        Body::from_stream(pieces.map_err(std::io::Error::other)),
    )
        .into_response();
    if partial && let Ok(told) = format!("bytes {}-{}/{whole}", range.start, range.end - 1).parse() {
        response.headers_mut().insert(header::CONTENT_RANGE, told);
    }
    response
}
