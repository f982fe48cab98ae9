use leptos::prelude::*;
use licensing::{HostId, HostIdError};

/// Under a host id field: how many digits there are, or how the id is read.
#[island]
pub fn HostIdHint(
    /// Id of the field.
    field: String,
    /// Value that the server put into it.
    typed: String,
) -> impl IntoView {
    let text = RwSignal::new(typed);
    let ready = RwSignal::new(false);
    listen(field.clone(), text, ready);
    view! {
        <output class="help" for=field data-ready=move || ready.get().to_string()>
            {move || read(&text.get())}
        </output>
    }
}

fn read(typed: &str) -> String {
    match HostId::typed(typed) {
        Ok(host) => format!("Read as {host}."),
        Err(HostIdError::Empty) => String::new(),
        Err(HostIdError::Length(digits)) => format!("{digits} of 12 digits."),
        Err(error) => error.to_string(),
    }
}

#[cfg(feature = "hydrate")]
fn listen(field: String, text: RwSignal<String>, ready: RwSignal<bool>) {
    use wasm_bindgen::{JsCast, prelude::Closure};
    Effect::new(move || {
        let Some(input) = document().get_element_by_id(&field).and_then(|e| e.dyn_into::<web_sys::HtmlInputElement>().ok())
        else {
            return;
        };
        text.set(input.value());
        let typing = Closure::<dyn Fn()>::new({
            let input = input.clone();
            move || text.set(input.value())
        });
        // The field lives as long as the page, and so does its listener.
        if input.add_event_listener_with_callback("input", typing.into_js_value().unchecked_ref()).is_ok() {
            ready.set(true);
        }
    });
}

#[cfg(not(feature = "hydrate"))]
fn listen(_: String, _: RwSignal<String>, _: RwSignal<bool>) {}
