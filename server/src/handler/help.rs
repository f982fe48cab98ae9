use crate::http::{answer, extract::Segments};
use app::{Visit, page::help};
use axum::{Extension, response::Response};

pub(crate) async fn index(Extension(visit): Extension<Visit>) -> Response {
    let page = help::index(&visit);
    answer::page(visit, page).await
}

pub(crate) async fn topic(Extension(visit): Extension<Visit>, Segments(name): Segments<String>) -> Response {
    let page = help::show(&visit, &name);
    answer::result(visit, page).await
}
