//! Names of the fields of its forms.

/// Names of the fields of the form that plans a batch.
pub const KIND: &str = "kind";
pub const TABLE: &str = "table";
pub const LINES: &str = "lines";
pub const REPEATS: &str = "repeats";
/// Fields of a selection: each file, or all that the filters find.
pub const SERIAL: &str = "serial";
pub const ALL: &str = "all";
/// Fields of the page of a batch: which lines are shown, and after which one.
pub const SHOW: &str = "show";
pub const AFTER: &str = "after";
