//! One file for each feature. A function of it is one page.

pub mod accounts;
pub mod check_file;
pub mod cloud;
pub mod file;
pub mod files;
pub mod keys;
pub mod new_file;
pub mod overview;
pub mod problem;
pub mod sign_in;
