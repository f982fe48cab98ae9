//! What an account may put into a new file of one product and version: the form's choices, and all that the preview needs.

use crate::{
    PartNumber,
    catalogue::PartClass,
    entitlement::{Entitlement, Holding},
    key::KeyMapping,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// What the form of one product and version offers to one account today.
///
/// It goes into the page as the preview's property, so it holds only what the account's people may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    pub product: OfferedProduct,
    /// Name of the product version.
    pub version: String,
    /// Today in the account's time zone.
    pub today: NaiveDate,
    pub sites: Vec<OfferedSite>,
    pub parts: Vec<OfferedPart>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedProduct {
    pub code: String,
    pub name: String,
    pub switchover: bool,
    pub mail_connector: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedSite {
    /// As the form sends it.
    pub id: String,
    pub name: String,
    pub active: bool,
}

/// A part that the account owns, with the order lines it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedPart {
    pub number: PartNumber,
    pub description: String,
    pub class: PartClass,
    pub requires: Vec<PartNumber>,
    pub keys: Vec<KeyMapping>,
    pub lines: Vec<Entitlement>,
}

impl OfferedPart {
    #[must_use]
    pub fn holding(&self) -> Holding {
        Holding::of(&self.lines)
    }
}

impl Offer {
    #[must_use]
    pub fn part(&self, number: &PartNumber) -> Option<&OfferedPart> {
        self.parts.iter().find(|part| part.number == *number)
    }

    pub fn of_class(&self, class: PartClass) -> impl Iterator<Item = &OfferedPart> {
        self.parts.iter().filter(move |part| part.class == class)
    }

    /// What *Select any add-on items* lists.
    pub fn add_ons(&self) -> impl Iterator<Item = &OfferedPart> {
        self.parts.iter().filter(|part| part.class.is_add_on())
    }

    /// Whether the form has a switchover section: the product knows pairs and the account owns a switchover item.
    #[must_use]
    pub fn has_switchover(&self) -> bool {
        self.product.switchover && self.of_class(PartClass::SwitchoverItem).next().is_some()
    }
}
