//! Activation files: generated, listed, viewed, updated, deactivated, revoked, one by one or many at once.

pub mod batch;
pub(crate) mod current;
pub(crate) mod deactivate;
pub(crate) mod doctor;
pub(crate) mod download;
pub(crate) mod end;
pub(crate) mod facet;
pub(crate) mod generate;
pub(crate) mod list;
mod mail;
pub(crate) mod revision;
mod revoke;
pub(crate) mod row;
pub(crate) mod state;
pub(crate) mod update;
pub(crate) mod view;

pub use current::NotUpdatable;
pub use deactivate::{NotActive, NotDeactivated, deactivate};
pub use download::{Download, download, note_download};
pub use generate::{Checked, Generated, NotGenerated, check, generate};
pub use list::{Activity, ActivityChoices, Cursor, MOST_COUNTED, activity, activity_before, activity_choices, begins_so, recent};
pub use revoke::{NotRevoked, revoke};
pub use row::FileRow;
pub use state::FileState;
pub use update::{CheckedUpdate, Updatable, Updated, check_update, fixed, updatable, update, update_offer};
pub use view::{Ended, FileEvent, FileView, Machine, PageSize, PartRow, Revision, view};
