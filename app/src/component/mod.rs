//! Components that pages are built of.

mod figures;
mod file;
mod form;
pub mod icon;
mod obstacles;
mod table;
mod text;
mod time;

pub use figures::{capped, counted, thousands};
pub use file::{EnforcementFacts, KeyTable, Plate, Restriction, Seal, StateBadge};
pub use form::{
    CODE, Choice, CodeField, ErrorSummary, Hidden, Needed, Problem, SearchForm, SelectField, TextArea, TextField, code_status,
    error_id, labelled, problem_of,
};
pub use icon::{Icon, Sprite};
pub use obstacles::{Known, ObstacleNote, RequestLink, WayOutOf};
pub use table::{Column, Order, PartName, StateOfLine, Table};
pub use text::{Copy, Plain};
pub use time::{Day, Instant};
