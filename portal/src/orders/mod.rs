//! What an account has ordered: its summary, and upgrades of it.

mod summary;
mod upgrade;

pub use summary::{OwnedLine, OwnedProduct, ProductDetails};
pub use upgrade::{BroughtUp, NotUpgraded, PlannedUpgrade, UpgradeDone, UpgradeOptions, UpgradeStep};
