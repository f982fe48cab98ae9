//! *History*: who did what, when, and what changed by it. Of an account for its people, of everything for administrators.

use crate::{
    component::{Column, ErrorSummary, Icon, Instant, Problem, SelectField, Table, TextField, icon},
    frame::{Page, Tab},
};
use chrono_tz::Tz;
use leptos::prelude::*;
use portal::{
    Error, EventKind,
    history::{Changed, History, HistoryEvent, HistoryFilter, HistoryPage, field},
    path,
};

/// Field of the event that a page goes on before.
pub const BEFORE: &str = "before";
/// Events of a page.
const OF_PAGE: usize = 50;

fn address(history: &History) -> String {
    match history {
        History::Account(access) => path::history(&access.garn),
        History::Portal(_) => path::HISTORY.to_owned(),
    }
}

fn label(field: &str) -> &'static str {
    match field {
        field::PERSON => "Person",
        field::KIND => "About",
        field::SUBJECT => "Serial or other subject",
        field::FROM => "On or after",
        _ => "On or before",
    }
}

/// The page that an address with the fields `typed` asks for.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn show(history: &History, typed: &[(String, String)]) -> Result<Page, Error> {
    let value = |name: &str| typed.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.as_str());
    let before = value(BEFORE).parse().ok();
    let filter = HistoryFilter::parse(value);
    let (found, problems) = match &filter {
        Ok(filter) => (portal::history::history(history, filter, before, OF_PAGE).await?, Vec::new()),
        Err(problems) => (HistoryPage::default(), problems.clone()),
    };
    let filtered = filter.as_ref().map_or(true, |filter| !filter.is_empty());
    let whole = matches!(history, History::Portal(_));
    let zone = history.caller().person().time_zone;
    let address = address(history);
    let fields: Vec<(String, String)> =
        typed.iter().filter(|(name, value)| name != BEFORE && !value.is_empty()).cloned().collect();
    let title = if problems.is_empty() { "History" } else { "Error: History" };
    let status = if problems.is_empty() { 200 } else { 422 };
    let page = Page::new(title, move || {
        let value = |name: &str| fields.iter().find(|(n, _)| n == name).map_or_else(String::new, |(_, value)| value.clone());
        let problem = |name: &str| problems.iter().find(|(field, _)| *field == name).map(|(_, words)| words.clone());
        let summary: Vec<_> = problems
            .iter()
            .map(|(field, words)| Problem { field: (*field).to_owned(), label: label(field).to_owned(), words: words.clone() })
            .collect();
        // A browser throws away what it does not take for a date; shown as text it can be corrected.
        let kind = |name| if problem(name).is_some() { "text" } else { "date" };
        let kinds = EventKind::ALL.map(|kind| (kind.code().to_owned(), kind.to_string())).to_vec();
        let HistoryPage { events, next } = found;
        let asking = |more: Option<(&str, String)>| {
            path::asking(&address, fields.iter().map(|(n, v)| (n.as_str(), v.clone())).chain(more))
        };
        let csv = asking(None).replacen("/history", "/history.csv", 1);
        let nothing = events.is_empty();
        let words = match (nothing, next) {
            (true, Some(_)) => Some("Nothing is found among the latest events. Look further back."),
            (true, None) if filtered => Some("Nothing is found."),
            (true, None) => Some("Nothing was done yet."),
            (false, _) => None,
        };
        let rows: Vec<_> = events.into_iter().map(|event| cells(event, whole, zone)).collect();
        let table = (!nothing).then(|| {
            if whole {
                view! { <Table columns=WHOLE rows /> }.into_any()
            } else {
                view! { <Table columns=OF_ACCOUNT rows /> }.into_any()
            }
        });
        view! {
            {(!summary.is_empty()).then(|| view! { <ErrorSummary problems=summary /> })}
            <div class="page-head">
                <h1>"History"</h1>
                <div class="actions no-print"><a class="button" href=csv download=""><Icon icon=icon::DOWNLOAD />"Download CSV"</a></div>
            </div>
            <details class="filters no-print" open=filtered>
                <summary>"Filters"</summary>
                <form method="get" action=address.clone() role="search" aria-label="Filter the history" novalidate>
                    <div class="filter-grid">
                        <TextField name=field::PERSON label=label(field::PERSON) value=value(field::PERSON) />
                        <SelectField name=field::KIND label=label(field::KIND) options=kinds value=value(field::KIND) error=problem(field::KIND) all=true />
                        <TextField name=field::SUBJECT label=label(field::SUBJECT) value=value(field::SUBJECT) code=true />
                        <TextField name=field::FROM label=label(field::FROM) value=value(field::FROM) kind=kind(field::FROM) error=problem(field::FROM) />
                        <TextField name=field::THROUGH label=label(field::THROUGH) value=value(field::THROUGH) kind=kind(field::THROUGH) error=problem(field::THROUGH) />
                    </div>
                    <div class="buttons"><button class="button"><Icon icon=icon::SEARCH />"Show"</button></div>
                </form>
            </details>
            {words.map(|words| view! { <div class="empty"><p>{words}</p></div> })}
            {table}
            <p class="buttons no-print">
                {before.map(|_| view! { <a class="button" href=asking(None)>"Latest events"</a> })}
                {next.map(|next| view! { <a class="button" href=asking(Some((BEFORE, next.to_string())))>"Earlier events"</a> })}
            </p>
        }
    });
    let page = match history {
        History::Account(access) => page.of_account(access, Tab::Beside),
        History::Portal(_) => page,
    };
    Ok(page.with_status(status))
}

const OF_ACCOUNT: [Column; 3] = [Column::text("When"), Column::text("Who"), Column::text("What")];
const WHOLE: [Column; 4] = [Column::text("When"), Column::text("Who"), Column::text("What"), Column::text("Account")];

fn cells(event: HistoryEvent, whole: bool, zone: Tz) -> Vec<AnyView> {
    let HistoryEvent { at, by, account, told, changes, .. } = event;
    let mut cells = vec![
        view! { <Instant at zone /> }.into_any(),
        view! { <span class="wrap">{by}</span> }.into_any(),
        view! { <span class="wrap">{told.clone()}</span> {changed(&told, changes)} }.into_any(),
    ];
    if whole {
        cells.push(
            account.map(|(name, garn)| view! { <span class="wrap">{name}</span>" "<span class="code">{garn}</span> }).into_any(),
        );
    }
    cells
}

/// The values before and after, behind a line that opens.
fn changed(told: &str, changes: Vec<Changed>) -> Option<AnyView> {
    if changes.is_empty() {
        return None;
    }
    let label = format!("Changes: {told}");
    let items = changes.into_iter().map(|changed| view! { <li class="wrap">{words(&changed)}</li> }).collect_view();
    Some(view! { <details class="changes"><summary aria-label=label>"Changes"</summary><ul>{items}</ul></details> }.into_any())
}

/// A change in words, for pages and tables.
#[must_use]
pub fn words(changed: &Changed) -> String {
    let Changed { what, before, after } = changed;
    match (before.as_str(), after.as_str()) {
        ("", after) => format!("{what}: {after}"),
        (before, "") => format!("{what}: {before} before"),
        (before, after) => format!("{what}: {before} → {after}"),
    }
}
