//! State that every handler shares.

use crate::{
    http::{origin::PublicUrl, resume::Reopeners},
    metrics::Metrics,
};
use app::Site;
use std::{net::IpAddr, ops::Deref, sync::Arc};
use tokio::sync::Semaphore;

/// State that every handler shares. Clones share it too.
#[derive(Clone)]
pub(crate) struct App(pub(crate) Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) site: Arc<Site>,
    pub(crate) public_url: PublicUrl,
    /// Proxies whose word about a client's address is believed.
    pub(crate) trusted_proxies: Vec<IpAddr>,
    /// Addresses that may read `/metrics` beside this machine.
    pub(crate) metrics_from: Vec<IpAddr>,
    pub(crate) metrics: Arc<Metrics>,
    /// Uploads at the same time: each has a file on the disk.
    pub(crate) uploads: Semaphore,
    /// Forms that sign-in can reopen.
    pub(crate) reopeners: Reopeners,
}

impl Deref for App {
    type Target = Shared;
    fn deref(&self) -> &Shared {
        &self.0
    }
}
