use crate::http::{answer, extract::Account, query::decode};
use app::{Visit, page};
use axum::{
    Extension,
    extract::RawQuery,
    response::{IntoResponse, Redirect, Response},
};
use portal::{Caller, path};

pub(crate) async fn list(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Response {
    if caller.administrator().is_ok() {
        return Redirect::to(path::SETUP).into_response();
    }
    let query = query.unwrap_or_default();
    let search = decode(&query).find(|(name, _)| name == "q").map(|(_, value)| value).unwrap_or_default();
    let page = page::accounts::show(&caller, &search).await;
    answer::result(visit, page).await
}

pub(crate) async fn overview(Extension(visit): Extension<Visit>, Account(access): Account) -> Response {
    let page = page::overview::show(&access).await;
    answer::result(visit, page).await
}
