//! People of an account.

use crate::http::{
    answer::{self, Sent},
    extract::{Account, Segments},
    form::PostedForm,
    query::decode,
    resume::Kept,
};
use app::{
    Page, Visit,
    page::{
        people::{
            grants::PARTNER,
            members::{self, EMAIL, FormState, MemberState, PRODUCT, VALID_FROM, VALID_THROUGH},
            permissions::ticked,
        },
        problem,
    },
};
use axum::{Extension, extract::RawQuery, response::Response};
use licensing::people::Permission;
use portal::{
    AccountAccess, Caller, Error, NotPermitted, path,
    people::{NewCertification, NotCertified, NotGranted, NotInvited, NotManaged},
};

pub(crate) async fn list(Extension(visit): Extension<Visit>, Account(access): Account, RawQuery(query): RawQuery) -> Response {
    let done = decode(&query.unwrap_or_default()).find_map(|(name, value)| match name.as_str() {
        "invited" => Some(format!("{value} is invited. The link in the mail can be used for 7 days.")),
        "withdrawn" => Some("The invitation was withdrawn. Its link leads nowhere now.".to_owned()),
        "saved" => Some("The permissions were saved.".to_owned()),
        "removed" => Some("The person was taken from the account.".to_owned()),
        "granted" => Some("The partner has access now.".to_owned()),
        "ungranted" => Some("The partner has no access any more.".to_owned()),
        _ => None,
    });
    let page = members::list(&access, FormState { done, ..FormState::default() }).await;
    answer::result(visit, page).await
}

fn not_permitted(access: &AccountAccess) -> Page {
    problem::not_permitted(NotPermitted(Permission::People), path::people(&access.garn)).beside(access)
}

pub(crate) async fn invite(Extension(visit): Extension<Visit>, Account(access): Account, posted: PostedForm) -> Response {
    let Ok(managed) = access.manage_people() else { return answer::page(visit, not_permitted(&access)).await };
    let email = posted.value(EMAIL);
    let sent = match portal::people::invite_member(&managed, email, &ticked(&posted.fields)).await {
        Ok(()) => Ok(Sent::To(path::asking(&path::people(&access.garn), [("invited", email.trim())]))),
        Err(NotInvited::Error(error)) => Err(error),
        Err(why) => {
            let state = FormState { fields: posted.fields.clone(), why: Some(why), ..FormState::default() };
            members::list(&access, state).await.map(Sent::Page)
        }
    };
    answer::sent(visit, sent).await
}

/// The page with what was typed before the session ended.
pub(crate) async fn reopen(caller: Caller, kept: Kept) -> Result<Page, Error> {
    let access = kept.account(&caller).await?;
    members::list(&access, FormState { fields: kept.fields, ..FormState::default() }).await
}

pub(crate) async fn withdraw(
    Extension(visit): Extension<Visit>,
    Account(access): Account,
    Segments((_, id)): Segments<(String, i64)>,
) -> Response {
    let Ok(managed) = access.manage_people() else { return answer::page(visit, not_permitted(&access)).await };
    let withdrawn = portal::people::withdraw_member(&managed, id).await;
    answer::sent(visit, withdrawn.map(|()| Sent::To(format!("{}?withdrawn", path::people(&access.garn))))).await
}

pub(crate) async fn grant(Extension(visit): Extension<Visit>, Account(access): Account, posted: PostedForm) -> Response {
    let Ok(managed) = access.manage_people() else { return answer::page(visit, not_permitted(&access)).await };
    let sent = match portal::people::grant_partner(&managed, posted.value(PARTNER)).await {
        Ok(()) => Ok(Sent::To(format!("{}?granted", path::people(&access.garn)))),
        Err(NotGranted::Error(error)) => Err(error),
        Err(why) => {
            let state = FormState { fields: posted.fields.clone(), ungranted: Some(why), ..FormState::default() };
            members::list(&access, state).await.map(Sent::Page)
        }
    };
    answer::sent(visit, sent).await
}

pub(crate) async fn withdraw_grant(
    Extension(visit): Extension<Visit>,
    Account(access): Account,
    Segments((_, partner)): Segments<(String, i64)>,
) -> Response {
    let Ok(managed) = access.manage_people() else { return answer::page(visit, not_permitted(&access)).await };
    let withdrawn = portal::people::withdraw_partner(&managed, partner).await;
    answer::sent(visit, withdrawn.map(|()| Sent::To(format!("{}?ungranted", path::people(&access.garn))))).await
}

