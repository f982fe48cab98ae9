//! *New activation file* and *Update*: choose, fill in, check, generate.
//!
//! One form carries everything through all steps, so that nothing typed is ever lost: *Go* leads to the address that says all that is filled in and
//! opens the sections for the chosen product, *Continue* posts it to be checked, *Generate* posts it again from the page that shows the answers.

mod add_ons;
mod check;
mod field;
mod purpose;
mod sections;
mod show;

pub use check::{Answers, Dropped, check};
pub use field::{BEGAN, KEY, REQUEST, STEP, STEP_CHECK, STEP_EDIT, STEP_GENERATE, STEP_GO, STEP_MANY};
pub use purpose::Purpose;
pub use show::{edit, refused, show, show_missing, show_update};
