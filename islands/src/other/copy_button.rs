use leptos::prelude::*;

/// Copies the text of another element. Hidden until it can.
#[island]
pub fn CopyButton(
    /// Id of the element whose text is copied.
    target: String,
    /// Name of the copied text, as part of the button's name.
    what: String,
) -> impl IntoView {
    let ready = RwSignal::new(false);
    let copied = RwSignal::new(false);
    Effect::new(move || ready.set(true));
    view! {
        <button
            type="button"
            class="button compact"
            hidden=move || !ready.get()
            data-ready=move || ready.get().to_string()
            on:click=move |_| copy(&target, copied)
        >
            {move || if copied.get() { "Copied" } else { "Copy" }}
            <span class="visually-hidden">{format!(" {what}")}</span>
        </button>
    }
}

#[cfg(feature = "hydrate")]
fn copy(target: &str, copied: RwSignal<bool>) {
    let text = document().get_element_by_id(target).and_then(|element| element.text_content());
    if let Some(text) = text {
        let written = window().navigator().clipboard().write_text(&text);
        leptos::task::spawn_local(async move {
            copied.set(wasm_bindgen_futures::JsFuture::from(written).await.is_ok());
        });
    }
}

#[cfg(not(feature = "hydrate"))]
fn copy(_: &str, _: RwSignal<bool>) {}
