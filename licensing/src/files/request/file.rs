//! A complete request, which an offer can fulfil.

use crate::{
    activation_file::Binding,
    licence::{LicenceType, UsageTracking},
    value::{coded::coded, quantity::Quantity, text::PartNumber},
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

coded! {
    /// Which hardware the system runs on; one is left. Domain §5.
    SystemType {
        MediaServerBased = "media-server-based", "Media Server Based";
    }
}

coded! {
    /// The mail system that the server talks to. Domain §5.
    MailConnector {
        Exchange = "exchange", "Exchange";
        GroupWise = "groupwise", "GroupWise";
        Notes = "notes", "Notes";
        InteractionMessageStore = "interaction-message-store", "Interaction Message Store";
        Other = "other", "Other";
        None = "none", "None";
    }
}

/// A complete and consistent request for a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewFile {
    /// Id of the install site, one of the offer's.
    pub site: String,
    pub product: String,
    pub version: String,
    pub licence_type: LicenceType,
    pub system_type: Option<SystemType>,
    pub mail_connector: Option<MailConnector>,
    pub usage_tracking: Option<UsageTracking>,
    pub binding: Binding,
    /// Server item, switchover server item, then add-ons in the order of the offer, with what is asked of each.
    pub parts: Vec<(PartNumber, Quantity)>,
    /// Last day of the file.
    pub valid_through: NaiveDate,
}
