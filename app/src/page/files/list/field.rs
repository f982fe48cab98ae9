//! Names of the fields of the address that say where in the list a page is.

/// The place that the page begins after.
pub const AFTER: &str = "after";
/// The place that it ends before.
pub const BEFORE: &str = "before";
/// Its size in rows.
pub const ROWS: &str = "rows";
/// Number of its first row.
pub const AT: &str = "at";
