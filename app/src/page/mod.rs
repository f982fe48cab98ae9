//! A folder or a file for each feature. A function of it is one page.

pub mod accounts;
pub mod catalogue;
pub mod cloud;
pub mod files;
pub mod help;
pub mod history;
pub mod jobs;
pub mod orders;
pub mod overview;
pub mod people;
pub mod problem;
pub mod requests;
pub mod search;
pub mod setup;
pub mod signing;
pub mod sites;
