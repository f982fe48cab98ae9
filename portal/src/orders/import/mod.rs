//! Imports: tables of accounts, install sites and order lines. Every line is compared with what is there before anything is changed; then all of them
//! are applied together, or none.

mod apply;
pub(crate) mod doctor;
mod entry;
mod operation;
mod plan;
mod reference;
mod table;

pub use entry::{NotEntered, enter_line};
pub use operation::{
    Import, ImportState, LINES_OF_PAGE, MOST_BYTES, NotImported, PlannedLine, apply_import, begin_import, discard_import, import,
    import_from_terminal, imports, lines_of_import,
};
pub(crate) use operation::{RunImport, run_import};
pub use plan::LineCounts;
pub use table::{MOST_LINES, TableProblem};