pub(crate) async fn show(
    Extension(visit): Extension<Visit>,
    Account(access): Account,
    Segments((_, person)): Segments<(String, i64)>,
) -> Response {
    let page = one(&access, person, None).await;
    answer::result(visit, page).await
}

async fn one(access: &AccountAccess, person: i64, why: Option<NotManaged>) -> Result<Page, Error> {
    member(access, person, MemberState { why, ..MemberState::default() }).await
}

async fn member(access: &AccountAccess, person: i64, state: MemberState) -> Result<Page, Error> {
    match access.manage_people() {
        Ok(managed) => members::show(&managed, person, state).await,
        Err(_) => Ok(not_permitted(access)),
    }
}

pub(crate) async fn change(
    Extension(visit): Extension<Visit>,
    Account(access): Account,
    Segments((_, person)): Segments<(String, i64)>,
    posted: PostedForm,
) -> Response {
    let Ok(managed) = access.manage_people() else { return answer::page(visit, not_permitted(&access)).await };
    let changed = portal::people::change_member(&managed, person, &ticked(&posted.fields)).await;
    settled(visit, &access, person, changed, "saved").await
}

pub(crate) async fn remove(
    Extension(visit): Extension<Visit>,
    Account(access): Account,
    Segments((_, person)): Segments<(String, i64)>,
) -> Response {
    let Ok(managed) = access.manage_people() else { return answer::page(visit, not_permitted(&access)).await };
    let removed = portal::people::remove_member(&managed, person).await;
    settled(visit, &access, person, removed, "removed").await
}

async fn settled(visit: Visit, access: &AccountAccess, person: i64, done: Result<(), NotManaged>, what: &str) -> Response {
    let sent = match done {
        Ok(()) => Ok(Sent::To(format!("{}?{what}", path::people(&access.garn)))),
        Err(NotManaged::Error(error)) => Err(error),
        Err(why) => one(access, person, Some(why)).await.map(Sent::Page),
    };
    answer::sent(visit, sent).await
}

pub(crate) async fn certify(
    Extension(visit): Extension<Visit>,
    Account(access): Account,
    Segments((_, person)): Segments<(String, i64)>,
    posted: PostedForm,
) -> Response {
    let Ok(analyst) = access.analyst() else { return answer::page(visit, problem::for_analysts().beside(&access)).await };
    let value = |name: &str| posted.value(name).to_owned();
    let new = NewCertification { product: value(PRODUCT), valid_from: value(VALID_FROM), valid_through: value(VALID_THROUGH) };
    let sent = match portal::people::certify(&analyst, person, &new).await {
        Ok(()) => Ok(Sent::To(path::member(&access.garn, person))),
        Err(NotCertified::Error(error)) => Err(error),
        Err(uncertified) => {
            let state = MemberState { fields: posted.fields.clone(), uncertified: Some(uncertified), why: None };
            member(&access, person, state).await.map(Sent::Page)
        }
    };
    answer::sent(visit, sent).await
}

pub(crate) async fn withdraw_certification(
    Extension(visit): Extension<Visit>,
    Account(access): Account,
    Segments((_, person, id)): Segments<(String, i64, i64)>,
) -> Response {
    let Ok(analyst) = access.analyst() else { return answer::page(visit, problem::for_analysts().beside(&access)).await };
    let withdrawn = portal::people::withdraw_certification(&analyst, person, id).await;
    answer::sent(visit, withdrawn.map(|()| Sent::To(path::member(&access.garn, person)))).await
}

/// The person, with the certification that was typed before the session ended.
pub(crate) async fn reopen_certification(caller: Caller, kept: Kept) -> Result<Page, Error> {
    let access = kept.account(&caller).await?;
    let person = kept.segment("person").parse().map_err(|_| Error::NotFound)?;
    member(&access, person, MemberState { fields: kept.fields, ..MemberState::default() }).await
}

/// The person as they are now.
pub(crate) async fn reopen_one(caller: Caller, kept: Kept) -> Result<Page, Error> {
    let access = kept.account(&caller).await?;
    let person = kept.segment("person").parse().map_err(|_| Error::NotFound)?;
    one(&access, person, None).await
}
