//! Orders of an account: their lines, their summary, and their upgrades.

mod account;
pub(crate) mod allocation;
pub(crate) mod doctor;
pub mod import;
pub(crate) mod line;
mod order;
mod summary;
pub(crate) mod upgrade;
mod upgrade_history;

pub use account::{OnLicenceModel, account_cells, on_licence_model, other_models};
pub use order::{ChangedLine, MOST_FILES, MOST_ORDERS, OrderLine, OrderRow, order, orders};
pub use summary::{OwnedLine, OwnedProduct, ProductDetails, software, summary};
pub use upgrade::{
    NotUpgraded, PlannedUpgrade, UpgradeOptions, UpgradeStep, files_to_update, plan_upgrade, upgrade, upgrade_options,
};
pub use upgrade_history::{MOST_UPGRADES, UpgradeDone, UpgradeRow, upgrade_done, upgrades};
