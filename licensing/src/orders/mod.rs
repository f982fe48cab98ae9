//! Entitlements that orders give an account, and upgrades of their parts.

pub mod entitlement;
pub mod import;
pub mod upgrade;
