use crate::http::{answer, extract::Account};
use app::{
    Visit,
    page::orders::{software, summary},
};
use axum::{Extension, response::Response};

pub(crate) async fn show(Extension(visit): Extension<Visit>, Account(access): Account) -> Response {
    let page = summary::show(&access).await;
    answer::result(visit, page).await
}

pub(crate) async fn software(Extension(visit): Extension<Visit>, Account(access): Account) -> Response {
    let page = software::show(&access).await;
    answer::result(visit, page).await
}
