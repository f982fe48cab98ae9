//! What moves in the browser, and nothing else. Compiled natively (`ssr`) for the first render and to WASM (`hydrate`).
//!
//! Every page works without it: an island only adds. The rules it shows are `licensing`'s, the same that the server applies.
//! Each sets `data-ready` once it has taken over what was typed before it started.

mod bar;
#[cfg(any(feature = "checker", not(feature = "hydrate")))]
mod checker;
mod copy_button;
mod dialog_link;
mod host_id_hint;
mod preview;

pub use bar::EntitlementBar;
#[cfg(any(feature = "checker", not(feature = "hydrate")))]
pub use checker::{Checker, check_field, report};
pub use copy_button::CopyButton;
pub use dialog_link::DialogLink;
pub use host_id_hint::HostIdHint;
pub use preview::Preview;

/// Called by the page once the module is loaded.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
