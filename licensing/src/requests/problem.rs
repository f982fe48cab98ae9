use super::form::Field;
use crate::{
    form::{NotADate, TooLong},
    value::{email::NotAnEmailAddress, host_id::HostIdError, text::TextError},
};

/// Problem of an activation file request, as the form's own words name its field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestProblem {
    /// The field's own words.
    #[error("{0}")]
    Missing(String),
    #[error("Select what you send: a question, or an activation file request.")]
    NoKind,
    #[error("Select a category.")]
    NoCategory,
    #[error("Select what the activation file is for.")]
    NoType,
    #[error("What was sent is not among the choices. Select one of the list.")]
    NotOffered,
    #[error("This cannot be used: {0}.")]
    Unusable(TextError),
    #[error(transparent)]
    TooLong(#[from] TooLong),
    #[error(transparent)]
    Email(#[from] NotAnEmailAddress),
    #[error("The two addresses differ. Enter the same one twice.")]
    EmailsDiffer,
    #[error("{0} gives mailboxes to anybody. Enter your address at work, so that we know whom you ask for.")]
    FreeMail(String),
    #[error("There are {0} addresses; at most {1} are possible.")]
    TooManyAddresses(usize, usize),
    #[error("{0}")]
    Host(#[from] HostIdError),
    #[error("There are {0} host ids; at most {1} are possible. Send a list as an attachment.")]
    TooManyHosts(usize, usize),
    #[error(transparent)]
    Date(#[from] NotADate),
    #[error("That day is over. Enter a date from today on.")]
    DayOver,
    #[error("“{0}” is not written as a GARN, such as ACME-1001. Correct it, or leave it empty.")]
    Garn(String),
    /// One of several fields is required.
    #[error("Enter one of these: {0}.")]
    OneOf(String),
}

impl RequestProblem {
    pub(super) fn missing(field: &Field) -> Self {
        let words = &field.missing;
        Self::Missing(if words.is_empty() { "This is required.".to_owned() } else { words.clone() })
    }
}
