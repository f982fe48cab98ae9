use crate::{
    handler::people::sign_in::Kept,
    http::{
        answer,
        extract::Segments,
        form::{KeyedForm, PostedForm, decode},
    },
};
use app::{
    Page, Visit,
    page::{
        files::form::{STEP, STEP_EDIT, STEP_GENERATE},
        orders::upgrade::{self, Typed, WITHOUT},
    },
};
use axum::{
    Extension,
    extract::RawQuery,
    response::{IntoResponse, Redirect, Response},
};
use portal::{AccountAccess, Caller, Error, SubmissionKey, orders::NotUpgraded};

pub(crate) async fn show(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(garn): Segments<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let key = visit.site.portal.new_submission_key();
    let without = decode(&query.unwrap_or_default()).any(|(name, _)| name == WITHOUT);
    let page = async { upgrade::show(&caller.account(&garn).await?, key, Typed { without, ..Typed::default() }).await };
    let page = page.await;
    answer::result(visit, page).await
}

pub(crate) async fn done(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments((garn, reference)): Segments<(String, String)>,
) -> Response {
    let page = async { upgrade::done(&caller.account(&garn).await?, &reference).await };
    let page = page.await;
    answer::result(visit, page).await
}

/// Brings every file up that is made of parts which were upgraded since.
pub(crate) async fn bring_up(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(garn): Segments<String>,
    KeyedForm { key, .. }: KeyedForm,
) -> Response {
    let visit = Visit { address: format!("/accounts/{garn}/upgrade"), ..visit };
    let page = async {
        let access = caller.account(&garn).await?;
        let brought = Some(access.bring_up(&key).await?);
        upgrade::show(&access, caller.portal().new_submission_key(), Typed { brought, ..Typed::default() }).await
    };
    let page = page.await;
    answer::result(visit, page).await
}

pub(crate) async fn send(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(garn): Segments<String>,
    KeyedForm { form: posted, key }: KeyedForm,
) -> Response {
    match step(&caller, &garn, &posted, key).await {
        Ok(Ok(reference)) => Redirect::to(&format!("/accounts/{garn}/upgrade/{reference}")).into_response(),
        Ok(Err(page)) => answer::page(visit, page).await,
        Err(error) => answer::failure(visit, &error).await,
    }
}

/// The reference of the upgrade, or a page.
async fn step(caller: &Caller, garn: &str, posted: &PostedForm, key: SubmissionKey) -> Result<Result<String, Page>, Error> {
    let access = caller.account(garn).await?;
    let value = |field: &str| posted.value(field);
    let why = match posted.value(STEP) {
        STEP_EDIT => None,
        STEP_GENERATE => match access.upgrade(&posted.fields, value, &key).await {
            Ok(reference) => return Ok(Ok(reference)),
            Err(why) => Some(why),
        },
        _ => match access.plan_upgrade(value).await {
            Ok(planned) => return Ok(Err(upgrade::check(&access, &key, &posted.fields, planned))),
            Err(why) => Some(why),
        },
    };
    if let Some(NotUpgraded::Error(error)) = why {
        return Err(error);
    }
    // A key that was used for something else is used up.
    let key = match why {
        Some(NotUpgraded::KeyReused { .. }) => caller.portal().new_submission_key(),
        _ => key,
    };
    Ok(Err(upgrade::show(&access, key, Typed { fields: posted.fields.clone(), why, ..Typed::default() }).await?))
}

/// The form that was sent when the session had ended, with everything typed.
pub(crate) async fn reopen(access: &AccountAccess, kept: Kept) -> Result<Page, Error> {
    upgrade::show(access, kept.key, Typed { fields: kept.fields, ..Typed::default() }).await
}
