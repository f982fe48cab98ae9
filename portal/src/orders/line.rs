//! Order line as it is read for offers and summaries.

use crate::{error::Error, store::statement::count};
use chrono::NaiveDate;
use licensing::{Quantity, orders::entitlement::Entitlement};
use sea_orm::FromQueryResult;

/// Columns of [`StoredLine`], of entitlement `e` of order `o`.
pub(crate) const LINE: &str =
    "o.sales_order, o.ordered_on, e.owned_assigned, e.owned_pooled, e.allocated_assigned, e.allocated_pooled,
    e.unlimited, e.maintenance_end, e.term_days";

#[derive(FromQueryResult)]
pub(crate) struct StoredLine {
    sales_order: String,
    ordered_on: NaiveDate,
    owned_assigned: i64,
    owned_pooled: i64,
    allocated_assigned: i64,
    allocated_pooled: i64,
    pub(crate) unlimited: bool,
    maintenance_end: Option<NaiveDate>,
    term_days: Option<i64>,
}

impl StoredLine {
    /// The order line; `ends_on` is the last day of the files made from it.
    ///
    /// # Errors
    /// [`Error::Internal`] where the database holds a quantity that is out of range.
    pub(crate) fn entitlement(self, ends_on: Option<NaiveDate>) -> Result<Entitlement, Error> {
        Ok(Entitlement {
            sales_order: self.sales_order,
            ordered_on: self.ordered_on,
            owned: Quantity::new(count(self.owned_assigned)?, count(self.owned_pooled)?),
            allocated: Quantity::new(count(self.allocated_assigned)?, count(self.allocated_pooled)?),
            unlimited: self.unlimited,
            maintenance_end: self.maintenance_end,
            term_days: self.term_days.map(count).transpose()?,
            ends_on,
        })
    }
}
