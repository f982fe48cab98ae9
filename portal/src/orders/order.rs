//! Orders of an account, and one with its lines: what is owned, what holds it, and the later lines that changed it.

use crate::{
    access::account::AccountAccess,
    error::Error,
    store::statement::{count, parsed, rows},
};
use chrono::{DateTime, NaiveDate, Utc};
use licensing::{PartNumber, Quantity, Serial};
use sea_orm::FromQueryResult;

/// Orders that are listed, the latest.
pub const MOST_ORDERS: usize = 200;
/// Files that are named for a line.
pub const MOST_FILES: usize = 20;

/// An order of a list.
#[derive(Clone, Debug, FromQueryResult)]
pub struct OrderRow {
    pub sales_order: String,
    pub purchase_order: String,
    pub ordered_on: NaiveDate,
    pub lines: i64,
}

/// A line of an order.
#[derive(Clone, Debug)]
pub struct OrderLine {
    pub line: u32,
    pub number: PartNumber,
    pub description: String,
    pub owned: Quantity,
    pub allocated: Quantity,
    /// Billed by use, without a ceiling.
    pub unlimited: bool,
    pub maintenance_end: Option<NaiveDate>,
    pub term_days: Option<i64>,
    /// Later lines that changed this one, in their order.
    pub changes: Vec<ChangedLine>,
    /// Active files that hold some of it, and whether there are more.
    pub files: (Vec<Serial>, bool),
}

/// A line of an order that changed another one.
#[derive(Clone, Debug, FromQueryResult)]
pub struct ChangedLine {
    /// Line that was changed.
    changed: i64,
    pub sales_order: String,
    pub line: i64,
    pub owned_assigned: i64,
    pub owned_pooled: i64,
    pub maintenance_end: Option<NaiveDate>,
    pub at: DateTime<Utc>,
}

/// Orders of the account, the latest first, one more than [`MOST_ORDERS`] if there are so many.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn orders(access: &AccountAccess) -> Result<Vec<OrderRow>, Error> {
    let sql = format!(
        "SELECT o.sales_order, o.purchase_order, o.ordered_on,
            (SELECT COUNT(*) FROM entitlements e WHERE e.order_id = o.id)
                + (SELECT COUNT(*) FROM line_changes c WHERE c.order_id = o.id) AS lines
         FROM orders o WHERE o.account_id = $1 ORDER BY o.ordered_on DESC, o.id DESC LIMIT {}",
        MOST_ORDERS + 1
    );
    rows(access.portal().database.read(), "orders", &sql, [access.account_id().into()]).await
}

/// One order of the account and its lines. Of an order that only changes others they are empty.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn order(access: &AccountAccess, sales_order: &str) -> Result<(OrderRow, Vec<OrderLine>), Error> {
    #[derive(FromQueryResult)]
    struct Line {
        id: i64,
        line: i64,
        number: String,
        description: String,
        owned_assigned: i64,
        owned_pooled: i64,
        allocated_assigned: i64,
        allocated_pooled: i64,
        unlimited: bool,
        maintenance_end: Option<NaiveDate>,
        term_days: Option<i64>,
    }
    let on = access.portal().database.read();
    let sql = "SELECT o.sales_order, o.purchase_order, o.ordered_on, CAST(0 AS BIGINT) AS lines FROM orders o WHERE o.account_id = $1 AND o.sales_order = $2";
    let found: Vec<OrderRow> = rows(on, "order", sql, [access.account_id().into(), sales_order.into()]).await?;
    let order = found.into_iter().next().ok_or(Error::NotFound)?;
    let of_order = "e.order_id = (SELECT id FROM orders WHERE account_id = $1 AND sales_order = $2)";
    let values = || [access.account_id().into(), sales_order.into()];
    let sql = format!(
        "SELECT e.id, e.line, p.number, p.description, e.owned_assigned, e.owned_pooled, e.allocated_assigned, e.allocated_pooled,
            e.unlimited, e.maintenance_end, e.term_days
         FROM entitlements e JOIN parts p ON p.id = e.part_id WHERE {of_order} ORDER BY e.line"
    );
    let stored: Vec<Line> = rows(on, "order: lines", &sql, values()).await?;
    let sql = format!(
        "SELECT e.line AS changed, o.sales_order, c.line, c.owned_assigned, c.owned_pooled, c.maintenance_end, c.at
         FROM line_changes c JOIN entitlements e ON e.id = c.entitlement_id JOIN orders o ON o.id = c.order_id
         WHERE {of_order} ORDER BY c.id"
    );
    let changes: Vec<ChangedLine> = rows(on, "order: changes", &sql, values()).await?;
    let mut lines = Vec::with_capacity(stored.len());
    for line in stored {
        let of_line = changes.iter().filter(|change| change.changed == line.line).cloned().collect();
        lines.push(OrderLine {
            line: count(line.line)?,
            number: parsed(&line.number)?,
            description: line.description,
            owned: Quantity::new(count(line.owned_assigned)?, count(line.owned_pooled)?),
            allocated: Quantity::new(count(line.allocated_assigned)?, count(line.allocated_pooled)?),
            unlimited: line.unlimited,
            maintenance_end: line.maintenance_end,
            term_days: line.term_days,
            changes: of_line,
            files: files(access, line.id).await?,
        });
    }
    Ok((order, lines))
}

/// Active files that hold some of an order line, the latest first.
async fn files(access: &AccountAccess, line: i64) -> Result<(Vec<Serial>, bool), Error> {
    #[derive(FromQueryResult)]
    struct Held {
        serial: String,
    }
    let sql = format!(
        "SELECT f.serial FROM allocations a JOIN file_revisions r ON r.id = a.revision_id
         JOIN activation_files f ON f.id = r.file_id AND f.revision = r.revision AND f.state = 'active'
         WHERE a.entitlement_id = $1 ORDER BY f.id DESC LIMIT {}",
        MOST_FILES + 1
    );
    let held: Vec<Held> = rows(access.portal().database.read(), "order: files of a line", &sql, [line.into()]).await?;
    let more = held.len() > MOST_FILES;
    let serials = held.iter().take(MOST_FILES).map(|held| parsed(&held.serial)).collect::<Result<_, _>>()?;
    Ok((serials, more))
}
