//! Tables and their lines.

mod line_state;

pub use line_state::StateOfLine;

use crate::component::{Icon, icon};
use leptos::prelude::*;
use licensing::PartNumber;

/// A column of a [`Table`].
#[derive(Clone, Debug)]
pub struct Column {
    name: &'static str,
    figures: bool,
    order: Option<Order>,
    /// Field of the boxes in this column.
    selects: Option<&'static str>,
}

impl Column {
    /// A column of words.
    #[must_use]
    pub const fn text(name: &'static str) -> Self {
        Self { name, figures: false, order: None, selects: None }
    }

    /// A column of figures, which stand below each other.
    #[must_use]
    pub const fn figures(name: &'static str) -> Self {
        Self { name, figures: true, order: None, selects: None }
    }

    /// A column of boxes that select rows, sent as `field`. The script of every page shows a box for all of them in its head.
    #[must_use]
    pub const fn selects(field: &'static str) -> Self {
        Self { name: "Select", figures: false, order: None, selects: Some(field) }
    }

    /// The same, with the order that its head leads to.
    #[must_use]
    pub fn ordered(self, order: Option<Order>) -> Self {
        Self { order, ..self }
    }
}

/// The order that the head of a column leads to.
#[derive(Clone, Debug)]
pub struct Order {
    /// Address of the list in that order.
    pub href: String,
    /// That order in words.
    pub words: String,
    /// Whether the list is sorted by this column now, and its larger values come first.
    pub descends: Option<bool>,
}

/// A table: cards on a narrow screen, a table on paper. Each row has a cell for each column.
#[component]
pub fn Table(
    #[prop(into)] columns: Vec<Column>,
    rows: Vec<Vec<AnyView>>,
    /// Position of the column whose cells name their rows.
    #[prop(default = 0)]
    names: usize,
    /// The sums below.
    #[prop(default = None)]
    foot: Option<Vec<AnyView>>,
    #[prop(default = None)] caption: Option<String>,
    /// Classes for the style sheet.
    #[prop(default = "list")]
    class: &'static str,
    /// Whether the cells of a card say their columns; otherwise the style sheet does, because there are many.
    #[prop(default = true)]
    labels: bool,
) -> AnyView {
    let row = |cells: Vec<AnyView>| {
        let cells = cells.into_iter().zip(&columns).enumerate().map(|(position, (cell, column))| {
            let label = labels.then_some(column.name);
            let class = column.figures.then_some("number");
            if position == names {
                view! { <th scope="row" data-label=label class=class>{cell}</th> }.into_any()
            } else {
                view! { <td data-label=label class=class>{cell}</td> }.into_any()
            }
        });
        view! { <tr>{cells.collect_view()}</tr> }
    };
    let heads = columns.iter().cloned().map(|column| view! { <Head column /> }).collect_view();
    let rows = rows.into_iter().map(row).collect_view();
    let foot = foot.map(row).map(|row| view! { <tfoot>{row}</tfoot> });
    view! {
        <table class=class>
            {caption.map(|words| view! { <caption>{words}</caption> })}
            <thead><tr>{heads}</tr></thead>
            <tbody>{rows}</tbody>
            {foot}
        </table>
    }
    .into_any()
}

#[component]
fn Head(column: Column) -> AnyView {
    let Column { name, figures, order, selects } = column;
    let class = figures.then_some("number");
    if let Some(field) = selects {
        return view! {
            <th scope="col">
                <input type="checkbox" hidden data-selects=field aria-label="Select all rows of this page" />
                <span class="visually-hidden">{name}</span>
            </th>
        }
        .into_any();
    }
    let Some(Order { href, words, descends }) = order else {
        return view! { <th scope="col" class=class>{name}</th> }.into_any();
    };
    let sorted = descends.map(|descends| if descends { "descending" } else { "ascending" });
    let arrow = descends.map(|descends| if descends { icon::DOWN } else { icon::UP });
    view! {
        <th scope="col" class=class aria-sort=sorted>
            <a href=href>
                {name}{arrow.map(|icon| view! { <Icon icon /> })}<span class="visually-hidden">{format!(", sort: {words}")}</span>
            </a>
        </th>
    }
    .into_any()
}

/// A part by its description and number.
#[component]
pub fn PartName(#[prop(into)] description: String, number: PartNumber) -> AnyView {
    view! { <span>{description}</span><span class="code sub">{number.to_string()}</span> }.into_any()
}
