//! *Checklist*: what a new portal still needs. For administrators.

use crate::{
    component::{Icon, icon},
    frame::Page,
};
use leptos::prelude::*;
use portal::{AdministratorAccess, Error, path, setup::Checklist};

/// `mailed`: a test mail was queued just now.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn show(access: &AdministratorAccess, mailed: bool) -> Result<Page, Error> {
    let list = portal::setup::checklist(access).await?;
    let email = access.caller().person().email.clone();
    Ok(Page::new("Checklist", move || {
        let lead = if list.is_done() {
            "The portal has everything that it needs: customers generate files."
        } else {
            "What the portal needs before a customer generates a first file, in this order."
        };
        view! {
            {mailed.then(|| view! {
                <div class="note ok" role="status"><p><Icon icon=icon::ACTIVE />{format!("A test mail is on its way to {email}. ")}
                    "If it does not arrive, "<a href=path::JOBS>"the background jobs"</a>" say why."</p></div>
            })}
            <h1>"Checklist"</h1>
            <p class="lead">{lead}</p>
            <ol class="checklist">{lines(list)}</ol>
        }
    }))
}

fn lines(list: Checklist) -> impl IntoView {
    let Checklist { signing_key, catalogue, mail, analyst, account, order, member } = list;
    view! {
        <Line done=signing_key name="Signing key"><a href="/keys">"Public keys"</a></Line>
        <Line done=catalogue name="Catalogue">
            <a href=path::CATALOGUE>"Products, versions and parts"</a>
        </Line>
        <Line done=mail name="Mail">
            <form method="post" action=path::TRY_MAIL><button class="button compact">"Send me a test mail"</button></form>
        </Line>
        <Line done=analyst name="A licensing analyst"><a href=path::PEOPLE>"Invite one"</a></Line>
        <Line done=account name="A first account">"A licensing analyst imports accounts and orders."</Line>
        <Line done=order name="A first order">"It comes in by the same import."</Line>
        <Line done=member name="A first invitation to an account"><a href=path::PEOPLE>"Invite somebody"</a></Line>
    }
}

#[component]
fn Line(done: bool, name: &'static str, children: Children) -> AnyView {
    let (icon, words, class) = if done { (icon::ACTIVE, "Done", "badge ok") } else { (icon::ENDED, "To do", "badge") };
    view! {
        <li class:met=done>
            <Icon icon />
            <div><strong>{name}</strong>" "<span class=class>{words}</span><div>{children()}</div></div>
        </li>
    }
    .into_any()
}
