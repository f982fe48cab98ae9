//! *Activation file activity*.

use crate::http::{answer, extract::Account, query::decode};
use app::{Visit, page};
use axum::{Extension, extract::RawQuery, response::Response};

pub(crate) async fn list(Extension(visit): Extension<Visit>, Account(access): Account, RawQuery(query): RawQuery) -> Response {
    let typed: Vec<_> = decode(&query.unwrap_or_default()).collect();
    let page = page::files::list::show(&access, &typed, None).await;
    answer::result(visit, page).await
}
