use super::Segments;
use crate::{
    answer,
    form::{PostedForm, decode},
};
use app::{
    Page, Visit,
    page::{
        new_file::{self, KEY, STEP, STEP_EDIT, STEP_GENERATE},
        problem,
    },
};
use axum::{
    Extension,
    body::Bytes,
    extract::{RawQuery, rejection::BytesRejection},
    http::HeaderMap,
    response::{IntoResponse, Redirect, Response},
};
use licensing::form::NewFileForm;
use portal::{Caller, Error, Generated, NotGenerated, SubmissionKey};

pub(crate) async fn show(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(garn): Segments<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let form: NewFileForm = decode(&query.unwrap_or_default()).collect();
    let page = async { new_file::show(&caller.account(&garn).await?, form).await };
    let page = page.await;
    answer::result(visit, page).await
}

/// What a posted form leads to.
enum Sent {
    Page(Page),
    Generated(Generated),
}

pub(crate) async fn send(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(garn): Segments<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let posted = match PostedForm::read(&visit, &headers, body).await {
        Ok(posted) => posted,
        Err(response) => return response,
    };
    let key: SubmissionKey = match posted.value(KEY).parse() {
        Ok(key) => key,
        Err(missing) => return answer::page(visit, problem::unreadable(missing.to_string())).await,
    };
    // A page that answers a post has an address, too: the form with what was typed. A change of theme leads there.
    let typed = posted.fields.iter().filter(|(name, value)| name != KEY && name != STEP && !value.is_empty());
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(typed).finish();
    let visit = Visit { address: format!("/accounts/{garn}/files/new?{query}"), ..visit };
    match step(&caller, &garn, &posted, &key).await {
        Ok(Sent::Page(page)) => answer::page(visit, page).await,
        Ok(Sent::Generated(Generated { serial })) => {
            Redirect::to(&format!("/accounts/{garn}/files/{serial}?generated")).into_response()
        }
        Err(error) => answer::failure(visit, &error).await,
    }
}

async fn step(caller: &Caller, garn: &str, posted: &PostedForm, key: &SubmissionKey) -> Result<Sent, Error> {
    let access = caller.account(garn).await?;
    let form: NewFileForm = posted.fields.iter().cloned().collect();
    let why: NotGenerated = match posted.value(STEP) {
        STEP_GENERATE => match access.generate(&form, key).await {
            Ok(generated) => return Ok(Sent::Generated(generated)),
            Err(why) => why,
        },
        STEP_EDIT => return Ok(Sent::Page(new_file::edit(&access, form, key.clone()).await?)),
        _ => match access.check(&form).await {
            Ok(checked) => return Ok(Sent::Page(new_file::check(&access, &form, key, checked))),
            Err(why) => why,
        },
    };
    Ok(Sent::Page(new_file::refused(&access, form, key.clone(), why).await?))
}
