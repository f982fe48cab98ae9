//! *Activation file activity*.

use crate::http::{answer, extract::Account, query::decode};
use app::{
    Visit,
    page::{self, files::list::Found},
};
use axum::{
    Extension,
    extract::RawQuery,
    response::{IntoResponse, Redirect, Response},
};
use licensing::files::list;
use portal::path;

pub(crate) async fn list(Extension(visit): Extension<Visit>, Account(access): Account, RawQuery(query): RawQuery) -> Response {
    let typed: Vec<_> = decode(&query.unwrap_or_default()).collect();
    let sought = typed.iter().find(|(name, typed)| name == list::field::SEARCH && !typed.trim().is_empty());
    let found = match sought {
        Some((_, sought)) => page::files::list::search(&access, sought).await,
        None => page::files::list::show(&access, &typed, None).await.map(Found::Page),
    };
    match found {
        Ok(Found::File(serial)) => Redirect::to(&path::file(&access.garn, &serial)).into_response(),
        Ok(Found::Page(page)) => answer::page(visit, page).await,
        Err(error) => answer::failure(visit, &error).await,
    }
}
