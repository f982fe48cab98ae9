use super::{
    field::{STEP, STEP_EDIT, STEP_GENERATE},
    purpose::Purpose,
};
use crate::{
    component::{
        Column, Day, EnforcementFacts, ErrorSummary, Hidden, Icon, KeyTable, PartName, Problem, Restriction, Table, TextField,
        icon,
    },
    frame::Page,
};
use islands::Changes;
use leptos::prelude::*;
use licensing::{
    Garn, HostId, LicenceType, Quantity, Serial,
    activation_file::{Binding, Change, Server},
    files::request::{NewFileForm, PartChange, field, label},
    offer::Offer,
};
use portal::{AccountAccess, SubmissionKey, files::Checked, path};

/// Answers to be checked before a file is made.
pub struct Answers {
    pub checked: Checked,
    /// Differences that an update makes.
    pub changes: Vec<Change>,
    pub dropped: Option<Dropped>,
}

impl From<Checked> for Answers {
    fn from(checked: Checked) -> Self {
        Self { checked, changes: Vec::new(), dropped: None }
    }
}

/// Switchover server that an update drops.
pub struct Dropped {
    pub machine: String,
    /// Its name as it was typed, and what is wrong with that.
    pub typed: String,
    pub problem: Option<String>,
}

/// Check your answers: everything that the file will say, and what is left afterwards; of an update what it changes, too.
#[must_use]
pub fn check(access: &AccountAccess, purpose: &Purpose, form: &NewFileForm, key: &SubmissionKey, answers: Answers) -> Page {
    let Answers { checked, changes, dropped } = answers;
    let action = purpose.path(&access.garn);
    let tab = purpose.tab();
    let garn = access.garn.clone();
    let account = format!("{} ({})", access.name, access.garn);
    let mut carried: Vec<_> = form
        .fields()
        .filter(|(name, _)| field::is_choice(name) || field::quantity_part(name).is_some())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    carried.extend(purpose.carried(key));
    let (title, button) = match purpose {
        Purpose::New { .. } => ("Check your answers".to_owned(), "Generate activation file".to_owned()),
        Purpose::Update { serial, began } => (format!("Check the update of {serial}"), format!("Create revision {}", began + 1)),
    };
    let refused = dropped.as_ref().is_some_and(|dropped| dropped.problem.is_some());
    let status = if refused { 422 } else { 200 };
    let head = if refused { format!("Error: {title}") } else { title.clone() };
    let page = Page::new(head, move || {
        let problem = dropped.as_ref().and_then(|dropped| dropped.problem.clone());
        let problems: Vec<_> = problem
            .map(|words| Problem { field: field::DROPPED.to_owned(), label: label(field::DROPPED).to_owned(), words })
            .into_iter()
            .collect();
        let Checked { request, offer, preview, same_host, shared_hosts, older_than } = checked;
        let site = offer.sites.iter().find(|site| site.id == request.site).map(|site| site.name.clone());
        let servers = request.binding.servers();
        let later = (offer.has_switchover() && servers.len() == 1)
            .then(|| view! { <div><dt>"Switchover server"</dt><dd>"To be added later"</dd></div> });
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
            {(!problems.is_empty()).then(|| view! { <ErrorSummary problems /> })}
            <h1>{title}</h1>
            {(!changes.is_empty()).then(|| view! { <Changed changes /> })}
            {(!same_host.is_empty()).then(|| view! { <SameHost same_host garn /> })}
            {(!shared_hosts.is_empty()).then(|| view! { <SharedHosts shared_hosts /> })}
            {older_than.map(|newer| view! { <OlderVersion version=offer.version.clone() newer /> })}
            <dl class="facts">
                <div><dt>"Account"</dt><dd>{account}</dd></div>
                <div><dt>"Install site"</dt><dd>{site}</dd></div>
                <div><dt>"Product"</dt><dd>{format!("{} {}", offer.product.name, offer.version)}</dd></div>
                <div><dt>"Licence type"</dt><dd>{request.licence_type.to_string()}</dd></div>
                <Restriction of=request.licence_type />
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
            <form method="post" action=action novalidate>
                <Hidden fields=carried />
                {dropped.map(|dropped| view! { <Drop dropped /> })}
                <div class="buttons">
                    <button class="button primary" name=STEP value=STEP_GENERATE>{button}</button>
                    <button class="button" name=STEP value=STEP_EDIT>"Change"</button>
                </div>
            </form>
        }
    });
    page.of_account(access, tab).with_status(status)
}

