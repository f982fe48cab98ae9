use super::{KEY, STEP, STEP_EDIT, STEP_GENERATE};
use crate::{
    Page, Tab,
    component::{Columns, Day, EnforcementFacts, Hidden, Icon, KeyTable, icon},
};
use leptos::prelude::*;
use licensing::{
    HostId, LicenceType, Quantity, Serial,
    file::{Binding, Server},
    form::{NewFileForm, field},
    offer::Offer,
    preview::PartChange,
};
use portal::{AccountAccess, Checked, SubmissionKey};

/// Check your answers: everything that the file will say, and what is left afterwards.
#[must_use]
pub fn check(access: &AccountAccess, form: &NewFileForm, key: &SubmissionKey, checked: Checked) -> Page {
    let action = format!("/accounts/{}/files/new", access.garn);
    let files = format!("/accounts/{}/files", access.garn);
    let account = format!("{} ({})", access.name, access.garn);
    let mut carried: Vec<_> = form
        .fields()
        .filter(|(name, _)| field::is_choice(name) || field::quantity_part(name).is_some())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    carried.push((KEY.to_owned(), key.as_str().to_owned()));
    let page = Page::new("Check your answers", move || {
        let Checked { request, offer, preview, same_host } = checked;
        let site = offer.sites.iter().find(|site| site.id == request.site).map(|site| site.name.clone());
        let servers = request.binding.servers();
        let later = (offer.has_switchover() && servers.len() == 1)
            .then(|| view! { <div><dt>"Switchover server"</dt><dd>"at another time"</dd></div> });
        let machines = ["Primary server", "Switchover server"]
            .into_iter()
            .zip(servers)
            .map(|(role, server)| row(role, server))
            .collect_view();
        let enforcement = match &request.binding {
            Binding::VirtualCloud { enforcement, .. } => Some(view! { <EnforcementFacts enforcement=enforcement.clone() /> }),
            Binding::Host { .. } => None,
        };
        view! {
            <h1>"Check your answers"</h1>
            {(!same_host.is_empty()).then(|| view! { <SameHost same_host files /> })}
            <dl class="facts">
                <div><dt>"Account"</dt><dd>{account}</dd></div>
                <div><dt>"Install site"</dt><dd>{site}</dd></div>
                <div><dt>"Product"</dt><dd>{format!("{} {}", offer.product.name, offer.version)}</dd></div>
                <div><dt>"Licence type"</dt><dd>{request.licence_type.to_string()}</dd></div>
                {machines}
                {later}
                {request.system_type.map(|t| view! { <div><dt>"System type"</dt><dd>{t.to_string()}</dd></div> })}
                {request.mail_connector.map(|c| view! { <div><dt>"Mail connector"</dt><dd>{c.to_string()}</dd></div> })}
                {request.usage_tracking.map(|u| view! { <div><dt>"Usage tracking"</dt><dd>{u.to_string()}</dd></div> })}
                {enforcement}
                <div><dt>"Valid through"</dt><dd><Day on=request.valid_through /> ", the end of that day by the server’s date"</dd></div>
                <div>
                    <dt>"Updates"</dt>
                    <dd>
                        {match preview.updates_through {
                            Some(on) => view! { "may be installed until " <Day on /> }.into_any(),
                            None if request.licence_type == LicenceType::Production => {
                                view! { "may not be installed: maintenance of the server item is not current" }.into_any()
                            }
                            None => view! { "may not be installed with a file of this type" }.into_any(),
                        }}
                    </dd>
                </div>
            </dl>
            <Quantities offer=offer.clone() parts=preview.parts.clone() />
            <section aria-labelledby="keys-title">
                <h2 id="keys-title">"Resulting keys"</h2>
                <KeyTable keys=preview.keys.iter().map(|(key, count)| (key.clone(), count)).collect() />
            </section>
            <form method="post" action=action class="buttons">
                <Hidden fields=carried />
                <button class="button primary" name=STEP value=STEP_GENERATE>"Generate activation file"</button>
                <button class="button" name=STEP value=STEP_EDIT>"Change"</button>
            </form>
        }
    });
    page.of_account(access, Tab::NewFile)
}

fn row(role: &'static str, server: Server<Option<HostId>>) -> impl IntoView {
    let Server { machine_name, host_id, server_item } = server;
    let host = match host_id {
        Some(host_id) => view! { ", host id " <span class="code">{host_id.to_string()}</span> }.into_any(),
        None => view! { ", virtual cloud" }.into_any(),
    };
    view! {
        <div>
            <dt>{role}</dt>
            <dd>
                {machine_name.to_string()} {host} ", "
                <span class="code">{server_item.map(|item| item.to_string())}</span>
            </dd>
        </div>
    }
}

#[component]
fn SameHost(same_host: Vec<(HostId, Serial)>, files: String) -> AnyView {
    let items = same_host
        .into_iter()
        .map(|(host, serial)| {
            let href = format!("{files}/{serial}");
            view! {
                <li>
                    "Host " <span class="code">{host.to_string()}</span> " already has the active file "
                    <a class="code" href=href>{serial.to_string()}</a> "."
                </li>
            }
        })
        .collect_view();
    view! {
        <div class="note warn">
            <p><Icon icon=icon::WARNING /><strong>"There is an active file of this product and type for the same host"</strong></p>
            <ul>{items}</ul>
            <p>"Both files hold their quantities. Generate a second one only if you mean to."</p>
        </div>
    }.into_any()
}

#[component]
fn Quantities(offer: Offer, parts: Vec<PartChange>) -> AnyView {
    let rows = parts
        .into_iter()
        .map(|change| {
            let after = change.available_after();
            let before = change.holding.available();
            let PartChange { part, description, holding, asked } = change;
            let cell = |asked: u32, before: u32, after: u32| match asked {
                0 => "–".to_owned(),
                _ if holding.unlimited => offer.supply(holding, 0, 0),
                _ => format!("{before} → {after}"),
            };
            let Quantity { assigned, pooled } = asked;
            view! {
                <tr>
                    <th scope="row" data-label="Item"><span>{description}</span><span class="code sub">{part.to_string()}</span></th>
                    <td data-label="Assigned" class="number">{assigned}</td>
                    <td data-label="Pooled" class="number">{pooled}</td>
                    <td data-label="Assigned available" class="number">{cell(assigned, before.assigned, after.assigned)}</td>
                    <td data-label="Pooled available" class="number">{cell(pooled, before.pooled, after.pooled)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <section aria-labelledby="quantities-title">
            <h2 id="quantities-title">"Items, and what is left"</h2>
            <table class="list">
                <Columns names=&[("Item", false), ("Assigned", true), ("Pooled", true), ("Assigned available", true), ("Pooled available", true)] />
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
    .into_any()
}
