//! The account chooser.

use crate::{
    component::{Column, SearchForm, Table, capped},
    frame::Page,
};
use leptos::prelude::*;
use portal::{
    Caller, Error, Role,
    overview::{AccountRow, MOST_ACCOUNTS},
    path,
};

/// Accounts of `caller` whose name or GARN contains `search`.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn show(caller: &Caller, search: &str) -> Result<Page, Error> {
    let accounts = portal::overview::accounts(caller, search).await?;
    let search = search.trim().to_owned();
    let role = caller.role();
    Ok(Page::new("Accounts", move || {
        view! {
            <div class="page-head">
                <h1>"Accounts"</h1>
                {(role == Role::Analyst).then(|| view! {
                    <div class="actions">
                        <a class="button" href=path::NEW_ACCOUNT>"New account"</a>
                        <a class="button" href=path::IMPORTS>"Import accounts and orders"</a>
                        <a class="button" href=path::CERTIFICATIONS>"Certifications"</a>
                    </div>
                })}
            </div>
            <SearchForm action="/accounts" label="Name or GARN" value=search.clone() />
            {if accounts.is_empty() { empty(&search, role).into_any() } else { table(accounts).into_any() }}
        }
    }))
}

fn empty(search: &str, role: Role) -> impl IntoView + use<> {
    if !search.is_empty() {
        let words = format!("No account of yours has “{search}” in its name or GARN.");
        return view! { <div class="empty"><p>{words}</p><p><a href="/accounts">"Show all your accounts"</a></p></div> }
            .into_any();
    }
    let words = match role {
        Role::Partner => "No customer has granted your organisation access yet. Ask the customer, or your licensing analyst.",
        Role::Customer | Role::Analyst | Role::Administrator => {
            "You do not belong to an account yet. Ask your licensing analyst."
        }
    };
    view! { <div class="empty"><p>{words}</p></div> }.into_any()
}

const COLUMNS: [Column; 4] =
    [Column::text("Account"), Column::text("GARN"), Column::text("Licence model"), Column::figures("Active files")];

fn table(accounts: Vec<AccountRow>) -> impl IntoView {
    let count = match accounts.len() {
        1 => "1 account".to_owned(),
        n if n > MOST_ACCOUNTS => format!("The first {MOST_ACCOUNTS} accounts; search to find others"),
        n => format!("{n} accounts"),
    };
    let rows = accounts
        .into_iter()
        .take(MOST_ACCOUNTS)
        .map(|AccountRow { garn, name, licence_model, active_files }| {
            vec![
                view! { <a href=path::account(&garn)>{name}</a> }.into_any(),
                view! { <span class="code">{garn.to_string()}</span> }.into_any(),
                licence_model.to_string().into_any(),
                capped(active_files.into()).into_any(),
            ]
        })
        .collect();
    view! {
        <p class="count">{count}</p>
        <Table columns=COLUMNS rows />
    }
}
