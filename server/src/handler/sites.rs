use crate::http::{
    answer::{self, Sent},
    extract::{Account, Segments},
    form::PostedForm,
    query::decode,
    resume::Kept,
};
use app::{
    Page, Visit,
    page::{
        problem,
        sites::{self, CONFIRMED, FormState, MARK},
    },
};
use axum::{Extension, extract::RawQuery, response::Response};
use licensing::{people::Permission, sites::SiteDraft};
use portal::{
    AccountAccess, Caller, Error, NotPermitted, SitesAccess, path,
    sites::{NotSaved, SiteChange},
};

pub(crate) async fn list(Extension(visit): Extension<Visit>, Account(access): Account, RawQuery(query): RawQuery) -> Response {
    let query: Vec<_> = decode(&query.unwrap_or_default()).collect();
    let inactive = query.iter().any(|(name, _)| name == "inactive");
    let saved = query.iter().find(|(name, _)| name == "saved").map(|(_, id)| id.as_str());
    let page = sites::list(&access, inactive, saved).await;
    answer::result(visit, page).await
}

pub(crate) async fn show_new(Extension(visit): Extension<Visit>, Account(access): Account) -> Response {
    if access.manage_sites().is_err() {
        return refused(visit, &access).await;
    }
    let page = sites::form(&access, None, FormState::default()).await;
    answer::result(visit, page).await
}

pub(crate) async fn show(
    Extension(visit): Extension<Visit>,
    Account(access): Account,
    Segments((_, site)): Segments<(String, String)>,
) -> Response {
    if access.manage_sites().is_err() {
        return refused(visit, &access).await;
    }
    let page = sites::form(&access, Some(&site), FormState::default()).await;
    answer::result(visit, page).await
}

pub(crate) async fn send_new(Extension(visit): Extension<Visit>, Account(access): Account, posted: PostedForm) -> Response {
    let Ok(access) = access.manage_sites() else { return refused(visit, &access).await };
    let sent = save(&access, None, &posted).await;
    answer::sent(visit, sent).await
}

pub(crate) async fn send_change(
    Extension(visit): Extension<Visit>,
    Account(access): Account,
    Segments((_, site)): Segments<(String, String)>,
    posted: PostedForm,
) -> Response {
    let Ok(access) = access.manage_sites() else { return refused(visit, &access).await };
    let sent = save(&access, Some(&site), &posted).await;
    answer::sent(visit, sent).await
}

async fn refused(visit: Visit, access: &AccountAccess) -> Response {
    answer::page(visit, not_permitted(access).beside(access)).await
}

fn not_permitted(access: &AccountAccess) -> Page {
    problem::not_permitted(NotPermitted(Permission::Sites), path::people(&access.garn))
}

async fn save(access: &SitesAccess, site: Option<&str>, posted: &PostedForm) -> Result<Sent, Error> {
    let value = |field: &str| posted.value(field);
    let saved = match (site, SiteDraft::parse(value)) {
        (_, Err(refusals)) => Err(NotSaved::Refused(refusals)),
        (None, Ok(draft)) => portal::sites::add(access, draft).await,
        (Some(id), Ok(draft)) => {
            let (mark, confirmed) = (posted.value(MARK).to_owned(), !posted.value(CONFIRMED).is_empty());
            portal::sites::change(access, id, SiteChange { draft, mark, confirmed }).await
        }
    };
    match saved {
        Ok(site) => {
            let inactive = if site.details.active { "" } else { "&inactive" };
            Ok(Sent::To(format!("{}?saved={}{inactive}", path::sites(&access.garn), site.id)))
        }
        Err(NotSaved::Error(error)) => Err(error),
        Err(why) => {
            let typed = FormState { fields: posted.fields.clone(), why: Some(why) };
            Ok(Sent::Page(sites::form(access, site, typed).await?))
        }
    }
}

pub(crate) async fn reopen_new(caller: Caller, kept: Kept) -> Result<Page, Error> {
    let access = kept.account(&caller).await?;
    if access.manage_sites().is_err() {
        return Ok(not_permitted(&access));
    }
    sites::form(&access, None, FormState { fields: kept.fields, why: None }).await
}

pub(crate) async fn reopen_change(caller: Caller, kept: Kept) -> Result<Page, Error> {
    let site = kept.segment("site").to_owned();
    let access = kept.account(&caller).await?;
    if access.manage_sites().is_err() {
        return Ok(not_permitted(&access));
    }
    sites::form(&access, Some(&site), FormState { fields: kept.fields, why: None }).await
}
