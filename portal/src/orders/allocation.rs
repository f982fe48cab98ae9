//! The ledger: what is allocated of each order line, and how it moves. Domain §6.1.

use crate::{
    error::Error,
    store::{statement::run, write::Write},
};
use licensing::Quantity;
use std::collections::BTreeMap;

/// Changes of entitlements, (allocated before, allocated after) by row id, in id order: the order in which rows are taken everywhere.
pub(crate) type Ledger = BTreeMap<i64, (Quantity, Quantity)>;

/// Allocations before and after, by row id, as an event records them.
pub(crate) fn sides(ledger: &Ledger) -> (BTreeMap<i64, Quantity>, BTreeMap<i64, Quantity>) {
    let side = |of: fn(&(Quantity, Quantity)) -> Quantity| ledger.iter().map(|(id, sides)| (*id, of(sides))).collect();
    (side(|(before, _)| *before), side(|(_, after)| *after))
}

/// Moves what is allocated of each entitlement. That there is enough was read in the same write, so that nothing else can be the case.
pub(crate) async fn allocate(write: &Write, ledger: &Ledger) -> Result<(), Error> {
    let moved: Vec<[i64; 3]> = ledger
        .iter()
        .filter(|(_, (before, after))| before != after)
        .map(|(id, (before, after))| {
            let difference = |after: u32, before: u32| i64::from(after) - i64::from(before);
            [*id, difference(after.assigned, before.assigned), difference(after.pooled, before.pooled)]
        })
        .collect();
    if moved.is_empty() {
        return Ok(());
    }
    let rows: Vec<String> =
        (0..moved.len()).map(|row| format!("(${}, ${}, ${})", 3 * row + 1, 3 * row + 2, 3 * row + 3)).collect();
    // Both databases call the columns of VALUES column1, column2 and column3.
    let sql = format!(
        "UPDATE entitlements SET allocated_assigned = allocated_assigned + t.column2, allocated_pooled = allocated_pooled + t.column3
         FROM (VALUES {}) AS t WHERE id = t.column1
            AND allocated_assigned + t.column2 >= 0 AND allocated_pooled + t.column3 >= 0
            AND allocated_assigned + t.column2 <= 4294967295 AND allocated_pooled + t.column3 <= 4294967295
            AND (unlimited OR (allocated_assigned + t.column2 <= owned_assigned AND allocated_pooled + t.column3 <= owned_pooled))",
        rows.join(", ")
    );
    let changed = run(write.on(), "allocate", &sql, moved.iter().flatten().map(|value| (*value).into())).await?;
    write.reach("allocated");
    if changed == moved.len() as u64 {
        Ok(())
    } else {
        Err(Error::internal("an entitlement was changed without its account's lock"))
    }
}
