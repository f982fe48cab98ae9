use super::people::sign_in::Kept;
use crate::http::{
    answer,
    extract::Segments,
    form::{PostedForm, decode},
};
use app::{
    Page, Visit,
    page::sites::{self, CONFIRMED, MARK, Typed},
};
use axum::{
    Extension,
    extract::RawQuery,
    response::{IntoResponse, Redirect, Response},
};
use portal::{
    AccountAccess, Caller, Error,
    sites::{NotSaved, Site},
};

pub(crate) async fn list(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(garn): Segments<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let query: Vec<_> = decode(&query.unwrap_or_default()).collect();
    let inactive = query.iter().any(|(name, _)| name == "inactive");
    let saved = query.iter().find(|(name, _)| name == "saved").map(|(_, id)| id.as_str());
    let page = async { sites::list(&caller.account(&garn).await?, inactive, saved).await };
    let page = page.await;
    answer::result(visit, page).await
}

pub(crate) async fn show_new(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(garn): Segments<String>,
) -> Response {
    let page = async { sites::form(&caller.account(&garn).await?, None, Typed::default()).await };
    let page = page.await;
    answer::result(visit, page).await
}

pub(crate) async fn show(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments((garn, site)): Segments<(String, String)>,
) -> Response {
    let page = async { sites::form(&caller.account(&garn).await?, Some(&site), Typed::default()).await };
    let page = page.await;
    answer::result(visit, page).await
}

pub(crate) async fn send_new(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(garn): Segments<String>,
    posted: PostedForm,
) -> Response {
    send(visit, &caller, &garn, None, posted).await
}

pub(crate) async fn send_change(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments((garn, site)): Segments<(String, String)>,
    posted: PostedForm,
) -> Response {
    send(visit, &caller, &garn, Some(&site), posted).await
}

async fn send(visit: Visit, caller: &Caller, garn: &str, site: Option<&str>, posted: PostedForm) -> Response {
    match save(caller, garn, site, &posted).await {
        Ok(Ok(site)) => {
            let inactive = if site.data.active { "" } else { "&inactive" };
            Redirect::to(&format!("/accounts/{garn}/sites?saved={}{inactive}", site.id)).into_response()
        }
        Ok(Err(page)) => answer::page(visit, page).await,
        Err(error) => answer::failure(visit, &error).await,
    }
}

/// The site as it was saved, or the page that says why it was not.
async fn save(caller: &Caller, garn: &str, site: Option<&str>, posted: &PostedForm) -> Result<Result<Site, Page>, Error> {
    let access = caller.account(garn).await?;
    let value = |field: &str| posted.value(field);
    let saved = match site {
        None => access.add_site(value).await,
        Some(id) => access.change_site(id, posted.value(MARK), !posted.value(CONFIRMED).is_empty(), value).await,
    };
    match saved {
        Ok(site) => Ok(Ok(site)),
        Err(NotSaved::Error(error)) => Err(error),
        Err(why) => {
            let typed = Typed { fields: posted.fields.clone(), why: Some(why) };
            Ok(Err(sites::form(&access, site, typed).await?))
        }
    }
}

/// The form that was sent when the session had ended, with everything typed.
pub(crate) async fn reopen(access: &AccountAccess, site: Option<&str>, kept: Kept) -> Result<Page, Error> {
    sites::form(access, site, Typed { fields: kept.fields, why: None }).await
}
