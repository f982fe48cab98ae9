//! Links that confirm another address.

use crate::http::{answer, extract::Segments};
use app::{Page, Visit, page::people::address};
use axum::{Extension, response::Response};
use portal::Error;

/// The page, or the one of a link that leads to none.
fn there(page: Result<Page, Error>) -> Result<Page, Error> {
    match page {
        Err(Error::NotFound) => Ok(address::gone()),
        page => page,
    }
}

pub(crate) async fn show(Extension(visit): Extension<Visit>, Segments(secret): Segments<String>) -> Response {
    let change = portal::people::address_change(&visit.site.portal, &secret).await;
    answer::result(visit, there(change.map(|change| address::show(&secret, change)))).await
}

pub(crate) async fn confirm(Extension(visit): Extension<Visit>, Segments(secret): Segments<String>) -> Response {
    let confirmed = portal::people::confirm_address(&visit.site.portal, &secret).await;
    answer::result(visit, there(confirmed.map(address::confirmed))).await
}
