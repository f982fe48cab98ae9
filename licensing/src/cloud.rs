//! An account's connection to its cloud organisation. Domain §6.5.

use crate::value::text::{Name, TextError};
use serde::Serialize;

/// Names of the form's fields.
pub mod field {
    pub const ORGANIZATION: &str = "organization";
    pub const CONNECTED: &str = "connected";
}

/// State of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CloudConnection {
    /// Id of the cloud organisation.
    pub organization: Option<Name>,
    /// Somebody has set up the connection between the account's servers and the organisation.
    pub connected: bool,
}

/// Why what was typed is no connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAConnection {
    #[error("The organisation id cannot be used: {0}.")]
    Organization(TextError),
    #[error("There is a connection only to an organisation. Enter its id, or clear the box.")]
    NoOrganization,
}

impl CloudConnection {
    /// Reads the form.
    ///
    /// # Errors
    /// [`NotAConnection`].
    pub fn of_form(organization: &str, connected: bool) -> Result<Self, NotAConnection> {
        let organization = match organization.trim() {
            "" if connected => return Err(NotAConnection::NoOrganization),
            "" => None,
            typed => Some(Name::typed(typed).map_err(NotAConnection::Organization)?),
        };
        Ok(Self { organization, connected })
    }
}
