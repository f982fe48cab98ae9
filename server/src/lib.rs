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
mod private;
mod routes;
mod serve;
mod settings;
mod start;

pub use doctor::doctor;
pub use log::{log, log_panics};
pub use origin::PublicUrl;
pub use routes::{Access, Route};
pub use settings::{KeysCommand, Secret, Settings, copy_database, generate_key, seal_key, use_key};
pub use start::{Running, start};

use app::Site;
use metrics::Metrics;
use std::{net::IpAddr, ops::Deref, sync::Arc};

/// What every handler can reach. Cloning shares it.
#[derive(Clone)]
pub(crate) struct App(Arc<Shared>);

pub(crate) struct Shared {
    site: Arc<Site>,
    public_url: PublicUrl,
    /// Proxies whose word about a client's address is believed.
    trusted_proxies: Vec<IpAddr>,
    /// Who may read `/metrics` beside this machine.
    metrics_from: Vec<IpAddr>,
    metrics: Arc<Metrics>,
}

impl Deref for App {
    type Target = Shared;
    fn deref(&self) -> &Shared {
        &self.0
    }
}
