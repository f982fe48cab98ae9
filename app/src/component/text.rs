use leptos::prelude::*;

/// A text that is shown as it was written, to be copied: commands and keys.
#[component]
pub fn Plain(#[prop(into)] id: String, text: String, #[prop(into)] what: String) -> AnyView {
    view! {
        <div class="plain">
            // A long line scrolls, so it must be reachable by keyboard.
            <pre tabindex="0" role="region" aria-label=what.clone()><code id=id.clone()>{text}</code></pre>
            <Copy of=id what />
        </div>
    }
    .into_any()
}

/// Copies the text of another element. The script of every page shows it.
#[component]
pub fn Copy(
    /// Id of the element whose text is copied.
    #[prop(into)]
    of: String,
    /// Name of the copied text, as part of the button's name.
    #[prop(into)]
    what: String,
) -> AnyView {
    view! {
        <button type="button" class="button compact copy no-print" hidden data-copy=of>
            <span>"Copy"</span>
            <span class="visually-hidden">{format!(" {what}")}</span>
        </button>
    }
    .into_any()
}
