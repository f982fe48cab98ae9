//! Orders of an account, and what licensing analysts enter one by one.

use crate::http::{
    answer::{self, Sent},
    extract::Account,
    form::PostedForm,
    query::decode,
    resume::Kept,
};
use app::{
    Page, Visit,
    page::{
        orders::{
            entry::{self, FormState, OF_ACCOUNT, OF_LINE},
            order::{self, ORDER},
        },
        problem,
    },
};
use axum::{Extension, extract::RawQuery, response::Response};
use licensing::orders::import::column;
use portal::{
    AccountAccess, AnalystAccess, Caller, Error,
    orders::import::{NotEntered, NotImported, enter_line},
    path,
};

pub(crate) async fn orders(Extension(visit): Extension<Visit>, Account(access): Account, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let page = match decode(&query).find(|(name, _)| name == ORDER) {
        Some((_, number)) => order::show(&access, &number).await,
        None => order::list(&access).await,
    };
    answer::result(visit, page).await
}

fn typed<'a>(columns: &[&'static str], value: impl Fn(&str) -> &'a str) -> Vec<(&'static str, String)> {
    columns.iter().map(|column| (*column, value(column).to_owned())).collect()
}

/// Where a line that was taken goes on, or why it was not.
async fn entered(access: &AnalystAccess, cells: &[(&'static str, String)]) -> Result<Result<Sent, NotEntered>, Error> {
    match enter_line(access, cells).await {
        Ok(reference) => Ok(Ok(Sent::To(path::import(&reference)))),
        Err(NotEntered::Error(error) | NotEntered::NotImported(NotImported::Error(error))) => Err(error),
        Err(why) => Ok(Err(why)),
    }
}

pub(crate) async fn show_account(Extension(visit): Extension<Visit>, Extension(caller): Extension<Caller>) -> Response {
    let page = match caller.analyst() {
        Ok(access) => entry::new_account(&access, FormState::default()),
        Err(_) => problem::for_analysts(),
    };
    answer::page(visit, page).await
}

pub(crate) async fn send_account(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    posted: PostedForm,
) -> Response {
    let Ok(access) = caller.analyst() else { return answer::page(visit, problem::for_analysts()).await };
    let typed = typed(&OF_ACCOUNT, |field| posted.value(field));
    let sent = entered(&access, &typed).await.map(|entered| {
        entered.unwrap_or_else(|why| Sent::Page(entry::new_account(&access, FormState { typed, why: Some(why) })))
    });
    answer::sent(visit, sent).await
}

pub(crate) async fn reopen_account(caller: Caller, kept: Kept) -> Result<Page, Error> {
    let typed = typed(&OF_ACCOUNT, |field| kept.value(field));
    Ok(match caller.analyst() {
        Ok(access) => entry::new_account(&access, FormState { typed, why: None }),
        Err(_) => problem::for_analysts(),
    })
}

pub(crate) async fn show_settings(Extension(visit): Extension<Visit>, Account(access): Account) -> Response {
    let page = settings(&access, FormState::default()).await;
    answer::result(visit, page).await
}

async fn settings(access: &AccountAccess, state: FormState) -> Result<Page, Error> {
    match access.analyst() {
        Ok(analyst) => entry::settings(&analyst, state).await,
        Err(_) => Ok(problem::for_analysts().beside(access)),
    }
}

pub(crate) async fn send_settings(Extension(visit): Extension<Visit>, Account(access): Account, posted: PostedForm) -> Response {
    let Ok(analyst) = access.caller().analyst() else {
        return answer::page(visit, problem::for_analysts().beside(&access)).await;
    };
    let mut typed = typed(&OF_ACCOUNT, |field| posted.value(field));
    // It is the account of the address, whatever the form says.
    typed.retain(|(name, _)| *name != column::GARN);
    typed.insert(0, (column::GARN, access.garn.to_string()));
    let sent = match entered(&analyst, &typed).await {
        Ok(Ok(sent)) => Ok(sent),
        Ok(Err(why)) => settings(&access, FormState { typed, why: Some(why) }).await.map(Sent::Page),
        Err(error) => Err(error),
    };
    answer::sent(visit, sent).await
}

pub(crate) async fn reopen_settings(caller: Caller, kept: Kept) -> Result<Page, Error> {
    let access = kept.account(&caller).await?;
    settings(&access, FormState { typed: typed(&OF_ACCOUNT, |field| kept.value(field)), why: None }).await
}

pub(crate) async fn show_line(
    Extension(visit): Extension<Visit>,
    Account(access): Account,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let fields: Vec<_> = decode(&query).collect();
    let value = |name: &str| fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.as_ref());
    let page = line(&access, FormState { typed: typed(&OF_LINE, value), why: None }).await;
    answer::result(visit, page).await
}

async fn line(access: &AccountAccess, state: FormState) -> Result<Page, Error> {
    match access.analyst() {
        Ok(analyst) => {
            let parts = portal::catalogue::offered_parts(analyst.caller()).await?;
            Ok(entry::new_line(&analyst, state, parts))
        }
        Err(_) => Ok(problem::for_analysts().beside(access)),
    }
}

pub(crate) async fn send_line(Extension(visit): Extension<Visit>, Account(access): Account, posted: PostedForm) -> Response {
    let Ok(analyst) = access.caller().analyst() else {
        return answer::page(visit, problem::for_analysts().beside(&access)).await;
    };
    let typed = typed(&OF_LINE, |field| posted.value(field));
    let mut cells = vec![(column::GARN, access.garn.to_string())];
    cells.extend(typed.iter().cloned());
    let sent = match entered(&analyst, &cells).await {
        Ok(Ok(sent)) => Ok(sent),
        Ok(Err(why)) => line(&access, FormState { typed, why: Some(why) }).await.map(Sent::Page),
        Err(error) => Err(error),
    };
    answer::sent(visit, sent).await
}

pub(crate) async fn reopen_line(caller: Caller, kept: Kept) -> Result<Page, Error> {
    let access = kept.account(&caller).await?;
    line(&access, FormState { typed: typed(&OF_LINE, |field| kept.value(field)), why: None }).await
}
