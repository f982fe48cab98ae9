//! Invitations, by their secret links. Opening one changes nothing: programs that look at mail do so, too.

use super::sign_in::set_session;
use crate::{
    http::{answer, extract::Segments, form::PostedForm, middleware::cookie_value},
    state::App,
};
use app::{
    Visit,
    page::people::invitation::{self, FormState, field},
};
use axum::{
    Extension,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Redirect, Response},
};
use portal::{
    Error,
    people::{Acceptance, NotAccepted},
};

pub(crate) async fn show(Extension(visit): Extension<Visit>, Segments(secret): Segments<String>) -> Response {
    page(visit, &secret, FormState::default()).await
}

async fn page(visit: Visit, secret: &str, state: FormState) -> Response {
    match portal::people::invitation(&visit.site.portal, secret).await {
        Ok(found) => {
            let page = invitation::show(&visit, secret, found, state);
            answer::page(visit, page).await
        }
        Err(Error::NotFound) => answer::page(visit, invitation::gone()).await,
        Err(error) => answer::failure(visit, &error).await,
    }
}

pub(crate) async fn accept(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Segments(secret): Segments<String>,
    headers: HeaderMap,
    posted: PostedForm,
) -> Response {
    let name = posted.value(field::NAME).to_owned();
    let accepted = match &visit.caller {
        Some(caller) => portal::people::accept_signed_in(caller, &secret).await.map(|()| None),
        None => {
            let acceptance = Acceptance {
                name: name.clone(),
                password: posted.value(field::PASSWORD).to_owned(),
                device: cookie_value(&headers, app.public_url.device_cookie()),
                replaces: cookie_value(&headers, app.public_url.session_cookie()),
            };
            portal::people::accept(&visit.site.portal, &secret, acceptance).await.map(Some)
        }
    };
    match accepted {
        Ok(given) => {
            let mut response = Redirect::to("/").into_response();
            if let Some(given) = given {
                set_session(&app, &mut response, &given);
            }
            response
        }
        Err(NotAccepted::Error(Error::NotFound)) => answer::page(visit, invitation::gone()).await,
        Err(NotAccepted::Error(error)) => answer::failure(visit, &error).await,
        Err(why) => page(visit, &secret, FormState { name, why: Some(why) }).await,
    }
}
