//! The page behind the link that confirms another address. Opening it changes nothing.

use crate::{
    component::{Icon, icon},
    frame::Page,
};
use leptos::prelude::*;
use portal::{
    path,
    people::{AddressChange, Confirmed},
};

/// Asks whether the address is to be changed.
#[must_use]
pub fn show(secret: &str, change: AddressChange) -> Page {
    let action = path::address_change(secret);
    let AddressChange { old, new, .. } = change;
    Page::new("Another address", move || {
        view! {
            <div class="narrow">
                <h1>"Another address"</h1>
                <p class="lead">"Your sign-in is to have the address "<span class="code wrap">{new}</span>" in place of "<span class="code wrap">{old}</span>"."</p>
                <form method="post" action=action><button class="button primary">"Confirm it"</button></form>
            </div>
        }
    })
}

/// It was confirmed.
#[must_use]
pub fn confirmed(outcome: Confirmed) -> Page {
    let words = match outcome {
        Confirmed::One => "Confirmed. The link in the mail to the other address confirms it, too; then it is changed.",
        Confirmed::Both => "The address was changed. Sign in with the new one from now on.",
    };
    Page::new("Another address", move || {
        view! {
            <div class="narrow">
                <div class="note ok" role="status"><p><Icon icon=icon::ACTIVE />{words}</p></div>
                <h1>"Another address"</h1>
                <p><a href="/">"Go on"</a></p>
            </div>
        }
    })
}

/// For a link that leads to none.
#[must_use]
pub fn gone() -> Page {
    Page::new("Another address", || {
        view! {
            <h1>"This link is no longer there"</h1>
            <p class="lead">"The address was changed, a later link replaced it, or its day is over."</p>
            <p><a href=path::PROFILE>"Your profile"</a></p>
        }
    })
    .with_status(410)
}
