//! The public form. No sign-in is asked; a draft belongs to the browser that it was begun in.

use super::attachments::form_page;
use crate::{
    http::{
        answer,
        extract::{Browser, Segments},
        form::PostedForm,
        query::decode,
    },
    state::App,
};
use app::{
    Page, Visit,
    page::{
        requests::{
            form::{self, FormState},
            welcome,
        },
        search::ACCOUNT,
    },
};
use axum::{
    Extension,
    extract::{RawQuery, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use licensing::{
    form::Refusal,
    requests::{RequestProblem, Requester, field},
};
use portal::{
    Caller, Error, SubmissionKey, path,
    requests::{NotKept, NotSubmitted, Sender},
};

/// Largest body of the form, in bytes: two long texts, each letter of which may take nine characters.
pub(crate) const MOST_BYTES: usize = 160 * 1024;

pub(crate) async fn welcome(Extension(visit): Extension<Visit>, browser: Browser, RawQuery(query): RawQuery) -> Response {
    let asked: Vec<_> = decode(&query.unwrap_or_default()).collect();
    let page = async {
        let form = portal::requests::form(&visit.site.portal).await?;
        Ok(welcome::show(form, portal::requests::latest_draft(&browser.access).await?, &asked))
    };
    let page = page.await;
    answer::result(visit, page).await
}

/// A new form, with what the address fills in and what is known of a signed-in person.
pub(crate) async fn show_new(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    browser: Browser,
    RawQuery(query): RawQuery,
) -> Response {
    let asked: Vec<_> = decode(&query.unwrap_or_default()).collect();
    let key = visit.site.portal.new_submission_key();
    let page = async {
        let fields = prefilled(visit.caller.as_ref(), asked).await?;
        details(&visit, FormState { key, fields, refusals: Vec::new(), told: None, kept: false }).await
    };
    let page = page.await;
    browser.remembered(&app, answer::result(visit, page).await)
}

/// What is known of somebody who has signed in, where the address says nothing else.
async fn prefilled(caller: Option<&Caller>, asked: Vec<(String, String)>) -> Result<Vec<(String, String)>, Error> {
    let Some(caller) = caller else { return Ok(asked) };
    let mut known = asked;
    let mut add = |name: &str, value: &str| {
        if !known.iter().any(|(field, _)| field == name) {
            known.push((name.to_owned(), value.to_owned()));
        }
    };
    let person = caller.person();
    let (first, last) = person.name.rsplit_once(' ').unwrap_or((&person.name, ""));
    add(field::FIRST_NAME, first);
    add(field::LAST_NAME, last);
    add(field::EMAIL, &person.email);
    add(field::EMAIL_AGAIN, &person.email);
    let account = known.iter().find(|(name, _)| name == field::GARN || name == ACCOUNT).map(|(_, garn)| garn.clone());
    if let Some(garn) = account {
        match caller.account(&garn).await {
            Ok(account) => {
                let facts = [
                    (field::GARN, account.garn.to_string()),
                    (field::EMPLOYER, account.name.clone()),
                    (field::END_USER, account.name),
                ];
                known.extend(facts.map(|(name, value)| (name.to_owned(), value)));
            }
            Err(Error::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(known)
}

async fn details(visit: &Visit, state: FormState) -> Result<Page, Error> {
    Ok(form::details(portal::requests::form(&visit.site.portal).await?, state))
}

/// A draft, in the browser that it was begun in. A form that was sent leads on to step 2.
pub(crate) async fn show(Extension(visit): Extension<Visit>, browser: Browser, Segments(key): Segments<String>) -> Response {
    if portal::requests::submitted(&browser.access, &key).await.is_ok() {
        return Redirect::to(&path::request_attachments(&key)).into_response();
    }
    let page = async {
        let draft = portal::requests::draft(&browser.access, &key).await?;
        details(&visit, FormState { key: draft.key, fields: draft.fields, refusals: Vec::new(), told: None, kept: true }).await
    };
    let page = page.await;
    answer::result(visit, page).await
}

/// Keeps what was typed so far: script does so meanwhile.
pub(crate) async fn keep(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    browser: Browser,
    Segments(key): Segments<String>,
    posted: PostedForm,
) -> Response {
    let Ok(key) = key.parse::<SubmissionKey>() else { return answer::not_found(visit).await };
    let kept = portal::requests::keep(&browser.access, &key, &posted.fields, browser.address).await;
    let response = match kept {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(NotKept::TooMany) => StatusCode::TOO_MANY_REQUESTS.into_response(),
        Err(NotKept::Elsewhere) => StatusCode::CONFLICT.into_response(),
        Err(NotKept::Error(error)) => return answer::failure(visit, &error).await,
    };
    browser.remembered(&app, response)
}

pub(crate) async fn send(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    browser: Browser,
    Segments(key): Segments<String>,
    posted: PostedForm,
) -> Response {
    let Ok(key) = key.parse::<SubmissionKey>() else { return answer::not_found(visit).await };
    let sent = sent(&visit, &browser, &key, posted).await;
    let response = match sent {
        Ok(response) => response,
        Err(error) => answer::failure(visit, &error).await,
    };
    browser.remembered(&app, response)
}

async fn sent(visit: &Visit, browser: &Browser, key: &SubmissionKey, posted: PostedForm) -> Result<Response, Error> {
    let portal = &visit.site.portal;
    let form = portal::requests::form(portal).await?;
    let requester = Requester { signed_in: visit.caller.is_some(), today: portal.now().date_naive() };
    let problem = match form.read(|name| posted.value(name), requester) {
        Err(refusals) => Refused::Form(refusals),
        Ok(details) => {
            let sender = Sender { browser: &browser.access, address: browser.address, caller: visit.caller.as_ref() };
            match portal::requests::submit(&sender, key, &details).await {
                Ok(_) => return Ok(Redirect::to(&path::request_attachments(key.as_str())).into_response()),
                Err(NotSubmitted::Error(error)) => return Err(error),
                Err(why) => Refused::Otherwise(why),
            }
        }
    };
    // What was typed stays, whatever becomes of this page.
    let kept = match portal::requests::keep(&browser.access, key, &posted.fields, browser.address).await {
        Ok(()) => true,
        Err(NotKept::Error(error)) => return Err(error),
        Err(NotKept::TooMany | NotKept::Elsewhere) => false,
    };
    let (refusals, told, retry) = match problem {
        Refused::Form(refusals) => (refusals, None, None),
        Refused::Otherwise(why) => {
            let retry = if let NotSubmitted::TooMany(many) = &why {
                Some((many.again - portal.now()).num_seconds().max(1))
            } else {
                None
            };
            let status = if retry.is_some() { 429 } else { 409 };
            (Vec::new(), Some((status, why.to_string())), retry)
        }
    };
    let page = details(visit, FormState { key: key.clone(), fields: posted.fields, refusals, told, kept }).await?;
    let mut response = answer::page(visit.clone(), page).await;
    if let Some(seconds) = retry {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Ok(response)
}

/// Why a form comes back.
enum Refused {
    Form(Vec<Refusal<RequestProblem>>),
    Otherwise(NotSubmitted),
}

/// Step 2.
pub(crate) async fn attachments(
    Extension(visit): Extension<Visit>,
    browser: Browser,
    Segments(key): Segments<String>,
) -> Response {
    let page = form_page(&browser, &key, Vec::new()).await;
    answer::result(visit, page).await
}

pub(crate) async fn finish(Extension(visit): Extension<Visit>, browser: Browser, Segments(key): Segments<String>) -> Response {
    match portal::requests::finish(&browser.access, &key).await {
        Ok(_) => Redirect::to(&path::request_attachments(&key)).into_response(),
        Err(error) => answer::failure(visit, &error).await,
    }
}
