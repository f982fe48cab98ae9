//! Background jobs, for administrators.

use crate::http::{
    answer::{self, Sent},
    extract::Segments,
    resume::Kept,
};
use app::{
    Page, Visit,
    page::jobs::{self, Notice},
};
use axum::{Extension, extract::RawQuery, response::Response};
use portal::{AdministratorAccess, Caller, Error, jobs::NotParked, path};

pub(crate) async fn show(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Response {
    let told = match query.as_deref() {
        Some("retried") => Notice::Retried,
        Some("discarded") => Notice::Discarded,
        _ => Notice::Nothing,
    };
    let page = page(&caller, told).await;
    answer::result(visit, page).await
}

pub(crate) async fn retry(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(job): Segments<i64>,
) -> Response {
    let sent = act(&caller, "retried", async |access| portal::jobs::retry(access, job).await).await;
    answer::sent(visit, sent).await
}

pub(crate) async fn discard(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(job): Segments<i64>,
) -> Response {
    let sent = act(&caller, "discarded", async |access| portal::jobs::discard(access, job).await).await;
    answer::sent(visit, sent).await
}

/// Page that signing in again opens: the list, which shows the job as it is now.
pub(crate) async fn reopen(caller: Caller, _: Kept) -> Result<Page, Error> {
    page(&caller, Notice::Nothing).await
}

async fn act(
    caller: &Caller,
    done: &str,
    action: impl AsyncFnOnce(&AdministratorAccess) -> Result<(), NotParked>,
) -> Result<Sent, Error> {
    let Ok(access) = caller.administrator() else { return Ok(Sent::Page(jobs::for_administrators())) };
    match action(&access).await {
        Ok(()) => Ok(Sent::To(format!("{}?{done}", path::JOBS))),
        Err(NotParked::Error(error)) => Err(error),
        Err(why) => Ok(Sent::Page(jobs::show(&access, Notice::Refused(why)).await?)),
    }
}

async fn page(caller: &Caller, told: Notice) -> Result<Page, Error> {
    match caller.administrator() {
        Ok(access) => jobs::show(&access, told).await,
        Err(_) => Ok(jobs::for_administrators()),
    }
}
