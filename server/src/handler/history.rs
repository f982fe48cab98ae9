//! What was done: in an account, and everywhere.

use crate::http::{answer, csv, extract::Account, query::decode};
use app::{
    Visit,
    page::{history, problem},
};
use axum::{
    Extension,
    body::{Body, Bytes},
    extract::RawQuery,
    response::Response,
};
use chrono::SecondsFormat;
use chrono_tz::Tz;
use portal::{
    Caller, Error,
    history::{History, HistoryEvent, HistoryFilter},
};

fn typed(query: Option<String>) -> Vec<(String, String)> {
    decode(&query.unwrap_or_default()).collect()
}

pub(crate) async fn of_account(
    Extension(visit): Extension<Visit>,
    Account(access): Account,
    RawQuery(query): RawQuery,
) -> Response {
    let page = history::show(&History::Account(access), &typed(query)).await;
    answer::result(visit, page).await
}

pub(crate) async fn of_portal(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Response {
    let Ok(access) = caller.administrator() else { return answer::page(visit, problem::for_administrators()).await };
    let page = history::show(&History::Portal(access), &typed(query)).await;
    answer::result(visit, page).await
}

pub(crate) async fn csv_of_account(
    Extension(visit): Extension<Visit>,
    Account(access): Account,
    RawQuery(query): RawQuery,
) -> Response {
    let name = format!("history-{}.csv", access.garn);
    send(visit, History::Account(access), query, &name).await
}

pub(crate) async fn csv_of_portal(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Response {
    let Ok(access) = caller.administrator() else { return answer::page(visit, problem::for_administrators()).await };
    send(visit, History::Portal(access), query, "history.csv").await
}

/// A column: its head, and its cell for an event. Instants are in the reader's zone.
type Column = (&'static str, fn(&HistoryEvent, Tz) -> String);

const COLUMNS: [Column; 6] = [
    ("At", |event, zone| event.at.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::Secs, false)),
    ("By", |event, _| event.by.clone()),
    ("GARN", |event, _| event.account.as_ref().map_or_else(String::new, |(_, garn)| garn.clone())),
    ("Account", |event, _| event.account.as_ref().map_or_else(String::new, |(name, _)| name.clone())),
    ("What", |event, _| event.told.clone()),
    ("Changes", |event, _| event.changes.iter().map(history::words).collect::<Vec<_>>().join("; ")),
];

async fn send(visit: Visit, history: History, query: Option<String>, name: &str) -> Response {
    let typed = typed(query);
    let value = |name: &str| typed.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.as_str());
    match HistoryFilter::parse(value) {
        Ok(filter) => csv::file(name, rows(history, filter)),
        // The page says what is wrong, at its fields.
        Err(_) => {
            let page = history::show(&history, &typed).await;
            answer::result(visit, page).await
        }
    }
}

/// Events that are in memory at a time.
const AT_A_TIME: usize = 1_000;

/// The head, then the lines a thousand at a time, sent while they are read.
fn rows(history: History, filter: HistoryFilter) -> Body {
    enum At {
        Head,
        Events(Option<i64>),
    }
    let zone = history.caller().person().time_zone;
    let parts = futures_util::stream::try_unfold(Some((history, filter, At::Head)), move |left| async move {
        let Some((history, filter, at)) = left else { return Ok(None) };
        let before = match at {
            At::Head => {
                let head = csv::begin([COLUMNS.iter().map(|(head, _)| (*head).to_owned())]);
                return Ok::<_, Error>(Some((head, Some((history, filter, At::Events(None))))));
            }
            At::Events(before) => before,
        };
        let found = portal::history::history(&history, &filter, before, AT_A_TIME).await?;
        let lines = found.events.iter().map(|event| COLUMNS.iter().map(|(_, cell)| cell(event, zone)).collect::<Vec<_>>());
        let lines: Bytes = portal::table::lines(lines).into();
        Ok(Some((lines, found.next.map(|before| (history, filter, At::Events(Some(before)))))))
    });
    Body::from_stream(parts)
}
