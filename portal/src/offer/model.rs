//! An offer with the rows behind it.

use licensing::{PartNumber, offer::Offer};
use sea_orm::FromQueryResult;
use std::collections::BTreeMap;

/// An offer, and where its quantities are kept.
pub(crate) struct LoadedOffer {
    pub(crate) offer: Offer,
    pub(crate) product_id: i64,
    pub(crate) version_id: i64,
    /// Row ids of the lines of each part, in the order of [`OfferedPart::lines`].
    pub(crate) entitlement_ids: BTreeMap<PartNumber, Vec<i64>>,
    /// Row id of each part.
    pub(crate) part_ids: BTreeMap<PartNumber, i64>,
}

/// A product version, and what the account has for it in a cloud.
#[derive(FromQueryResult)]
pub(crate) struct Version {
    pub(crate) product_id: i64,
    pub(crate) version_id: i64,
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) switchover: bool,
    pub(crate) mail_connector: bool,
    pub(crate) version: String,
    pub(crate) generation: String,
    /// `true` for a version that reports usage. Domain §2.
    pub(crate) subscription: bool,
    pub(crate) virtual_cloud: bool,
    pub(crate) beside_code: Option<String>,
    pub(crate) beside_name: Option<String>,
    pub(crate) cloud_organization: Option<String>,
    pub(crate) cloud_connected: bool,
}

/// That there is a row.
#[derive(FromQueryResult)]
pub(crate) struct Id {
    #[expect(dead_code, reason = "that there is a row is the answer")]
    id: i64,
}
