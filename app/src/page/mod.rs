//! One file for each feature. A function of it is one page.

pub mod accounts;
pub mod activity;
pub mod batch;
pub mod check_file;
pub mod cloud;
pub mod deactivate;
pub mod file;
pub mod file_form;
pub mod help;
pub mod keys;
pub mod overview;
pub mod problem;
pub mod sign_in;
pub mod sites;
pub mod software;
pub mod summary;
pub mod upgrade;
