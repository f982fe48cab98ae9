use crate::http::{
    answer::{self, Sent},
    extract::{Account, Segments},
    form::{KeyedForm, PostedForm},
    resume::Kept,
};
use app::{
    Page, Visit,
    page::files::deactivate::{self, FormState},
};
use axum::{Extension, response::Response};
use licensing::{
    files::deactivation::{DeactivationRequest, field},
    offer::eligibility::Action,
};
use portal::{AccountAccess, Caller, Error, SubmissionKey, files::NotDeactivated, path};

pub(crate) async fn show(
    Extension(visit): Extension<Visit>,
    Account(access): Account,
    Segments((_, serial)): Segments<(String, String)>,
) -> Response {
    let key = visit.site.portal.new_submission_key();
    let page = deactivate::show(&access, &serial, key, FormState::default()).await;
    answer::result(visit, page).await
}

pub(crate) async fn send(
    Extension(visit): Extension<Visit>,
    Account(access): Account,
    Segments((_, serial)): Segments<(String, String)>,
    KeyedForm { form: posted, key }: KeyedForm,
) -> Response {
    let sent = deactivated(&access, &serial, &posted, key).await;
    answer::sent(visit, sent).await
}

async fn deactivated(access: &AccountAccess, serial: &str, posted: &PostedForm, key: SubmissionKey) -> Result<Sent, Error> {
    let request = DeactivationRequest::of_form(|field| posted.value(field));
    let deactivated = match access.change(Action::Deactivate) {
        Ok(access) => portal::files::deactivate(&access, serial, &request, &key).await,
        Err(reason) => Err(NotDeactivated::Ineligible(reason)),
    };
    let why = match deactivated {
        Ok(serial) => return Ok(Sent::To(format!("{}?deactivated", path::file(&access.garn, &serial)))),
        Err(NotDeactivated::Error(error)) => return Err(error),
        Err(why) => why,
    };
    // A key that was used for something else is used up.
    let key = match why {
        NotDeactivated::KeyReused(_) => access.caller().portal().new_submission_key(),
        _ => key,
    };
    let typed = FormState { why: Some(why), ..typed(|field| posted.value(field)) };
    Ok(Sent::Page(deactivate::show(access, serial, key, typed).await?))
}

fn typed<'a>(value: impl Fn(&str) -> &'a str) -> FormState {
    FormState {
        reason: value(field::REASON).to_owned(),
        note: value(field::NOTE).to_owned(),
        machine: value(field::MACHINE).to_owned(),
        why: None,
    }
}

pub(crate) async fn reopen(caller: Caller, kept: Kept) -> Result<Page, Error> {
    let typed = typed(|field| kept.value(field));
    deactivate::show(&kept.account(&caller).await?, kept.segment("serial"), kept.key.clone(), typed).await
}
