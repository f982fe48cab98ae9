//! Keys of the workbench.

use leptos::prelude::*;

const KEYS: [(&str, &str); 6] = [
    ("j, k", "Next and previous request of the queue"),
    ("Enter", "Open it"),
    ("c", "Claim the request"),
    ("r", "Write a reply"),
    ("/", "Search"),
    ("?", "This list"),
];

/// The button that opens the list of keys, and the list. Without script neither is there: the keys do nothing then.
#[component]
pub(super) fn Keys() -> AnyView {
    let keys = KEYS.into_iter().map(|(key, what)| view! { <div><dt><kbd>{key}</kbd></dt><dd>{what}</dd></div> }).collect_view();
    view! {
        <button class="button compact" type="button" data-opens-keys="" hidden>"Keys"</button>
        <dialog data-keys="" aria-labelledby="keys-list">
            <h2 id="keys-list">"Keys"</h2>
            <dl class="facts">{keys}</dl>
            <form method="dialog"><button class="button">"Close"</button></form>
        </dialog>
    }
    .into_any()
}
