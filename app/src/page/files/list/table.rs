//! The table of files: in the list, on the overview, among what a search finds.

use super::super::batch;
use crate::component::{Day, Icon, StateBadge, icon};
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
    /// The head of a column that can sort; `first` is the order that a first click gives.
    fn head(&self, words: &'static str, first: Sort) -> AnyView {
        let current = self.sorted;
        let sorted = current == first || current == first.reversed();
        let next = if current == first { first.reversed() } else { first };
        let Some((_, href)) = self.by.iter().find(|(sort, _)| *sort == next).cloned() else {
            return view! { <th scope="col">{words}</th> }.into_any();
        };
        let direction = sorted.then(|| if current.descends() { "descending" } else { "ascending" });
        let arrow = sorted.then(|| if current.descends() { icon::DOWN } else { icon::UP });
        view! {
            <th scope="col" aria-sort=direction>
                <a href=href>{words}{arrow.map(|icon| view! { <Icon icon /> })}<span class="visually-hidden">{format!(", sort: {next}")}</span></a>
            </th>
        }
        .into_any()
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
    let head = |words: &'static str, first: Sort| match &heads {
        Some(heads) => heads.head(words, first),
        None => view! { <th scope="col">{words}</th> }.into_any(),
    };
    let row = |row: FileRow| {
        let selected = selected.iter().any(|serial| *serial == row.serial.as_str());
        view! { <Row garn=garn.clone() row zone changes selects selected /> }
    };
    let rows = rows.into_iter().map(row).collect_view();
    view! {
        <table class="list files">
            <thead>
                <tr>
                    {selects.then(|| view! {
                        <th scope="col">
                            <input type="checkbox" hidden data-selects=batch::SERIAL aria-label="Select all files of this page" />
                            <span class="visually-hidden">"Select"</span>
                        </th>
                    })}
                    <th scope="col">"Serial"</th>
                    {head("Machines", Sort::MachineUp)}
                    <th scope="col">"Host ids"</th>
                    {head("Product", Sort::ProductUp)}
                    {head("Type", Sort::TypeUp)}
                    {head("Install site", Sort::SiteUp)}
                    {head("Generated", Sort::Latest)}
                    {head("By", Sort::ByUp)}
                    {head("Valid through", Sort::EndFirst)}
                    {head("State", Sort::StateUp)}
                    <th scope="col">"Actions"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

#[component]
fn Row(garn: Garn, row: FileRow, zone: Tz, changes: bool, selects: bool, selected: bool) -> AnyView {
    let href = path::file(&garn, &row.serial);
    let changes = changes && row.state == FileState::Active;
    let actions = [
        ("View", icon::VIEW, "", true),
        ("Download", icon::DOWNLOAD, "/download", true),
        ("Update", icon::UPDATE, "/update", changes),
        ("Deactivate", icon::DEACTIVATE, "/deactivate", changes),
    ];
    let select = selects.then(|| {
        let select = changes.then(|| {
            let label = format!("Select {}", row.serial);
            view! { <input type="checkbox" name=batch::SERIAL value=row.serial.to_string() checked=selected aria-label=label /> }
        });
        view! { <td>{select}</td> }
    });
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
    view! {
        <tr>
            {select}
            <th scope="row">
                <a href=href>{row.serial.to_string()}</a>
                {(row.revision > 1).then(|| view! { " " <span>{format!("revision {}", row.revision)}</span> })}
            </th>
            <td>{lines(row.machines)}</td>
            <td>{lines(row.hosts)}</td>
            <td>{format!("{} {}", row.product, row.version)}</td>
            <td>{row.licence_type.to_string()}</td>
            <td>{row.site}</td>
            <td>
                <time datetime=generated>{generated_on}</time>
                {row.updated.map(|(_, at)| view! { <span class="sub">"updated " <Day on=at.with_timezone(&zone).date_naive() /></span> })}
            </td>
            <td>{row.generated_by}</td>
            <td><Day on=row.valid_through /></td>
            <td>
                <StateBadge state=row.state />
                {row.outdated.then(|| view! { <span class="badge info"><Icon icon=icon::REFRESH />"Update available"</span> })}
            </td>
            <td>{actions}</td>
        </tr>
    }
    .into_any()
}
