use super::EntitlementBar;
use leptos::prelude::*;
use licensing::{
    Quantity, Source,
    files::request::{self, NewFileForm, PartChange},
    offer::Offer,
    value::date,
};

/// Preview of the form's choices, beside the form and following it. Lives inside the `<form>` that it reads. On a narrow screen its summary stays at
/// the bottom of the window, and opens.
#[island]
pub fn Preview(
    /// Offer that the account chooses from.
    offer: Offer,
    /// Values that the server put into the fields.
    typed: NewFileForm,
) -> impl IntoView {
    let form = RwSignal::new(typed);
    let ready = RwSignal::new(false);
    let section = NodeRef::<leptos::html::Section>::new();
    follow(section, form, ready);
    let uncounted = match offer.licence_type.source() {
        Source::Catalogue => "without an order",
        Source::Entitlements | Source::Bundle => "recorded, billed by use",
    };
    let preview = Memo::new(move |_| form.with(|form| form.preview(&offer)));
    view! {
        <section
            class="preview"
            node_ref=section
            aria-labelledby="preview-title"
            data-ready=move || ready.get().to_string()
        >
            <h2 id="preview-title">"Preview"</h2>
            // A shortfall is said aloud as soon as it is there.
            <div role="status">
                <p>{move || preview.with(summary)}</p>
                {move || preview.with(problems)}
            </div>
            // The script of every page opens it.
            <button type="button" class="button compact" aria-expanded="false" aria-controls="preview-details">
                "Details"<span class="visually-hidden">" of the preview"</span>
            </button>
            <div id="preview-details">
                {move || preview.with(|preview| quantities(preview, uncounted))}
                {move || preview.with(keys)}
            </div>
        </section>
    }
}

fn summary(preview: &request::Preview) -> String {
    if preview.parts.is_empty() {
        return "Nothing is chosen yet.".into();
    }
    let keys = match preview.keys.len() {
        1 => "1 key".to_owned(),
        n => format!("{n} keys"),
    };
    let updates = match preview.updates_through {
        Some(day) => format!("updates until {}", date::words(day)),
        None => "no updates".to_owned(),
    };
    match preview.valid_through {
        Some(day) => format!("{keys}, valid through {}, {updates}.", date::words(day)),
        None => format!("{keys}, {updates}."),
    }
}

fn problems(preview: &request::Preview) -> Option<AnyView> {
    (!preview.refusals.is_empty()).then(|| {
        let items = preview.refusals.iter().map(|r| view! { <li>{r.problem.to_string()}</li> }).collect_view();
        view! {
            <div class="note bad">
                <p><strong>"This cannot be generated yet"</strong></p>
                <ul>{items}</ul>
            </div>
        }
        .into_any()
    })
}

/// `uncounted` is said of quantities that no order bounds.
fn quantities(preview: &request::Preview, uncounted: &str) -> Option<AnyView> {
    (!preview.parts.is_empty()).then(|| {
        let rows = preview.parts.iter().map(|change| part(change, uncounted)).collect_view();
        view! {
            <h3>"Available, before and after"</h3>
            <ul class="changes">{rows}</ul>
        }
        .into_any()
    })
}

fn part(change: &PartChange, uncounted: &str) -> AnyView {
    let PartChange { description, holding, held, asked, .. } = change.clone();
    let before = change.available_before();
    let after = change.available_after();
    let pools = [
        (
            "assigned",
            holding.owned.assigned,
            holding.allocated.assigned,
            held.assigned,
            asked.assigned,
            before.assigned,
            after.assigned,
        ),
        ("pooled", holding.owned.pooled, holding.allocated.pooled, held.pooled, asked.pooled, before.pooled, after.pooled),
    ];
    let short = change.falls_short();
    let lines = if holding.unlimited {
        view! { <span class="figures">{format!("{} {uncounted}", Words(asked))}</span> }.into_any()
    } else {
        pools
            .into_iter()
            .filter(|(_, _, _, held, asked, ..)| held + asked > 0)
            .map(|(pool, owned, allocated, _, asked, before, after)| {
                view! {
                    <span class="figures">{format!("{before} → {after} {pool}")}</span>
                    <EntitlementBar owned allocated change=asked />
                }
            })
            .collect_view()
            .into_any()
    };
    view! {
        <li class:short=short>
            <span class="part">{description}</span>
            {lines}
        </li>
    }
    .into_any()
}

/// `5 assigned and 25 pooled`.
struct Words(Quantity);

impl std::fmt::Display for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Quantity { assigned, pooled: 0 } => write!(f, "{assigned} assigned"),
            Quantity { assigned: 0, pooled } => write!(f, "{pooled} pooled"),
            Quantity { assigned, pooled } => write!(f, "{assigned} assigned and {pooled} pooled"),
        }
    }
}

fn keys(preview: &request::Preview) -> Option<AnyView> {
    (!preview.keys.is_empty()).then(|| {
        let rows = preview
            .keys
            .iter()
            .map(|(key, count)| view! { <tr><th scope="row" class="code">{key.to_string()}</th><td class="number">{count}</td></tr> })
            .collect_view();
        view! {
            <h3>"Resulting keys"</h3>
            <table class="keys">
                <thead class="visually-hidden"><tr><th scope="col">"Key"</th><th scope="col">"Count"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    })
}

#[cfg(feature = "hydrate")]
fn follow(section: NodeRef<leptos::html::Section>, form: RwSignal<NewFileForm>, ready: RwSignal<bool>) {
    use wasm_bindgen::{JsCast, prelude::Closure};
    Effect::new(move || {
        let Some(element) = section.get().and_then(|s| s.closest("form").ok().flatten()) else { return };
        let Ok(element) = element.dyn_into::<web_sys::HtmlFormElement>() else { return };
        form.set(typed(&element));
        let typing = Closure::<dyn Fn()>::new({
            let element = element.clone();
            move || form.set(typed(&element))
        });
        // The form lives as long as the page, and so does its listener.
        if element.add_event_listener_with_callback("input", typing.into_js_value().unchecked_ref()).is_ok() {
            ready.set(true);
        }
    });
}

#[cfg(feature = "hydrate")]
fn typed(form: &web_sys::HtmlFormElement) -> NewFileForm {
    let pairs = web_sys::FormData::new_with_form(form).ok().and_then(|data| js_sys::try_iter(&data).ok().flatten());
    pairs
        .into_iter()
        .flatten()
        .filter_map(|pair| {
            let pair = js_sys::Array::from(&pair.ok()?);
            Some((pair.get(0).as_string()?, pair.get(1).as_string()?))
        })
        .collect()
}

#[cfg(not(feature = "hydrate"))]
fn follow(_: NodeRef<leptos::html::Section>, _: RwSignal<NewFileForm>, _: RwSignal<bool>) {}
