//! Activation files: generated, listed, viewed, updated, deactivated, one by one or many at once.

pub mod batch;
pub(crate) mod deactivate;
pub(crate) mod generate;
pub(crate) mod list;
pub(crate) mod revision;
pub(crate) mod update;
pub(crate) mod view;

pub use deactivate::NotDeactivated;
pub use generate::{Checked, Generated, NotGenerated};
pub use list::{Activity, ActivityChoices, Cursor, MOST_COUNTED, MOST_FOUND};
pub use update::{CheckedUpdate, NotUpdatable, Updatable, Updated};
pub use view::{Download, Ended, FileEvent, FileRow, FileState, FileView, Machine, PageSize, PartRow, Revision};
