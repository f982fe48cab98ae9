use crate::http::{
    answer::{self, Sent},
    extract::{Account, Segments},
    form::KeyedForm,
    resume::Kept,
};
use app::{
    Page, Visit,
    page::{files::revoke, problem},
};
use axum::{Extension, response::Response};
use licensing::files::revocation::{RevocationRequest, field};
use portal::{AccountAccess, AnalystAccount, Caller, Error, SubmissionKey, files::NotRevoked, path};

pub(crate) async fn show(
    Extension(visit): Extension<Visit>,
    Account(access): Account,
    Segments((_, serial)): Segments<(String, String)>,
) -> Response {
    let key = visit.site.portal.new_submission_key();
    let page = page(&access, &serial, key, RevocationRequest::default()).await;
    answer::result(visit, page).await
}

async fn page(access: &AccountAccess, serial: &str, key: SubmissionKey, typed: RevocationRequest) -> Result<Page, Error> {
    match access.analyst() {
        Ok(analyst) => revoke::show(&analyst, serial, key, typed, None).await,
        Err(_) => Ok(problem::for_analysts().beside(access)),
    }
}

pub(crate) async fn send(
    Extension(visit): Extension<Visit>,
    Account(access): Account,
    Segments((_, serial)): Segments<(String, String)>,
    KeyedForm { form: posted, key }: KeyedForm,
) -> Response {
    let Ok(analyst) = access.analyst() else { return answer::page(visit, problem::for_analysts().beside(&access)).await };
    let request = typed(|field| posted.value(field));
    let sent = revoked(&analyst, &serial, request, key).await;
    answer::sent(visit, sent).await
}

async fn revoked(access: &AnalystAccount, serial: &str, request: RevocationRequest, key: SubmissionKey) -> Result<Sent, Error> {
    let why = match portal::files::revoke(access, serial, &request, &key).await {
        Ok(serial) => return Ok(Sent::To(format!("{}?revoked", path::file(&access.garn, &serial)))),
        Err(NotRevoked::Error(error)) => return Err(error),
        Err(why) => why,
    };
    // A key that was used for something else is used up.
    let key = match why {
        NotRevoked::KeyReused(_) => access.caller().portal().new_submission_key(),
        _ => key,
    };
    revoke::show(access, serial, key, request, Some(why)).await.map(Sent::Page)
}

fn typed<'a>(value: impl Fn(&str) -> &'a str) -> RevocationRequest {
    RevocationRequest { reason: value(field::REASON).to_owned(), machine: value(field::MACHINE).to_owned() }
}

pub(crate) async fn reopen(caller: Caller, kept: Kept) -> Result<Page, Error> {
    let typed = typed(|field| kept.value(field));
    page(&kept.account(&caller).await?, kept.segment("serial"), kept.key.clone(), typed).await
}
