//! The sections of the form, in the order of the page.

use crate::component::{Choice, Columns, SelectField, TextField, error_id, problem_of};
use islands::HostIdHint;
use leptos::prelude::*;
use licensing::{
    LicenceType, Quantity, UsageTracking,
    files::request::{MailConnector, NewFileForm, Refusal, SystemType, field},
    offer::{Offer, OfferedPart},
};

#[component]
pub fn MachineDetails(form: NewFileForm, offer: Offer, refusals: Vec<Refusal>) -> AnyView {
    let problem = |name| problem_of(&refusals, name);
    let host_id = form.value(field::HOST_ID).to_owned();
    view! {
        <fieldset class="section">
            <legend><h2>"Machine details"</h2></legend>
            <div class="on-host">
                <TextField
                    name=field::HOST_ID
                    label="Host id"
                    value=host_id.clone()
                    help="12 hexadecimal digits that identify the server, such as 6300270E26DF. The GetHostID program on the server shows it."
                    error=problem(field::HOST_ID)
                    code=true
                >
                    <HostIdHint field=field::HOST_ID.to_owned() typed=host_id />
                </TextField>
            </div>
            <TextField
                name=field::MACHINE_NAME
                label="Machine name"
                value=form.value(field::MACHINE_NAME)
                error=problem(field::MACHINE_NAME)
            />
            {offer
                .product
                .mail_connector
                .then(|| {
                    view! {
                        <SelectField
                            name=field::SYSTEM_TYPE
                            label="System type"
                            options=options(SystemType::ALL, SystemType::code)
                            value=form.value(field::SYSTEM_TYPE)
                            error=problem(field::SYSTEM_TYPE)
                        />
                        <SelectField
                            name=field::MAIL_CONNECTOR
                            label="Mail connector"
                            options=options(MailConnector::ALL, MailConnector::code)
                            value=form.value(field::MAIL_CONNECTOR)
                            error=problem(field::MAIL_CONNECTOR)
                        />
                    }
                })}
        </fieldset>
    }.into_any()
}

fn options<T: Copy + ToString>(all: &[T], code: fn(T) -> &'static str) -> Vec<(String, String)> {
    all.iter().map(|item| (code(*item).to_owned(), item.to_string())).collect()
}

#[component]
pub fn ServerItem(form: NewFileForm, offer: Offer, refusals: Vec<Refusal>) -> AnyView {
    let (title, legend) = match offer.licence_type {
        LicenceType::BundledDevelopment => ("Development licence", "Select the server that it comes with"),
        LicenceType::OrderedDevelopmentSmall | LicenceType::OrderedDevelopmentLarge => {
            ("Development licence", "Select the development licence")
        }
        LicenceType::Evaluation => ("Evaluation", "Select the evaluation"),
        LicenceType::Production | LicenceType::PartnerDevelopment | LicenceType::Trial => {
            ("Server item", "Select one valid server item")
        }
    };
    view! {
        <fieldset class="section">
            <legend><h2>{title}</h2></legend>
            <Choice
                name=field::SERVER_ITEM
                legend
                options=items(&offer, offer.items())
                value=form.value(field::SERVER_ITEM)
                error=problem_of(&refusals, field::SERVER_ITEM)
            />
        </fieldset>
    }
    .into_any()
}

fn items<'a>(offer: &Offer, items: impl Iterator<Item = &'a OfferedPart>) -> Vec<(String, String, String)> {
    items
        .map(|part| {
            let holding = part.holding();
            let supply = offer.supply(holding, holding.available().assigned, holding.owned.assigned);
            let number = part.number.to_string();
            (number.clone(), part.description.clone(), format!("{number}, {supply}"))
        })
        .collect()
}

/// Subscription files say how usage is reported; others do not. In a virtual cloud the server needs no host id. Domain §6.5 and §6.6.
#[component]
pub fn Usage(form: NewFileForm, offer: Offer, refusals: Vec<Refusal>) -> AnyView {
    let problem = |name| problem_of(&refusals, name);
    let shown = offer.reports_usage() || problem(field::USAGE_TRACKING).is_some();
    let options = UsageTracking::ALL
        .iter()
        .map(|usage| {
            let explanation = match &offer.virtual_cloud {
                Err(obstacle) if *usage == UsageTracking::VirtualCloud => obstacle.to_string(),
                _ => usage.key().to_string(),
            };
            (usage.code().to_owned(), usage.to_string(), explanation)
        })
        .collect();
    let cloud = offer.virtual_cloud.as_ref().ok().map(|organization| {
        view! {
            <div class="in-cloud">
                <p>"Cloud organisation " <span class="code">{organization.to_string()}</span></p>
                <TextField
                    name=field::RAMP_DATE
                    label="Ramp date"
                    value=form.value(field::RAMP_DATE)
                    help="The day on which enforcement by check-ins starts."
                    error=problem(field::RAMP_DATE)
                    kind="date"
                />
                <TextField
                    name=field::GRACE_DAYS
                    label="Grace period, in days"
                    value=form.value(field::GRACE_DAYS)
                    help="How long the server may go without a good check-in before each next stage."
                    error=problem(field::GRACE_DAYS)
                />
            </div>
        }
        .into_any()
    });
    shown
        .then(|| {
            view! {
                <fieldset class="section">
                    <legend><h2>"Usage tracking"</h2></legend>
                    <Choice
                        name=field::USAGE_TRACKING
                        legend="How usage is reported"
                        options
                        value=form.value(field::USAGE_TRACKING)
                        error=problem(field::USAGE_TRACKING)
                    />
                    {cloud}
                </fieldset>
            }
        })
        .into_any()
}

