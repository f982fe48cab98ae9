//! The server: configuration, one route table, handlers, middleware, workers. It holds no rule of the domain.

mod command;
mod handler;
mod http;
mod log;
mod metrics;
mod private;
mod settings;
mod start;
mod state;
mod worker;

pub use command::{
    AdministratorCommand, CatalogueCommand, KeysCommand, MailCommand, apply_catalogue, check_catalogue, copy_database, doctor,
    generate_key, import_orders, invite_administrator, receive_mail, reset_factor, seal_key, use_key,
};
pub use http::{Access, PublicUrl, Route};
pub use log::{log, log_panics};
pub use settings::{Secret, Settings};
pub use start::{Running, start};
