//! Hits of a search, by kind. A single hit is where the search leads.

use super::files::list::FileTable;
use crate::{component::counted, frame::Page};
use chrono_tz::Tz;
use leptos::prelude::*;
use licensing::{
    Garn, excerpt,
    files::list::{NotSought, Sought},
};
use portal::{
    AccountAccess, Caller, Error,
    files::FileRow,
    overview::AccountRow,
    path,
    search::{Hits, OrderHit, machines_beginning},
};

/// In the address: the account in which the search was made, and what was typed.
pub use crate::frame::{ACCOUNT, SEARCH};

/// The outcome of a search.
pub enum Found {
    /// Address of the only hit.
    One(String),
    Page(Page),
}

/// Searches for `typed`, in `account` where it was typed there.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn show(caller: &Caller, account: Option<AccountAccess>, typed: &str) -> Result<Found, Error> {
    let typed = typed.trim().to_owned();
    let hits = portal::search::search(caller, account.as_ref(), &typed).await?;
    if let Some(address) = only(&hits, account.as_ref()) {
        return Ok(Found::One(address));
    }
    let zone = caller.person().time_zone;
    let garn = account.as_ref().map(|access| access.garn.clone());
    let title = if typed.is_empty() { "Search".to_owned() } else { format!("Search: {}", excerpt(&typed)) };
    let page = Page::new(title, move || view! { <Results garn hits typed zone /> });
    Ok(Found::Page(match &account {
        Some(access) => page.beside(access),
        None => page,
    }))
}

/// Address of the only hit, if there is just one.
fn only(hits: &Hits, account: Option<&AccountAccess>) -> Option<String> {
    let Hits { files, machines: (machines, _), sites, accounts, orders } = hits;
    let garn = account.map(|access| &access.garn);
    let hits = files.iter().map(|(garn, row)| path::file(garn, &row.serial));
    let hits = hits.chain(machines.iter().filter_map(|row| Some(path::file(garn?, &row.serial))));
    let hits = hits.chain(sites.iter().filter_map(|(id, _)| Some(path::site(garn?, id))));
    let hits = hits.chain(accounts.iter().map(|account| path::account(&account.garn)));
    let mut hits = hits.chain(orders.iter().map(|order| path::order(&order.garn, &order.sales_order)));
    hits.next().filter(|_| hits.next().is_none())
}

#[component]
fn Results(garn: Option<Garn>, hits: Hits, typed: String, zone: Tz) -> AnyView {
    let Hits { files, machines, sites, accounts, orders } = hits;
    let (of_machines, total) = machines;
    let nothing = files.is_empty() && of_machines.is_empty() && sites.is_empty() && accounts.is_empty() && orders.is_empty();
    let words = match typed.parse::<Sought>() {
        _ if typed.is_empty() => "Type a serial, a host id, or the beginning of a machine’s name.".to_owned(),
        // What was probably done to a host id is worth more than that nothing has it.
        Err(NotSought { host_id: Some(error), .. }) => error.to_string(),
        _ => format!("Nothing is called “{}”, in any writing.", excerpt(&typed)),
    };
    let machines = garn
        .clone()
        .filter(|_| !of_machines.is_empty())
        .map(|garn| view! { <Machines garn typed rows=of_machines total zone /> });
    let sites = garn.filter(|_| !sites.is_empty()).map(|garn| view! { <Sites garn sites /> });
    view! {
        <h1>"Search"</h1>
        {nothing.then(|| view! {
            <div class="empty">
                <p>{words}</p>
                <p>"The search finds serials, host ids in any writing, machines, install sites, accounts and orders."</p>
            </div>
        })}
        {(!files.is_empty()).then(|| view! { <Files files zone /> })}
        {machines}
        {sites}
        {(!accounts.is_empty()).then(|| view! { <Accounts accounts /> })}
        {(!orders.is_empty()).then(|| view! { <Orders orders /> })}
    }
    .into_any()
}

/// Files found by serial or host, by account.
#[component]
fn Files(files: Vec<(Garn, FileRow)>, zone: Tz) -> AnyView {
    let mut by_account: Vec<(Garn, Vec<FileRow>)> = Vec::new();
    for (garn, row) in files {
        match by_account.iter_mut().find(|(other, _)| *other == garn) {
            Some((_, rows)) => rows.push(row),
            None => by_account.push((garn, vec![row])),
        }
    }
    let tables = by_account
        .into_iter()
        .map(|(garn, rows)| {
            let count = counted(rows.len() as u64, "file", "files");
            let words = format!("{count} of {garn}, the latest first");
            view! { <p class="count">{words}</p> <FileTable garn rows zone changes=false /> }
        })
        .collect_view();
    view! { <section aria-labelledby="files-title"><h2 id="files-title">"Activation files"</h2>{tables}</section> }.into_any()
}

#[component]
fn Machines(garn: Garn, typed: String, rows: Vec<FileRow>, total: u64, zone: Tz) -> AnyView {
    let all = path::files_found(&garn, &machines_beginning(&typed));
    let more = (total > rows.len() as u64).then(|| view! { <p><a href=all>"All of them"</a></p> });
    view! {
        <section aria-labelledby="machines-title">
            <h2 id="machines-title">"Machines"</h2>
            <p class="count">{counted(total, "file", "files")}</p>
            <FileTable garn rows zone changes=false />
            {more}
        </section>
    }
    .into_any()
}

#[component]
fn Sites(garn: Garn, sites: Vec<(String, String)>) -> AnyView {
    let items = sites.into_iter().map(|(id, name)| view! { <li><a href=path::site(&garn, &id)>{name}</a></li> }).collect_view();
    view! { <section aria-labelledby="sites-title"><h2 id="sites-title">"Install sites"</h2><ul>{items}</ul></section> }
        .into_any()
}

#[component]
fn Accounts(accounts: Vec<AccountRow>) -> AnyView {
    let items = accounts
        .into_iter()
        .map(|AccountRow { garn, name, .. }| view! { <li><a href=path::account(&garn)>{name}</a>" "<span class="code">{garn.to_string()}</span></li> })
        .collect_view();
    view! { <section aria-labelledby="accounts-title"><h2 id="accounts-title">"Accounts"</h2><ul>{items}</ul></section> }
        .into_any()
}

#[component]
fn Orders(orders: Vec<OrderHit>) -> AnyView {
    let items = orders
        .into_iter()
        .map(|OrderHit { sales_order, garn, account }| view! { <li><a class="code" href=path::order(&garn, &sales_order)>{sales_order.clone()}</a>" of "{account}</li> })
        .collect_view();
    view! { <section aria-labelledby="orders-title"><h2 id="orders-title">"Orders"</h2><ul>{items}</ul></section> }.into_any()
}
