//! Imports of accounts and orders, for licensing analysts.

use crate::{
    http::{
        answer::{self, Sent},
        csv,
        extract::Segments,
        query::decode,
        resume::Kept,
        table_form::{Files, PostedTable},
    },
    state::App,
};
use app::{
    Page, Visit,
    page::{
        orders::imports::{self, AFTER, STATE},
        problem,
    },
};
use axum::{
    Extension,
    body::{Body, Bytes},
    extract::{RawQuery, Request, State},
    response::Response,
};
use licensing::orders::import::COLUMNS;
use portal::{
    Caller, Error,
    orders::import::{self as operation, MOST_BYTES, NotImported, PlannedLine},
    path,
    table::lines as lines_of_table,
};

/// Maximum size of the body: a table, and what surrounds it.
pub(crate) const MOST_BODY: usize = MOST_BYTES + 64 * 1024;

pub(crate) async fn list(Extension(visit): Extension<Visit>, Extension(caller): Extension<Caller>) -> Response {
    let page = page(&caller, None).await;
    answer::result(visit, page).await
}

async fn page(caller: &Caller, why: Option<NotImported>) -> Result<Page, Error> {
    match caller.analyst() {
        Ok(access) => imports::list(&access, why).await,
        Err(_) => Ok(problem::for_analysts()),
    }
}

pub(crate) async fn begin(
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
    let Ok(_upload) = app.uploads.try_acquire() else { return answer::try_again_later(visit, problem::busy_uploading).await };
    let posted = match PostedTable::read(&visit, request, &app, Files::Read).await {
        Ok(posted) => posted,
        Err(refused) => return refused,
    };
    let name = posted.file_name().unwrap_or("table").to_owned();
    let sent = match operation::begin_import(&access, &name, posted.table).await {
        Ok(reference) => Ok(Sent::To(path::import(&reference))),
        Err(NotImported::Error(error)) => Err(error),
        Err(why) => imports::list(&access, Some(why)).await.map(Sent::Page),
    };
    answer::sent(visit, sent).await
}

/// The list: the table is chosen again.
pub(crate) async fn reopen_list(caller: Caller, _: Kept) -> Result<Page, Error> {
    page(&caller, None).await
}

pub(crate) async fn template(Extension(visit): Extension<Visit>, Extension(caller): Extension<Caller>) -> Response {
    if caller.analyst().is_err() {
        return answer::page(visit, problem::for_analysts()).await;
    }
    csv::file("import.csv", csv::begin([COLUMNS.map(|(name, _)| name.to_owned())]))
}

pub(crate) async fn show(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(reference): Segments<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let fields: Vec<_> = decode(&query.unwrap_or_default()).collect();
    let value = |name: &str| fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value);
    let after = value(AFTER).parse().unwrap_or(0);
    let page = one(&caller, &reference, value(STATE), after, None).await;
    answer::result(visit, page).await
}

async fn one(caller: &Caller, reference: &str, state: &str, after: i64, why: Option<NotImported>) -> Result<Page, Error> {
    match caller.analyst() {
        Ok(access) => imports::show(&access, reference, state, after, why).await,
        Err(_) => Ok(problem::for_analysts()),
    }
}

pub(crate) async fn apply(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(reference): Segments<String>,
) -> Response {
    let Ok(access) = caller.analyst() else { return answer::page(visit, problem::for_analysts()).await };
    let done = operation::apply_import(&access, &reference).await;
    settled(visit, &caller, &reference, done).await
}

pub(crate) async fn discard(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(reference): Segments<String>,
) -> Response {
    let Ok(access) = caller.analyst() else { return answer::page(visit, problem::for_analysts()).await };
    let done = operation::discard_import(&access, &reference).await;
    settled(visit, &caller, &reference, done).await
}

async fn settled(visit: Visit, caller: &Caller, reference: &str, done: Result<(), NotImported>) -> Response {
    let sent = match done {
        Ok(()) => Ok(Sent::To(path::import(reference))),
        Err(NotImported::Error(error)) => Err(error),
        Err(why) => one(caller, reference, "", 0, Some(why)).await.map(Sent::Page),
    };
    answer::sent(visit, sent).await
}

/// The import as it is now.
pub(crate) async fn reopen(caller: Caller, kept: Kept) -> Result<Page, Error> {
    one(&caller, kept.segment("reference"), "", 0, None).await
}

/// Lines that are read for one piece of a table.
const AT_A_TIME: u32 = 500;

/// Every line with what it does, as a table.
pub(crate) async fn lines(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(reference): Segments<String>,
) -> Response {
    let Ok(access) = caller.analyst() else { return answer::page(visit, problem::for_analysts()).await };
    if let Err(error) = operation::import(&access, &reference).await {
        return answer::failure(visit, &error).await;
    }
    let name = format!("{reference}-lines.csv");
    let head = csv::begin([["line", "result", "garn", "sales_order", "order_line", "told"].map(str::to_owned)]);
    let pieces = futures_util::stream::try_unfold(Some((head, 0)), move |at| {
        let (access, reference) = (access.clone(), reference.clone());
        async move {
            let Some((sent, after)) = at else { return Ok::<_, Error>(None) };
            let found = operation::lines_of_import(&access, &reference, None, after, AT_A_TIME).await?;
            let next = found.last().map(|line| line.line);
            let rows: Bytes = lines_of_table(found.into_iter().map(cells)).into();
            Ok(Some((sent, next.map(|after| (rows, after)))))
        }
    });
    csv::file(&name, Body::from_stream(pieces))
}

fn cells(line: PlannedLine) -> [String; 6] {
    let PlannedLine { line, state, garn, sales_order, order_line, told } = line;
    let order_line = if sales_order.is_empty() { String::new() } else { order_line.to_string() };
    [line.to_string(), state, garn, sales_order, order_line, told]
}
