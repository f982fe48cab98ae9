//! Contents of an activation file.

use crate::{
    catalogue::key::KeyCounts,
    licence::LicenceType,
    value::{
        host_id::HostId,
        text::{Garn, Name, PartNumber, Serial},
    },
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

/// Contents of one activation file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ActivationFile {
    pub serial: Serial,
    /// 1 at generation, higher with each update.
    pub revision: u32,
    /// Whole seconds.
    pub issued_at: DateTime<Utc>,
    pub product: Name,
    pub product_version: Name,
    pub license_type: LicenceType,
    /// The last day, by the verifier's local date.
    pub valid_through: NaiveDate,
    /// Present exactly with the key `I3_FEATURE_SU_ALLOWED`. Domain §6.7.
    pub updates_through: Option<NaiveDate>,
    pub account: Account,
    pub binding: Binding,
    pub keys: KeyCounts,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Account {
    pub name: Name,
    pub garn: Garn,
    pub install_site: Name,
}

/// Binding of the file. A file bound to nothing cannot be expressed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Binding {
    Host {
        primary: Server<HostId>,
        switchover: Option<Server<HostId>>,
    },
    /// No host id, but enforcement by check-ins. Domain §8.
    VirtualCloud {
        primary: Server<()>,
        switchover: Option<Server<()>>,
        enforcement: Enforcement,
    },
}

/// One server of the file; `H` is its host id, or nothing in a virtual cloud.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Server<H> {
    pub machine_name: Name,
    pub host_id: H,
    /// Development and trial files may name none.
    pub server_item: Option<PartNumber>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Enforcement {
    pub ramp_date: NaiveDate,
    /// At least 1.
    pub grace_days: u32,
    pub organization_id: Name,
}

impl Binding {
    /// Its servers, the primary one first, each with its host id where it has one.
    #[must_use]
    pub fn servers(&self) -> Vec<Server<Option<HostId>>> {
        fn pair<H: Clone>(
            primary: &Server<H>,
            switchover: Option<&Server<H>>,
            host: fn(H) -> Option<HostId>,
        ) -> Vec<Server<Option<HostId>>> {
            let servers = std::iter::once(primary).chain(switchover).cloned();
            servers
                .map(|Server { machine_name, host_id, server_item }| Server { machine_name, host_id: host(host_id), server_item })
                .collect()
        }
        match self {
            Self::Host { primary, switchover } => pair(primary, switchover.as_ref(), Some),
            Self::VirtualCloud { primary, switchover, .. } => pair(primary, switchover.as_ref(), |()| None),
        }
    }

    /// Host ids that the file may be loaded on, the primary server's first.
    pub fn host_ids(&self) -> impl Iterator<Item = &HostId> {
        let (first, second) = match self {
            Self::Host { primary, switchover } => (Some(&primary.host_id), switchover.as_ref().map(|s| &s.host_id)),
            Self::VirtualCloud { .. } => (None, None),
        };
        first.into_iter().chain(second)
    }
}
