use super::Segments;
use crate::answer;
use app::{
    Visit,
    page::{software, summary},
};
use axum::{Extension, response::Response};
use portal::Caller;

pub(crate) async fn show(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(garn): Segments<String>,
) -> Response {
    let page = async { summary::show(&caller.account(&garn).await?).await };
    let page = page.await;
    answer::result(visit, page).await
}

pub(crate) async fn csv(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(garn): Segments<String>,
) -> Response {
    let lines = async { summary::csv(&caller.account(&garn).await?).await };
    match lines.await {
        Ok(lines) => {
            let head = summary::CSV_HEAD.map(str::to_owned);
            super::csv(&format!("account-summary-{garn}.csv"), super::csv_begin(std::iter::once(head).chain(lines)))
        }
        Err(error) => answer::failure(visit, &error).await,
    }
}

pub(crate) async fn software(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(garn): Segments<String>,
) -> Response {
    let page = async { software::show(&caller.account(&garn).await?).await };
    let page = page.await;
    answer::result(visit, page).await
}
