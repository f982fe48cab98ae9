//! Certifications that come in as tables, for licensing analysts.

use crate::{
    http::{
        answer, csv,
        resume::Kept,
        table_form::{Files, PostedTable},
    },
    state::App,
};
use app::{
    Page, Visit,
    page::{people::certifications, problem},
};
use axum::{
    Extension,
    extract::{Request, State},
    response::Response,
};
use portal::{
    Caller, Error,
    people::{CERTIFICATION_COLUMNS, NotCertifiedByTable, certify_by_table},
};

fn page(caller: &Caller) -> Page {
    match caller.analyst() {
        Ok(access) => certifications::show(&access, None, None),
        Err(_) => problem::for_analysts(),
    }
}

pub(crate) async fn show(Extension(visit): Extension<Visit>, Extension(caller): Extension<Caller>) -> Response {
    answer::page(visit, page(&caller)).await
}

pub(crate) async fn template(Extension(visit): Extension<Visit>, Extension(caller): Extension<Caller>) -> Response {
    if caller.analyst().is_err() {
        return answer::page(visit, problem::for_analysts()).await;
    }
    csv::file("certifications.csv", csv::begin([CERTIFICATION_COLUMNS.map(|(name, _)| name.to_owned())]))
}

pub(crate) async fn enter(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    State(app): State<App>,
    request: Request,
) -> Response {
    let Ok(access) = caller.analyst() else { return answer::page(visit, problem::for_analysts()).await };
    // A table is in memory for a moment: of one person one at a time.
    let Some(_turn) = portal::files::batch::turn_to_plan(&caller).await else {
        return answer::page(visit, problem::busy_planning()).await;
    };
    let posted = match PostedTable::read(&visit, request, &app, Files::Read).await {
        Ok(posted) => posted,
        Err(refused) => return refused,
    };
    let page = match certify_by_table(&access, posted.table).await {
        Ok(done) => Ok(certifications::show(&access, Some(done), None)),
        Err(NotCertifiedByTable::Error(error)) => Err(error),
        Err(why) => Ok(certifications::show(&access, None, Some(why))),
    };
    answer::result(visit, page).await
}

/// The form: the table is chosen again.
pub(crate) async fn reopen(caller: Caller, _: Kept) -> Result<Page, Error> {
    Ok(page(&caller))
}
