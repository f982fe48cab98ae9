//! *Bulk actions*: a table of machines or a selection, what each line comes to, and what came of it.

mod field;
mod form;
mod view;
mod words;

pub use field::{AFTER, ALL, KIND, LINES, REPEATS, SERIAL, SHOW, TABLE};
pub use form::{FormState, plan};
pub use view::{Begun, show};
