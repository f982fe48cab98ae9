//! The file checker. With script nothing is posted to it.

use crate::http::answer;
use app::{
    Visit,
    page::{files::check, problem},
};
use axum::{
    Extension,
    extract::{
        Multipart,
        multipart::{MultipartError, MultipartRejection},
    },
    http::StatusCode,
    response::Response,
};
use chrono::NaiveDate;
use islands::check_field;
use licensing::activation_file::{Examined, Expected};
use portal::Error;
use std::collections::BTreeMap;

/// Two files and a text, each larger than any activation file, and what separates them.
pub(crate) const MOST_BYTES: usize = 512 * 1024;

pub(crate) async fn show(Extension(visit): Extension<Visit>) -> Response {
    let page = check::show(&visit, None, None).await;
    answer::result(visit, page).await
}

/// Answers about what was posted. None of it is stored or logged.
pub(crate) async fn send(Extension(visit): Extension<Visit>, form: Result<Multipart, MultipartRejection>) -> Response {
    let fields = match form {
        Ok(form) => read(form).await.map_err(|error| error.status()),
        Err(rejection) => Err(rejection.status()),
    };
    let fields = match fields {
        Ok(fields) => fields,
        Err(StatusCode::PAYLOAD_TOO_LARGE) => return answer::page(visit, problem::too_large(MOST_BYTES)).await,
        Err(_) => return answer::page(visit, problem::unreadable("What was sent is not a form with files.".into())).await,
    };
    let sent = |name: &str| fields.get(name).filter(|bytes| !bytes.is_empty());
    let page = match sent(check_field::FILE).or_else(|| sent(check_field::TEXT)) {
        None => check::show(&visit, None, Some("Choose an activation file, or paste its text.")).await,
        Some(first) => match examine(&visit, first, sent(check_field::SECOND)).await {
            Ok(examined) => check::show(&visit, Some(examined), None).await,
            Err(error) => Err(error),
        },
    };
    answer::result(visit, page).await
}

async fn read(mut form: Multipart) -> Result<BTreeMap<String, Vec<u8>>, MultipartError> {
    let mut fields = BTreeMap::new();
    while let Some(field) = form.next_field().await? {
        let name = field.name().unwrap_or_default().to_owned();
        fields.insert(name, field.bytes().await?.to_vec());
    }
    Ok(fields)
}

async fn examine(
    visit: &Visit,
    first: &[u8],
    second: Option<&Vec<u8>>,
) -> Result<(Examined, Option<Examined>, NaiveDate), Error> {
    let portal = &visit.site.portal;
    let ring = portal::signing::key_ring(portal).await?;
    // Where the person is, only their browser knows; their account's zone is the best guess, else the world's.
    let on = match &visit.caller {
        Some(caller) => portal.now().with_timezone(&caller.person().time_zone).date_naive(),
        None => portal.now().date_naive(),
    };
    let expected = Expected { on: Some(on), ..Expected::default() };
    let second = second.map(|bytes| ring.examine(bytes, &expected));
    Ok((ring.examine(first, &expected), second, on))
}
