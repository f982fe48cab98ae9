use leptos::prelude::*;

/// Box that narrows the groups of a form's add-on items to those whose words were typed. Stands in the `<fieldset>` of the groups, each a `<details>`
/// with a table; hidden until it can.
#[island]
pub fn PartFilter(
    /// Number of items in the groups.
    total: usize,
) -> impl IntoView {
    let root = NodeRef::<leptos::html::Div>::new();
    let (ready, found) = (RwSignal::new(false), RwSignal::new(None));
    listen(root, found, ready);
    view! {
        <div class="field part-filter" node_ref=root hidden=move || !ready.get() data-ready=move || ready.get().to_string()>
            <label for="part-filter">"Find an item"</label>
            <input id="part-filter" type="search" autocomplete="off" spellcheck="false" aria-describedby="part-filter-found" />
            <p class="help" id="part-filter-found" role="status">
                {move || match found.get() {
                    None => format!("{total} items by kind; a part of the description or number is enough."),
                    Some(found) => format!("{found} of {total} items."),
                }}
            </p>
        </div>
    }
}

#[cfg(feature = "hydrate")]
fn listen(root: NodeRef<leptos::html::Div>, found: RwSignal<Option<usize>>, ready: RwSignal<bool>) {
    use wasm_bindgen::{JsCast, prelude::Closure};
    Effect::new(move || {
        let Some(root) = root.get() else { return };
        let Some(section) = root.closest("fieldset").ok().flatten() else { return };
        let Some(input) =
            root.query_selector("input").ok().flatten().and_then(|e| e.dyn_into::<web_sys::HtmlInputElement>().ok())
        else {
            return;
        };
        let typing = Closure::<dyn Fn()>::new({
            let input = input.clone();
            move || found.set(narrow(&section, &input.value()))
        });
        // Enter would send the form.
        let pressing = Closure::<dyn Fn(web_sys::KeyboardEvent)>::new(|event: web_sys::KeyboardEvent| {
            if event.key() == "Enter" {
                event.prevent_default();
            }
        });
        // The box lives as long as the page, and so do its listeners.
        let listens = input
            .add_event_listener_with_callback("input", typing.into_js_value().unchecked_ref())
            .and_then(|()| input.add_event_listener_with_callback("keydown", pressing.into_js_value().unchecked_ref()));
        ready.set(listens.is_ok());
    });
}

/// Shows the items that have all words of `typed`, and opens their groups; how many there are. Nothing typed: every item, and groups are open where
/// something is filled in.
#[cfg(feature = "hydrate")]
fn narrow(section: &web_sys::Element, typed: &str) -> Option<usize> {
    use wasm_bindgen::JsCast;
    let typed = lower(typed);
    let words: Vec<&str> = typed.split_whitespace().collect();
    let mut found = 0;
    for group in elements(section, "details") {
        let before = found;
        for row in elements(&group, "tbody tr") {
            let head = row.query_selector("th").ok().flatten().and_then(|head| head.text_content()).unwrap_or_default();
            let head = lower(&head);
            let asked = words.iter().all(|word| head.contains(word));
            row.set_hidden(!asked);
            found += usize::from(asked);
        }
        let filled = elements(&group, "input")
            .any(|input| input.dyn_ref::<web_sys::HtmlInputElement>().is_some_and(|input| !input.value().is_empty()));
        group.set_hidden(found == before);
        let open = if words.is_empty() { filled } else { found > before };
        let _ = group.toggle_attribute_with_force("open", open);
    }
    (!words.is_empty()).then_some(found)
}

#[cfg(feature = "hydrate")]
fn elements(within: &web_sys::Element, selector: &str) -> impl Iterator<Item = web_sys::HtmlElement> + use<> {
    use wasm_bindgen::JsCast;
    let found = within.query_selector_all(selector).ok();
    let length = found.as_ref().map_or(0, web_sys::NodeList::length);
    (0..length).filter_map(move |at| found.as_ref()?.item(at)?.dyn_into().ok())
}

/// The browser has the tables of letters already.
#[cfg(feature = "hydrate")]
fn lower(text: &str) -> String {
    js_sys::JsString::from(text).to_lower_case().into()
}

#[cfg(not(feature = "hydrate"))]
fn listen(_: NodeRef<leptos::html::Div>, _: RwSignal<Option<usize>>, _: RwSignal<bool>) {}
