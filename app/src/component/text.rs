use islands::CopyButton;
use leptos::prelude::*;

/// A text that is shown as it was written, to be copied: commands and keys.
#[component]
pub fn Plain(#[prop(into)] id: String, text: String, #[prop(into)] what: String) -> AnyView {
    view! {
        <div class="plain">
            // A long line scrolls, so it must be reachable by keyboard.
            <pre tabindex="0" role="region" aria-label=what.clone()><code id=id.clone()>{text}</code></pre>
            <CopyButton target=id what />
        </div>
    }
    .into_any()
}
