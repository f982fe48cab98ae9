use crate::{
    http::{
        answer, client_address,
        form::PostedForm,
        middleware::{cookie, cookie_value},
        origin::own_address,
        query::decode,
        resume::sign_in_page,
    },
    state::App,
};
use app::{
    Page, Visit,
    page::people::{
        code::{self, CODE, TOKEN},
        sign_in::{Asked, field},
    },
};
use axum::{
    Extension,
    extract::{ConnectInfo, RawQuery, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use cookie::time::Duration;
use licensing::excerpt;
use portal::{
    Error, path,
    people::{CodeProblem, NotFinished, PasswordAccepted, SecondStep, SignIn, SignInRefused, SignedIn, Token},
};
use std::net::SocketAddr;

pub(crate) async fn show(Extension(visit): Extension<Visit>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let return_to = decode(&query).find(|(name, _)| name == field::RETURN_TO).map(|(_, value)| value).unwrap_or_default();
    let asked = Asked { return_to, reset: query == "password", status: 200, ..Asked::default() };
    answer::page(visit.clone(), sign_in_page(&visit, asked)).await
}

pub(crate) async fn sign_in(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    form: PostedForm,
) -> Response {
    let asked = asked(&form);
    let missing = [
        (asked.email.is_empty(), (field::EMAIL, "Enter your e-mail address.")),
        (form.value(field::PASSWORD).is_empty(), (field::PASSWORD, "Enter your password.")),
    ];
    let missing: Vec<_> =
        missing.into_iter().filter(|(missing, _)| *missing).map(|(_, (field, words))| (field, words.to_owned())).collect();
    if !missing.is_empty() {
        let asked = Asked { problems: missing, status: 422, ..asked };
        return answer::page(visit.clone(), sign_in_page(&visit, asked)).await;
    }
    let sign_in = SignIn {
        email: asked.email.clone(),
        password: form.value(field::PASSWORD).to_owned(),
        address: client_address::of(&app, peer.ip(), &headers),
        device: cookie_value(&headers, app.public_url.device_cookie()),
        replaces: cookie_value(&headers, app.public_url.session_cookie()),
    };
    match visit.site.portal.sign_in(sign_in).await {
        Ok(PasswordAccepted::SignedIn(given)) => signed_in(&app, visit, &given, asked).await,
        Ok(PasswordAccepted::AsksForCode(token)) => {
            let page = code::show(&visit, token.as_str(), asked, None).await;
            answer::result(visit, page).await
        }
        Err(SignInRefused::Error(error)) => answer::failure(visit, &error).await,
        Err(refused) => {
            let (status, retry_after_s) = match refused {
                SignInRefused::TooMany { retry_after_s } => (429, Some(retry_after_s)),
                _ => (401, None),
            };
            let asked = Asked { problems: vec![(field::EMAIL, refused.to_string())], status, ..asked };
            let mut response = answer::page(visit.clone(), sign_in_page(&visit, asked)).await;
            if let Some(retry_after_s) = retry_after_s {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_after_s));
            }
            response
        }
    }
}

/// There is nothing to see without a password.
pub(crate) async fn show_code() -> Response {
    Redirect::to(path::SIGN_IN).into_response()
}

/// The second step: the code.
pub(crate) async fn finish(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    headers: HeaderMap,
    form: PostedForm,
) -> Response {
    let asked = asked(&form);
    let token = form.value(TOKEN);
    let step = SecondStep {
        token: token.to_owned(),
        code: form.value(CODE).to_owned(),
        device: cookie_value(&headers, app.public_url.device_cookie()),
        replaces: cookie_value(&headers, app.public_url.session_cookie()),
    };
    match portal::people::finish_sign_in(&visit.site.portal, step).await {
        Ok(given) => signed_in(&app, visit, &given, asked).await,
        Err(NotFinished::Error(error) | NotFinished::Code(CodeProblem::Error(error))) => answer::failure(visit, &error).await,
        Err(NotFinished::Ended) => {
            let page = sign_in_page(&visit, Asked { ended: true, status: 401, ..asked });
            answer::page(visit, page).await
        }
        Err(why) => {
            let page = code::show(&visit, token, asked, Some(&why)).await;
            answer::result(visit, page).await
        }
    }
}

/// Fields that are carried along while somebody signs in.
fn asked(form: &PostedForm) -> Asked {
    Asked {
        email: form.value(field::EMAIL).trim().to_owned(),
        return_to: own_address(form.value(field::RETURN_TO)).to_owned(),
        kept_form: form.value(field::KEPT_FORM).to_owned(),
        choose_again: Some(form.value(field::CHOOSE_AGAIN)).filter(|file| !file.is_empty()).map(excerpt),
        ..Asked::default()
    }
}

/// Back to where the person was going; to the form that was kept, if there is one.
async fn signed_in(app: &App, mut visit: Visit, given: &SignedIn, asked: Asked) -> Response {
    let mut response = match reopened(app, &mut visit, &given.token, &asked).await {
        Ok(Some(page)) => answer::page(visit, page).await,
        Ok(None) => Redirect::to(&asked.return_to).into_response(),
        Err(error) => answer::failure(visit, &error).await,
    };
    set_session(app, &mut response, given);
    response
}

/// Gives the browser the tokens of a session that begins with this response.
pub(super) fn set_session(app: &App, response: &mut Response, given: &SignedIn) {
    let session = cookie(app, app.public_url.session_cookie(), given.token.as_str());
    let device = cookie(app, app.public_url.device_cookie(), given.device.as_str()).max_age(DEVICE_KEPT);
    for cookie in [session, device] {
        if let Ok(cookie) = HeaderValue::from_str(&cookie.to_string()) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
}

/// The form that was kept, if there is one.
async fn reopened(app: &App, visit: &mut Visit, token: &Token, asked: &Asked) -> Result<Option<Page>, Error> {
    visit.caller = visit.site.portal.authenticate(token.as_str()).await?;
    visit.address.clone_from(&asked.return_to);
    let reopening = visit.caller.clone().and_then(|caller| app.reopeners.reopen(visit, caller, asked));
    match reopening {
        Some(reopening) => reopening.await.map(Some),
        None => Ok(None),
    }
}

pub(crate) async fn sign_out(State(app): State<App>, Extension(visit): Extension<Visit>, headers: HeaderMap) -> Response {
    if let (Some(caller), Some(token)) = (&visit.caller, cookie_value(&headers, app.public_url.session_cookie()))
        && let Err(error) = visit.site.portal.sign_out(caller, &token).await
    {
        return answer::failure(visit, &error).await;
    }
    let gone = cookie(&app, app.public_url.session_cookie(), "").max_age(Duration::ZERO).to_string();
    // Never the cookies: that of the device is to stay, and others are of other sites on this domain.
    let cleared = (HeaderName::from_static("clear-site-data"), "\"cache\", \"storage\"".to_owned());
    (StatusCode::SEE_OTHER, [(header::SET_COOKIE, gone), (header::LOCATION, "/sign-in".to_owned()), cleared]).into_response()
}

/// A browser that was signed in on is known again for this long.
const DEVICE_KEPT: Duration = Duration::days(365);
