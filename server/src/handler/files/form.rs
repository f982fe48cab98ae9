//! *New activation file* and *Update*: the same form, checked, changed and sent.

use crate::http::{
    answer::{self, Sent},
    extract::{Account, Segments},
    form::{KeyedForm, PostedForm},
    middleware::LONGEST_ADDRESS,
    query::decode,
    resume::Kept,
};
use app::{
    Page, Visit,
    page::files::{
        batch::KIND,
        form::{self, BEGAN, KEY, Purpose, STEP, STEP_EDIT, STEP_GENERATE, STEP_GO, STEP_MANY},
    },
};
use axum::{Extension, extract::RawQuery, response::Response};
use licensing::{
    Serial,
    files::{
        batch::Kind,
        request::{NewFileForm, UpdateRequest},
    },
};
use portal::{AccountAccess, Caller, Error, SubmissionKey, files::NotGenerated, path};

pub(crate) async fn show_new(
    Extension(visit): Extension<Visit>,
    Account(access): Account,
    RawQuery(query): RawQuery,
) -> Response {
    let page = form::show(&access, decode(&query.unwrap_or_default()).collect()).await;
    answer::result(visit, page).await
}

pub(crate) async fn show_update(
    Extension(visit): Extension<Visit>,
    Account(access): Account,
    Segments((_, serial)): Segments<(String, String)>,
    RawQuery(query): RawQuery,
) -> Response {
    let page = form::show_update(&access, &serial, decode(&query.unwrap_or_default()).collect()).await;
    answer::result(visit, page).await
}

pub(crate) async fn send_new(Extension(visit): Extension<Visit>, Account(access): Account, sent: KeyedForm) -> Response {
    send(visit, &access, None, sent).await
}

pub(crate) async fn send_update(
    Extension(visit): Extension<Visit>,
    Account(access): Account,
    Segments((_, serial)): Segments<(String, String)>,
    sent: KeyedForm,
) -> Response {
    send(visit, &access, Some(&serial), sent).await
}

async fn send(visit: Visit, access: &AccountAccess, serial: Option<&str>, sent: KeyedForm) -> Response {
    let KeyedForm { form: posted, key } = sent;
    let sent = step(access, serial, &posted, &key).await;
    answer::sent(visit, sent).await
}

async fn step(access: &AccountAccess, serial: Option<&str>, posted: &PostedForm, key: &SubmissionKey) -> Result<Sent, Error> {
    let form: NewFileForm = posted.fields.iter().cloned().collect();
    let purpose = purpose(serial, posted.value(BEGAN))?;
    // The form with all that is filled in. A page that answers a post has this address, too: a change of theme leads there.
    let typed = posted.fields.iter().filter(|(name, value)| ![KEY, STEP, BEGAN].contains(&name.as_str()) && !value.is_empty());
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(typed).finish();
    let address = format!("{}?{query}", purpose.path(&access.garn));
    let page = |page: Page| Ok(Sent::Page(page.at(address.clone())));
    let why: NotGenerated = match (posted.value(STEP), &purpose) {
        (STEP_GO, _) if address.len() <= LONGEST_ADDRESS => return Ok(Sent::To(address)),
        (STEP_MANY, _) => {
            return Ok(Sent::To(format!("{}?{KIND}={}&{query}", path::batches(&access.garn), Kind::Generate.code())));
        }
        // What no address holds is shown without one.
        (STEP_EDIT | STEP_GO, _) => return page(form::edit(access, purpose, form, key.clone()).await?),
        (STEP_GENERATE, Purpose::New) => match portal::files::generate(access, &form.generate_request(), key).await {
            Ok(generated) => return Ok(Sent::To(format!("{}?generated", path::file(&access.garn, &generated.serial)))),
            Err(why) => why,
        },
        (STEP_GENERATE, Purpose::Update { serial, began }) => {
            let request = update_request(access, serial, &form).await?;
            match portal::files::update(access, serial.as_str(), *began, &request, key).await {
                Ok(updated) => return Ok(Sent::To(format!("{}?updated", path::file(&access.garn, &updated.serial)))),
                Err(why) => why,
            }
        }
        (_, Purpose::New) => match portal::files::check(access, &form.generate_request()).await {
            Ok(checked) => return page(form::check(access, &purpose, &form, key, checked, Vec::new())),
            Err(why) => why,
        },
        (_, Purpose::Update { serial, began }) => {
            let request = update_request(access, serial, &form).await?;
            match portal::files::check_update(access, serial.as_str(), *began, &request).await {
                Ok(update) => return page(form::check(access, &purpose, &form, key, update.checked, update.changes)),
                Err(why) => why,
            }
        }
    };
    page(form::refused(access, purpose, form, key.clone(), why).await?)
}

/// The request of an update: it says nothing of what the file is.
async fn update_request(access: &AccountAccess, serial: &Serial, form: &NewFileForm) -> Result<UpdateRequest, Error> {
    let (product, licence_type) = portal::files::fixed(access, serial.as_str()).await?;
    Ok(form.update_request(&product, licence_type))
}

/// Purpose of the form. An update that does not name the revision it began with never matches the current one.
fn purpose(serial: Option<&str>, began: &str) -> Result<Purpose, Error> {
    match serial {
        None => Ok(Purpose::New),
        Some(serial) => {
            let serial = serial.parse().map_err(|_| Error::NotFound)?;
            Ok(Purpose::Update { serial, began: began.parse().unwrap_or_default() })
        }
    }
}

pub(crate) async fn reopen_new(caller: Caller, kept: Kept) -> Result<Page, Error> {
    form::edit(&kept.account(&caller).await?, Purpose::New, kept.fields.into_iter().collect(), kept.key).await
}

pub(crate) async fn reopen_update(caller: Caller, kept: Kept) -> Result<Page, Error> {
    let purpose = purpose(Some(kept.segment("serial")), kept.value(BEGAN))?;
    form::edit(&kept.account(&caller).await?, purpose, kept.fields.into_iter().collect(), kept.key).await
}
