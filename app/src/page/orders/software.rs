//! *Software details*: what stands between an account's people and a file, product by product. Domain §5.

use crate::{
    component::{Icon, icon},
    frame::{Page, Tab},
};
use leptos::prelude::*;
use licensing::{
    Garn,
    files::{
        list::{Active, Filter},
        request::field,
    },
    offer::eligibility::{Condition, Place},
};
use portal::{AccountAccess, Error, orders::ProductDetails, path};

/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn show(access: &AccountAccess) -> Result<Page, Error> {
    let products = portal::orders::software(access).await?;
    let garn = access.garn.clone();
    let page = Page::new("Software details", move || {
        let empty = products.is_empty();
        let sections = products.into_iter().map(|product| view! { <Product garn=garn.clone() product /> }).collect_view();
        view! {
            <h1>"Software details"</h1>
            <p class="lead">
                "Conditions of generating files of each product for this account. Viewing, downloading and deactivating files has none."
            </p>
            {empty.then(|| view! {
                <div class="empty"><p>"Nothing has been ordered for this account yet, so there is nothing to generate."</p></div>
            })}
            {sections}
        }
    });
    Ok(page.of_account(access, Tab::Software))
}

#[component]
fn Product(garn: Garn, product: ProductDetails) -> AnyView {
    let ProductDetails { line, code, name, conditions, to_download } = product;
    let title = format!("product-{code}");
    // Maintenance decides whether a file permits updates, not whether there is one.
    let can = conditions.iter().all(|condition| condition.met || condition.name == "Maintenance");
    let generate = format!("{}?{}={code}", path::new_file(&garn), field::PRODUCT);
    let verdict = if can {
        view! {
            <span class="badge ok"><Icon icon=icon::ACTIVE />"You can generate files"</span>
            <a class="button compact" href=generate>"Generate"<span class="visually-hidden">{format!(" a file of {name}")}</span></a>
        }
        .into_any()
    } else {
        view! { <span class="badge bad"><Icon icon=icon::PROBLEM />"You cannot generate files today"</span> }.into_any()
    };
    let files = path::files_found(&garn, &Filter { active: Active::All, line: Some(line), ..Filter::default() });
    let downloads = if to_download.iter().all(|condition| condition.met) {
        view! {
            <span class="badge ok"><Icon icon=icon::ACTIVE />"You can download files"</span>
            <a class="button compact download" href=files>"Files"<span class="visually-hidden">{format!(" of {name}")}</span></a>
        }
        .into_any()
    } else {
        view! { <span class="badge"><Icon icon=icon::ENDED />"There is no file to download yet"</span> }.into_any()
    };
    let items = |conditions: Vec<Condition>| {
        conditions.into_iter().map(|condition| view! { <Item garn=garn.clone() condition /> }).collect_view()
    };
    view! {
        <section aria-labelledby=title.clone()>
            <h2 id=title.clone()>{name}</h2>
            <div class="two-checklists">
                <div class="to-create">
                    <div class="page-head"><h3>"To create a file"</h3><div class="actions">{verdict}</div></div>
                    <ul class="checklist">{items(conditions)}</ul>
                </div>
                <div class="to-download">
                    <div class="page-head"><h3>"To download a file"</h3><div class="actions">{downloads}</div></div>
                    <ul class="checklist">{items(to_download)}</ul>
                </div>
            </div>
        </section>
    }
    .into_any()
}

#[component]
fn Item(garn: Garn, condition: Condition) -> AnyView {
    let Condition { name, met, fact, remedy, corrected_at } = condition;
    let (class, icon, word) = if met { ("met", icon::ACTIVE, "Met") } else { ("not-met", icon::PROBLEM, "Not met") };
    let link = corrected_at.map(|Place::InstallSites| {
        view! { " " <a href=format!("{}?inactive", path::sites(&garn))>"Install sites"</a> }
    });
    view! {
        <li class=class>
            <Icon icon />
            <div>
                <p><strong>{name}</strong> <span class="visually-hidden">{format!(": {word}.")}</span> " " {fact}</p>
                {remedy.map(|remedy| view! { <p class="help">{remedy} {link}</p> })}
            </div>
        </li>
    }
    .into_any()
}
