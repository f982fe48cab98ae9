//! Entitlements of order lines, and the lines that a file draws from. Domain §2 and §6.1.

use crate::value::quantity::Quantity;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// One order line as the account may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entitlement {
    pub sales_order: String,
    pub ordered_on: NaiveDate,
    pub owned: Quantity,
    pub allocated: Quantity,
    /// Subscription: nothing bounds what files take; usage is billed.
    pub unlimited: bool,
    /// Last day of paid maintenance.
    pub maintenance_end: Option<NaiveDate>,
    /// Term in days, counted from the first file; `None` for what was not sold for a term.
    pub term_days: Option<u32>,
    /// Last day of every file of this line, which its first file fixed. Domain §4.
    pub ends_on: Option<NaiveDate>,
}

impl Entitlement {
    /// Quantity that files may still take: owned less allocated; for an unlimited line the largest number that can be counted.
    #[must_use]
    pub fn available(&self) -> Quantity {
        let most = if self.unlimited { Quantity::COUNTABLE } else { self.owned };
        most.saturating_sub(self.allocated)
    }

    /// Whether maintenance is paid on `day`, its last day included.
    #[must_use]
    pub fn maintained_on(&self, day: NaiveDate) -> bool {
        self.maintenance_end.is_some_and(|end| day <= end)
    }
}

/// Sum over all lines of one part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    pub owned: Quantity,
    pub allocated: Quantity,
    pub unlimited: bool,
}

impl Holding {
    #[must_use]
    pub fn of(lines: &[Entitlement]) -> Self {
        lines.iter().fold(Self::default(), |sum, line| Self {
            owned: sum.owned.saturating_add(line.owned),
            allocated: sum.allocated.saturating_add(line.allocated),
            unlimited: sum.unlimited || line.unlimited,
        })
    }

    #[must_use]
    pub fn available(self) -> Quantity {
        self.owned.saturating_sub(self.allocated)
    }
}

/// The order in which lines of one part are drawn: unlimited lines last, the latest maintenance end first, then the oldest order.
///
/// Returns positions in `lines`.
#[must_use]
pub fn drawing_order(lines: &[Entitlement]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..lines.len()).collect();
    order.sort_by(|&a, &b| {
        let (a, b) = (&lines[a], &lines[b]);
        (a.unlimited.cmp(&b.unlimited))
            .then(b.maintenance_end.cmp(&a.maintenance_end))
            .then(a.ordered_on.cmp(&b.ordered_on))
            .then_with(|| a.sales_order.cmp(&b.sales_order))
    });
    order
}

/// Splits `asked` over the lines of one part, in [`drawing_order`]. Each element is a position in `lines` and what it gives.
///
/// # Errors
/// Shortfall of each pool, when the lines together do not have enough.
pub fn draw(lines: &[Entitlement], asked: Quantity) -> Result<Vec<(usize, Quantity)>, Quantity> {
    let mut left = asked;
    let mut drawn = Vec::new();
    for index in drawing_order(lines) {
        let given = lines[index].available().min(left);
        if !given.is_zero() {
            drawn.push((index, given));
            left = left.saturating_sub(given);
        }
    }
    if left.is_zero() { Ok(drawn) } else { Err(left) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(order: &str, ordered_on: &str, owned: Quantity, maintenance_end: Option<&str>) -> Entitlement {
        Entitlement {
            sales_order: order.into(),
            ordered_on: ordered_on.parse().expect("a date"),
            owned,
            allocated: Quantity::ZERO,
            unlimited: false,
            maintenance_end: maintenance_end.map(|d| d.parse().expect("a date")),
            term_days: None,
            ends_on: None,
        }
    }

    #[test]
    fn latest_maintenance_is_drawn_first_then_the_oldest_order() {
        let lines = [
            line("SO-1", "2019-01-01", Quantity::new(5, 0), None),
            line("SO-2", "2018-01-01", Quantity::new(5, 2), Some("2027-01-01")),
            line("SO-3", "2017-01-01", Quantity::new(5, 2), Some("2027-01-01")),
        ];
        assert_eq!(
            draw(&lines, Quantity::new(12, 3)),
            Ok(vec![(2, Quantity::new(5, 2)), (1, Quantity::new(5, 1)), (0, Quantity::new(2, 0))])
        );
    }

    #[test]
    fn a_shortfall_names_what_is_missing_of_each_pool() {
        let mut only = line("SO-1", "2019-01-01", Quantity::new(5, 2), None);
        only.allocated = Quantity::new(4, 0);
        assert_eq!(draw(&[only], Quantity::new(3, 3)), Err(Quantity::new(2, 1)));
        assert_eq!(draw(&[], Quantity::new(0, 1)), Err(Quantity::new(0, 1)));
        assert_eq!(draw(&[], Quantity::ZERO), Ok(vec![]));
    }

    #[test]
    fn subscription_has_no_ceiling() {
        let mut sold = line("SO-1", "2020-01-01", Quantity::ZERO, None);
        sold.unlimited = true;
        assert_eq!(draw(&[sold], Quantity::new(900_000, 1)), Ok(vec![(0, Quantity::new(900_000, 1))]));
    }
}
