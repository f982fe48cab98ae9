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
            directory::{self, FormState, MEMBER, field},
            permissions::ticked,
        },
        problem,
    },
};
use axum::{Extension, extract::RawQuery, response::Response};
use licensing::people::StaffRole;
use portal::{Caller, Error, path, people::NotInvited};

pub(crate) async fn show(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let invited = decode(&query).find(|(name, _)| name == "invited").map(|(_, email)| email);
    let state = FormState { invited, withdrawn: query == "withdrawn", ..FormState::default() };
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
    let invited = match (role, garn.trim()) {
        (MEMBER, "") => Err(NotInvited::NoAccount(String::new())),
        _ => {
            let staff = StaffRole::from_code(role);
            portal::people::invite_by_administrator(&access, email, staff, garn, &ticked(&posted.fields)).await
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

/// The page with what was typed before the session ended.
pub(crate) async fn reopen(caller: Caller, kept: Kept) -> Result<Page, Error> {
    page(&caller, FormState { fields: kept.fields, ..FormState::default() }).await
}
