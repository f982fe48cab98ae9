use crate::component::Columns;
use leptos::prelude::*;
use licensing::activation_file::Change;

/// Differences between two revisions of a file, in the trade's words.
#[component]
pub fn Changes(changes: Vec<Change>) -> AnyView {
    let shown = |value: Option<String>| value.unwrap_or_else(|| "none".to_owned());
    let rows = changes
        .into_iter()
        .map(|Change { what, before, after }| {
            view! {
                <tr>
                    <th scope="row" data-label="What">{what}</th>
                    <td data-label="Before">{shown(before)}</td>
                    <td data-label="After">{shown(after)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="list changed">
            <Columns names=&[("What", false), ("Before", false), ("After", false)] />
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}
