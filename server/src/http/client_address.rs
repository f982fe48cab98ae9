use crate::state::App;
use axum::http::HeaderMap;
use std::net::IpAddr;

/// The client, or what a trusted proxy says of it: from the right, the first address that is not a trusted proxy's. What stands further left
/// was written by the client itself, so an entry that cannot be read ends the search.
pub(crate) fn of(app: &App, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let peer = peer.to_canonical();
    if !app.trusted_proxies.contains(&peer) {
        return peer;
    }
    headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|address| address.trim().parse::<IpAddr>().map(|address| address.to_canonical()))
        .rfind(|address| !address.as_ref().is_ok_and(|address| app.trusted_proxies.contains(address)))
        .and_then(Result::ok)
        .unwrap_or(peer)
}
