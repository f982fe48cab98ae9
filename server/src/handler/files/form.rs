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
        form::{self, Answers, BEGAN, Dropped, KEY, Purpose, REQUEST, STEP, STEP_EDIT, STEP_GENERATE, STEP_GO, STEP_MANY},
    },
};
use axum::{Extension, extract::RawQuery, response::Response};
use licensing::{
    Serial,
    files::{
        batch::Kind,
        request::{NewFileForm, UpdateRequest, field},
    },
};
use portal::{
    AccountAccess, Caller, Error, SubmissionKey,
    files::{CheckedUpdate, NotGenerated},
    path,
};

pub(crate) async fn show_new(
    Extension(visit): Extension<Visit>,
    Account(access): Account,
    RawQuery(query): RawQuery,
) -> Response {
    let typed: Vec<_> = decode(&query.unwrap_or_default()).collect();
    let sent = match gone(&typed) {
        false => form::show(&access, typed.into_iter().collect()).await.map(Sent::Page),
        true => {
            let request = typed.iter().find(|(name, _)| name == REQUEST).and_then(|(_, number)| number.parse().ok());
            go(&access, Purpose::New { request }, &typed, &visit.site.portal.new_submission_key()).await
        }
    };
    answer::sent(visit, sent).await
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
    let purpose = purpose(serial, posted.value(BEGAN), posted.value(REQUEST))?;
    let page = |page: Page| Ok(Sent::Page(page));
    let why: NotGenerated = match (posted.value(STEP), &purpose) {
        (STEP_GO, _) => return go(access, purpose, &posted.fields, key).await,
        (STEP_MANY, _) => {
            let kind = (KIND, Kind::Generate.code());
            return Ok(Sent::To(path::asking(
                &path::batches(&access.garn),
                std::iter::once(kind).chain(filled_in(&posted.fields)),
            )));
        }
        (STEP_EDIT, _) => return page(form::edit(access, purpose, form, key.clone()).await?),
        (STEP_GENERATE, Purpose::New { request }) => match portal::files::generate(access, &form.generate_request(), key).await {
            Ok(generated) => {
                if let (Some(number), Ok(analyst)) = (request, access.caller().analyst()) {
                    portal::requests::bind_file(&analyst, access, *number, &generated.serial).await?;
                    return Ok(Sent::To(path::request(*number)));
                }
                return Ok(Sent::To(format!("{}?generated", path::file(&access.garn, &generated.serial))));
            }
            Err(why) => why,
        },
        (STEP_GENERATE, Purpose::Update { serial, began }) => {
            let request = update_request(access, serial, &form).await?;
            match portal::files::update(access, serial.as_str(), *began, &request, key).await {
                Ok(updated) => return Ok(Sent::To(format!("{}?updated", path::file(&access.garn, &updated.serial)))),
                // What an update takes away is confirmed where it is said.
                Err(NotGenerated::Refused { refusals, .. }) if refusals.iter().all(|refusal| refusal.field == field::DROPPED) => {
                    let problem = refusals.first().map(|refusal| refusal.problem.to_string());
                    match portal::files::check_update(access, serial.as_str(), *began, &request).await {
                        Ok(update) => return page(form::check(access, &purpose, &form, key, answers(update, &request, problem))),
                        Err(why) => why,
                    }
                }
                Err(why) => why,
            }
        }
        (_, Purpose::New { .. }) => match portal::files::check(access, &form.generate_request()).await {
            Ok(checked) => return page(form::check(access, &purpose, &form, key, checked.into())),
            Err(why) => why,
        },
        (_, Purpose::Update { serial, began }) => {
            let request = update_request(access, serial, &form).await?;
            match portal::files::check_update(access, serial.as_str(), *began, &request).await {
                Ok(update) => return page(form::check(access, &purpose, &form, key, answers(update, &request, None))),
                Err(why) => why,
            }
        }
    };
    page(form::refused(access, purpose, form, key.clone(), why).await?)
}

fn answers(update: CheckedUpdate, request: &UpdateRequest, problem: Option<String>) -> Answers {
    let CheckedUpdate { checked, changes, drops } = update;
    let typed = if problem.is_some() { request.dropped.clone() } else { String::new() };
    Answers { checked, changes, dropped: drops.map(|machine| Dropped { machine, typed, problem }) }
}

/// Whether *Go* asked for a form.
fn gone(typed: &[(String, String)]) -> bool {
    typed.iter().any(|(name, value)| name == STEP && value == STEP_GO)
}

/// All that is filled in, as an address has it.
fn filled_in(fields: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    let fields = fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    fields.filter(|(name, value)| ![KEY, STEP, BEGAN].contains(name) && !value.is_empty())
}

/// Leads to the sections for what was chosen, or says what was not.
async fn go(access: &AccountAccess, purpose: Purpose, fields: &[(String, String)], key: &SubmissionKey) -> Result<Sent, Error> {
    let form: NewFileForm = fields.iter().cloned().collect();
    let missing = form.missing_choices();
    let address = path::asking(&purpose.path(&access.garn), filled_in(fields));
    let page = if !missing.is_empty() {
        form::show_missing(access, purpose, form, key.clone(), missing).await?
    } else if address.len() <= LONGEST_ADDRESS {
        return Ok(Sent::To(address));
    } else {
        // What no address holds is shown without one.
        form::edit(access, purpose, form, key.clone()).await?
    };
    Ok(Sent::Page(page))
}

/// The request of an update: it says nothing of what the file is.
async fn update_request(access: &AccountAccess, serial: &Serial, form: &NewFileForm) -> Result<UpdateRequest, Error> {
    let (product, licence_type) = portal::files::fixed(access, serial.as_str()).await?;
    Ok(form.update_request(&product, licence_type))
}

/// Purpose of the form. An update that does not name the revision it began with never matches the current one.
fn purpose(serial: Option<&str>, began: &str, request: &str) -> Result<Purpose, Error> {
    match serial {
        None => Ok(Purpose::New { request: request.parse().ok() }),
        Some(serial) => {
            let serial = serial.parse().map_err(|_| Error::NotFound)?;
            Ok(Purpose::Update { serial, began: began.parse().unwrap_or_default() })
        }
    }
}

pub(crate) async fn reopen_new(caller: Caller, kept: Kept) -> Result<Page, Error> {
    let purpose = purpose(None, "", kept.value(REQUEST))?;
    form::edit(&kept.account(&caller).await?, purpose, kept.fields.into_iter().collect(), kept.key).await
}

pub(crate) async fn reopen_update(caller: Caller, kept: Kept) -> Result<Page, Error> {
    let purpose = purpose(Some(kept.segment("serial")), kept.value(BEGAN), "")?;
    form::edit(&kept.account(&caller).await?, purpose, kept.fields.into_iter().collect(), kept.key).await
}
