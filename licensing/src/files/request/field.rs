//! Names of the form's fields, as sent and as used for the ids of the page.

use super::problem::Pool;
use crate::value::text::PartNumber;

pub const SITE: &str = "site";
pub const PRODUCT: &str = "product";
pub const VERSION: &str = "version";
pub const TYPE: &str = "type";
pub const HOST_ID: &str = "host_id";
pub const MACHINE_NAME: &str = "machine_name";
pub const SYSTEM_TYPE: &str = "system_type";
pub const MAIL_CONNECTOR: &str = "mail_connector";
pub const SERVER_ITEM: &str = "server_item";
pub const USAGE_TRACKING: &str = "usage_tracking";
pub const RAMP_DATE: &str = "ramp_date";
pub const GRACE_DAYS: &str = "grace_days";
pub const SWITCHOVER_LATER: &str = "switchover_later";
pub const SWITCHOVER_HOST_ID: &str = "switchover_host_id";
pub const SWITCHOVER_MACHINE_NAME: &str = "switchover_machine_name";
pub const SWITCHOVER_ITEM: &str = "switchover_item";

/// Name of the switchover server that an update drops, typed to confirm it.
pub const DROPPED: &str = "dropped_machine";

const ASSIGNED: &str = "assigned.";
const POOLED: &str = "pooled.";

#[must_use]
pub fn assigned(part: &PartNumber) -> String {
    format!("{ASSIGNED}{part}")
}

#[must_use]
pub fn pooled(part: &PartNumber) -> String {
    format!("{POOLED}{part}")
}

/// The part that a quantity field asks for; `None` for other fields.
#[must_use]
pub fn quantity_part(field: &str) -> Option<&str> {
    quantity(field).map(|(part, _)| part)
}

/// The part and the pool that a quantity field asks for; `None` for other fields.
pub(super) fn quantity(field: &str) -> Option<(&str, Pool)> {
    let assigned = field.strip_prefix(ASSIGNED).map(|part| (part, Pool::Assigned));
    assigned.or_else(|| field.strip_prefix(POOLED).map(|part| (part, Pool::Pooled)))
}

/// Whether `field` is one of the form's own, quantities aside.
#[must_use]
pub fn is_choice(field: &str) -> bool {
    ORDER.contains(&field)
}

/// In the order of the page, so that an error summary reads from top to bottom.
pub(super) const ORDER: [&str; 16] = [
    SITE,
    PRODUCT,
    VERSION,
    TYPE,
    USAGE_TRACKING,
    RAMP_DATE,
    GRACE_DAYS,
    HOST_ID,
    MACHINE_NAME,
    SYSTEM_TYPE,
    MAIL_CONNECTOR,
    SERVER_ITEM,
    SWITCHOVER_LATER,
    SWITCHOVER_HOST_ID,
    SWITCHOVER_MACHINE_NAME,
    SWITCHOVER_ITEM,
];
