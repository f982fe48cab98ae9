use crate::http::{answer, query::decode};
use app::{
    Visit,
    page::search::{self, ACCOUNT, Found, SEARCH},
};
use axum::{
    Extension,
    extract::RawQuery,
    response::{IntoResponse, Redirect, Response},
};
use portal::{Caller, Error};

pub(crate) async fn show(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Response {
    let typed: Vec<_> = decode(&query.unwrap_or_default()).collect();
    let value = |name: &str| typed.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.as_str());
    let found = async {
        let account = match value(ACCOUNT) {
            "" => None,
            // Whoever changed the address searches without an account.
            garn => match caller.account(garn).await {
                Ok(access) => Some(access),
                Err(Error::NotFound) => None,
                Err(error) => return Err(error),
            },
        };
        search::show(&caller, account, value(SEARCH)).await
    };
    match found.await {
        Ok(Found::One(address)) => Redirect::to(&address).into_response(),
        Ok(Found::Page(page)) => answer::page(visit, page).await,
        Err(error) => answer::failure(visit, &error).await,
    }
}
