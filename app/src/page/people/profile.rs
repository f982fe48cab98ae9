//! *Profile*: one's own name, time zone, password and sessions.

use super::password::help;
use crate::{
    component::{Column, ErrorSummary, Icon, Instant, Problem, Table, TextField, icon},
    frame::Page,
};
use chrono_tz::TZ_VARIANTS;
use leptos::prelude::*;
use licensing::notice::Notice;
use portal::{
    Caller, Error, path,
    people::{NotChanged, NotMoved, SecondFactor, SessionRow, WrongPassword},
};

/// Names of the fields.
pub mod field {
    pub const NAME: &str = "name";
    pub const TIME_ZONE: &str = "time_zone";
    pub const CURRENT: &str = "current";
    pub const PASSWORD: &str = "password";
    pub const ADDRESS: &str = "address";
    pub const ADDRESS_PASSWORD: &str = "address_password";
    pub const NOTICE: &str = "notice";
}

/// Change that led to the page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Done {
    Saved,
    Password,
    Sessions,
    FactorRemoved,
    Notices,
    /// A change of the address has begun.
    Address,
}

/// Fields as they were typed, and the reason that they were not taken.
#[derive(Default)]
pub struct FormState {
    /// Name and time zone; those of the person where nothing was typed.
    pub typed: Option<(String, String)>,
    pub why: Option<NotChanged>,
    /// The address that was typed, and the reason that it was not taken.
    pub unmoved: Option<(String, NotMoved)>,
    pub done: Option<Done>,
}

