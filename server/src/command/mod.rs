//! The command line beside serving.

mod administrator;
mod catalogue;
mod copy;
mod doctor;
mod import;
mod keys;
mod mail;

pub use administrator::{AdministratorCommand, invite_administrator, reset_factor};
pub use catalogue::{CatalogueCommand, apply_catalogue, check_catalogue};
pub use copy::copy_database;
pub use doctor::doctor;
pub use import::import_orders;
pub use keys::{KeysCommand, generate_key, seal_key, use_key};
pub use mail::{MailCommand, receive_mail};
