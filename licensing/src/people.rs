//! People: what they are to the vendor, and what they may do in an account. Domain §1.

use crate::value::coded::coded;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt, str::FromStr};

coded! {
    /// Role of somebody who works for the vendor.
    StaffRole {
        Analyst = "analyst", "licensing analyst";
        Administrator = "administrator", "administrator";
    }
}

coded! {
    /// A thing that a person of an account may do there, beside seeing it.
    Permission {
        Files = "files", "generate and change files";
        Sites = "sites", "manage install sites";
        Usage = "usage", "upload usage";
        Billing = "billing", "view billing";
        People = "people", "manage the account’s people";
    }
}

/// Permissions of a person in an account.
///
/// ```
/// use licensing::people::{Permission, Permissions};
///
/// let permissions: Permissions = "files sites".parse()?;
/// assert!(permissions.contains(Permission::Files) && !permissions.contains(Permission::People));
/// assert_eq!(permissions.words(), "generate and change files, manage install sites");
/// assert_eq!(permissions.to_string(), "files sites");
/// # Ok::<_, licensing::people::UnknownPermission>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions(BTreeSet<Permission>);

/// A code that is no permission's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown permission {0:?}")]
pub struct UnknownPermission(String);

impl Permissions {
    /// All that there are.
    #[must_use]
    pub fn all() -> Self {
        Permission::ALL.iter().copied().collect()
    }

    /// All but managing people: what a person of a partner may have in a customer's account.
    #[must_use]
    pub fn without_people(mut self) -> Self {
        self.0.remove(&Permission::People);
        self
    }

    #[must_use]
    pub fn contains(&self, permission: Permission) -> bool {
        self.0.contains(&permission)
    }

    /// The permissions of both.
    #[must_use]
    pub fn and(mut self, others: &Self) -> Self {
        self.0.extend(&others.0);
        self
    }

    /// What they allow, in words.
    #[must_use]
    pub fn words(&self) -> String {
        if self.0.is_empty() {
            return "see the account and download its files".to_owned();
        }
        self.0.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Self(permissions.into_iter().collect())
    }
}

/// Codes with blanks between them, as they are stored.
impl fmt::Display for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.iter().map(|permission| permission.code()).collect::<Vec<_>>().join(" "))
    }
}

impl FromStr for Permissions {
    type Err = UnknownPermission;
    fn from_str(codes: &str) -> Result<Self, UnknownPermission> {
        let known = |code: &str| Permission::from_code(code).ok_or_else(|| UnknownPermission(code.to_owned()));
        codes.split_whitespace().map(known).collect()
    }
}
