//! Links of notices, which end them.

use crate::http::{answer, extract::Segments};
use app::{Visit, page::people::notices};
use axum::{Extension, response::Response};
use portal::notices::Group;

pub(crate) async fn show(Extension(visit): Extension<Visit>, Segments((secret, group)): Segments<(String, String)>) -> Response {
    let Some(group) = Group::from_code(&group) else { return answer::not_found(visit).await };
    let page =
        portal::notices::unsubscribing(&visit.site.portal, &secret).await.map(|email| notices::show(&secret, group, email));
    answer::result(visit, page).await
}

/// One click, in a browser or by a mail program. RFC 8058.
pub(crate) async fn unsubscribe(
    Extension(visit): Extension<Visit>,
    Segments((secret, group)): Segments<(String, String)>,
) -> Response {
    let Some(group) = Group::from_code(&group) else { return answer::not_found(visit).await };
    let page = portal::notices::unsubscribe(&visit.site.portal, &secret, group).await.map(|()| notices::ended(group));
    answer::result(visit, page).await
}
