//! An invitation: what it is to, and the form that accepts it. Opening it changes nothing.

use crate::{
    component::{ErrorSummary, Problem, TextField},
    frame::{Page, Visit},
};
use leptos::prelude::*;
use portal::{
    path,
    people::{Invitation, InvitedAs, NotAccepted},
};

/// Names of the fields.
pub mod field {
    pub const NAME: &str = "name";
    pub const PASSWORD: &str = "password";
}

/// Name as it was typed, and the reason that it was not taken.
#[derive(Default)]
pub struct FormState {
    pub name: String,
    /// (field, what is wrong with it)
    pub why: Option<NotAccepted>,
}

/// The page of the link `secret`.
#[must_use]
pub fn show(visit: &Visit, secret: &str, invitation: Invitation, state: FormState) -> Page {
    let Invitation { email, invited_as, has_sign_in } = invitation;
    let FormState { name, why } = state;
    let status = match &why {
        None => 200,
        Some(NotAccepted::Name(_) | NotAccepted::Password(_)) => 422,
        Some(_) => 409,
    };
    let title = if status == 200 { "Invitation" } else { "Error: Invitation" };
    let vendor = visit.site.portal.vendor().to_owned();
    let action = path::invitation(secret);
    let caller = visit.caller.as_ref().map(|caller| caller.person().email.clone());
    let own = caller.as_deref() == Some(email.as_str());
    let sign_in = path::asking(path::SIGN_IN, [("return_to", action.as_str())]);
    Page::new(title, move || {
        let what = match &invited_as {
            InvitedAs::Staff(role) => format!("You are invited to the activation-file portal of {vendor}, as {role}."),
            InvitedAs::Member { account, garn, permissions } => format!(
                "You are invited to the activation-file portal of {vendor}, to work with the account {account} ({garn}). There you may: {}.",
                permissions.words()
            ),
        };
        let of_name = why.as_ref().filter(|why| matches!(why, NotAccepted::Name(_))).map(ToString::to_string);
        let of_password = why.as_ref().filter(|why| matches!(why, NotAccepted::Password(_))).map(ToString::to_string);
        let told = why.as_ref().filter(|_| of_name.is_none() && of_password.is_none()).map(ToString::to_string);
        let problems: Vec<_> = [(field::NAME, of_name.clone()), (field::PASSWORD, of_password.clone())]
            .into_iter()
            .filter_map(|(field, words)| Some(Problem::new(field, words?)))
            .collect();
        let help = super::password::help();
        let form = if own {
            view! {
                <form method="post" action=action><button class="button primary">"Accept the invitation"</button></form>
            }
            .into_any()
        } else if caller.is_some() {
            view! {
                <p>"Somebody else is signed in here: "{caller}". Sign out, and open the link again."</p>
                <form method="post" action="/sign-out"><button class="button">"Sign out"</button></form>
            }
            .into_any()
        } else if has_sign_in {
            view! { <p><a class="button primary" href=sign_in>"Sign in to accept it"</a></p> }.into_any()
        } else {
            view! {
                <form method="post" action=action novalidate>
                    // For password managers: what the password is kept under.
                    <input type="text" class="visually-hidden" name="email" value=email.to_string() autocomplete="username" readonly tabindex="-1" aria-hidden="true" />
                    <TextField name=field::NAME label="Your name" value=name autocomplete="name" error=of_name />
                    <TextField name=field::PASSWORD label="Choose a password" value="" kind="password" autocomplete="new-password" help error=of_password />
                    <button class="button primary">"Accept the invitation"</button>
                </form>
            }
            .into_any()
        };
        view! {
            <div class="narrow">
                {(!problems.is_empty()).then(|| view! { <ErrorSummary problems /> })}
                {told.map(|words| view! { <p class="note bad" role="alert">{words}</p> })}
                <h1>"Invitation"</h1>
                <p class="lead">{what}</p>
                <p>"It is for "<span class="code">{email.to_string()}</span>"."</p>
                {form}
            </div>
        }
    })
    .with_status(status)
}

/// For a link that leads to none.
#[must_use]
pub fn gone() -> Page {
    Page::new("Invitation", || {
        view! {
            <h1>"This invitation is no longer there"</h1>
            <p class="lead">"It was accepted or withdrawn, a later one replaced it, or its 7 days are over."</p>
            <p>"If you have accepted it, "<a href=path::SIGN_IN>"sign in"</a>". Otherwise ask who invited you for another one."</p>
        }
    })
    .with_status(410)
}