/// `token` is that of the session that asks.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn show(caller: &Caller, token: &str, state: FormState) -> Result<Page, Error> {
    let sessions = portal::people::sessions(caller, token).await?;
    let factor = portal::people::second_factor(caller).await?;
    let chosen = portal::notices::chosen(caller).await?;
    let person = caller.person().clone();
    let FormState { typed, why, unmoved, done } = state;
    let (address, unmoved) = unmoved.map_or((String::new(), None), |(typed, why)| (typed, Some(why)));
    let status = match &why {
        None => 200,
        Some(NotChanged::Current(WrongPassword::Refused(_))) => 429,
        Some(_) => 422,
    };
    let status = match &unmoved {
        None => status,
        Some(NotMoved::Password(WrongPassword::Refused(_))) => 429,
        Some(_) => 422,
    };
    let title = if status == 200 { "Profile" } else { "Error: Profile" };
    let page = Page::new(title, move || {
        let at = why.as_ref().map(|why| match why {
            NotChanged::NoName | NotChanged::Name(_) => field::NAME,
            NotChanged::TimeZone => field::TIME_ZONE,
            NotChanged::Password(_) => field::PASSWORD,
            _ => field::CURRENT,
        });
        let words = why.as_ref().map(ToString::to_string);
        let moved_at = unmoved
            .as_ref()
            .map(|why| if matches!(why, NotMoved::Password(_)) { field::ADDRESS_PASSWORD } else { field::ADDRESS });
        let (at, words) = (at.or(moved_at), words.or_else(|| unmoved.as_ref().map(ToString::to_string)));
        let problems = at.zip(words.clone()).map(|(field, words)| vec![Problem::new(field, words)]);
        let error = |field: &str| words.clone().filter(|_| at == Some(field));
        let done = done.map(|done| match done {
            Done::Saved => "Your profile was saved.",
            Done::Password => "Your password was changed. All other sessions were ended.",
            Done::Sessions => "All other sessions were ended.",
            Done::FactorRemoved => "The second factor was removed.",
            Done::Notices => "Your notices were saved.",
            Done::Address => "Both addresses get a link. The address is changed once both are followed, within 24 hours.",
        });
        let (name, zone) = typed.unwrap_or_else(|| (person.name.clone(), person.time_zone.name().to_owned()));
        let zones = TZ_VARIANTS.iter().map(|zone| view! { <option value=zone.name()></option> }).collect_view();
        let factor = match factor {
            Some(SecondFactor { since, .. }) => view! {
                <p>"An authenticator app, since "<Instant at=since zone=person.time_zone />"."</p>
                <p><a class="button" href=path::SECOND_FACTOR>"Recovery codes, another phone"</a></p>
            }
            .into_any(),
            None => view! {
                <p>"Beside your password, a code that an app on your phone shows: who steals the one has not the other."</p>
                <p><a class="button" href=path::SECOND_FACTOR>"Set up a second factor"</a></p>
            }
            .into_any(),
        };
        let email = person.email.clone();
        let boxes = Notice::ALL
            .iter()
            .map(|notice| {
                let id = format!("notice-{}", notice.code());
                view! {
                    <div class="choice">
                        <input type="checkbox" id=id.clone() name=field::NOTICE value=notice.code() checked=chosen.contains(*notice) />
                        <label for=id>{notice.to_string()}</label>
                    </div>
                }
            })
            .collect_view();
        let others = sessions.iter().any(|session| !session.own);
        let rows = sessions
            .into_iter()
            .map(|SessionRow { began_at, seen_at, own }| {
                vec![
                    view! { <Instant at=began_at zone=person.time_zone /> }.into_any(),
                    view! { <Instant at=seen_at zone=person.time_zone /> }.into_any(),
                    if own { "This one" } else { "Another one" }.into_any(),
                ]
            })
            .collect();
        view! {
            {problems.map(|problems| view! { <ErrorSummary problems /> })}
            {done.map(|words| view! { <div class="note ok" role="status"><p><Icon icon=icon::ACTIVE />{words}</p></div> })}
            <h1>"Profile"</h1>
            <p class="lead">"You sign in with "<span class="code">{person.email.clone()}</span>"."</p>
            <form method="post" action=path::PROFILE novalidate class="section">
                <h2>"You"</h2>
                <TextField name=field::NAME label="Name" value=name autocomplete="name" error=error(field::NAME) />
                <TextField name=field::TIME_ZONE label="Time zone" value=zone list="zones" help="Instants are shown in it." error=error(field::TIME_ZONE) />
                <datalist id="zones">{zones}</datalist>
                <button class="button primary">"Save"</button>
            </form>
            <form method="post" action=path::CHANGE_ADDRESS novalidate class="section">
                <h2>"E-mail address"</h2>
                <TextField name=field::ADDRESS label="New address" value=address kind="email" autocomplete="email" error=error(field::ADDRESS) />
                <TextField name=field::ADDRESS_PASSWORD label="Your password" value="" kind="password" autocomplete="current-password" error=error(field::ADDRESS_PASSWORD) />
                <button class="button">"Change the address"</button>
            </form>
            <form method="post" action=path::CHANGE_PASSWORD novalidate class="section">
                <h2>"Password"</h2>
                <input type="text" class="visually-hidden" name="username" value=person.email.clone() autocomplete="username" readonly tabindex="-1" aria-hidden="true" />
                <TextField name=field::CURRENT label="Current password" value="" kind="password" autocomplete="current-password" error=error(field::CURRENT) />
                <TextField name=field::PASSWORD label="New password" value="" kind="password" autocomplete="new-password" help=help() error=error(field::PASSWORD) />
                <button class="button">"Change the password"</button>
            </form>
            <section class="section" aria-labelledby="factor-title">
                <h2 id="factor-title">"Second factor"</h2>
                {factor}
            </section>
            <form method="post" action=path::NOTICES class="section">
                <h2 id="notices">"Notices"</h2>
                <p>"By mail to "<span class="code">{email}</span>". What ends soon is told 30, 14, 7 and 1 days before, in one mail in the morning."</p>
                <fieldset class="field">
                    <legend>"Tell me when"</legend>
                    {boxes}
                </fieldset>
                <button class="button">"Save the notices"</button>
            </form>
            <section class="section" aria-labelledby="sessions-title">
                <h2 id="sessions-title">"Sessions"</h2>
                <Table columns=COLUMNS rows />
                {others.then(|| view! {
                    <form method="post" action=path::END_SESSIONS><button class="button">"End all other sessions"</button></form>
                })}
            </section>
        }
    });
    Ok(page.with_status(status))
}

const COLUMNS: [Column; 3] = [Column::text("Began"), Column::text("Last request"), Column::text("Session")];
