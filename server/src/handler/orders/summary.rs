use crate::http::{answer, csv, extract::Account};
use app::{
    Visit,
    page::orders::{software, summary},
};
use axum::{Extension, response::Response};

pub(crate) async fn show(Extension(visit): Extension<Visit>, Account(access): Account) -> Response {
    let page = summary::show(&access).await;
    answer::result(visit, page).await
}

pub(crate) async fn csv(Extension(visit): Extension<Visit>, Account(access): Account) -> Response {
    match summary::csv(&access).await {
        Ok(lines) => {
            let head = summary::CSV_HEAD.map(str::to_owned);
            let name = format!("account-summary-{}.csv", access.garn);
            csv::file(&name, csv::begin(std::iter::once(head).chain(lines)))
        }
        Err(error) => answer::failure(visit, &error).await,
    }
}

pub(crate) async fn software(Extension(visit): Extension<Visit>, Account(access): Account) -> Response {
    let page = software::show(&access).await;
    answer::result(visit, page).await
}
