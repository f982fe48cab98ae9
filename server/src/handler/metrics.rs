use crate::{
    http::{answer, client_address},
    state::App,
};
use app::Visit;
use axum::{
    Extension,
    extract::{ConnectInfo, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use std::net::SocketAddr;

/// For the addresses that the settings name, and without a proxy in front for this machine's own programs. To everybody else there is nothing here.
pub(crate) async fn show(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    let asking = client_address::of(&app, peer.ip(), &headers);
    // Loopback is also where a proxy asks from, for anybody: where there is one, those who may read are named.
    let forwarded = headers.contains_key("x-forwarded-for") || headers.contains_key("forwarded") || headers.contains_key("via");
    let own = asking.is_loopback() && !forwarded && !app.public_url.is_https();
    if !own && !app.metrics_from.contains(&asking) {
        return answer::not_found(visit).await;
    }
    match app.metrics.show(&app.site.portal).await {
        Ok(text) => {
            let format = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, format)], text).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
