//! Files that are uploaded, taken piece by piece: never whole in memory, and without a limit of the whole time.

use super::answer;
use crate::state::App;
use app::{Visit, page::problem};
use axum::{
    body::Bytes,
    extract::{
        FromRequest, Multipart, Request,
        multipart::{Field, MultipartError},
    },
    http::{StatusCode, header},
    response::Response,
};
use futures_util::StreamExt;
use portal::{
    Error,
    requests::{AttachAccess, MOST_BYTES, NotAttached, Upload, attach},
};
use std::time::Duration;

/// Name of the field of the files.
pub(crate) const FILES: &str = "files";
/// Maximum size of a body with files, in bytes: all attachments of a request, and what separates them.
pub(crate) const MOST_BODY: usize = 50 * 1024 * 1024 + 64 * 1024;
const _: () = assert!(MOST_BODY as u64 > MOST_BYTES);
/// Of a larger body no more than this is passed over before it is refused, in bytes.
const MOST_PASSED_OVER: usize = 4 * MOST_BODY;
/// An upload that brings less than [`LEAST`] bytes in this time is given up.
const WINDOW: Duration = Duration::from_secs(30);
const LEAST: usize = 16 * 1024;

/// Why an upload ended before its end.
enum Ended {
    Multipart(MultipartError),
    /// Nothing came for a while.
    Stalled,
    Error(Error),
}

/// Attaches the files of a form to a request; reasons of those that were not taken.
///
/// # Errors
/// The page that says why the upload ended before its end. What had arrived whole until then is kept.
pub(crate) async fn receive(
    visit: &Visit,
    app: &App,
    access: &AttachAccess,
    request: Request,
) -> Result<Vec<NotAttached>, Response> {
    let Ok(_place) = app.uploads.try_acquire() else {
        return Err(answer::try_again_later(visit.clone(), problem::busy_uploading).await);
    };
    let declared = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|declared| declared > MOST_BODY) {
        pass_over(request).await;
        return Err(refused(visit, StatusCode::PAYLOAD_TOO_LARGE).await);
    }
    let form = match Multipart::from_request(request, app).await {
        Ok(form) => form,
        Err(rejection) => return Err(refused(visit, rejection.status()).await),
    };
    match files(access, form).await {
        Ok(refused) => Ok(refused),
        Err(Ended::Multipart(error)) => Err(refused(visit, error.status()).await),
        Err(Ended::Stalled) => Err(answer::page(visit.clone(), problem::upload_stalled()).await),
        Err(Ended::Error(error)) => Err(answer::failure(visit.clone(), &error).await),
    }
}

/// Reads what is sent and keeps nothing: a browser that is still sending hears no answer.
async fn pass_over(request: Request) {
    let mut pieces = request.into_body().into_data_stream();
    let mut read = 0;
    while let Ok(Some(Ok(piece))) = tokio::time::timeout(WINDOW, pieces.next()).await {
        read += piece.len();
        if read > MOST_PASSED_OVER {
            return;
        }
    }
}

async fn refused(visit: &Visit, status: StatusCode) -> Response {
    let page = match status {
        StatusCode::PAYLOAD_TOO_LARGE => problem::too_large(MOST_BODY),
        _ => problem::unreadable("The upload ended before its end, or is no form with files.".into()),
    };
    answer::page(visit.clone(), page).await
}

async fn files(access: &AttachAccess, mut form: Multipart) -> Result<Vec<NotAttached>, Ended> {
    let mut refused = Vec::new();
    loop {
        let field =
            tokio::time::timeout(WINDOW, form.next_field()).await.map_err(|_| Ended::Stalled)?.map_err(Ended::Multipart)?;
        let Some(mut field) = field else { return Ok(refused) };
        let name = field.file_name().unwrap_or_default().to_owned();
        if field.name() != Some(FILES) || name.is_empty() {
            while piece(&mut field).await?.is_some() {}
            continue;
        }
        let attached = match whole(&name, &mut field).await? {
            Ok(upload) => attach(access, upload).await,
            Err(why) => Err(why),
        };
        match attached {
            Ok(()) => {}
            Err(NotAttached::Error(error)) => return Err(Ended::Error(error)),
            Err(why) => refused.push(why),
        }
    }
}

/// A file that has arrived whole. What is too large is read to its end, so that the answer is heard.
async fn whole(name: &str, field: &mut Field<'_>) -> Result<Result<Upload, NotAttached>, Ended> {
    let mut upload = Upload::begin(name).map_err(Ended::Error)?;
    let mut refused = None;
    while let Some(piece) = piece(field).await? {
        if refused.is_none() {
            refused = upload.take(&piece).err();
        }
    }
    Ok(refused.map_or(Ok(upload), Err))
}

/// The next pieces of a file, at least [`LEAST`] bytes unless it ends.
async fn piece(field: &mut Field<'_>) -> Result<Option<Bytes>, Ended> {
    let gathered = async {
        let mut gathered = Vec::new();
        while let Some(piece) = field.chunk().await.map_err(Ended::Multipart)? {
            gathered.extend_from_slice(&piece);
            if gathered.len() >= LEAST {
                break;
            }
        }
        Ok((!gathered.is_empty()).then(|| Bytes::from(gathered)))
    };
    tokio::time::timeout(WINDOW, gathered).await.map_err(|_| Ended::Stalled)?
}
