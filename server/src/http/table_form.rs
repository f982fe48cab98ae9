//! A form with a table, sent as parts.

use super::{
    answer,
    form::{LONGEST_PASTE, MostBytes},
};
use crate::state::App;
use app::{
    Visit,
    page::{
        files::batch::{LINES, TABLE},
        problem,
    },
};
use axum::{
    extract::{FromRequest, Multipart, Request, multipart::MultipartError},
    http::StatusCode,
    response::Response,
};
use licensing::excerpt;

/// Maximum size of the body: a table of ten thousand lines, with room for long names.
pub(crate) const MOST_BYTES: usize = 4 * 1024 * 1024;

/// Treatment of a file that a form uploads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Files {
    Read,
    /// For whom is not signed in: its name alone is kept.
    PassOver,
}

/// A form with a table, as it was sent.
pub(crate) struct PostedTable {
    pub(crate) fields: Vec<(String, String)>,
    /// The file, or else the pasted lines.
    pub(crate) table: Vec<u8>,
    /// Name of the file.
    file: Option<String>,
}

impl PostedTable {
    /// # Errors
    /// The page that says why the body is none of our forms.
    pub(crate) async fn read(visit: &Visit, request: Request, app: &App, files: Files) -> Result<Self, Response> {
        let most = request.extensions().get::<MostBytes>().map_or(MOST_BYTES, |most| most.0);
        let read = match Multipart::from_request(request, app).await {
            Ok(form) => Self::parts(form, files).await.map_err(|error| error.status()),
            Err(rejection) => Err(rejection.status()),
        };
        let page = match read {
            Ok(Some(posted)) => return Ok(posted),
            Ok(None) => problem::unreadable("What was sent is not UTF-8 text.".into()),
            Err(StatusCode::PAYLOAD_TOO_LARGE) => problem::too_large(most),
            Err(_) => problem::unreadable("What was sent is not a form with a table.".into()),
        };
        Err(answer::page(visit.clone(), page).await)
    }

    /// `None` when a field is no text.
    async fn parts(mut form: Multipart, files: Files) -> Result<Option<Self>, MultipartError> {
        let mut posted = Self { fields: Vec::new(), table: Vec::new(), file: None };
        while let Some(mut part) = form.next_field().await? {
            let name = part.name().unwrap_or_default().to_owned();
            if name == TABLE {
                posted.file = part.file_name().filter(|file| !file.is_empty()).map(excerpt);
            }
            if name == TABLE && files == Files::PassOver {
                while part.chunk().await?.is_some() {}
                continue;
            }
            let bytes = part.bytes().await?;
            if name == TABLE {
                posted.table = bytes.to_vec();
                continue;
            }
            match String::from_utf8(bytes.to_vec()) {
                Ok(text) if !text.contains('\0') => posted.fields.push((name, text)),
                _ => return Ok(None),
            }
        }
        if posted.table.is_empty() {
            posted.table = posted.value(LINES).as_bytes().to_vec();
        }
        Ok(Some(posted))
    }

    /// The first value of the field `name`, empty when it was not sent.
    pub(crate) fn value(&self, name: &str) -> &str {
        self.fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
    }

    /// Name of the file, if one was chosen.
    pub(crate) fn file_name(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// Fields as a form that can be kept while somebody signs in, and the name of the file that must be chosen again.
    pub(crate) fn kept(mut self) -> (String, Option<String>) {
        // What is longer would not have been taken.
        self.fields.retain(|(_, value)| value.len() <= LONGEST_PASTE);
        let kept = form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.fields).finish();
        (kept, self.file)
    }
}
