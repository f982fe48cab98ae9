//! *New activation file* and *Update*: the same form, checked, changed and sent.

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
    page::files::form::{self, BEGAN, KEY, Purpose, STEP, STEP_EDIT, STEP_GENERATE},
};
use axum::{
    Extension,
    extract::RawQuery,
    response::{IntoResponse, Redirect, Response},
};
use licensing::files::request::NewFileForm;
use portal::{AccountAccess, Caller, Error, SubmissionKey, files::NotGenerated};

pub(crate) async fn show_new(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(garn): Segments<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let form: NewFileForm = decode(&query.unwrap_or_default()).collect();
    let page = async { form::show(&caller.account(&garn).await?, form).await };
    let page = page.await;
    answer::result(visit, page).await
}

pub(crate) async fn show_update(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments((garn, serial)): Segments<(String, String)>,
    RawQuery(query): RawQuery,
) -> Response {
    let form: NewFileForm = decode(&query.unwrap_or_default()).collect();
    let page = async { form::show_update(&caller.account(&garn).await?, &serial, form).await };
    let page = page.await;
    answer::result(visit, page).await
}

pub(crate) async fn send_new(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(garn): Segments<String>,
    sent: KeyedForm,
) -> Response {
    send(visit, &caller, &garn, None, sent).await
}

pub(crate) async fn send_update(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments((garn, serial)): Segments<(String, String)>,
    sent: KeyedForm,
) -> Response {
    send(visit, &caller, &garn, Some(&serial), sent).await
}

/// What a posted form leads to: a page, or another address.
enum Sent {
    Page(Page),
    To(String),
}

async fn send(visit: Visit, caller: &Caller, garn: &str, serial: Option<&str>, sent: KeyedForm) -> Response {
    let KeyedForm { form: posted, key } = sent;
    // A page that answers a post has an address, too: the form with what was typed. A change of theme leads there.
    let typed = posted.fields.iter().filter(|(name, value)| ![KEY, STEP, BEGAN].contains(&name.as_str()) && !value.is_empty());
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(typed).finish();
    let form = serial.map_or_else(|| "new".to_owned(), |serial| format!("{serial}/update"));
    let visit = Visit { address: format!("/accounts/{garn}/files/{form}?{query}"), ..visit };
    match step(caller, garn, serial, &posted, &key).await {
        Ok(Sent::Page(page)) => answer::page(visit, page).await,
        Ok(Sent::To(address)) => Redirect::to(&address).into_response(),
        Err(error) => answer::failure(visit, &error).await,
    }
}

async fn step(
    caller: &Caller,
    garn: &str,
    serial: Option<&str>,
    posted: &PostedForm,
    key: &SubmissionKey,
) -> Result<Sent, Error> {
    let access = caller.account(garn).await?;
    let form: NewFileForm = posted.fields.iter().cloned().collect();
    let purpose = purpose(serial, posted.value(BEGAN))?;
    let files = format!("/accounts/{}/files", access.garn);
    let why: NotGenerated = match (posted.value(STEP), &purpose) {
        (STEP_EDIT, _) => return Ok(Sent::Page(form::edit(&access, purpose, form, key.clone()).await?)),
        (STEP_GENERATE, Purpose::New) => match access.generate(&form, key).await {
            Ok(generated) => return Ok(Sent::To(format!("{files}/{}?generated", generated.serial))),
            Err(why) => why,
        },
        (STEP_GENERATE, Purpose::Update { serial, began }) => match access.update(serial.as_str(), *began, &form, key).await {
            Ok(updated) => return Ok(Sent::To(format!("{files}/{}?updated", updated.serial))),
            Err(why) => why,
        },
        (_, Purpose::New) => match access.check(&form).await {
            Ok(checked) => return Ok(Sent::Page(form::check(&access, &purpose, &form, key, checked, Vec::new()))),
            Err(why) => why,
        },
        (_, Purpose::Update { serial, began }) => match access.check_update(serial.as_str(), *began, &form).await {
            Ok(update) => {
                return Ok(Sent::Page(form::check(&access, &purpose, &form, key, update.checked, update.changes)));
            }
            Err(why) => why,
        },
    };
    Ok(Sent::Page(form::refused(&access, purpose, form, key.clone(), why).await?))
}

/// What the form is for. An update that does not say what it began with began with nothing that is there.
fn purpose(serial: Option<&str>, began: &str) -> Result<Purpose, Error> {
    match serial {
        None => Ok(Purpose::New),
        Some(serial) => {
            let serial = serial.parse().map_err(|_| Error::NotFound)?;
            Ok(Purpose::Update { serial, began: began.parse().unwrap_or_default() })
        }
    }
}

/// The form that was sent when the session had ended, with everything typed.
pub(crate) async fn reopen(access: &AccountAccess, serial: Option<&str>, kept: Kept) -> Result<Page, Error> {
    let purpose = purpose(serial, kept.value(BEGAN))?;
    let form: NewFileForm = kept.fields.into_iter().collect();
    form::edit(access, purpose, form, kept.key).await
}
