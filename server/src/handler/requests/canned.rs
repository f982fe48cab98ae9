//! Canned answers of analysts, and the form's document of administrators.

use crate::http::{
    answer::{self, Sent},
    extract::Segments,
    form::PostedForm,
    query::decode,
    resume::Kept,
};
use app::{
    Page, Visit,
    page::{
        problem,
        requests::{
            canned::{self, FormState, field},
            form_document,
        },
    },
};
use axum::{Extension, extract::RawQuery, response::Response};
use portal::{
    Caller, Error, path,
    requests::{NotCanned, NotTaken},
};

pub(crate) async fn show(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let id = decode(&query).find(|(name, _)| name == field::ID).and_then(|(_, id)| id.parse().ok());
    let page = page(&caller, FormState { id, ..FormState::default() }).await;
    answer::result(visit, page).await
}

async fn page(caller: &Caller, state: FormState) -> Result<Page, Error> {
    match caller.analyst() {
        Ok(access) => canned::show(&access, state).await,
        Err(_) => Ok(problem::for_analysts()),
    }
}

pub(crate) async fn keep(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    posted: PostedForm,
) -> Response {
    let Ok(access) = caller.analyst() else { return answer::page(visit, problem::for_analysts()).await };
    let id = posted.value(field::ID).parse().ok();
    let (name, body) = (posted.value(field::NAME), posted.value(field::BODY));
    let sent = match portal::requests::keep_canned(&access, id, name, body).await {
        Ok(()) => Ok(Sent::To(path::CANNED.to_owned())),
        Err(NotCanned::Error(error)) => Err(error),
        Err(why) => {
            let state = FormState { id, typed: Some((name.to_owned(), body.to_owned())), why: Some(why) };
            canned::show(&access, state).await.map(Sent::Page)
        }
    };
    answer::sent(visit, sent).await
}

pub(crate) async fn remove(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(id): Segments<i64>,
) -> Response {
    let Ok(access) = caller.analyst() else { return answer::page(visit, problem::for_analysts()).await };
    let removed = portal::requests::remove_canned(&access, id).await;
    answer::sent(visit, removed.map(|()| Sent::To(path::CANNED.to_owned()))).await
}

/// The answers, with what was typed before the session ended.
pub(crate) async fn reopen(caller: Caller, kept: Kept) -> Result<Page, Error> {
    let typed = Some((kept.value(field::NAME).to_owned(), kept.value(field::BODY).to_owned()));
    page(&caller, FormState { id: kept.value(field::ID).parse().ok(), typed, why: None }).await
}

pub(crate) async fn show_form(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Response {
    let state = form_document::FormState { saved: query.as_deref() == Some("saved"), ..Default::default() };
    let page = form_page(&caller, state).await;
    answer::result(visit, page).await
}

async fn form_page(caller: &Caller, state: form_document::FormState) -> Result<Page, Error> {
    match caller.administrator() {
        Ok(access) => form_document::show(&access, state).await,
        Err(_) => Ok(problem::for_administrators()),
    }
}

pub(crate) async fn change_form(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    posted: PostedForm,
) -> Response {
    let Ok(access) = caller.administrator() else { return answer::page(visit, problem::for_administrators()).await };
    let document = posted.value(form_document::field::DOCUMENT);
    let change = posted.value(form_document::field::CHANGE).parse().unwrap_or_default();
    let sent = match portal::requests::change_form(&access, document, change).await {
        Ok(()) => Ok(Sent::To(format!("{}?saved", path::REQUEST_FORM))),
        Err(NotTaken::Error(error)) => Err(error),
        Err(why) => {
            let state = form_document::FormState { typed: Some(document.to_owned()), why: Some(why), saved: false };
            form_document::show(&access, state).await.map(Sent::Page)
        }
    };
    answer::sent(visit, sent).await
}

/// The form's document, as it was typed before the session ended.
pub(crate) async fn reopen_form(caller: Caller, kept: Kept) -> Result<Page, Error> {
    let typed = Some(kept.value(form_document::field::DOCUMENT).to_owned());
    form_page(&caller, form_document::FormState { typed, ..Default::default() }).await
}
