use crate::http::{
    answer::{self, Sent},
    extract::{Account, Segments},
    form::{KeyedForm, PostedForm},
    query::decode,
    resume::Kept,
};
use app::{
    Page, Visit,
    page::{
        files::form::{STEP, STEP_EDIT, STEP_GENERATE},
        orders::upgrade::{self, FormState, UpgradeTab},
    },
};
use axum::{Extension, extract::RawQuery, response::Response};
use licensing::orders::upgrade::UpgradeRequest;
use portal::{AccountAccess, Caller, Error, SubmissionKey, orders::NotUpgraded, path};

pub(crate) async fn show(Extension(visit): Extension<Visit>, Account(access): Account, RawQuery(query): RawQuery) -> Response {
    let key = visit.site.portal.new_submission_key();
    let asked: Vec<_> = decode(&query.unwrap_or_default()).map(|(name, _)| name).collect();
    let tab = UpgradeTab::ALL.into_iter().find(|tab| asked.iter().any(|name| name == tab.code())).unwrap_or_default();
    let page = upgrade::show(&access, key, FormState { tab, ..FormState::default() }).await;
    answer::result(visit, page).await
}

pub(crate) async fn done(
    Extension(visit): Extension<Visit>,
    Account(access): Account,
    Segments((_, reference)): Segments<(String, String)>,
) -> Response {
    let page = upgrade::done(&access, &reference).await;
    answer::result(visit, page).await
}

pub(crate) async fn send(
    Extension(visit): Extension<Visit>,
    Account(access): Account,
    KeyedForm { form: posted, key }: KeyedForm,
) -> Response {
    let sent = step(&access, &posted, key).await;
    answer::sent(visit, sent).await
}

async fn step(access: &AccountAccess, posted: &PostedForm, key: SubmissionKey) -> Result<Sent, Error> {
    let request = UpgradeRequest::of_form(&posted.fields);
    let why = match posted.value(STEP) {
        STEP_EDIT => None,
        STEP_GENERATE => match portal::orders::upgrade(access, &request, &key).await {
            Ok(reference) => return Ok(Sent::To(path::upgrade_done(&access.garn, &reference))),
            Err(why) => Some(why),
        },
        _ => match portal::orders::plan_upgrade(access, &request).await {
            Ok(planned) => return Ok(Sent::Page(upgrade::check(access, &key, &posted.fields, planned))),
            Err(why) => Some(why),
        },
    };
    if let Some(NotUpgraded::Error(error)) = why {
        return Err(error);
    }
    // A key that was used for something else is used up.
    let key = match why {
        Some(NotUpgraded::KeyReused(_)) => access.caller().portal().new_submission_key(),
        _ => key,
    };
    let typed = FormState { fields: posted.fields.clone(), why, ..FormState::default() };
    Ok(Sent::Page(upgrade::show(access, key, typed).await?))
}

pub(crate) async fn reopen(caller: Caller, kept: Kept) -> Result<Page, Error> {
    let access = kept.account(&caller).await?;
    upgrade::show(&access, kept.key, FormState { fields: kept.fields, ..FormState::default() }).await
}
