//! The analysts' queue of requests.

use super::keys::Keys;
use crate::{
    component::{Column, Day, Icon, Instant, SelectField, Table, capped, icon},
    frame::{Page, SEARCH},
};
use leptos::prelude::*;
use licensing::requests::RequestForm;
use portal::{
    AnalystAccess, Error, path,
    requests::{Analyst, QUESTIONS, QueueOrder, QueuePage, QueueRow, QueueView, Sought},
};
use std::sync::Arc;

/// Names of the fields of the queue's address.
pub mod field {
    pub const VIEW: &str = "view";
    pub const CATEGORY: &str = "category";
    pub const ANALYST: &str = "analyst";
    pub const ORDER: &str = "order";
    pub const AFTER: &str = "after";
}

const COLUMNS: [Column; 8] = [
    Column::text("Request"),
    Column::text("Subject"),
    Column::text("State"),
    Column::text("Analyst"),
    Column::text("Requester"),
    Column::text("Account"),
    Column::text("Needed by"),
    Column::text("Sent"),
];

/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn show(access: &AnalystAccess, sought: &Sought) -> Result<Page, Error> {
    let QueuePage { rows, next, stopped } = portal::requests::queue(access, sought).await?;
    let counts = portal::requests::view_counts(access).await?;
    let mails = portal::requests::unverified(access).await?;
    let analysts = portal::requests::analysts(access).await?;
    let form = portal::requests::form(access.caller().portal()).await?;
    let zone = access.caller().person().time_zone;
    let today = access.caller().portal().now().with_timezone(&zone).date_naive();
    let sought = sought.clone();
    Ok(Page::new("Requests", move || {
        let views = QueueView::ALL
            .into_iter()
            .zip(counts)
            .map(|(view, count)| {
                let href = address(path::REQUESTS, &Sought { view, after: None, ..sought.clone() });
                let current = (view == sought.view).then_some("page");
                view! { <li><a class="chip" href=href aria-current=current>{format!("{} {}", view.label(), capped(count))}</a></li> }
            })
            .collect_view();
        let next = next.map(|next| address(path::REQUESTS, &Sought { after: Some(next), ..sought.clone() }));
        let csv = address(path::REQUESTS_CSV, &Sought { after: None, ..sought.clone() });
        let begun = sought.after.is_some();
        let first = address(path::REQUESTS, &Sought { after: None, ..sought.clone() });
        let sought_nothing = sought.text.is_empty() && sought.category.is_empty() && sought.analyst.is_none();
        let empty = rows.is_empty();
        let lines = rows.into_iter().map(|row| {
            let QueueRow {
                number,
                kind,
                category,
                file_type,
                state,
                urgent,
                needed_by,
                subject,
                name,
                email,
                garn,
                analyst,
                submitted_at,
            } = row;
            let overdue = state.is_open() && needed_by.is_some_and(|day| day < today);
            let what = [Some(kind.to_string()), category, file_type].into_iter().flatten().collect::<Vec<_>>().join(", ");
            vec![
                view! { <a class="code" href=path::request(number)>{number.to_string()}</a> }.into_any(),
                view! {
                    {urgent.then(|| view! { <span class="badge bad"><Icon icon=icon::WARNING />"Urgent"</span>" " })}
                    <span class="wrap" title=what>{subject}</span>
                }
                .into_any(),
                state.to_string().into_any(),
                analyst.unwrap_or_else(|| "–".to_owned()).into_any(),
                view! { <span class="wrap" title=email>{name}</span> }.into_any(),
                view! { <span class="code">{garn.unwrap_or_else(|| "–".to_owned())}</span> }.into_any(),
                match needed_by {
                    Some(on) if overdue => view! { <strong class="bad"><Day on />" (overdue)"</strong> }.into_any(),
                    Some(on) => view! { <Day on /> }.into_any(),
                    None => "–".into_any(),
                },
                view! { <Instant at=submitted_at zone /> }.into_any(),
            ]
        });
        view! {
            <div class="page-head">
                <h1>"Requests"</h1>
                <p class="buttons">
                    <a class="button compact" href=path::FIGURES>"Figures"</a>
                    <a class="button compact" href=path::CANNED>"Canned answers"</a>
                    <Keys />
                </p>
            </div>
            <nav aria-label="Views">
                <ul class="chips">{views}<li><a class="chip" href=path::MAIL>{format!("Unverified mail {}", capped(mails))}</a></li></ul>
            </nav>
            <Filters sought=sought form analysts />
            {if empty {
                let words = if stopped {
                    "None of the requests that were looked through matches: these words stand in too many."
                } else if sought_nothing {
                    "No request in this view."
                } else {
                    "No request in this view matches."
                };
                view! { <div class="empty"><p>{words}</p></div> }.into_any()
            } else {
                view! { <div data-lines=""><Table columns=COLUMNS rows=lines.collect() class="list queue" /></div> }.into_any()
            }}
            {stopped.then(|| view! { <p class="help">"These words stand in so many requests that only a part was looked through."</p> })}
            <div class="buttons">
                {begun.then(|| view! { <a class="button" href=first>"First page"</a> })}
                {next.map(|href| view! { <a class="button" href=href>{if stopped { "Go on searching" } else { "Next page" }}</a> })}
                <a class="button" href=csv>"Download CSV"</a>
            </div>
        }
    }))
}

/// Address of what is sought, at the list or at its table.
fn address(path: &str, sought: &Sought) -> String {
    let Sought { view, text, category, analyst, order, after } = sought;
    let fields = [
        (field::VIEW, view.code().to_owned()),
        (SEARCH, text.clone()),
        (field::CATEGORY, category.clone()),
        (field::ANALYST, analyst.map(|id| id.to_string()).unwrap_or_default()),
        (field::ORDER, if *order == QueueOrder::default() { String::new() } else { order.code().to_owned() }),
        (field::AFTER, after.map(|place| place.to_string()).unwrap_or_default()),
    ];
    path::asking(path, fields.into_iter().filter(|(_, value)| !value.is_empty()))
}

#[component]
fn Filters(sought: Sought, form: Arc<RequestForm>, analysts: Vec<Analyst>) -> AnyView {
    let categories = std::iter::once((QUESTIONS.to_owned(), "Question".to_owned()))
        .chain(form.category.iter().map(|category| (category.code.clone(), category.label.clone())))
        .collect();
    let analysts = analysts.into_iter().map(|analyst| (analyst.id.to_string(), analyst.name)).collect();
    let orders = QueueOrder::ALL.into_iter().map(|order| (order.code().to_owned(), order.label().to_owned())).collect();
    let help = format!("{SEARCH}-help");
    view! {
        <form method="get" action=path::REQUESTS role="search" class="search queue-filters" aria-label="Search requests">
            <input type="hidden" name=field::VIEW value=sought.view.code() />
            <div class="field">
                <label for=SEARCH>"Search requests"</label>
                <p class="help" id=help.clone()>"Number, e-mail address, host id, or beginnings of words of the request or its conversation."</p>
                <input id=SEARCH name=SEARCH type="search" data-lines-search value=sought.text autocapitalize="off" spellcheck="false" aria-describedby=help />
            </div>
            <div class="row">
                <SelectField name=field::CATEGORY label="Category" options=categories value=sought.category all=true />
                <SelectField name=field::ANALYST label="Analyst" options=analysts value=sought.analyst.map(|id| id.to_string()).unwrap_or_default() all=true />
                <SelectField name=field::ORDER label="Order" options=orders value=sought.order.code() />
                <button class="button"><Icon icon=icon::SEARCH />"Search"</button>
            </div>
        </form>
    }
    .into_any()
}
