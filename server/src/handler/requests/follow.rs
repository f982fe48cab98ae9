//! A request by its private link, without a sign-in.

use crate::http::{
    answer::{self, Sent},
    extract::Segments,
    form::KeyedForm,
};
use app::{
    Visit,
    page::requests::follow::{self, Notice, field},
};
use axum::{Extension, extract::RawQuery, response::Response};
use portal::{
    Error, path,
    requests::{NotSent, RequestAccess},
};

/// Message above the page, by the query that an action leads to.
pub(super) fn notice(query: Option<&str>) -> Notice {
    match query {
        Some("sent") => Notice::Sent,
        Some("attached") => Notice::Attached,
        Some("closed") => Notice::Closed,
        Some("renewed") => Notice::Renewed,
        Some("confirmed") => Notice::Confirmed,
        _ => Notice::Nothing,
    }
}

pub(crate) async fn show(
    Extension(visit): Extension<Visit>,
    Segments(link): Segments<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let page = async {
        let access = visit.site.portal.request_by_link(&link).await?;
        follow::show(&access, notice(query.as_deref())).await
    };
    let page = page.await;
    answer::result(visit, page).await
}

pub(crate) async fn reply(Extension(visit): Extension<Visit>, Segments(link): Segments<String>, posted: KeyedForm) -> Response {
    let sent = async {
        let access = visit.site.portal.request_by_link(&link).await?;
        reply_to(&access, &posted, path::follow(&link)).await
    };
    let sent = sent.await;
    answer::sent(visit, sent).await
}

/// Sends a message of the requester, whichever way they follow the request.
pub(super) async fn reply_to(access: &RequestAccess, posted: &KeyedForm, address: String) -> Result<Sent, Error> {
    let typed = posted.form.value(field::MESSAGE);
    match portal::requests::reply(access, &posted.key, typed).await {
        Ok(()) => Ok(Sent::To(format!("{address}?sent"))),
        Err(NotSent::Error(error)) => Err(error),
        Err(why) => Ok(Sent::Page(follow::show(access, Notice::Typed(typed.to_owned(), Some(why))).await?)),
    }
}

pub(crate) async fn close(Extension(visit): Extension<Visit>, Segments(link): Segments<String>) -> Response {
    let sent = async {
        let access = visit.site.portal.request_by_link(&link).await?;
        portal::requests::close(&access).await?;
        Ok(Sent::To(format!("{}?closed", path::follow(&link))))
    };
    let sent = sent.await;
    answer::sent(visit, sent).await
}

pub(crate) async fn renew(Extension(visit): Extension<Visit>, Segments(link): Segments<String>) -> Response {
    let sent = async {
        let access = visit.site.portal.request_by_link(&link).await?;
        let link = portal::requests::renew_link(&access).await?;
        Ok(Sent::To(format!("{}?renewed", path::follow(&link))))
    };
    let sent = sent.await;
    answer::sent(visit, sent).await
}

/// A file that was handed over.
pub(crate) async fn download(
    Extension(visit): Extension<Visit>,
    Segments((link, serial)): Segments<(String, String)>,
) -> Response {
    let found = async {
        let access = visit.site.portal.request_by_link(&link).await?;
        portal::requests::download_handed(&access, &serial).await
    };
    let found = found.await;
    answer::download(visit, found).await
}

pub(crate) async fn show_mailbox(
    Extension(visit): Extension<Visit>,
    Segments((link, key)): Segments<(String, String)>,
) -> Response {
    let page = async {
        let access = visit.site.portal.request_by_link(&link).await?;
        Ok(follow::mailbox(&access, path::confirm_mailbox(&link, &key)))
    };
    let page = page.await;
    answer::result(visit, page).await
}

pub(crate) async fn confirm(Extension(visit): Extension<Visit>, Segments((link, key)): Segments<(String, String)>) -> Response {
    let sent = async {
        let access = visit.site.portal.request_by_link(&link).await?;
        portal::requests::confirm_mailbox(&access, &key).await?;
        Ok(Sent::To(format!("{}?confirmed", path::follow(&link))))
    };
    let sent = sent.await;
    answer::sent(visit, sent).await
}
