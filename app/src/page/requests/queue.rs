//! The analysts' queue of requests.

use crate::{
    component::{Column, Day, Icon, Instant, SearchForm, Table, capped, icon},
    frame::{Page, SEARCH},
};
use leptos::prelude::*;
use portal::{
    AnalystAccess, Error, path,
    requests::{QueuePage, QueueRow, QueueView, Sought},
};

/// Names of the fields of the queue's address.
pub mod field {
    pub const VIEW: &str = "view";
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
    let QueuePage { rows, more } = portal::requests::queue(access, sought).await?;
    let counts = portal::requests::view_counts(access).await?;
    let mails = portal::requests::unverified(access).await?;
    let zone = access.caller().person().time_zone;
    let today = access.caller().portal().now().with_timezone(&zone).date_naive();
    let sought = sought.clone();
    Ok(Page::new("Requests", move || {
        let views = QueueView::ALL
            .into_iter()
            .zip(counts)
            .map(|(view, count)| {
                let href = path::asking(path::REQUESTS, [(field::VIEW, view.code())]);
                let current = (view == sought.view).then_some("page");
                view! { <li><a class="chip" href=href aria-current=current>{format!("{} {}", view.label(), capped(count))}</a></li> }
            })
            .collect_view();
        let next = rows.last().filter(|_| more).map(|last| {
            let fields = [
                (field::VIEW, sought.view.code().to_owned()),
                (SEARCH, sought.text.clone()),
                (field::AFTER, last.number.to_string()),
            ];
            path::asking(path::REQUESTS, fields.into_iter().filter(|(_, value)| !value.is_empty()))
        });
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
            <h1>"Requests"</h1>
            <nav aria-label="Views">
                <ul class="chips">{views}<li><a class="chip" href=path::MAIL>{format!("Unverified mail {}", capped(mails))}</a></li></ul>
            </nav>
            <SearchForm action=path::REQUESTS label="Search requests" value=sought.text.clone() help="Number, e-mail address, host id, or words of the request or its conversation." />
            {if empty {
                let words = if sought.text.is_empty() { "No request in this view." } else { "No request in this view matches." };
                view! { <div class="empty"><p>{words}</p></div> }.into_any()
            } else {
                view! { <Table columns=COLUMNS rows=lines.collect() class="list queue" /> }.into_any()
            }}
            {next.map(|href| view! { <p><a href=href>"Next page"</a></p> })}
        }
    }))
}
