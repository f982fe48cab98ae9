//! Offer to an account for a new file of one product and version: the form's choices, and all that the preview needs.

pub mod eligibility;

use crate::{
    catalogue::{PartClass, key::KeyMapping},
    licence::{LicenceModel, LicenceType, Source},
    orders::entitlement::{Entitlement, Holding},
    value::{
        quantity::Quantity,
        text::{Name, PartNumber},
    },
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Today's offer of one product, version and licence type to one account.
///
/// It goes into the page as the preview's property, so it holds only what the account's people may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    pub product: OfferedProduct,
    /// Name of the product version.
    pub version: String,
    /// Licence generation of the version, such as `4.0`.
    pub generation: String,
    pub licence_type: LicenceType,
    /// Today in the account's time zone.
    pub today: NaiveDate,
    pub sites: Vec<OfferedSite>,
    pub parts: Vec<OfferedPart>,
    /// Last day of what was ordered for a term that is over.
    pub ended_on: Option<NaiveDate>,
    /// The account's cloud organisation, when a file may be for a virtual cloud.
    pub virtual_cloud: Result<Name, CloudObstacle>,
    /// The file that is updated; `None` for a new one. What it holds counts as returned in `parts`.
    pub updates: Option<Updated>,
}

/// Facts that an update keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Updated {
    /// Id of the file's install site, which may stay even when it is not active.
    pub site: String,
    /// Last day of the file: its revisions keep it.
    pub valid_through: NaiveDate,
    /// Ramp date of a file for a virtual cloud, which may stay once it is past.
    pub ramp_date: Option<NaiveDate>,
    /// Name of the switchover server, of a file for a pair.
    pub switchover: Option<String>,
}

/// Why no file of the offer can be for a virtual cloud. Domain §6.5.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CloudObstacle {
    LicenceType(LicenceType),
    LicenceModel(LicenceModel),
    Version {
        product: String,
        version: String,
        /// The first version that can; `None` when the product never does.
        since: Option<String>,
    },
    NoOrganization,
    NotConnected,
    /// `product` runs in a virtual cloud only beside a server of `beside`, and the account has no active file for one.
    NothingBeside {
        product: String,
        beside: String,
    },
}

impl std::error::Error for CloudObstacle {}

/// The fact, and the next step.
impl fmt::Display for CloudObstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LicenceType(licence_type) => {
                write!(f, "Only production files are for a virtual cloud, and this one is: {licence_type}. Bind it to a host.")
            }
            Self::LicenceModel(model) => {
                write!(f, "A virtual cloud is for subscription accounts; this is a {model} account. Bind the file to a host.")
            }
            Self::Version { product, since: None, .. } => {
                write!(f, "{product} does not run in a virtual cloud. Bind the file to a host.")
            }
            Self::Version { product, version, since: Some(since) } => {
                write!(f, "{product} {version} does not know the virtual cloud. Choose {since} or later.")
            }
            Self::NoOrganization => {
                f.write_str("No cloud organisation is known of this account. Enter its id under Cloud connection first.")
            }
            Self::NotConnected => f.write_str(
                "The account’s connection to its cloud organisation is not set up. Record it under Cloud connection once it is.",
            ),
            Self::NothingBeside { product, beside } => write!(
                f,
                "A virtual-cloud {product} works only beside a virtual-cloud {beside}, and this account has no active file for one. Generate that first."
            ),
        }
    }
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

/// Whether a part may be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Choosable {
    Free,
    /// Licensing analysts alone add it: an update may keep as much of it as the file holds. Domain §4.
    AsHeld,
    /// Its generation is not the product version's: an update only returns it.
    GivenBack,
}

/// A part that may go into the file, with the order lines it comes from, or the one line that stands for what bounds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedPart {
    pub number: PartNumber,
    pub description: String,
    pub class: PartClass,
    pub choosable: Choosable,
    pub requires: Vec<PartNumber>,
    pub keys: Vec<KeyMapping>,
    pub lines: Vec<Entitlement>,
    /// Quantity of it that the updated file holds.
    pub held: Quantity,
}

impl OfferedPart {
    #[must_use]
    pub fn holding(&self) -> Holding {
        Holding::of(&self.lines)
    }

    const fn can_be_chosen(&self) -> bool {
        match self.choosable {
            Choosable::Free => true,
            Choosable::AsHeld => !self.held.is_zero(),
            Choosable::GivenBack => false,
        }
    }
}

impl Offer {
    #[must_use]
    pub fn part(&self, number: &PartNumber) -> Option<&OfferedPart> {
        self.parts.iter().find(|part| part.number == *number)
    }

    fn choices(&self) -> impl Iterator<Item = &OfferedPart> {
        self.parts.iter().filter(|part| part.can_be_chosen())
    }

    /// Items that *Select one valid server item* lists.
    pub fn items(&self) -> impl Iterator<Item = &OfferedPart> {
        self.choices().filter(|part| part.class.is_item())
    }

    /// Items that *Select one valid switchover server item* lists.
    pub fn switchover_items(&self) -> impl Iterator<Item = &OfferedPart> {
        self.choices().filter(|part| part.class == PartClass::SwitchoverItem)
    }

    /// Items that *Select any add-on items* lists.
    pub fn add_ons(&self) -> impl Iterator<Item = &OfferedPart> {
        self.choices().filter(|part| part.class.is_add_on())
    }

    /// Whether the form has a switchover section: the product knows pairs and the account owns a switchover item.
    #[must_use]
    pub fn has_switchover(&self) -> bool {
        self.product.switchover && self.switchover_items().next().is_some()
    }

    /// `true` when its files say how usage is reported: production files of what is billed by use. Domain §6.6.
    #[must_use]
    pub fn reports_usage(&self) -> bool {
        self.licence_type == LicenceType::Production && self.items().any(|item| item.holding().unlimited)
    }

    /// Supply of a part, in words: `3 of 5 available`.
    #[must_use]
    pub fn supply(&self, holding: Holding, available: u32, owned: u32) -> String {
        match self.licence_type.source() {
            Source::Catalogue => "any number".to_owned(),
            _ if holding.unlimited => "billed by use".to_owned(),
            _ => format!("{available} of {owned} available"),
        }
    }
}