/// The switchover server that an update takes away, by its name.
#[component]
fn Drop(dropped: Dropped) -> AnyView {
    let Dropped { machine, typed, problem } = dropped;
    // What is wrong with it says the same.
    let help = if problem.is_some() { String::new() } else { format!("Type {machine} to drop the switchover server.") };
    view! {
        <fieldset class="section">
            <legend><h2>"Switchover server"</h2></legend>
            <div class="note warn">
                <p><Icon icon=icon::WARNING /><strong>{format!("The new revision is no longer for {machine}.")}</strong></p>
                <p>"Its switchover item returns to the account. Remove the file from that server: an installed copy cannot be recalled."</p>
            </div>
            <TextField
                name=field::DROPPED
                label=label(field::DROPPED)
                value=typed
                help=help
                error=problem
                code=true
            />
        </fieldset>
    }
    .into_any()
}

/// Changes that an update makes; a change of host comes first.
#[component]
fn Changed(changes: Vec<Change>) -> AnyView {
    view! {
        <section aria-labelledby="changes-title">
            <h2 id="changes-title">"Changes"</h2>
            <Changes changes />
        </section>
    }
    .into_any()
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
fn OlderVersion(version: String, newer: String) -> AnyView {
    view! {
        <div class="note warn">
            <p><Icon icon=icon::WARNING /><strong>{format!("{version} is older than {newer}, the version of the current revision.")}</strong></p>
            <p>{format!("Continue only if the server runs {version}.")}</p>
        </div>
    }
    .into_any()
}

#[component]
fn SharedHosts(shared_hosts: Vec<(HostId, String)>) -> AnyView {
    let items = shared_hosts
        .into_iter()
        .map(|(host, what)| view! { <p><strong>{format!("Many machines have the host id {host}: {what}.")}</strong></p> })
        .collect_view();
    view! {
        <div class="note warn">
            <p><Icon icon=icon::WARNING />"Is this the host id of the server?"</p>
            {items}
            <p>"The file would be valid on each of them. GetHostID on the server shows the host id of its own network adapter."</p>
        </div>
    }
    .into_any()
}

#[component]
fn SameHost(same_host: Vec<(HostId, Serial)>, garn: Garn) -> AnyView {
    let items = same_host
        .into_iter()
        .map(|(host, serial)| {
            let href = path::file(&garn, &serial);
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

const COLUMNS: [Column; 5] = [
    Column::text("Item"),
    Column::figures("Assigned"),
    Column::figures("Pooled"),
    Column::figures("Assigned available"),
    Column::figures("Pooled available"),
];

#[component]
fn Quantities(offer: Offer, parts: Vec<PartChange>) -> AnyView {
    let rows = parts
        .into_iter()
        .map(|change| {
            let after = change.available_after();
            let before = change.available_before();
            let PartChange { part, description, holding, held, asked } = change;
            let cell = |touched: bool, before: u32, after: u32| match touched {
                false => "–".to_owned(),
                true if holding.unlimited => offer.supply(holding, 0, 0),
                true => format!("{before} → {after}"),
            };
            let Quantity { assigned, pooled } = asked;
            vec![
                view! { <PartName description number=part /> }.into_any(),
                assigned.into_any(),
                pooled.into_any(),
                cell(assigned + held.assigned > 0, before.assigned, after.assigned).into_any(),
                cell(pooled + held.pooled > 0, before.pooled, after.pooled).into_any(),
            ]
        })
        .collect();
    view! {
        <section aria-labelledby="quantities-title">
            <h2 id="quantities-title">"Quantities"</h2>
            <Table columns=COLUMNS rows />
        </section>
    }
    .into_any()
}
