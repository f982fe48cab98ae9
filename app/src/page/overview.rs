//! The dashboard of an account: what needs attention, the one thing to do, the latest files, what is owned.

use super::files::list::FileTable;
use crate::{
    component::{Column, Day, Icon, ObstacleNote, PartName, Table, capped, icon},
    frame::{Page, Tab},
};
use islands::EntitlementBar;
use leptos::prelude::*;
use licensing::{Garn, offer::eligibility::Action};
use portal::{
    AccountAccess, Error,
    overview::{Attention, Overview, OwnedPart},
    path,
};

/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn show(access: &AccountAccess) -> Result<Page, Error> {
    let Overview { obstacles, attention, recent, parts, active_files } = portal::overview::overview(access).await?;
    let zone = access.caller().person().time_zone;
    let garn = access.garn.clone();
    let changes = access.change(Action::Update).is_ok();
    let title = access.name.clone();
    let page = Page::new(title.clone(), move || {
        let may = obstacles.is_empty();
        let account = garn.clone();
        let new = path::new_file(&garn);
        let all = path::files(&garn);
        let files = match active_files {
            0 => "No active file".to_owned(),
            1 => "1 active file".to_owned(),
            n => format!("{} active files", capped(n.into())),
        };
        view! {
            <div class="page-head">
                <h1>{title}</h1>
                {may.then(|| view! { <a class="button primary" href=new.clone()><Icon icon=icon::ADD />"New activation file"</a> })}
            </div>
            {(!may).then(|| view! { <ObstacleNote garn=garn.clone() obstacles title="You cannot generate files here" /> })}
            {(!attention.is_empty()).then(|| view! { <NeedsAttention garn=garn.clone() attention /> })}
            <section aria-labelledby="recent-title">
                <h2 id="recent-title">"Latest activation files"</h2>
                {if recent.is_empty() {
                    view! {
                        <div class="empty">
                            <p>"No active activation file. A file binds what you ordered to the host id of your server."</p>
                            {may.then(|| view! { <p><a href=new>"Generate the first one"</a></p> })}
                        </div>
                    }.into_any()
                } else {
                    view! { <p class="count">{files}</p><FileTable garn rows=recent zone changes /><p><a href=all>"All activation files"</a></p> }.into_any()
                }}
            </section>
            <Owned garn=account parts />
        }
    });
    Ok(page.of_account(access, Tab::Dashboard))
}

#[component]
fn NeedsAttention(garn: Garn, attention: Vec<Attention>) -> AnyView {
    let items = attention
        .into_iter()
        .map(|Attention { what, next, link }| {
            let link = link.map(|(path, words)| view! { " " <a href=format!("/accounts/{garn}{path}")>{words}</a> });
            view! { <li><strong>{what}</strong>" "{next}{link}</li> }
        })
        .collect_view();
    view! {
        <section class="note warn" aria-labelledby="attention-title">
            <h2 id="attention-title"><Icon icon=icon::WARNING />"Needs attention"</h2>
            <ul>{items}</ul>
        </section>
    }
    .into_any()
}

const COLUMNS: [Column; 5] = [
    Column::text("Part"),
    Column::text("Product"),
    Column::text("Assigned available"),
    Column::text("Pooled available"),
    Column::text("Maintenance until"),
];

#[component]
fn Owned(garn: Garn, parts: Vec<OwnedPart>) -> AnyView {
    if parts.is_empty() {
        return view! { <div class="empty"><p>"Nothing has been ordered for this account yet."</p></div> }.into_any();
    }
    let summary = view! { <p><a href=path::summary(&garn)>"Account summary"</a></p> };
    let scarce: Vec<_> = parts.into_iter().filter(OwnedPart::is_scarce).collect();
    if scarce.is_empty() {
        return summary.into_any();
    }
    let rows = scarce.into_iter().map(owns).collect();
    view! {
        <section aria-labelledby="owned-title">
            <h2 id="owned-title">"Scarce parts"</h2>
            <p class="count">"A tenth or less is available."</p>
            <Table columns=COLUMNS rows />
            {summary}
        </section>
    }
    .into_any()
}

/// Cells of a scarce part.
fn owns(part: OwnedPart) -> Vec<AnyView> {
    let OwnedPart { number, description, product, holding, maintenance_end, .. } = part;
    let available = holding.available();
    let pool = |owned: u32, allocated: u32, available: u32| {
        if holding.unlimited {
            return view! { <span class="figures">{format!("{allocated} in use, billed by use")}</span> }.into_any();
        }
        if owned == 0 {
            return view! { <span class="muted">"none owned"</span> }.into_any();
        }
        view! {
            <span class="figures">{format!("{available} of {owned}")}</span>
            <EntitlementBar owned allocated />
        }
        .into_any()
    };
    vec![
        view! { <PartName description number /> }.into_any(),
        product.into_any(),
        pool(holding.owned.assigned, holding.allocated.assigned, available.assigned),
        pool(holding.owned.pooled, holding.allocated.pooled, available.pooled),
        match maintenance_end {
            Some(on) => view! { <Day on /> }.into_any(),
            None => view! { <span class="muted">"none"</span> }.into_any(),
        },
    ]
}
