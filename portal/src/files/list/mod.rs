//! *Activation file activity*: the files of an account.

mod activity;
mod model;
mod part;
mod search;

pub(crate) use activity::active_facets;
pub use activity::{activity, activity_before, activity_choices, begins_so, recent};
pub use model::{Activity, ActivityChoices, Cursor, MOST_COUNTED};
