//! Handlers of all addresses: read the request, ask `portal`, answer with a page of `app`.

pub(crate) mod accounts;
pub(crate) mod catalogue;
pub(crate) mod cloud;
pub(crate) mod files;
pub(crate) mod health;
pub(crate) mod help;
pub(crate) mod history;
pub(crate) mod home;
pub(crate) mod jobs;
pub(crate) mod metrics;
pub(crate) mod orders;
pub(crate) mod people;
pub(crate) mod requests;
pub(crate) mod search;
pub(crate) mod setup;
pub(crate) mod signing;
pub(crate) mod sites;
