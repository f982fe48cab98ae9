//! Mail that came in and became no message by itself, for analysts.

use super::attachments::send;
use crate::http::{
    answer::{self, Sent},
    extract::Segments,
    form::PostedForm,
    query::decode,
    resume::Kept,
};
use app::{
    Page, Visit,
    page::{
        problem,
        requests::mail::{self, Shown, field},
    },
};
use axum::{Extension, extract::RawQuery, response::Response};
use portal::{
    Caller, Error, path,
    requests::{MailView, NotSettled, Opened},
};

pub(crate) async fn show(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Response {
    let query: Vec<_> = decode(&query.unwrap_or_default()).collect();
    let value = |name: &str| query.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.as_str());
    let shown = Shown {
        view: MailView::from_code(value(field::VIEW)).unwrap_or_default(),
        after: value(field::AFTER).parse().ok(),
        typed: None,
        dismissed: query.iter().any(|(name, _)| name == "dismissed"),
    };
    let page = page(&caller, shown).await;
    answer::result(visit, page).await
}

async fn page(caller: &Caller, shown: Shown) -> Result<Page, Error> {
    match caller.analyst() {
        Ok(access) => mail::show(&access, shown).await,
        Err(_) => Ok(problem::for_analysts()),
    }
}

/// A mail as it came.
pub(crate) async fn raw(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(id): Segments<i64>,
) -> Response {
    let Ok(access) = caller.analyst() else { return answer::page(visit, problem::for_analysts()).await };
    let found = portal::requests::raw_mail(&access, id).await;
    send(visit, found.map(|bytes| Opened::Bytes(format!("mail {id}.eml"), bytes))).await
}

pub(crate) async fn add(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(id): Segments<i64>,
    posted: PostedForm,
) -> Response {
    let Ok(access) = caller.analyst() else { return answer::page(visit, problem::for_analysts()).await };
    let typed = posted.value(&format!("{}-{id}", field::NUMBER)).to_owned();
    let sent = match portal::requests::add_to_request(&access, id, &typed).await {
        Ok(number) => Ok(Sent::To(path::request(number))),
        Err(NotSettled::Error(error)) => Err(error),
        Err(why) => {
            let shown = Shown { typed: Some((id, typed, Some(why))), after: Some(id.saturating_add(1)), ..Shown::default() };
            mail::show(&access, shown).await.map(Sent::Page)
        }
    };
    answer::sent(visit, sent).await
}

pub(crate) async fn dismiss(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(id): Segments<i64>,
) -> Response {
    let Ok(access) = caller.analyst() else { return answer::page(visit, problem::for_analysts()).await };
    let dismissed = portal::requests::dismiss(&access, id).await;
    answer::sent(visit, dismissed.map(|()| Sent::To(format!("{}?dismissed", path::MAIL)))).await
}

/// The tray, with the number that was typed before the session ended.
pub(crate) async fn reopen(caller: Caller, kept: Kept) -> Result<Page, Error> {
    let id: i64 = kept.segment("id").parse().map_err(|_| Error::NotFound)?;
    let typed = kept.value(&format!("{}-{id}", field::NUMBER)).to_owned();
    page(&caller, Shown { after: Some(id.saturating_add(1)), typed: Some((id, typed, None)), ..Shown::default() }).await
}
