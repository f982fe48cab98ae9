//! One's own second factor.

use crate::http::{answer, form::PostedForm, resume::Kept};
use app::{
    Page, Visit,
    page::people::{
        code::CODE,
        profile::field::CURRENT,
        second_factor::{self, Form, REMOVE_CODE, SECRET},
    },
};
use axum::{
    Extension,
    response::{IntoResponse, Redirect, Response},
};
use portal::{
    Caller, Error, path,
    people::{CodeProblem, NotSetUp, RecoveryCodes},
};

pub(crate) async fn show(Extension(visit): Extension<Visit>, Extension(caller): Extension<Caller>) -> Response {
    let page = page(&caller, None, None).await;
    answer::result(visit, page).await
}

/// The page of the second factor that there is, or else the one that sets it up, with the secret that was shown before.
async fn page(caller: &Caller, secret: Option<&str>, refused: Option<(Form, &NotSetUp)>) -> Result<Page, Error> {
    if let Some(factor) = portal::people::second_factor(caller).await? {
        return Ok(second_factor::show(caller, factor, refused));
    }
    // A secret that was not ours gives way to a new one.
    let enrolment = portal::people::enrolment(caller, secret).or_else(|_| portal::people::enrolment(caller, None));
    let enrolment = enrolment.map_err(|why| match why {
        NotSetUp::Error(error) => error,
        _ => Error::NotFound,
    })?;
    Ok(second_factor::set_up(caller, enrolment, refused.map(|(_, why)| why)))
}

pub(crate) async fn set_up(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    posted: PostedForm,
) -> Response {
    let secret = posted.value(SECRET);
    let done = portal::people::set_up_second_factor(&caller, secret, posted.value(CODE), posted.value(CURRENT)).await;
    codes(visit, &caller, Some(secret), Form::SetUp, done).await
}

pub(crate) async fn renew_recovery_codes(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    posted: PostedForm,
) -> Response {
    let done = portal::people::renew_recovery_codes(&caller, posted.value(CODE)).await;
    codes(visit, &caller, None, Form::RecoveryCodes, done).await
}

async fn codes(
    visit: Visit,
    caller: &Caller,
    secret: Option<&str>,
    form: Form,
    done: Result<RecoveryCodes, NotSetUp>,
) -> Response {
    let page = match done {
        Ok(codes) => Ok(second_factor::recovery_codes(codes)),
        Err(NotSetUp::Error(error) | NotSetUp::Code(CodeProblem::Error(error))) => Err(error),
        Err(why) => page(caller, secret, Some((form, &why))).await,
    };
    answer::result(visit, page).await
}

pub(crate) async fn remove(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    posted: PostedForm,
) -> Response {
    match portal::people::remove_second_factor(&caller, posted.value(REMOVE_CODE)).await {
        Ok(()) => Redirect::to(&format!("{}?removed", path::PROFILE)).into_response(),
        Err(NotSetUp::Error(error) | NotSetUp::Code(CodeProblem::Error(error))) => answer::failure(visit, &error).await,
        Err(why) => {
            let page = page(&caller, None, Some((Form::Remove, &why))).await;
            answer::result(visit, page).await
        }
    }
}

/// The page as it is now: codes are typed again.
pub(crate) async fn reopen(caller: Caller, _: Kept) -> Result<Page, Error> {
    page(&caller, None, None).await
}
