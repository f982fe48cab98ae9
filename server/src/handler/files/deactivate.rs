use crate::{
    handler::people::sign_in::Kept,
    http::{
        answer,
        extract::Segments,
        form::{KeyedForm, PostedForm},
    },
};
use app::{
    Page, Visit,
    page::files::deactivate::{self, Typed},
};
use axum::{
    Extension,
    response::{IntoResponse, Redirect, Response},
};
use licensing::files::deactivation::field;
use portal::{AccountAccess, Caller, Error, SubmissionKey, files::NotDeactivated};

pub(crate) async fn show(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments((garn, serial)): Segments<(String, String)>,
) -> Response {
    let key = visit.site.portal.new_submission_key();
    let page = async { deactivate::show(&caller.account(&garn).await?, &serial, key, Typed::default()).await };
    let page = page.await;
    answer::result(visit, page).await
}

pub(crate) async fn send(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments((garn, serial)): Segments<(String, String)>,
    KeyedForm { form: posted, key }: KeyedForm,
) -> Response {
    match deactivated(&caller, &garn, &serial, &posted, key).await {
        Ok(None) => Redirect::to(&format!("/accounts/{garn}/files/{serial}?deactivated")).into_response(),
        Ok(Some(page)) => answer::page(visit, page).await,
        Err(error) => answer::failure(visit, &error).await,
    }
}

/// The page that says why nothing was changed; none when it was.
async fn deactivated(
    caller: &Caller,
    garn: &str,
    serial: &str,
    posted: &PostedForm,
    key: SubmissionKey,
) -> Result<Option<Page>, Error> {
    let access = caller.account(garn).await?;
    let why = match access.deactivate(serial, |field| posted.value(field), &key).await {
        Ok(_) => return Ok(None),
        Err(NotDeactivated::Error(error)) => return Err(error),
        Err(why) => why,
    };
    // A key that was used for something else is used up.
    let key = match why {
        NotDeactivated::KeyReused { .. } => caller.portal().new_submission_key(),
        _ => key,
    };
    let typed = Typed { why: Some(why), ..typed(|field| posted.value(field)) };
    Ok(Some(deactivate::show(&access, serial, key, typed).await?))
}

fn typed<'a>(value: impl Fn(&str) -> &'a str) -> Typed {
    Typed {
        reason: value(field::REASON).to_owned(),
        note: value(field::NOTE).to_owned(),
        machine: value(field::MACHINE).to_owned(),
        why: None,
    }
}

/// The form that was sent when the session had ended, with everything typed.
pub(crate) async fn reopen(access: &AccountAccess, serial: &str, kept: Kept) -> Result<Page, Error> {
    let typed = typed(|field| kept.value(field));
    deactivate::show(access, serial, kept.key.clone(), typed).await
}
