//! People, for administrators.

use crate::http::{
    answer::{self, Sent},
    extract::Segments,
    form::PostedForm,
    query::decode,
    resume::Kept,
};
use app::{
    Page, Visit,
    page::{
        people::{
            code::CODE,
            directory::{self, ACTIVE, AFTER, ANONYMISE_CODE, FormState, MEMBER, RESET_CODE, SEARCHED, Told, field},
            permissions::ticked,
        },
        problem,
    },
};
use axum::{Extension, extract::RawQuery, response::Response};
use licensing::people::StaffRole;
use portal::{
    Caller, Error, path,
    people::{FactorNotReset, NotAdministered, NotInvited},
};

pub(crate) async fn show(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let value = |field: &str| decode(&query).find(|(name, _)| name == field).map(|(_, value)| value);
    let state = FormState {
        invited: value("invited"),
        withdrawn: query == "withdrawn",
        search: value(SEARCHED).unwrap_or_default(),
        after: value(AFTER).unwrap_or_default(),
        ..FormState::default()
    };
    let page = page(&caller, state).await;
    answer::result(visit, page).await
}

async fn page(caller: &Caller, state: FormState) -> Result<Page, Error> {
    match caller.administrator() {
        Ok(access) => directory::show(&access, state).await,
        Err(_) => Ok(problem::for_administrators()),
    }
}

pub(crate) async fn invite(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    posted: PostedForm,
) -> Response {
    let Ok(access) = caller.administrator() else { return answer::page(visit, problem::for_administrators()).await };
    let email = posted.value(field::EMAIL);
    let role = posted.value(field::ROLE);
    // The fields of an account count for its people only.
    let garn = if role == MEMBER { posted.value(field::GARN) } else { "" };
    let code = posted.value(CODE);
    let invited = match (role, garn.trim()) {
        (MEMBER, "") => Err(NotInvited::NoAccount(String::new())),
        _ => {
            let staff = StaffRole::from_code(role);
            portal::people::invite_by_administrator(&access, email, staff, garn, &ticked(&posted.fields), code).await
        }
    };
    let sent = match invited {
        Ok(()) => Ok(Sent::To(path::asking(path::PEOPLE, [("invited", email.trim())]))),
        Err(NotInvited::Error(error)) => Err(error),
        Err(why) => {
            let state = FormState { fields: posted.fields.clone(), why: Some(why), ..FormState::default() };
            directory::show(&access, state).await.map(Sent::Page)
        }
    };
    answer::sent(visit, sent).await
}

pub(crate) async fn withdraw(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(id): Segments<i64>,
) -> Response {
    let Ok(access) = caller.administrator() else { return answer::page(visit, problem::for_administrators()).await };
    let withdrawn = portal::people::withdraw_invitation(&access, id).await;
    answer::sent(visit, withdrawn.map(|()| Sent::To(format!("{}?withdrawn", path::PEOPLE)))).await
}

pub(crate) async fn person(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(id): Segments<i64>,
    RawQuery(query): RawQuery,
) -> Response {
    let told = match query.as_deref() {
        Some("saved") => Told::Saved,
        Some("reset") => Told::FactorReset,
        _ => Told::Nothing,
    };
    let page = one(&caller, id, told).await;
    answer::result(visit, page).await
}

async fn one(caller: &Caller, id: i64, told: Told) -> Result<Page, Error> {
    match caller.administrator() {
        Ok(access) => directory::person(&access, id, told).await,
        Err(_) => Ok(problem::for_administrators()),
    }
}

pub(crate) async fn change_role(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(id): Segments<i64>,
    posted: PostedForm,
) -> Response {
    let Ok(access) = caller.administrator() else { return answer::page(visit, problem::for_administrators()).await };
    let role = StaffRole::from_code(posted.value(field::ROLE));
    let changed = portal::people::change_role(&access, id, role, posted.value(CODE)).await;
    settled(visit, &caller, id, changed).await
}

pub(crate) async fn set_active(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(id): Segments<i64>,
    posted: PostedForm,
) -> Response {
    let Ok(access) = caller.administrator() else { return answer::page(visit, problem::for_administrators()).await };
    let changed = portal::people::set_active(&access, id, posted.value(ACTIVE) == "yes").await;
    settled(visit, &caller, id, changed).await
}

async fn settled(visit: Visit, caller: &Caller, id: i64, changed: Result<(), NotAdministered>) -> Response {
    let sent = match changed {
        Ok(()) => Ok(Sent::To(format!("{}?saved", path::person(id)))),
        Err(NotAdministered::Error(error)) => Err(error),
        Err(why) => one(caller, id, Told::NotChanged(why)).await.map(Sent::Page),
    };
    answer::sent(visit, sent).await
}

pub(crate) async fn reset_second_factor(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(id): Segments<i64>,
    posted: PostedForm,
) -> Response {
    let Ok(access) = caller.administrator() else { return answer::page(visit, problem::for_administrators()).await };
    let sent = match portal::people::reset_second_factor(&access, id, posted.value(RESET_CODE)).await {
        Ok(true) => Ok(Sent::To(format!("{}?reset", path::person(id)))),
        Ok(false) => Ok(Sent::To(path::person(id))),
        Err(FactorNotReset::Error(error)) => Err(error),
        Err(why) => one(&caller, id, Told::FactorNotReset(why)).await.map(Sent::Page),
    };
    answer::sent(visit, sent).await
}

pub(crate) async fn anonymise(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(id): Segments<i64>,
    posted: PostedForm,
) -> Response {
    let Ok(access) = caller.administrator() else { return answer::page(visit, problem::for_administrators()).await };
    let sent = match portal::people::anonymise(&access, id, posted.value(ANONYMISE_CODE)).await {
        Ok(()) => Ok(Sent::To(format!("{}?saved", path::person(id)))),
        Err(NotAdministered::Error(error)) => Err(error),
        Err(why) => one(&caller, id, Told::NotAnonymised(why)).await.map(Sent::Page),
    };
    answer::sent(visit, sent).await
}

/// The person as they are now.
pub(crate) async fn reopen_person(caller: Caller, kept: Kept) -> Result<Page, Error> {
    let id = kept.segment("person").parse().map_err(|_| Error::NotFound)?;
    one(&caller, id, Told::Nothing).await
}

/// The page with what was typed before the session ended.
pub(crate) async fn reopen(caller: Caller, kept: Kept) -> Result<Page, Error> {
    page(&caller, FormState { fields: kept.fields, ..FormState::default() }).await
}
