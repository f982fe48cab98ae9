//! *New activation file* and *Update*: choose, fill in, check, generate.
//!
//! One form carries everything through all steps, so that nothing typed is ever lost: *Go* sends it by GET and opens the sections for the
//! chosen product, *Continue* posts it to be checked, *Generate* posts it again from the page that shows the answers.

mod check;
mod field;
mod purpose;
mod sections;
mod show;

pub use check::check;
pub use field::{BEGAN, KEY, STEP, STEP_CHECK, STEP_EDIT, STEP_GENERATE};
pub use purpose::Purpose;
pub use show::{edit, refused, show, show_update};
