//! One's own second factor: setting it up, its recovery codes, removing it.

use super::profile::field::CURRENT;
use crate::{
    component::{CODE, CodeField, Column, ErrorSummary, Hidden, Icon, Instant, Problem, Table, TextField, code_status, icon},
    frame::Page,
};
use leptos::prelude::*;
use portal::{
    Caller, Role, path,
    people::{Enrolment, NotSetUp, RecoveryCodes, SecondFactor, WrongPassword},
};
use qrcodegen::{QrCode, QrCodeEcc};
use std::fmt::Write;

/// Field of the secret that was shown.
pub const SECRET: &str = "secret";
/// Field of the code in the form that removes the second factor.
pub const REMOVE_CODE: &str = "remove_code";

/// Form that was refused, for the place of the words.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    SetUp,
    RecoveryCodes,
    Remove,
}

fn status(why: Option<&NotSetUp>) -> u16 {
    match why {
        None => 200,
        Some(NotSetUp::Code(problem)) => code_status(problem),
        Some(NotSetUp::Password(WrongPassword::Refused(_))) => 429,
        Some(NotSetUp::HasOne | NotSetUp::HasNone | NotSetUp::Needed) => 409,
        Some(_) => 422,
    }
}

fn title(words: &str, status: u16) -> String {
    if status == 200 { words.to_owned() } else { format!("Error: {words}") }
}

/// The page that sets an app up.
#[must_use]
pub fn set_up(caller: &Caller, enrolment: Enrolment, why: Option<&NotSetUp>) -> Page {
    let status = status(why);
    let required = caller.needs_second_factor();
    let with_password = !caller.has_just_signed_in();
    let words = why.map(ToString::to_string);
    let at = if matches!(why, Some(NotSetUp::Password(_))) { CURRENT } else { CODE };
    Page::new(title("Set up a second factor", status), move || {
        let Enrolment { secret, url } = enrolment;
        let error = |field: &str| words.clone().filter(|_| at == field);
        let problems = words.clone().map(|words| vec![Problem::new(at, words)]);
        let qr = qr_code(&url);
        let grouped = secret.as_bytes().chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ");
        view! {
            <div class="narrow">
                {problems.map(|problems| view! { <ErrorSummary problems /> })}
                <h1>"Set up a second factor"</h1>
                {required.then(|| view! {
                    <p class="note info">"Your role with the vendor counts once this is done: it is asked for beside your password."</p>
                })}
                <ol class="steps">
                    <li>
                        <p>"Scan this with an authenticator app on your phone."</p>
                        {qr}
                        <p>"Without a camera, type the key:"</p>
                        <p class="code wrap" translate="no">{grouped}</p>
                        <p><a href=url>"Open in an app on this device"</a></p>
                    </li>
                    <li>
                        <form method="post" action=path::SECOND_FACTOR novalidate>
                            <Hidden fields=vec![(SECRET.to_owned(), secret)] />
                            <CodeField label="Code that the app shows" help="6 digits, another one every 30 seconds." error=error(CODE) />
                            {with_password.then(|| view! {
                                <TextField name=CURRENT label="Current password" value="" kind="password" autocomplete="current-password" error=error(CURRENT) />
                            })}
                            <button class="button primary">"Set it up"</button>
                        </form>
                    </li>
                </ol>
            </div>
        }
    })
    .with_status(status)
}

/// A QR code of black on white in every theme, as cameras want it.
fn qr_code(text: &str) -> Option<AnyView> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let (size, edge) = (code.size(), 4);
    let mut path = String::new();
    for (x, y) in (0..size).flat_map(|y| (0..size).map(move |x| (x, y))).filter(|(x, y)| code.get_module(*x, *y)) {
        let _ = write!(path, "M{},{}h1v1h-1z", x + edge, y + edge);
    }
    let whole = size + 2 * edge;
    let view_box = format!("0 0 {whole} {whole}");
    let view = view! {
        <svg class="qr" viewBox=view_box role="img" aria-label="QR code of the key below" shape-rendering="crispEdges">
            <rect width=whole.to_string() height=whole.to_string() fill="#fff" />
            <path d=path fill="#000" />
        </svg>
    };
    Some(view.into_any())
}

/// The page of somebody who has a second factor.
#[must_use]
pub fn show(caller: &Caller, factor: SecondFactor, refused: Option<(Form, &NotSetUp)>) -> Page {
    let why = refused.map(|(_, why)| why);
    let status = status(why);
    let words = why.map(ToString::to_string);
    let form = refused.map(|(form, _)| form);
    let zone = caller.person().time_zone;
    let needed = matches!(caller.role(), Role::Analyst | Role::Administrator);
    Page::new(title("Second factor", status), move || {
        let SecondFactor { since, recovery_codes_left: left } = factor;
        let error = |of: Form| words.clone().filter(|_| form == Some(of));
        let at = if form == Some(Form::Remove) { REMOVE_CODE } else { CODE };
        let problems = words.clone().map(|words| vec![Problem::new(at, words)]);
        let left_words = match left {
            0 => "No recovery code is left.".to_owned(),
            1 => "1 recovery code is left.".to_owned(),
            left => format!("{left} recovery codes are left."),
        };
        let removal = if needed {
            view! { <p>"Your role with the vendor needs a second factor."</p> }.into_any()
        } else {
            view! {
                <form method="post" action=path::REMOVE_SECOND_FACTOR novalidate>
                    <CodeField name=REMOVE_CODE error=error(Form::Remove) />
                    <button class="button danger">"Remove the second factor"</button>
                </form>
            }
            .into_any()
        };
        view! {
            {problems.map(|problems| view! { <ErrorSummary problems /> })}
            <p><a href=path::PROFILE><Icon icon=icon::BACK />"Profile"</a></p>
            <h1>"Second factor"</h1>
            <p class="lead">"An authenticator app, since "<Instant at=since zone />"."</p>
            <section class="section" aria-labelledby="recovery-title">
                <h2 id="recovery-title">"Recovery codes"</h2>
                <p>{left_words}" Each signs you in once, when your phone is not at hand."</p>
                <form method="post" action=path::RECOVERY_CODES novalidate>
                    <CodeField error=error(Form::RecoveryCodes) />
                    <button class="button">"Make new recovery codes"</button>
                </form>
            </section>
            <section class="section" aria-labelledby="another-title">
                <h2 id="another-title">"Another phone"</h2>
                {removal}
            </section>
        }
    })
    .with_status(status)
}

const CODES: [Column; 1] = [Column::text("Recovery code")];

/// The recovery codes, which are shown once.
#[must_use]
pub fn recovery_codes(codes: RecoveryCodes) -> Page {
    Page::new("Recovery codes", move || {
        let RecoveryCodes(codes) = codes;
        let rows =
            codes.into_iter().map(|code| vec![view! { <span class="code" translate="no">{code}</span> }.into_any()]).collect();
        view! {
            <div class="narrow">
                <div class="note ok" role="status"><p><Icon icon=icon::ACTIVE />"Your second factor is set up."</p></div>
                <h1>"Recovery codes"</h1>
                <p class="lead">"Print these or keep them in a password manager. They are not shown again."</p>
                <p>"Each signs you in once, in place of the app. Those of before count no more."</p>
                <Table columns=CODES rows />
                <p><a class="button primary" href="/">"Go on"</a></p>
            </div>
        }
    })
}
