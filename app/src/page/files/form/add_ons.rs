//! *Select any add-on items*: quantities of each, in groups where there are many.

use crate::component::{Column, PartName, Table, error_id, problem_of};
use islands::PartFilter;
use leptos::prelude::*;
use licensing::{
    LicenceType, Quantity,
    catalogue::PartClass,
    files::request::{FileProblem, NewFileForm, field},
    form::Refusal,
    offer::{Offer, OfferedPart},
};

/// Maximum number of items that stand in one table; more are grouped by their class.
const MOST_UNGROUPED: usize = 24;

#[component]
pub fn AddOns(form: NewFileForm, offer: Offer, refusals: Vec<Refusal<FileProblem>>) -> AnyView {
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
    let list = match nothing {
        Some(words) => view! { <p>{words}</p> }.into_any(),
        None if parts.len() > MOST_UNGROUPED => view! { <Groups form offer parts refusals /> }.into_any(),
        None => view! { <Items form offer parts refusals /> }.into_any(),
    };
    view! {
        <fieldset class="section">
            <legend><h2>{if nothing.is_some() { "Contents" } else { "Select any add-on items" }}</h2></legend>
            {strangers}
            {nothing.is_none().then(|| view! {
                <p class="help">"Assigned licences belong to a user or station; pooled ones are shared by those who are logged on."</p>
            })}
            {list}
        </fieldset>
    }.into_any()
}

const COLUMNS: [Column; 3] = [Column::text("Item"), Column::text("Assigned"), Column::text("Pooled")];

#[component]
fn Items(form: NewFileForm, offer: Offer, parts: Vec<OfferedPart>, refusals: Vec<Refusal<FileProblem>>) -> AnyView {
    let rows = parts.into_iter().map(|part| add_on(&form, &offer, part, &refusals)).collect();
    view! {
        <Table columns=COLUMNS rows class="list add-ons" />
    }
    .into_any()
}

/// The items that something was typed for, then the others in groups that open.
#[component]
fn Groups(form: NewFileForm, offer: Offer, parts: Vec<OfferedPart>, refusals: Vec<Refusal<FileProblem>>) -> AnyView {
    let typed = |part: &OfferedPart| {
        let fields = [field::assigned(&part.number), field::pooled(&part.number)];
        fields.iter().any(|name| !form.value(name).is_empty() || refusals.iter().any(|refusal| refusal.field == *name))
    };
    let (chosen, others): (Vec<_>, Vec<_>) = parts.into_iter().partition(typed);
    let total = others.len();
    let groups = PartClass::ALL
        .iter()
        .filter_map(|class| {
            let parts: Vec<_> = others.iter().filter(|part| part.class == *class).cloned().collect();
            (!parts.is_empty()).then(|| {
                let title = format!("{class} ({})", parts.len());
                view! {
                    <details class="group">
                        <summary>{title}</summary>
                        <Items form=form.clone() offer=offer.clone() parts refusals=Vec::new() />
                    </details>
                }
            })
        })
        .collect_view();
    view! {
        {(!chosen.is_empty()).then(|| view! {
            <h3 class="add-ons-title">"Chosen"</h3>
            <Items form=form.clone() offer=offer.clone() parts=chosen refusals />
        })}
        {(total > 0).then(|| view! { <PartFilter total /> })}
        {groups}
    }
    .into_any()
}

/// Cells of an item: its name, and a field for each pool.
fn add_on(form: &NewFileForm, offer: &Offer, part: OfferedPart, refusals: &[Refusal<FileProblem>]) -> Vec<AnyView> {
    let holding = part.holding();
    let Quantity { assigned, pooled } = holding.available();
    let OfferedPart { number, description, held, .. } = part;
    let pools = [
        (field::assigned(&number), "assigned", holding.owned.assigned, assigned, held.assigned),
        (field::pooled(&number), "pooled", holding.owned.pooled, pooled, held.pooled),
    ];
    let fields = pools.into_iter().map(|(name, pool, owned, available, held)| {
        let typed = form.value(&name).to_owned();
        let error = problem_of(refusals, &name);
        if owned == 0 && !holding.unlimited && typed.is_empty() && error.is_none() {
            return view! { <span class="muted">"none owned"</span> }.into_any();
        }
        let available = offer.supply(holding, available, owned);
        let available = if held > 0 { format!("{available}, {held} of them in this file") } else { available };
        let help = format!("{name}-help");
        let described = if error.is_some() { format!("{help} {}", error_id(&name)) } else { help.clone() };
        let invalid = error.is_some().then_some("true");
        view! {
            <input
                class="quantity"
                id=name.clone()
                name=name.clone()
                value=typed
                inputmode="numeric"
                aria-label=format!("{description}, {pool}")
                aria-describedby=described
                aria-invalid=invalid
            />
            <span class="help" id=help>{available}</span>
            {error.map(|words| view! { <p class="error" id=error_id(&name)>{words}</p> })}
        }
        .into_any()
    });
    std::iter::once(view! { <PartName description=description.clone() number=number.clone() /> }.into_any())
        .chain(fields)
        .collect()
}
