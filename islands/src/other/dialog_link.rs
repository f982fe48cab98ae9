use leptos::prelude::*;

/// A link to a page with a form, which opens the form in a dialog where there is script. The page stays what it is: it answers the form, and
/// without script, or when it cannot be fetched, the link leads there.
#[island]
pub fn DialogLink(href: String, class: String, children: Children) -> impl IntoView {
    let dialog = NodeRef::<leptos::html::Dialog>::new();
    let title = RwSignal::new(String::new());
    let ready = RwSignal::new(false);
    let link = NodeRef::<leptos::html::A>::new();
    enhance(link, dialog, title, ready);
    view! {
        <a href=href class=class node_ref=link data-ready=move || ready.get().to_string()>{children()}</a>
        <dialog node_ref=dialog class="dialog" aria-label=move || title.get()>
            <form method="dialog" class="dialog-head">
                <button class="button compact quiet">"Close"</button>
            </form>
            <div class="dialog-body"></div>
        </dialog>
    }
}

#[cfg(feature = "hydrate")]
fn enhance(
    link: NodeRef<leptos::html::A>,
    dialog: NodeRef<leptos::html::Dialog>,
    title: RwSignal<String>,
    ready: RwSignal<bool>,
) {
    use wasm_bindgen::{JsCast, prelude::Closure};
    Effect::new(move || {
        let (Some(link), Some(dialog)) = (link.get(), dialog.get()) else { return };
        let opening = Closure::<dyn Fn(web_sys::MouseEvent)>::new({
            let link = link.clone();
            move |event: web_sys::MouseEvent| {
                // Whoever asks for a tab of its own gets one.
                if event.ctrl_key() || event.meta_key() || event.shift_key() {
                    return;
                }
                event.prevent_default();
                let (href, dialog) = (link.href(), dialog.clone());
                leptos::task::spawn_local(async move {
                    if fill(&href, &dialog, title).await.is_none() {
                        let _ = window().location().set_href(&href);
                    }
                });
            }
        });
        // The link lives as long as the page, and so does its listener.
        if link.add_event_listener_with_callback("click", opening.into_js_value().unchecked_ref()).is_ok() {
            ready.set(true);
        }
    });
}

/// Puts the form of the page at `href` into the dialog and opens it.
#[cfg(feature = "hydrate")]
async fn fill(href: &str, dialog: &web_sys::HtmlDialogElement, title: RwSignal<String>) -> Option<()> {
    // A session that has ended leads to another page, which is not shown in a dialog.
    let page = super::page::fetch(href).await?;
    let heading = page.query_selector("main h1").ok().flatten()?;
    let form = page.query_selector("main form[method=post]").ok().flatten()?;
    let body = dialog.query_selector(".dialog-body").ok().flatten()?;
    title.set(heading.text_content().unwrap_or_default());
    let heading = document().import_node_with_deep(&heading, true).ok()?;
    let form = document().import_node_with_deep(&form, true).ok()?;
    body.replace_children_with_node_2(&heading, &form);
    dialog.show_modal().ok()
}

#[cfg(not(feature = "hydrate"))]
fn enhance(_: NodeRef<leptos::html::A>, _: NodeRef<leptos::html::Dialog>, _: RwSignal<String>, _: RwSignal<bool>) {}
