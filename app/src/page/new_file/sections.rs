//! The sections of the form, in the order of the page.

use crate::component::{Choice, Columns, SelectField, TextField, error_id, problem_of};
use islands::HostIdHint;
use leptos::prelude::*;
use licensing::{
    Quantity, UsageTracking,
    catalogue::PartClass,
    form::{MailConnector, NewFileForm, Refusal, SystemType, field},
    offer::{Offer, OfferedPart},
};

#[component]
pub fn MachineDetails(form: NewFileForm, offer: Offer, refusals: Vec<Refusal>) -> AnyView {
    let problem = |name| problem_of(&refusals, name);
    let host_id = form.value(field::HOST_ID).to_owned();
    view! {
        <fieldset class="section">
            <legend><h2>"Machine details"</h2></legend>
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
    view! {
        <fieldset class="section">
            <legend><h2>"Server item"</h2></legend>
            <Choice
                name=field::SERVER_ITEM
                legend="Select one valid server item"
                options=items(&offer, PartClass::ServerItem)
                value=form.value(field::SERVER_ITEM)
                error=problem_of(&refusals, field::SERVER_ITEM)
            />
        </fieldset>
    }
    .into_any()
}

fn items(offer: &Offer, class: PartClass) -> Vec<(String, String, String)> {
    offer
        .of_class(class)
        .map(|part| {
            let holding = part.holding();
            let available = if holding.unlimited {
                "billed by use".to_owned()
            } else {
                format!("{} of {} available", holding.available().assigned, holding.owned.assigned)
            };
            let number = part.number.to_string();
            (number.clone(), part.description.clone(), format!("{number}, {available}"))
        })
        .collect()
}

/// Subscription files say how usage is reported; perpetual ones do not. Domain §6.6.
#[component]
pub fn UsageTrackingChoice(form: NewFileForm, offer: Offer, refusals: Vec<Refusal>) -> AnyView {
    let subscription = offer.of_class(PartClass::ServerItem).any(|part| part.holding().unlimited);
    let problem = problem_of(&refusals, field::USAGE_TRACKING);
    (subscription || problem.is_some())
        .then(|| {
            let options = UsageTracking::ALL.iter().map(|u| (u.code().to_owned(), u.to_string(), u.key().to_string())).collect();
            view! {
                <fieldset class="section">
                    <legend><h2>"Usage tracking"</h2></legend>
                    <Choice
                        name=field::USAGE_TRACKING
                        legend="How usage is reported"
                        options
                        value=form.value(field::USAGE_TRACKING)
                        error=problem
                    />
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
                        <TextField
                            name=field::SWITCHOVER_HOST_ID
                            label="Host id of the switchover server"
                            value=host_id.clone()
                            error=problem(field::SWITCHOVER_HOST_ID)
                            code=true
                        >
                            <HostIdHint field=field::SWITCHOVER_HOST_ID.to_owned() typed=host_id />
                        </TextField>
                        <TextField
                            name=field::SWITCHOVER_MACHINE_NAME
                            label="Machine name of the switchover server"
                            value=form.value(field::SWITCHOVER_MACHINE_NAME)
                            error=problem(field::SWITCHOVER_MACHINE_NAME)
                        />
                        <Choice
                            name=field::SWITCHOVER_ITEM
                            legend="Select one valid switchover server item"
                            options=items(&offer, PartClass::SwitchoverItem)
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
    let empty = parts.is_empty();
    let rows = parts.into_iter().map(|part| view! { <AddOn form=form.clone() part refusals=refusals.clone() /> }).collect_view();
    view! {
        <fieldset class="section">
            <legend><h2>"Select any add-on items"</h2></legend>
            {strangers}
            {if empty {
                view! { <p>"This account owns no add-on items for this product."</p> }.into_any()
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
fn AddOn(form: NewFileForm, part: OfferedPart, refusals: Vec<Refusal>) -> AnyView {
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
            let available =
                if holding.unlimited { "billed by use".to_owned() } else { format!("{available} of {owned} available") };
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
