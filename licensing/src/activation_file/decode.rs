use super::{Account, ActivationFile, Binding, Enforcement, Server, encode::FORMAT};
use crate::{
    catalogue::key::{KeyCounts, KeyName},
    licence::LicenceType,
    value::{
        host_id::HostId,
        text::{Garn, Name, PartNumber, Serial, excerpt},
    },
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::value::Datetime;

/// The longest text that is read, in bytes.
pub const LONGEST_TEXT: usize = 64 * 1024;

/// Why a text is not an activation file of this format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    #[error("it has {0} bytes; an activation file has at most 65,536")]
    TooLong(usize),
    #[error("its text is not written as that of an activation file is")]
    Unreadable,
    #[error("it was made by a newer version (format {0})")]
    NewerFormat(String),
    #[error("{0}")]
    Invalid(&'static str),
    #[error("it is not written in the one form that an activation file has")]
    NotCanonical,
}

#[derive(Deserialize)]
pub(super) struct Format {
    pub(super) format: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "format")]
    _format: String,
    serial: Serial,
    revision: u32,
    issued_at: Datetime,
    product: Name,
    product_version: Name,
    license_type: LicenceType,
    valid_through: Datetime,
    updates_through: Option<Datetime>,
    account: AccountTable,
    binding: BindingTable,
    enforcement: Option<EnforcementTable>,
    restrictions: Option<RestrictionsTable>,
    keys: BTreeMap<KeyName, u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountTable {
    name: Name,
    garn: Garn,
    install_site: Name,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BindingTable {
    kind: Kind,
    server: Vec<ServerTable>,
}

#[derive(Deserialize, PartialEq, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Host,
    VirtualCloud,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Role {
    Primary,
    Switchover,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ServerTable {
    role: Role,
    machine_name: Name,
    host_id: Option<HostId>,
    server_item: Option<PartNumber>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EnforcementTable {
    ramp_date: Datetime,
    grace_days: u32,
    organization_id: Name,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RestrictionsTable {
    disconnect_hourly: bool,
}

impl ActivationFile {
    /// Reads a text that [`Self::encode`] could have written, and no other.
    ///
    /// # Errors
    /// [`DecodeError`]: too long, not TOML of the known shape, a newer format, a broken rule, or another form of the same value.
    pub fn decode(text: &str) -> Result<Self, DecodeError> {
        if text.len() > LONGEST_TEXT {
            return Err(DecodeError::TooLong(text.len()));
        }
        // What the parser says repeats the text, and speaks of TOML to people who have never heard of it.
        let unreadable = |_: toml::de::Error| DecodeError::Unreadable;
        // A canonical text says its format first. Another one is read for its format alone: the rest may have changed since.
        let first = text.strip_prefix("format = \"").and_then(|rest| rest.strip_prefix(FORMAT));
        if first.is_none_or(|rest| !rest.starts_with("\"\n")) {
            let Format { format } = toml::from_str(text).map_err(unreadable)?;
            if format != FORMAT {
                let newer = format.starts_with("activation-file/");
                return Err(if newer {
                    DecodeError::NewerFormat(excerpt(&format))
                } else {
                    DecodeError::Invalid("its format is unknown")
                });
            }
        }
        let file = Self::from_document(toml::from_str(text).map_err(unreadable)?)?;
        if file.encode() == text { Ok(file) } else { Err(DecodeError::NotCanonical) }
    }

    fn from_document(document: Document) -> Result<Self, DecodeError> {
        let mut keys = KeyCounts::default();
        for (key, count) in &document.keys {
            if *count == 0 || keys.add(key, u64::from(*count)).is_err() {
                return Err(DecodeError::Invalid("a count of a key is not 1 to 1,000,000"));
            }
        }
        if document.revision == 0 {
            return Err(DecodeError::Invalid("revisions begin with 1"));
        }
        let updates_through = document.updates_through.map(day).transpose()?;
        if updates_through.is_some() != keys.contains(&KeyName::updates_allowed()) {
            return Err(DecodeError::Invalid("I3_FEATURE_SU_ALLOWED and updates_through belong together"));
        }
        let binding = binding(document.binding, document.enforcement)?;
        if matches!(binding, Binding::VirtualCloud { .. }) != keys.contains(&KeyName::virtual_cloud()) {
            return Err(DecodeError::Invalid("I3_FEATURE_VIRTUAL_CLOUD and a virtual-cloud binding belong together"));
        }
        let restricted = document.restrictions.is_some_and(|r| r.disconnect_hourly);
        if restricted != document.license_type.disconnects_hourly() {
            return Err(DecodeError::Invalid("development files, and only they, disconnect hourly"));
        }
        let AccountTable { name, garn, install_site } = document.account;
        Ok(Self {
            serial: document.serial,
            revision: document.revision,
            issued_at: instant(document.issued_at)?,
            product: document.product,
            product_version: document.product_version,
            license_type: document.license_type,
            valid_through: day(document.valid_through)?,
            updates_through,
            account: Account { name, garn, install_site },
            binding,
            keys,
        })
    }
}

fn binding(table: BindingTable, enforcement: Option<EnforcementTable>) -> Result<Binding, DecodeError> {
    let mut servers = table.server.into_iter();
    let Some(primary) = servers.next().filter(|s| s.role == Role::Primary) else {
        return Err(DecodeError::Invalid("it names no primary server"));
    };
    let switchover = servers.next();
    if servers.next().is_some() || switchover.as_ref().is_some_and(|s| s.role != Role::Switchover) {
        return Err(DecodeError::Invalid("after the primary server comes at most one switchover server"));
    }
    match (table.kind, enforcement) {
        (Kind::Host, None) => {
            let primary = on_host(primary)?;
            let switchover = switchover.map(on_host).transpose()?;
            if switchover.as_ref().is_some_and(|s| s.host_id == primary.host_id) {
                return Err(DecodeError::Invalid("its two servers have one host id"));
            }
            Ok(Binding::Host { primary, switchover })
        }
        (Kind::VirtualCloud, Some(EnforcementTable { ramp_date, grace_days, organization_id })) => {
            if !(1..=crate::value::quantity::MOST).contains(&grace_days) {
                return Err(DecodeError::Invalid("the grace period is at least one day"));
            }
            let enforcement = Enforcement { ramp_date: day(ramp_date)?, grace_days, organization_id };
            Ok(Binding::VirtualCloud {
                primary: in_cloud(primary)?,
                switchover: switchover.map(in_cloud).transpose()?,
                enforcement,
            })
        }
        _ => Err(DecodeError::Invalid("a virtual-cloud binding and [enforcement] belong together")),
    }
}

fn on_host(server: ServerTable) -> Result<Server<HostId>, DecodeError> {
    let host_id = server.host_id.ok_or(DecodeError::Invalid("a server bound to a host has no host id"))?;
    Ok(Server { machine_name: server.machine_name, host_id, server_item: server.server_item })
}

fn in_cloud(server: ServerTable) -> Result<Server<()>, DecodeError> {
    match server.host_id {
        None => Ok(Server { machine_name: server.machine_name, host_id: (), server_item: server.server_item }),
        Some(_) => Err(DecodeError::Invalid("a virtual-cloud server has a host id")),
    }
}

pub(super) fn day(value: Datetime) -> Result<NaiveDate, DecodeError> {
    match value {
        Datetime { date: Some(_), time: None, offset: None } => value.to_string().parse().ok(),
        _ => None,
    }
    .ok_or(DecodeError::Invalid("a date is not a calendar date"))
}

pub(super) fn instant(value: Datetime) -> Result<DateTime<Utc>, DecodeError> {
    DateTime::parse_from_rfc3339(&value.to_string())
        .map(|at| at.with_timezone(&Utc))
        .map_err(|_| DecodeError::Invalid("issued_at is not an instant"))
}
