//! Activation files.

mod batch;
mod bounds;
mod check;
mod deactivate;
mod find;
mod generate;
mod licence_types;
mod list;
mod refusals;
mod revoke;
mod tables;
mod update;
mod view;
