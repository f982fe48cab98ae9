//! Order lines of an account: their summary, and their upgrades.

pub(crate) mod allocation;
pub(crate) mod doctor;
pub(crate) mod line;
mod summary;
pub(crate) mod upgrade;

pub use summary::{OwnedLine, OwnedProduct, ProductDetails, software, summary};
pub use upgrade::{
    NotUpgraded, PlannedUpgrade, UpdatedFiles, UpgradeDone, UpgradeOptions, UpgradeStep, files_to_update, plan_upgrade,
    update_upgraded_files, upgrade, upgrade_done, upgrade_options,
};
