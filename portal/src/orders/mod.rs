//! Order lines of an account: their summary, and their upgrades.

pub(crate) mod allocation;
pub(crate) mod doctor;
pub mod import;
pub(crate) mod line;
mod summary;
pub(crate) mod upgrade;
mod upgrade_history;

pub use summary::{OwnedLine, OwnedProduct, ProductDetails, software, summary};
pub use upgrade::{
    NotUpgraded, PlannedUpgrade, UpgradeOptions, UpgradeStep, files_to_update, plan_upgrade, upgrade, upgrade_options,
};
pub use upgrade_history::{MOST_UPGRADES, UpgradeDone, UpgradeRow, upgrade_done, upgrades};
