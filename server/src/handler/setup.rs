//! The checklist of a new portal, for administrators.

use crate::http::{
    answer::{self, Sent},
    resume::Kept,
};
use app::{
    Page, Visit,
    page::{problem, setup},
};
use axum::{Extension, extract::RawQuery, response::Response};
use portal::{Caller, Error, path};

pub(crate) async fn show(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Response {
    let page = page(&caller, query.as_deref() == Some("mailed")).await;
    answer::result(visit, page).await
}

async fn page(caller: &Caller, mailed: bool) -> Result<Page, Error> {
    match caller.administrator() {
        Ok(access) => setup::show(&access, mailed).await,
        Err(_) => Ok(problem::for_administrators()),
    }
}

pub(crate) async fn try_mail(Extension(visit): Extension<Visit>, Extension(caller): Extension<Caller>) -> Response {
    let Ok(access) = caller.administrator() else { return answer::page(visit, problem::for_administrators()).await };
    let sent = portal::setup::try_mail(&access).await;
    answer::sent(visit, sent.map(|()| Sent::To(format!("{}?mailed", path::SETUP)))).await
}

/// The checklist as it is now: its button is pressed again.
pub(crate) async fn reopen(caller: Caller, _: Kept) -> Result<Page, Error> {
    page(&caller, false).await
}