/// Shown when a switchover item is owned. Without script, too, the check box alone opens and closes it.
#[component]
pub fn Switchover(form: NewFileForm, offer: Offer, refusals: Vec<Refusal>) -> AnyView {
    let problem = move |name: &str| problem_of(&refusals, name);
    let host_id = form.value(field::SWITCHOVER_HOST_ID).to_owned();
    offer
        .has_switchover()
        .then(|| {
            view! {
                <fieldset class="section switchover">
                    <legend><h2>"Switchover server"</h2></legend>
                    <div class="choice">
                        <input
                            type="checkbox"
                            id=field::SWITCHOVER_LATER
                            name=field::SWITCHOVER_LATER
                            value="yes"
                            checked=form.switchover_later()
                        />
                        <label for=field::SWITCHOVER_LATER>
                            <span>"Provide switchover information at another time"</span>
                            <span class="help">"One file holds both servers of a pair and can be loaded on either."</span>
                        </label>
                    </div>
                    <div class="switchover-machine">
                        <div class="on-host">
                            <TextField
                                name=field::SWITCHOVER_HOST_ID
                                label="Host id of the switchover server"
                                value=host_id.clone()
                                error=problem(field::SWITCHOVER_HOST_ID)
                                code=true
                            >
                                <HostIdHint field=field::SWITCHOVER_HOST_ID.to_owned() typed=host_id />
                            </TextField>
                        </div>
                        <TextField
                            name=field::SWITCHOVER_MACHINE_NAME
                            label="Machine name of the switchover server"
                            value=form.value(field::SWITCHOVER_MACHINE_NAME)
                            error=problem(field::SWITCHOVER_MACHINE_NAME)
                        />
                        <Choice
                            name=field::SWITCHOVER_ITEM
                            legend="Select one valid switchover server item"
                            options=items(&offer, offer.switchover_items())
                            value=form.value(field::SWITCHOVER_ITEM)
                            error=problem(field::SWITCHOVER_ITEM)
                        />
                    </div>
                </fieldset>
            }
        })
        .into_any()
}

#[component]
pub fn AddOns(form: NewFileForm, offer: Offer, refusals: Vec<Refusal>) -> AnyView {
    let parts: Vec<_> = offer.add_ons().cloned().collect();
    // A quantity of something that is not on the list has no row of its own.
    let strangers: Vec<_> = refusals
        .iter()
        .filter(|r| field::quantity_part(&r.field).is_some_and(|part| !parts.iter().any(|p| p.number.as_str() == part)))
        .map(|r| {
            let id = r.field.clone();
            view! { <p class="error" id=id tabindex="-1">{r.problem.to_string()}</p> }
        })
        .collect();
    let nothing = match (offer.licence_type, parts.is_empty()) {
        (LicenceType::Evaluation, _) => Some("An evaluation has a fixed configuration: nothing can be added."),
        (licence_type, _) if licence_type.is_fixed() => {
            Some("Its contents are fixed: every feature, and 8 (small) or 30 (large) of each access and session licence.")
        }
        (_, true) => Some("This account owns no add-on items for this product."),
        (_, false) => None,
    };
    let rows = parts
        .into_iter()
        .map(|part| view! { <AddOn form=form.clone() offer=offer.clone() part refusals=refusals.clone() /> })
        .collect_view();
    view! {
        <fieldset class="section">
            <legend><h2>"Select any add-on items"</h2></legend>
            {strangers}
            {if let Some(words) = nothing {
                view! { <p>{words}</p> }.into_any()
            } else {
                view! {
                    <p class="help">"Assigned licences belong to a user or station; pooled ones are shared by those who are logged on."</p>
                    <table class="list add-ons">
                        <Columns names=&[("Item", false), ("Assigned", false), ("Pooled", false)] />
                        <tbody>{rows}</tbody>
                    </table>
                }.into_any()
            }}
        </fieldset>
    }.into_any()
}

#[component]
fn AddOn(form: NewFileForm, offer: Offer, part: OfferedPart, refusals: Vec<Refusal>) -> AnyView {
    let holding = part.holding();
    let Quantity { assigned, pooled } = holding.available();
    let OfferedPart { number, description, .. } = part;
    let pools = [
        (field::assigned(&number), "Assigned", "assigned", holding.owned.assigned, assigned),
        (field::pooled(&number), "Pooled", "pooled", holding.owned.pooled, pooled),
    ];
    let cells = pools
        .into_iter()
        .map(|(name, label, pool, owned, available)| {
            let typed = form.value(&name).to_owned();
            let error = problem_of(&refusals, &name);
            if owned == 0 && !holding.unlimited && typed.is_empty() && error.is_none() {
                return view! { <td data-label=label><span class="muted">"none owned"</span></td> }.into_any();
            }
            let available = offer.supply(holding, available, owned);
            let help = format!("{name}-help");
            let described = if error.is_some() { format!("{help} {}", error_id(&name)) } else { help.clone() };
            let refused = error.is_some();
            let invalid = refused.then_some("true");
            view! {
                <td data-label=label class:invalid=refused>
                    <input
                        class="quantity"
                        id=name.clone()
                        name=name.clone()
                        value=typed
                        inputmode="numeric"
                        autocomplete="off"
                        aria-label=format!("{description}, {pool}")
                        aria-describedby=described
                        aria-invalid=invalid
                    />
                    <span class="help" id=help>{available}</span>
                    {error.map(|words| view! { <p class="error" id=error_id(&name)>{words}</p> })}
                </td>
            }
            .into_any()
        })
        .collect_view();
    view! {
        <tr>
            <th scope="row" data-label="Item"><span>{description.clone()}</span><span class="code sub">{number.to_string()}</span></th>
            {cells}
        </tr>
    }.into_any()
}
