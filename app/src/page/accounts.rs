//! The account chooser.

use crate::{
    component::{Columns, SearchForm, capped},
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
            <h1>"Accounts"</h1>
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
            view! {
                <tr>
                    <th scope="row" data-label="Account"><a href=path::account(&garn)>{name}</a></th>
                    <td data-label="GARN"><span class="code">{garn.to_string()}</span></td>
                    <td data-label="Licence model">{licence_model.to_string()}</td>
                    <td data-label="Active files" class="number">{capped(active_files.into())}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <p class="count">{count}</p>
        <table class="list">
            <Columns names=&[("Account", false), ("GARN", false), ("Licence model", false), ("Active files", true)] />
            <tbody>{rows}</tbody>
        </table>
    }
}
