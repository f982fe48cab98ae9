use crate::{App, assets, form, handler, middleware};
use axum::{
    Router,
    extract::DefaultBodyLimit,
    handler::Handler,
    http::Method,
    middleware::{from_fn, from_fn_with_state},
    routing::{MethodRouter, get, post},
};
use std::time::Duration;
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer, timeout::TimeoutLayer};

/// Who may ask for a route at all. What they see there is decided by `portal`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Programs: no session is looked at, so that the database is not asked.
    Program,
    Anyone,
    SignedIn,
}

/// One line of the route table.
pub struct Route {
    pub method: Method,
    pub path: &'static str,
    pub access: Access,
    handler: MethodRouter<App>,
}

/// Every route there is. The router is built from it, and the access tests walk it.
#[must_use]
pub fn table() -> Vec<Route> {
    use Access::{Anyone, Program, SignedIn};
    let read = |access, path, handler| Route { method: Method::GET, path, access, handler };
    let send = |access, path, handler| Route { method: Method::POST, path, access, handler };
    vec![
        read(Anyone, "/", get(handler::home)),
        read(Anyone, "/sign-in", get(handler::sign_in::show)),
        send(Anyone, "/sign-in", post(handler::sign_in::sign_in)),
        send(Anyone, "/sign-out", post(handler::sign_in::sign_out)),
        send(Anyone, "/theme", post(handler::theme)),
        read(Anyone, "/keys", get(handler::keys::page)),
        read(Anyone, "/keys/{*name}", get(handler::keys::pem)),
        read(Anyone, "/.well-known/activation-file-keys", get(handler::keys::verifier_keys)),
        read(Program, "/healthz", get(handler::health::alive)),
        read(Program, "/readyz", get(handler::health::ready)),
        read(Program, "/favicon.ico", get(assets::favicon)),
        read(Program, "/static/{version}/{*name}", get(assets::asset)),
        read(SignedIn, "/accounts", get(handler::accounts::list)),
        read(SignedIn, "/accounts/{garn}", get(handler::accounts::overview)),
        read(SignedIn, "/accounts/{garn}/files", get(handler::files::list)),
        read(SignedIn, "/accounts/{garn}/files/new", get(handler::new_file::show)),
        send(SignedIn, "/accounts/{garn}/files/new", post(handler::new_file::send)),
        read(SignedIn, "/accounts/{garn}/files/{serial}", get(handler::files::view)),
        read(SignedIn, "/accounts/{garn}/files/{serial}/download", get(handler::files::download)),
    ]
}

/// No answer takes longer: a handler that hangs is given up.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn router(app: App) -> Router {
    let mut router = Router::new();
    let identify = from_fn_with_state(app.clone(), middleware::identify);
    let require_sign_in = from_fn_with_state(app.clone(), middleware::require_sign_in);
    for Route { path, access, handler, .. } in table() {
        let handler = match access {
            Access::Program => handler,
            Access::Anyone => handler.layer(identify.clone()),
            Access::SignedIn => handler.layer(require_sign_in.clone()).layer(identify.clone()),
        };
        router = router.route(path, handler);
    }
    router
        .fallback(handler::not_found.layer(identify.clone()))
        .method_not_allowed_fallback(handler::method_not_allowed.layer(identify))
        .layer(DefaultBodyLimit::max(form::MOST_BYTES))
        .layer(from_fn_with_state(app.clone(), middleware::same_origin))
        .layer(CompressionLayer::new())
        .layer(TimeoutLayer::with_status_code(axum::http::StatusCode::SERVICE_UNAVAILABLE, PATIENCE))
        .layer(CatchPanicLayer::new())
        .layer(from_fn_with_state(app.clone(), middleware::headers))
        .layer(from_fn(middleware::log))
        .with_state(app)
}
