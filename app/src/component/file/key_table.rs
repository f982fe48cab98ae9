use crate::component::Columns;
use leptos::prelude::*;
use licensing::catalogue::key::KeyName;

/// Keys with their counts.
#[component]
pub fn KeyTable(
    keys: Vec<(KeyName, u32)>,
    /// Class that the keys share.
    #[prop(optional, into)]
    caption: String,
) -> AnyView {
    let rows = keys
        .into_iter()
        .map(|(key, count)| {
            view! { <tr><th scope="row" class="code">{key.to_string()}</th><td class="number">{count}</td></tr> }
        })
        .collect_view();
    view! {
        <table class="keys">
            {(!caption.is_empty()).then(|| view! { <caption>{caption}</caption> })}
            <Columns names=&[("Key", false), ("Count", true)] />
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}
