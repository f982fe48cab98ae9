use axum::{
    body::Body,
    extract::Path,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use std::{borrow::Cow, fmt::Write as _, sync::LazyLock};

/// Styles, fonts and islands as `cargo xtask` made them, inside the executable.
#[derive(rust_embed::RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../target/site"]
#[allow_missing = true]
struct SiteFiles;

/// Changes whenever a file does, so that browsers may keep what they have for ever.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut names: Vec<Cow<'static, str>> = SiteFiles::iter().collect();
    names.sort();
    let mixed = names.iter().filter_map(|name| SiteFiles::get(name)).fold([0u8; 8], |mut mixed, file| {
        for (position, byte) in file.metadata.sha256_hash().iter().enumerate() {
            let slot = &mut mixed[position % 8];
            *slot = slot.rotate_left(3) ^ byte;
        }
        mixed
    });
    mixed.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
});

/// Path of the files: `/static/3f9a…`.
pub(crate) fn root() -> String {
    format!("/static/{}", *VERSION)
}

pub(crate) async fn asset(Path((version, name)): Path<(String, String)>, headers: HeaderMap) -> Response {
    file(&name, &headers, version == *VERSION)
}

pub(crate) async fn favicon(headers: HeaderMap) -> Response {
    file("icons/favicon.svg", &headers, false)
}

fn file(name: &str, headers: &HeaderMap, immutable: bool) -> Response {
    let Some(content_type) = content_type(name) else { return StatusCode::NOT_FOUND.into_response() };
    let accepts_br = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.split(',').any(|coding| coding.split(';').next().is_some_and(|c| c.trim() == "br")));
    let packed = accepts_br.then(|| SiteFiles::get(&format!("{name}.br"))).flatten();
    let encoding = packed.is_some().then_some("br");
    let Some(file) = packed.or_else(|| SiteFiles::get(name)) else { return StatusCode::NOT_FOUND.into_response() };
    let caching = if immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut response = (
        [(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, caching), (header::VARY, "accept-encoding")],
        match file.data {
            Cow::Borrowed(bytes) => Body::from(bytes),
            Cow::Owned(bytes) => Body::from(bytes),
        },
    )
        .into_response();
    if let Some(encoding) = encoding {
        response.headers_mut().insert(header::CONTENT_ENCODING, header::HeaderValue::from_static(encoding));
    }
    response
}

/// Only what the site is made of is served.
fn content_type(name: &str) -> Option<&'static str> {
    match name.rsplit('.').next()? {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "wasm" => Some("application/wasm"),
        "woff2" => Some("font/woff2"),
        "png" => Some("image/png"),
        "svg" => Some("image/svg+xml"),
        // The licences of fonts and icons.
        "txt" => Some("text/plain; charset=utf-8"),
        _ => None,
    }
}
