//! A forgotten password: asking for the link, and setting another one with it. Opening the link changes nothing.

use crate::{
    component::{ErrorSummary, Icon, Problem, TextField, icon},
    frame::Page,
};
use leptos::prelude::*;
use portal::{path, people::SHORTEST_PASSWORD};

/// Names of the fields.
pub mod field {
    pub const EMAIL: &str = "email";
    pub const PASSWORD: &str = "password";
}

/// The form that asks for a link: what was typed, and what is wrong with it.
#[must_use]
pub fn forgotten(email: String, problem: Option<String>, status: u16) -> Page {
    let title = if problem.is_some() { "Error: Forgotten password" } else { "Forgotten password" };
    Page::new(title, move || {
        let problems = problem.clone().map(|words| vec![Problem::new(field::EMAIL, words)]);
        view! {
            <div class="narrow">
                {problems.map(|problems| view! { <ErrorSummary problems /> })}
                <h1>"Forgotten password"</h1>
                <p class="lead">"You get a mail with a link that sets another password."</p>
                <form method="post" action=path::FORGOTTEN novalidate>
                    <TextField name=field::EMAIL label="E-mail address" value=email kind="email" autocomplete="username" error=problem />
                    <button class="button primary">"Send the link"</button>
                </form>
                <p><a href=path::SIGN_IN>"Sign in"</a></p>
            </div>
        }
    })
    .with_status(status)
}

/// The answer to everybody who asked.
#[must_use]
pub fn asked() -> Page {
    Page::new("Forgotten password", || {
        view! {
            <div class="narrow">
                <div class="note ok" role="status"><p><Icon icon=icon::ACTIVE />"If the address has a sign-in, a mail is on its way to it."</p></div>
                <h1>"Forgotten password"</h1>
                <p>"The link in the mail can be used once, within an hour. If no mail comes, check the address and your spam folder, or ask your licensing analyst."</p>
                <p><a href=path::SIGN_IN>"Sign in"</a></p>
            </div>
        }
    })
}

/// Help of every field for a new password.
#[must_use]
pub fn help() -> String {
    format!("At least {SHORTEST_PASSWORD} characters of any kind: a few words that do not belong together make a good one.")
}

/// The form behind a link, for the sign-in of `email`.
#[must_use]
pub fn reset(secret: &str, email: String, problem: Option<String>) -> Page {
    let title = if problem.is_some() { "Error: Set another password" } else { "Set another password" };
    let status = if problem.is_some() { 422 } else { 200 };
    let action = path::reset_password(secret);
    Page::new(title, move || {
        let problems = problem.clone().map(|words| vec![Problem::new(field::PASSWORD, words)]);
        view! {
            <div class="narrow">
                {problems.map(|problems| view! { <ErrorSummary problems /> })}
                <h1>"Set another password"</h1>
                <p class="lead">"For "<span class="code">{email.clone()}</span>". All sessions end, and you sign in with it."</p>
                <form method="post" action=action novalidate>
                    <input type="text" class="visually-hidden" name="username" value=email autocomplete="username" readonly tabindex="-1" aria-hidden="true" />
                    <TextField name=field::PASSWORD label="New password" value="" kind="password" autocomplete="new-password" help=help() error=problem />
                    <button class="button primary">"Set the password"</button>
                </form>
            </div>
        }
    })
    .with_status(status)
}

/// For a link that leads to none.
#[must_use]
pub fn gone() -> Page {
    Page::new("Set another password", || {
        view! {
            <h1>"This link is no longer there"</h1>
            <p class="lead">"It was used, a later one replaced it, or its hour is over."</p>
            <p><a href=path::FORGOTTEN>"Ask for another one"</a></p>
        }
    })
    .with_status(410)
}
