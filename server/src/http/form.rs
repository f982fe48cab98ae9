use super::answer;
use crate::state::App;
use app::{
    Visit,
    page::{files::form::KEY, problem},
};
use axum::{
    body::Bytes,
    extract::{FromRequest, Request, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use portal::{NoSubmissionKey, SubmissionKey};

/// Maximum size of a form's body, in bytes.
pub(crate) const MOST_BYTES: usize = 64 * 1024;
/// Maximum size of the body of the sign-in form: the largest form that was sent when a session had ended comes back in it, encoded once more.
pub(crate) const MOST_BYTES_KEPT: usize = 3 * (MOST_BYTES + 3 * LONGEST_PASTE) + 8 * 1024;
/// Maximum length of pasted lines, in bytes. What is longer is a file to be chosen.
pub(crate) const LONGEST_PASTE: usize = 128 * 1024;

/// Maximum size of the body that a route takes, in bytes.
#[derive(Clone, Copy)]
pub(crate) struct MostBytes(pub(crate) usize);

/// A posted form: its fields as typed, empty ones kept, and the body as it was sent.
///
/// As an argument of a handler it is read from the request; what is none of our forms is answered with the page that says why.
pub(crate) struct PostedForm {
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: String,
}

impl FromRequest<App> for PostedForm {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let Some(visit) = request.extensions().get::<Visit>().cloned() else {
            return Err(StatusCode::INTERNAL_SERVER_ERROR.into_response());
        };
        let headers = request.headers().clone();
        let most = request.extensions().get::<MostBytes>().map_or(MOST_BYTES, |most| most.0);
        Self::read(&visit, &headers, most, Bytes::from_request(request, app).await).await
    }
}

/// A posted form with the key that makes its submission recognisable. One without is answered with the page that says so.
pub(crate) struct KeyedForm {
    pub(crate) form: PostedForm,
    pub(crate) key: SubmissionKey,
}

impl FromRequest<App> for KeyedForm {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let visit = request.extensions().get::<Visit>().cloned();
        let form = PostedForm::from_request(request, app).await?;
        match (form.value(KEY).parse(), visit) {
            (Ok(key), _) => Ok(Self { form, key }),
            (Err(NoSubmissionKey), Some(visit)) => {
                Err(answer::page(visit, problem::unreadable(NoSubmissionKey.to_string())).await)
            }
            (Err(NoSubmissionKey), None) => Err(StatusCode::INTERNAL_SERVER_ERROR.into_response()),
        }
    }
}

impl PostedForm {
    /// # Errors
    /// The page that says why the body is none of our forms.
    async fn read(
        visit: &Visit,
        headers: &HeaderMap,
        most: usize,
        body: Result<Bytes, BytesRejection>,
    ) -> Result<Self, Response> {
        let refuse = async |page| Err(answer::page(visit.clone(), page).await);
        let body = match body {
            Ok(body) => body,
            Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                return refuse(problem::too_large(most)).await;
            }
            Err(rejection) => return Err(rejection.into_response()),
        };
        let is_form = headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.split(';').next().is_some_and(|t| t.trim() == "application/x-www-form-urlencoded"));
        if !is_form {
            return refuse(problem::unreadable("What was sent is not a form.".into())).await;
        }
        let fields: Vec<_> = form_urlencoded::parse(&body).map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        // The decoder puts the one character where it found bytes that are no text; the other is in no text, and PostgreSQL refuses it.
        let broken = fields.iter().any(|(name, value)| [name, value].iter().any(|text| text.contains(['\u{FFFD}', '\0'])));
        match String::from_utf8(body.into()) {
            Ok(body) if !broken => Ok(Self { fields, body }),
            _ => refuse(problem::unreadable("What was sent is not UTF-8 text.".into())).await,
        }
    }

    /// The first value of `field`, empty when it was not sent.
    pub(crate) fn value(&self, field: &str) -> &str {
        self.fields.iter().find(|(name, _)| name == field).map_or("", |(_, value)| value)
    }
}
