//! Islands: the parts of pages that run in the browser. Compiled natively (`ssr`) for the first render and to WASM (`hydrate`).
//!
//! Every page works without it: an island only adds. The rules it shows are `licensing`'s, the same that the server applies.
//! Each sets `data-ready` once it has taken over what was typed before it started.

// Two modules in the browser: the file checker's own, and that of all others.
#[cfg(any(feature = "checker", not(feature = "hydrate")))]
mod changes;
#[cfg(any(feature = "checker", not(feature = "hydrate")))]
mod checker;
#[cfg(any(feature = "checker", not(feature = "hydrate")))]
pub use changes::Changes;
#[cfg(any(feature = "checker", not(feature = "hydrate")))]
pub use checker::{Checker, check_field, report};

#[cfg(not(all(feature = "checker", feature = "hydrate")))]
mod other;
#[cfg(not(all(feature = "checker", feature = "hydrate")))]
pub use other::{BatchProgress, DialogLink, EntitlementBar, HostIdHint, PartFilter, Preview};

/// Called by the page once the module is loaded.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
