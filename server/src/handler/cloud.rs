use crate::http::{
    answer::{self, Sent},
    extract::Account,
    form::PostedForm,
    resume::Kept,
};
use app::{
    Page, Visit,
    page::cloud::{self, NotChanged, Notice},
};
use axum::{Extension, extract::RawQuery, response::Response};
use licensing::cloud::{CloudConnection, field};
use portal::{AccountAccess, Caller, Error, path};

pub(crate) async fn show(Extension(visit): Extension<Visit>, Account(access): Account, RawQuery(query): RawQuery) -> Response {
    let told = if query.as_deref() == Some("saved") { Notice::Saved } else { Notice::Nothing };
    let page = cloud::show(&access, told).await;
    answer::result(visit, page).await
}

pub(crate) async fn send(Extension(visit): Extension<Visit>, Account(access): Account, posted: PostedForm) -> Response {
    let sent = change(&access, &posted).await;
    answer::sent(visit, sent).await
}

async fn change(access: &AccountAccess, posted: &PostedForm) -> Result<Sent, Error> {
    let (organization, connected) = (posted.value(field::ORGANIZATION), !posted.value(field::CONNECTED).is_empty());
    let why = match (access.analyst(), CloudConnection::of_form(organization, connected)) {
        (Ok(account), Ok(connection)) => {
            portal::cloud::change(&account, connection).await?;
            return Ok(Sent::To(format!("{}?saved", path::cloud(&access.garn))));
        }
        (Err(_), _) => NotChanged::ForAnalysts,
        (_, Err(why)) => NotChanged::Typed(why),
    };
    let told = Notice::Refused { organization: organization.to_owned(), connected, why };
    Ok(Sent::Page(cloud::show(access, told).await?))
}

pub(crate) async fn reopen(caller: Caller, kept: Kept) -> Result<Page, Error> {
    let connected = !kept.value(field::CONNECTED).is_empty();
    let told = Notice::Typed { organization: kept.value(field::ORGANIZATION).to_owned(), connected };
    cloud::show(&kept.account(&caller).await?, told).await
}
