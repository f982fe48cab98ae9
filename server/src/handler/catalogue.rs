//! The catalogue, for administrators.

use crate::{
    http::{
        answer::{self, Sent},
        extract::Segments,
        form::PostedForm,
        resume::Kept,
        table_form::{Files, PostedTable},
    },
    state::App,
};
use app::{
    Page, Visit,
    page::{
        catalogue::{self, COMPARED, Told},
        people::code::CODE,
        problem,
    },
};
use axum::{
    Extension,
    extract::{RawQuery, Request, State},
    http::header,
    response::{IntoResponse, Response},
};
use portal::{Caller, Error, catalogue::NotApplied, path};

pub(crate) async fn show(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Response {
    let told = if query.as_deref() == Some("applied") { Told::Applied } else { Told::Nothing };
    let page = page(&caller, told).await;
    answer::result(visit, page).await
}

async fn page(caller: &Caller, told: Told) -> Result<Page, Error> {
    match caller.administrator() {
        Ok(access) => catalogue::show(&access, told).await,
        Err(_) => Ok(problem::for_administrators()),
    }
}

pub(crate) async fn propose(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    State(app): State<App>,
    request: Request,
) -> Response {
    let Ok(access) = caller.administrator() else { return answer::page(visit, problem::for_administrators()).await };
    let posted = match PostedTable::read(&visit, request, &app, Files::Read).await {
        Ok(posted) => posted,
        Err(refused) => return refused,
    };
    let sent = match portal::catalogue::propose_catalogue(&access, &posted.table).await {
        Ok(id) => Ok(Sent::To(path::proposed_catalogue(id))),
        Err(NotApplied::Error(error)) => Err(error),
        Err(why) => catalogue::show(&access, Told::Refused(why)).await.map(Sent::Page),
    };
    answer::sent(visit, sent).await
}

pub(crate) async fn show_proposal(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(id): Segments<i64>,
) -> Response {
    let page = proposal(&caller, id, None).await;
    answer::result(visit, page).await
}

/// A proposal that changes nothing any more, or cannot be applied any more, is answered by the catalogue.
async fn proposal(caller: &Caller, id: i64, why: Option<NotApplied>) -> Result<Page, Error> {
    let Ok(access) = caller.administrator() else { return Ok(problem::for_administrators()) };
    match catalogue::proposal(&access, id, why).await {
        Ok(page) => Ok(page),
        Err(NotApplied::Error(error)) => Err(error),
        Err(why) => catalogue::show(&access, Told::Refused(why)).await,
    }
}

pub(crate) async fn apply(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(id): Segments<i64>,
    posted: PostedForm,
) -> Response {
    let Ok(access) = caller.administrator() else { return answer::page(visit, problem::for_administrators()).await };
    let compared = posted.value(COMPARED).parse().unwrap_or(-1);
    let sent = match portal::catalogue::apply_catalogue(&access, id, compared, posted.value(CODE)).await {
        Ok(()) => Ok(Sent::To(format!("{}?applied", path::CATALOGUE))),
        Err(NotApplied::Error(error)) => Err(error),
        Err(why) => proposal(&caller, id, Some(why)).await.map(Sent::Page),
    };
    answer::sent(visit, sent).await
}

pub(crate) async fn document(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(id): Segments<i64>,
) -> Response {
    let Ok(access) = caller.administrator() else { return answer::page(visit, problem::for_administrators()).await };
    match portal::catalogue::catalogue_document(&access, id).await {
        Ok(text) => {
            let disposition = format!("attachment; filename=\"catalogue-{id}.toml\"");
            let headers = [(header::CONTENT_TYPE, "application/toml".to_owned()), (header::CONTENT_DISPOSITION, disposition)];
            (headers, text).into_response()
        }
        Err(error) => answer::failure(visit, &error).await,
    }
}

/// The catalogue: the file is chosen again.
pub(crate) async fn reopen(caller: Caller, _: Kept) -> Result<Page, Error> {
    page(&caller, Told::Nothing).await
}

/// The proposal as it is now.
pub(crate) async fn reopen_proposal(caller: Caller, kept: Kept) -> Result<Page, Error> {
    let id = kept.segment("id").parse().map_err(|_| Error::NotFound)?;
    proposal(&caller, id, None).await
}
