//! One's own name, time zone, password and sessions.

use crate::{
    http::{
        answer::{self, Sent},
        form::PostedForm,
        middleware::cookie_value,
        resume::Kept,
    },
    state::App,
};
use app::{
    Page, Visit,
    page::people::profile::{self, Done, FormState, field},
};
use axum::{
    Extension,
    extract::{RawQuery, State},
    http::HeaderMap,
    response::Response,
};
use licensing::notice::{Notice, Notices};
use portal::{
    Caller, Error, path,
    people::{NotChanged, NotMoved, ProfileChange},
};

/// Token of the session that asks.
fn token(app: &App, headers: &HeaderMap) -> String {
    cookie_value(headers, app.public_url.session_cookie()).unwrap_or_default()
}

pub(crate) async fn show(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let done = match query.as_deref() {
        Some("saved") => Some(Done::Saved),
        Some("password") => Some(Done::Password),
        Some("sessions") => Some(Done::Sessions),
        Some("removed") => Some(Done::FactorRemoved),
        Some("notices") => Some(Done::Notices),
        Some("address") => Some(Done::Address),
        _ => None,
    };
    let page = profile::show(&caller, &token(&app, &headers), FormState { done, ..FormState::default() }).await;
    answer::result(visit, page).await
}

pub(crate) async fn change(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    posted: PostedForm,
) -> Response {
    let change =
        ProfileChange { name: posted.value(field::NAME).to_owned(), time_zone: posted.value(field::TIME_ZONE).to_owned() };
    let changed = portal::people::change_profile(&caller, &change).await;
    let typed = Some((change.name, change.time_zone));
    let sent = answered(&caller, &token(&app, &headers), changed, "saved", typed).await;
    answer::sent(visit, sent).await
}

pub(crate) async fn change_password(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    posted: PostedForm,
) -> Response {
    let token = token(&app, &headers);
    let (current, password) = (posted.value(field::CURRENT), posted.value(field::PASSWORD));
    let changed = portal::people::change_password(&caller, &token, current, password).await;
    let sent = answered(&caller, &token, changed, "password", None).await;
    answer::sent(visit, sent).await
}

pub(crate) async fn change_address(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    posted: PostedForm,
) -> Response {
    let address = posted.value(field::ADDRESS);
    let sent = match portal::people::begin_address_change(&caller, address, posted.value(field::ADDRESS_PASSWORD)).await {
        Ok(()) => Ok(Sent::To(format!("{}?address", path::PROFILE))),
        Err(NotMoved::Error(error)) => Err(error),
        Err(why) => {
            let state = FormState { unmoved: Some((address.to_owned(), why)), ..FormState::default() };
            profile::show(&caller, &token(&app, &headers), state).await.map(Sent::Page)
        }
    };
    answer::sent(visit, sent).await
}

pub(crate) async fn choose_notices(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    posted: PostedForm,
) -> Response {
    let ticked = posted.fields.iter().filter(|(name, _)| name == field::NOTICE);
    let notices: Notices = ticked.filter_map(|(_, code)| Notice::from_code(code)).collect();
    let chosen = portal::notices::choose(&caller, &notices).await;
    answer::sent(visit, chosen.map(|()| Sent::To(format!("{}?notices", path::PROFILE)))).await
}

pub(crate) async fn end_sessions(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> Response {
    let token = token(&app, &headers);
    let ended = portal::people::end_other_sessions(&caller, &token).await.map_err(NotChanged::from);
    let sent = answered(&caller, &token, ended, "sessions", None).await;
    answer::sent(visit, sent).await
}

async fn answered(
    caller: &Caller,
    token: &str,
    changed: Result<(), NotChanged>,
    done: &str,
    typed: Option<(String, String)>,
) -> Result<Sent, Error> {
    match changed {
        Ok(()) => Ok(Sent::To(format!("{}?{done}", path::PROFILE))),
        Err(NotChanged::Error(error)) => Err(error),
        Err(why) => {
            let state = FormState { typed, why: Some(why), ..FormState::default() };
            profile::show(caller, token, state).await.map(Sent::Page)
        }
    }
}

/// The profile, with what was typed before the session ended. Passwords are typed again.
pub(crate) async fn reopen(caller: Caller, kept: Kept) -> Result<Page, Error> {
    let typed = (kept.value(field::NAME).to_owned(), kept.value(field::TIME_ZONE).to_owned());
    let typed = Some(typed).filter(|(name, zone)| !name.is_empty() || !zone.is_empty());
    profile::show(&caller, "", FormState { typed, ..FormState::default() }).await
}
