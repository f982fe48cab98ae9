use super::people::sign_in::Kept;
use crate::http::{answer, extract::Segments, form::PostedForm};
use app::{
    Page, Visit,
    page::cloud::{self, Told, field},
};
use axum::{
    Extension,
    extract::RawQuery,
    response::{IntoResponse, Redirect, Response},
};
use portal::{AccountAccess, Caller, Error, cloud::CloudNotChanged};

pub(crate) async fn show(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(garn): Segments<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let told = if query.as_deref() == Some("saved") { Told::Saved } else { Told::Nothing };
    let page = async { cloud::show(&caller.account(&garn).await?, told).await };
    let page = page.await;
    answer::result(visit, page).await
}

pub(crate) async fn send(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(garn): Segments<String>,
    posted: PostedForm,
) -> Response {
    match change(&caller, &garn, &posted).await {
        Ok(None) => Redirect::to(&format!("/accounts/{garn}/cloud?saved")).into_response(),
        Ok(Some(page)) => answer::page(visit, page).await,
        Err(error) => answer::failure(visit, &error).await,
    }
}

/// The page that says why nothing was changed; none when it was.
async fn change(caller: &Caller, garn: &str, posted: &PostedForm) -> Result<Option<Page>, Error> {
    let access = caller.account(garn).await?;
    let (organization, connected) = (posted.value(field::ORGANIZATION), !posted.value(field::CONNECTED).is_empty());
    match access.change_cloud(organization, connected).await {
        Ok(()) => Ok(None),
        Err(CloudNotChanged::Error(error)) => Err(error),
        Err(why) => {
            let told = Told::Refused { organization: organization.to_owned(), connected, why };
            Ok(Some(cloud::show(&access, told).await?))
        }
    }
}

/// The form that was sent when the session had ended, with everything typed.
pub(crate) async fn reopen(access: &AccountAccess, kept: Kept) -> Result<Page, Error> {
    let connected = !kept.value(field::CONNECTED).is_empty();
    cloud::show(access, Told::Typed { organization: kept.value(field::ORGANIZATION).to_owned(), connected }).await
}
