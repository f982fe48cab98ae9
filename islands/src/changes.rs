use leptos::prelude::*;
use licensing::activation_file::Change;

/// Differences between two files or two revisions of one, in the trade's words. No island: it shows what it is given.
#[component]
pub fn Changes(
    changes: Vec<Change>,
    /// Names of the two that are compared.
    #[prop(default = ["Before", "After"])]
    sides: [&'static str; 2],
) -> AnyView {
    let [first, second] = sides;
    let shown = |value: Option<String>| value.unwrap_or_else(|| "none".to_owned());
    let rows = changes
        .into_iter()
        .map(|Change { what, before, after }| {
            view! {
                <tr>
                    <th scope="row" data-label="What">{what}</th>
                    <td data-label=first>{shown(before)}</td>
                    <td data-label=second>{shown(after)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="list changed">
            <thead><tr><th scope="col">"What"</th><th scope="col">{first}</th><th scope="col">{second}</th></tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}
