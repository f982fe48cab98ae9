//! The server: configuration, one route table, handlers, middleware, the mail worker. It holds no rule of the domain.

mod answer;
mod assets;
mod client_address;
mod doctor;
mod form;
mod handler;
mod log;
mod metrics;
mod middleware;
mod origin;
mod routes;
mod serve;
mod settings;
mod start;

pub use doctor::doctor;
pub use log::{log, log_panics};
pub use origin::PublicUrl;
pub use routes::{Access, Route};
pub use settings::{KeysCommand, Secret, Settings, generate_key, use_key};
pub use start::{Running, start};

use app::Site;
use metrics::Metrics;
use std::{net::IpAddr, sync::Arc};

/// What every handler can reach.
#[derive(Clone)]
pub struct App {
    site: Site,
    public_url: Arc<PublicUrl>,
    /// Proxies whose word about a client's address is believed.
    trusted_proxies: Arc<[IpAddr]>,
    /// Who may read `/metrics` beside this machine.
    metrics_from: Arc<[IpAddr]>,
    metrics: Arc<Metrics>,
}
