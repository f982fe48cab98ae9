//! *Figures* of the requests, as tables and a chart.

use crate::{
    component::{Column, Icon, Table, icon, thousands},
    frame::Page,
};
use chrono::NaiveDate;
use leptos::prelude::*;
use portal::{
    AnalystAccess, Error, path,
    requests::{Figures, Week},
};

const AGES: [Column; 2] = [Column::text("Open for"), Column::figures("Requests")];
const WEEKS: [Column; 4] =
    [Column::text("Week of"), Column::figures("Sent"), Column::figures("Answered"), Column::figures("Mean time to first answer")];
const CATEGORIES: [Column; 4] = [
    Column::text("Category"),
    Column::figures("Sent"),
    Column::figures("Answered"),
    Column::figures("Mean time to first answer"),
];

/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn show(access: &AnalystAccess) -> Result<Page, Error> {
    let figures = portal::requests::figures(access).await?;
    let form = portal::requests::form(access.caller().portal()).await?;
    Ok(Page::new("Figures of requests", move || {
        let Figures { open, ages, weeks, categories } = figures;
        let ages = ages
            .into_iter()
            .scan(None, |from, (to, many)| {
                let words = match (*from, to) {
                    (None, Some(1)) => "less than a day".to_owned(),
                    (Some(from), Some(to)) => format!("{from} to {to} days"),
                    (Some(from), None) => format!("more than {from} days"),
                    (None, _) => "any time".to_owned(),
                };
                *from = to;
                Some(vec![words.into_any(), thousands(many).into_any()])
            })
            .collect();
        let label = |code: Option<String>| match code {
            None => "Questions".to_owned(),
            Some(code) => {
                let known = form.category.iter().find(|category| category.code == code);
                known.map_or(code, |category| category.label.clone())
            }
        };
        let by_category = categories.into_iter().map(|(code, week)| row(label(code), week)).collect();
        let chart = chart(&weeks);
        let by_week = weeks.into_iter().rev().map(|(monday, week)| row(day(monday), week)).collect();
        view! {
            <p><a href=path::REQUESTS><Icon icon=icon::BACK />"Requests"</a></p>
            <div class="figures-page">
            <h1>"Figures of requests"</h1>
            <p class="lead">{if open == 1 { "1 request is open.".to_owned() } else { format!("{} requests are open.", thousands(open)) }}</p>
            <h2>"Age of open requests"</h2>
            <Table columns=AGES rows=ages />
            <h2>"Requests sent, by week"</h2>
            {chart}
            <details><summary>"The weeks in figures"</summary><Table columns=WEEKS rows=by_week /></details>
            <h2>"The last half year, by category"</h2>
            <Table columns=CATEGORIES rows=by_category />
            </div>
        }
    }))
}

fn day(monday: NaiveDate) -> String {
    monday.format("%-d %b %Y").to_string()
}

fn row(head: String, week: Week) -> Vec<AnyView> {
    let mean = week.mean_hours().map_or_else(
        || "–".to_owned(),
        |hours| if hours < 48.0 { format!("{hours:.1} h") } else { format!("{:.1} days", hours / 24.0) },
    );
    vec![head.into_any(), thousands(week.sent).into_any(), thousands(week.answered).into_any(), mean.into_any()]
}

/// Height of the chart and width of a week, in its own units.
const HEIGHT: u64 = 160;
const WIDTH: usize = 24;

/// Bars of what was sent and of what was answered; the table below says the same in figures.
fn chart(weeks: &[(NaiveDate, Week)]) -> AnyView {
    let most = weeks.iter().map(|(_, week)| week.sent).max().unwrap_or_default().max(1);
    let bars = weeks
        .iter()
        .enumerate()
        .map(|(at, (monday, week))| {
            let bar = |value: u64, class: &'static str| {
                let height = value * HEIGHT / most;
                view! { <rect class=class x=at * WIDTH y=HEIGHT - height width=WIDTH - 6 height=height /> }
            };
            let words = format!("Week of {}: {} sent, {} answered", day(*monday), week.sent, week.answered);
            view! { <g><title>{words}</title>{bar(week.sent, "sent")}{bar(week.answered, "answered")}</g> }
        })
        .collect_view();
    let (width, height) = (weeks.len() * WIDTH, HEIGHT + 1);
    view! {
        <figure class="chart">
            <svg viewBox=format!("0 0 {width} {height}") role="img" aria-label="Requests sent and answered by week; the figures stand below">
                {bars}<line x1="0" x2=width y1=HEIGHT y2=HEIGHT />
            </svg>
            <figcaption><span class="sent"></span>"Sent "<span class="answered"></span>"Answered. Most in a week: "{thousands(most)}"."</figcaption>
        </figure>
    }
    .into_any()
}
