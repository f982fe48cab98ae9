//! The sections of the form, in the order of the page.

use crate::component::{Choice, SelectField, TextField, problem_of};
use islands::HostIdHint;
use leptos::prelude::*;
use licensing::{
    LicenceType, UsageTracking,
    files::request::{FileProblem, MailConnector, NewFileForm, SystemType, field, label},
    form::Refusal,
    offer::{Offer, OfferedPart},
};

#[component]
pub fn MachineDetails(form: NewFileForm, offer: Offer, refusals: Vec<Refusal<FileProblem>>) -> AnyView {
    let problem = |name| problem_of(&refusals, name);
    let host_id = form.value(field::HOST_ID).to_owned();
    view! {
        <fieldset class="section">
            <legend><h2>"Machine details"</h2></legend>
            <div class="on-host">
                <TextField
                    name=field::HOST_ID
                    label=label(field::HOST_ID)
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
                label=label(field::MACHINE_NAME)
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
                            label=label(field::SYSTEM_TYPE)
                            options=options(SystemType::ALL, SystemType::code)
                            value=form.value(field::SYSTEM_TYPE)
                            error=problem(field::SYSTEM_TYPE)
                        />
                        <SelectField
                            name=field::MAIL_CONNECTOR
                            label=label(field::MAIL_CONNECTOR)
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
pub fn ServerItem(form: NewFileForm, offer: Offer, refusals: Vec<Refusal<FileProblem>>) -> AnyView {
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
pub fn Usage(form: NewFileForm, offer: Offer, refusals: Vec<Refusal<FileProblem>>) -> AnyView {
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
                    label=label(field::RAMP_DATE)
                    value=form.value(field::RAMP_DATE)
                    help="The day on which enforcement by check-ins starts."
                    error=problem(field::RAMP_DATE)
                    kind="date"
                />
                <TextField
                    name=field::GRACE_DAYS
                    label=label(field::GRACE_DAYS)
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
pub fn Switchover(form: NewFileForm, offer: Offer, refusals: Vec<Refusal<FileProblem>>) -> AnyView {
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
                                label=label(field::SWITCHOVER_HOST_ID)
                                value=host_id.clone()
                                error=problem(field::SWITCHOVER_HOST_ID)
                                code=true
                            >
                                <HostIdHint field=field::SWITCHOVER_HOST_ID.to_owned() typed=host_id />
                            </TextField>
                        </div>
                        <TextField
                            name=field::SWITCHOVER_MACHINE_NAME
                            label=label(field::SWITCHOVER_MACHINE_NAME)
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
