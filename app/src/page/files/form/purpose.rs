//! Purpose of the form.

use super::field::{BEGAN, KEY, REQUEST};
use crate::frame::Tab;
use licensing::{Garn, Serial, requests::RequestNumber};
use portal::{SubmissionKey, path};

/// Purpose of the form: a new file, an update, or the common part of a batch.
#[derive(Clone, Debug)]
pub enum Purpose {
    New {
        /// Request that the file is generated for.
        request: Option<RequestNumber>,
    },
    Update {
        serial: Serial,
        /// The revision that it began with.
        began: u32,
    },
}

impl Purpose {
    /// Path of the form.
    pub fn path(&self, garn: &Garn) -> String {
        match self {
            Self::New { .. } => path::new_file(garn),
            Self::Update { serial, .. } => path::update(garn, serial),
        }
    }

    pub(super) fn title(&self) -> String {
        match self {
            Self::New { .. } => "New activation file".to_owned(),
            Self::Update { serial, .. } => format!("Update {serial}"),
        }
    }

    /// Title above the obstacles of somebody who may not.
    pub(super) const fn obstructed(&self) -> &'static str {
        match self {
            Self::New { .. } => "You cannot generate a file here",
            Self::Update { .. } => "You cannot update this file",
        }
    }

    pub(super) const fn tab(&self) -> Tab {
        match self {
            Self::New { .. } => Tab::NewFile,
            Self::Update { .. } => Tab::Files,
        }
    }

    /// Fields of the form that nobody types, but for its key: the request that a file is for, and what an update began with.
    pub(super) fn fixed(&self) -> Option<(String, String)> {
        match self {
            Self::New { request } => request.map(|number| (REQUEST.to_owned(), number.to_string())),
            Self::Update { began, .. } => Some((BEGAN.to_owned(), began.to_string())),
        }
    }

    /// Fields of the form that nobody types.
    pub(super) fn carried(&self, key: &SubmissionKey) -> Vec<(String, String)> {
        std::iter::once((KEY.to_owned(), key.as_str().to_owned())).chain(self.fixed()).collect()
    }
}
