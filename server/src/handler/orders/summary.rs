use crate::http::{answer, csv, extract::Segments};
use app::{
    Visit,
    page::orders::{software, summary},
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
            csv::file(&format!("account-summary-{garn}.csv"), csv::begin(std::iter::once(head).chain(lines)))
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
