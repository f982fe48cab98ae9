use serde::{Deserialize, Serialize};
use std::fmt;

/// The largest count that an order line, a form field or a key may carry.
pub const MOST: u32 = 1_000_000;

/// Units of one part: **assigned** to a user or station, and **pooled** for concurrent use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Quantity {
    pub assigned: u32,
    pub pooled: u32,
}

impl Quantity {
    pub const ZERO: Self = Self::new(0, 0);
    /// The most of each pool that can be counted.
    pub(crate) const COUNTABLE: Self = Self::new(u32::MAX, u32::MAX);
    /// Quantity of a server item: it runs on one server.
    pub const ONE_SERVER: Self = Self::new(1, 0);

    #[must_use]
    pub const fn new(assigned: u32, pooled: u32) -> Self {
        Self { assigned, pooled }
    }

    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.assigned == 0 && self.pooled == 0
    }

    /// Both pools added; `None` above `u32::MAX`.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        Some(Self::new(self.assigned.checked_add(other.assigned)?, self.pooled.checked_add(other.pooled)?))
    }

    /// Both pools added, each at most `u32::MAX`.
    #[must_use]
    pub fn saturating_add(self, other: Self) -> Self {
        Self::new(self.assigned.saturating_add(other.assigned), self.pooled.saturating_add(other.pooled))
    }

    /// Quantity left after taking `other`; `None` when either pool falls short.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        Some(Self::new(self.assigned.checked_sub(other.assigned)?, self.pooled.checked_sub(other.pooled)?))
    }

    /// The smaller of both, pool by pool.
    #[must_use]
    pub fn min(self, other: Self) -> Self {
        Self::new(self.assigned.min(other.assigned), self.pooled.min(other.pooled))
    }

    /// Quantity left of each pool, zero where `other` is more.
    #[must_use]
    pub fn saturating_sub(self, other: Self) -> Self {
        Self::new(self.assigned.saturating_sub(other.assigned), self.pooled.saturating_sub(other.pooled))
    }
}

/// `5/25`: assigned, then pooled.
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.assigned, self.pooled)
    }
}

#[cfg(test)]
mod tests {
    use super::Quantity;

    #[test]
    fn arithmetic_never_wraps() {
        let q = Quantity::new(5, 25);
        assert_eq!(q.checked_add(Quantity::new(u32::MAX, 0)), None);
        assert_eq!(q.checked_sub(Quantity::new(0, 26)), None);
        assert_eq!(q.checked_sub(Quantity::new(5, 20)), Some(Quantity::new(0, 5)));
        assert_eq!(q.saturating_sub(Quantity::new(6, 1)), Quantity::new(0, 24));
    }
}
