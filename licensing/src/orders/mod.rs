//! What orders give an account, and what their parts can become.

pub mod entitlement;
pub mod upgrade;
