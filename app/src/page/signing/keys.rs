//! The public keys, for everybody.

use crate::{
    component::{Icon, Plain, icon},
    frame::{Page, Visit},
};
use leptos::prelude::*;
use portal::{Error, signing::PublicKey};

/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn show(visit: &Visit) -> Result<Page, Error> {
    let keys = portal::signing::public_keys(&visit.site.portal).await?;
    let vendor = visit.site.portal.vendor().to_owned();
    Ok(Page::new("Public keys", move || {
        let keys = keys.into_iter().enumerate().map(|(position, key)| view! { <Key position key /> }).collect_view();
        view! {
            <h1>"Public keys"</h1>
            <p class="lead">
                {format!("Activation files of {vendor} are signed with one of these keys. Anybody can check a file with them, without our software.")}
            </p>
            {keys}
            <p>
                "As a list for programs: "
                <a href="/.well-known/activation-file-keys">"/.well-known/activation-file-keys"</a>
                ", one signed-note verifier key a line."
            </p>
        }
    }))
}

#[component]
fn Key(position: usize, key: PublicKey) -> AnyView {
    let PublicKey { current, name, verifier_key, pem } = key;
    let (class, icon, state) =
        if current { ("badge ok", icon::ACTIVE, "Signs new files") } else { ("badge", icon::ENDED, "Signed older files") };
    let href = format!("/keys/{name}.pem");
    let title = format!("key-{position}");
    view! {
        <section class="key" aria-labelledby=title.clone()>
            <h2 id=title.clone() class="code">{name.clone()}</h2>
            <p><span class=class><Icon icon />{state}</span></p>
            <p>"Verifier key"</p>
            <Plain id=format!("verifier-{position}") text=verifier_key what=format!("verifier key {name}") />
            <p>"PEM, for openssl"</p>
            <Plain id=format!("pem-{position}") text=pem what=format!("PEM of {name}") />
            <p><a class="button compact" href=href download="">
                <Icon icon=icon::DOWNLOAD />"Download PEM"<span class="visually-hidden">{format!(" of {name}")}</span>
            </a></p>
        </section>
    }
    .into_any()
}
