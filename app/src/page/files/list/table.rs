//! The table of files: in the list, on the overview, among what a search finds.

use super::super::batch;
use crate::component::{Column, Day, Icon, Order, StateBadge, Table, icon};
use chrono::SecondsFormat;
use chrono_tz::Tz;
use leptos::prelude::*;
use licensing::{Garn, files::list::Sort, value::date};
use portal::{
    files::{FileRow, FileState},
    path,
};

/// The list in each order, for the heads of its columns.
pub struct Heads {
    pub(super) sorted: Sort,
    /// Orders that a list of this length has, with their addresses.
    pub(super) by: Vec<(Sort, String)>,
}

impl Heads {
    /// Order that the head of a column leads to; `first` is the one of a first click.
    fn order(&self, first: Sort) -> Option<Order> {
        let current = self.sorted;
        let sorted = current == first || current == first.reversed();
        let next = if current == first { first.reversed() } else { first };
        let (_, href) = self.by.iter().find(|(sort, _)| *sort == next).cloned()?;
        Some(Order { href, words: next.to_string(), descends: sorted.then(|| current.descends()) })
    }
}

/// Files, a row each; cards on a narrow screen. The names of the columns on cards are in the style sheet: they are the same in each row.
#[component]
pub fn FileTable(
    garn: Garn,
    rows: Vec<FileRow>,
    zone: Tz,
    /// Whether active files can be updated and deactivated from here.
    changes: bool,
    /// Whether active files can be selected.
    #[prop(optional)]
    selects: bool,
    /// Serials of those that are.
    #[prop(optional)]
    selected: Vec<String>,
    /// Links of the columns that sort; `None` in a list that is not sorted.
    #[prop(default = None)]
    heads: Option<Heads>,
) -> AnyView {
    let column = |name, first| Column::text(name).ordered(heads.as_ref().and_then(|heads| heads.order(first)));
    let columns = [
        Column::text("Serial"),
        column("Machines", Sort::MachineUp),
        Column::text("Host ids"),
        column("Product", Sort::ProductUp),
        column("Type", Sort::TypeUp),
        column("Install site", Sort::SiteUp),
        column("Generated", Sort::Latest),
        column("By", Sort::ByUp),
        column("Valid through", Sort::EndFirst),
        column("State", Sort::StateUp),
        Column::text("Actions"),
    ];
    let columns: Vec<Column> = selects.then(|| Column::selects(batch::SERIAL)).into_iter().chain(columns).collect();
    let cells = |row: FileRow| {
        let selected = selected.iter().any(|serial| *serial == row.serial.as_str());
        let select = selects.then(|| select(&row, changes, selected));
        select.into_iter().chain(cells(&garn, row, zone, changes)).collect()
    };
    let rows = rows.into_iter().map(cells).collect();
    view! { <Table columns rows names=usize::from(selects) class="list files" labels=false /> }.into_any()
}

/// Box that selects a file which can be updated and deactivated.
fn select(row: &FileRow, changes: bool, selected: bool) -> AnyView {
    let select = (changes && row.state == FileState::Active).then(|| {
        let label = format!("Select {}", row.serial);
        view! { <input type="checkbox" name=batch::SERIAL value=row.serial.to_string() checked=selected aria-label=label /> }
    });
    select.into_any()
}

/// Cells of a file.
fn cells(garn: &Garn, row: FileRow, zone: Tz, changes: bool) -> [AnyView; 11] {
    let href = path::file(garn, &row.serial);
    let changes = changes && row.state == FileState::Active;
    let actions = [
        ("View", icon::VIEW, "", true),
        ("Download", icon::DOWNLOAD, "/download", true),
        ("Update", icon::UPDATE, "/update", changes),
        ("Deactivate", icon::DEACTIVATE, "/deactivate", changes),
    ];
    let machine = row.machines.first().cloned().unwrap_or_default();
    let actions = actions
        .into_iter()
        .filter(|(.., offered)| *offered)
        .map(|(word, icon, path, _)| {
            view! {
                <a href=format!("{href}{path}") title=format!("{word} {} of {machine}", row.serial)><Icon icon /></a>
            }
        })
        .collect_view();
    let lines = |lines: Vec<String>| lines.into_iter().map(|line| view! { <span>{line}</span> }).collect_view();
    let generated = row.generated_at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let generated_on = date::words(row.generated_at.with_timezone(&zone).date_naive());
    [
        view! {
            <a href=href>{row.serial.to_string()}</a>
            {(row.revision > 1).then(|| view! { " " <span>{format!("revision {}", row.revision)}</span> })}
        }
        .into_any(),
        lines(row.machines).into_any(),
        lines(row.hosts).into_any(),
        format!("{} {}", row.product, row.version).into_any(),
        row.licence_type.to_string().into_any(),
        row.site.into_any(),
        view! {
            <time datetime=generated>{generated_on}</time>
            {row.updated.map(|(_, at)| view! { <span class="sub">"updated " <Day on=at.with_timezone(&zone).date_naive() /></span> })}
        }
        .into_any(),
        row.generated_by.into_any(),
        view! { <Day on=row.valid_through /> }.into_any(),
        view! {
            <StateBadge state=row.state />
            {row.outdated.then(|| view! { <span class="badge info"><Icon icon=icon::REFRESH />"Update available"</span> })}
        }
        .into_any(),
        actions.into_any(),
    ]
}
