//! Pages of this site, read by an island.

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;

/// The page at `address`; `None` when it cannot be had, or is another one because the session has ended.
pub(super) async fn fetch(address: &str) -> Option<web_sys::Document> {
    let answer = JsFuture::from(leptos::prelude::window().fetch_with_str(address)).await.ok()?;
    let answer: web_sys::Response = answer.dyn_into().ok()?;
    if !answer.ok() || answer.redirected() {
        return None;
    }
    let text = JsFuture::from(answer.text().ok()?).await.ok()?.as_string()?;
    web_sys::DomParser::new().ok()?.parse_from_string(&text, web_sys::SupportedType::TextHtml).ok()
}
