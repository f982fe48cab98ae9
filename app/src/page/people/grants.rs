//! The section of *People* about partners who act for the account.

use crate::component::{Column, Table, TextField};
use leptos::prelude::*;
use licensing::Garn;
use portal::{path, people::PartnerGrant};

/// Field of the partner's GARN.
pub const PARTNER: &str = "partner";

const COLUMNS: [Column; 3] = [Column::text("Partner"), Column::text("GARN"), Column::text("Actions")];

/// The section; who manages the account's people gives and withdraws access.
pub(super) fn section(garn: &Garn, grants: Vec<PartnerGrant>, manages: bool, typed: String, error: Option<String>) -> AnyView {
    let none = grants.is_empty();
    let rows = grants
        .into_iter()
        .map(|PartnerGrant { partner_id, name, garn: of_partner }| {
            let label = format!("Withdraw the access of {name}");
            let action = manages.then(|| {
                view! {
                    <form method="post" action=path::withdraw_partner(garn, partner_id)>
                        <button class="button compact" aria-label=label>"Withdraw"</button>
                    </form>
                }
            });
            vec![
                view! { <span class="wrap">{name}</span> }.into_any(),
                view! { <span class="code">{of_partner}</span> }.into_any(),
                action.into_any(),
            ]
        })
        .collect();
    let table = if none {
        view! { <div class="empty"><p>"No partner acts for this account."</p></div> }.into_any()
    } else {
        view! { <Table columns=COLUMNS rows /> }.into_any()
    };
    let form = manages.then(|| {
        view! {
            <form method="post" action=path::partners(garn) novalidate class="section">
                <h3>"Give a partner access"</h3>
                <TextField
                    name=PARTNER
                    label="GARN of the partner"
                    value=typed
                    help="Their people see everything of this account, and do what their permissions and certifications allow."
                    code=true
                    error
                />
                <button class="button">"Give access"</button>
            </form>
        }
    });
    view! {
        <h2>"Partners with access"</h2>
        {table}
        {form}
    }
    .into_any()
}
