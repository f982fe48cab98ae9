//! What an account has ordered: its summary, and upgrades of it.

pub(crate) mod allocation;
pub(crate) mod doctor;
mod summary;
pub(crate) mod upgrade;

pub use summary::{OwnedLine, OwnedProduct, ProductDetails, software, summary};
pub use upgrade::{
    BroughtUp, NotUpgraded, PlannedUpgrade, UpgradeDone, UpgradeOptions, UpgradeStep, bring_up, files_to_update, plan_upgrade,
    upgrade, upgrade_done, upgrade_options,
};
