//! The page behind the link of a notice. Opening it changes nothing: programs that look at mail do so, too.

use crate::{
    component::{Icon, icon},
    frame::Page,
};
use leptos::prelude::*;
use portal::{notices::Group, path};

/// Asks whether the notices of `group` to `email` are to end.
#[must_use]
pub fn show(secret: &str, group: Group, email: String) -> Page {
    let action = path::unsubscribe(secret, group.code());
    Page::new("End notices", move || {
        view! {
            <div class="narrow">
                <h1>"End notices"</h1>
                <p class="lead">{format!("No more mails with {} to ", group.words())}<span class="code wrap">{email}</span>"?"</p>
                <form method="post" action=action><button class="button primary">"End them"</button></form>
                <p><a href=path::PROFILE>"Choose each in your profile"</a></p>
            </div>
        }
    })
}

/// They ended.
#[must_use]
pub fn ended(group: Group) -> Page {
    Page::new("End notices", move || {
        view! {
            <div class="narrow">
                <div class="note ok" role="status"><p><Icon icon=icon::ACTIVE />{format!("You are not sent {} any more.", group.words())}</p></div>
                <h1>"End notices"</h1>
                <p><a href=path::PROFILE>"Choose again in your profile"</a></p>
            </div>
        }
    })
}
