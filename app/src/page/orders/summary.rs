//! *Account summary*: everything ordered that can be licensed, by product. Domain §5.

use crate::{
    component::{Column, Day, Icon, PartName, RequestLink, Table, WayOutOf, icon, thousands},
    frame::{Page, Tab},
};
use islands::EntitlementBar;
use leptos::prelude::*;
use licensing::{
    Garn, LicenceType, PartNumber, Quantity,
    catalogue::PartClass,
    files::{list::Filter, request::field},
    orders::entitlement::{Entitlement, Holding},
};
use portal::{
    AccountAccess, Error,
    offer::Obstacles,
    orders::{OwnedLine, OwnedProduct},
    path,
};

/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn show(access: &AccountAccess) -> Result<Page, Error> {
    let mut products = Vec::new();
    for product in portal::orders::summary(access).await? {
        let obstacles = portal::offer::obstacles_of_product(access, &product.code, &product.name).await?;
        products.push((product, obstacles));
    }
    let garn = access.garn.clone();
    let page = Page::new("Account summary", move || {
        let (csv, orders) = (path::summary_csv(&garn), path::orders(&garn));
        let account = garn.clone();
        let empty = products.is_empty();
        let sections = products
            .into_iter()
            .map(|(product, obstacles)| view! { <Product garn=garn.clone() product obstacles /> })
            .collect_view();
        view! {
            <div class="page-head">
                <h1>"Account summary"</h1>
                {(!empty).then(|| view! {
                    <div class="actions">
                        <a class="button compact" href=orders>"Orders"</a>
                        <a class="button compact" href=csv download=""><Icon icon=icon::DOWNLOAD />"Download CSV"</a>
                    </div>
                })}
            </div>
            {empty.then(|| view! {
                <div class="empty">
                    <p>"Nothing has been ordered for this account yet."</p>
                    <p>"What a sales order brings appears here, and files are generated from it. If an order is missing, ask your licensing analyst. "<RequestLink garn=account /></p>
                </div>
            })}
            {sections}
        }
    });
    Ok(page.of_account(access, Tab::Summary))
}

const COLUMNS: [Column; 6] = [
    Column::text("Part"),
    Column::text("Order"),
    Column::text("Assigned"),
    Column::text("Pooled"),
    Column::text("Maintenance until"),
    Column::text("Actions"),
];

#[component]
fn Product(garn: Garn, product: OwnedProduct, obstacles: Obstacles) -> AnyView {
    let total = product.total();
    let OwnedProduct { line, code, name, lines } = product;
    let title = format!("product-{code}");
    let may = obstacles.is_empty();
    let ways = obstacles.reasons.into_iter().map(|reason| {
        let way = view! {
            <WayOutOf
                garn=garn.clone()
                reason=reason.clone()
                colleagues=obstacles.colleagues.clone()
            />
        };
        view! { <p class="help">{reason.to_string()} " " {way}</p> }
    });
    let ways = ways.collect_view();
    let rows = lines.into_iter().map(|of| order_line(&garn, &code, of, may)).collect();
    let foot = (!total.unlimited).then(|| {
        let [assigned, pooled] = pools(&total, None);
        vec!["Total".into_any(), ().into_any(), assigned, pooled, ().into_any(), ().into_any()]
    });
    view! {
        <section aria-labelledby=title.clone()>
            <h2 id=title.clone()>{name}</h2>
            <p class="count">{line}</p>
            {ways}
            <Table columns=COLUMNS rows foot />
        </section>
    }
    .into_any()
}

/// Cells of an order line.
fn order_line(garn: &Garn, code: &str, line: OwnedLine, may: bool) -> Vec<AnyView> {
    let OwnedLine { number, description, class, generation, versions, licence_type, purchase_order, entitlement } = line;
    let of_generation = match &versions {
        Some((first, latest)) if first == latest => format!("generation {generation}, version {first}"),
        Some((first, latest)) => format!("generation {generation}, versions {first} to {latest}"),
        None => format!("generation {generation}, of which this account may run no version"),
    };
    let runs = versions.is_some();
    let version = versions.map(|(_, latest)| latest).unwrap_or_default();
    let Entitlement { sales_order, ordered_on, maintenance_end, term_days, .. } = entitlement.clone();
    let holding = Holding::of(&[entitlement]);
    let files = path::files_found(garn, &Filter { part: Some(number.clone()), ..Filter::default() });
    let [assigned, pooled] = pools(&holding, Some((&files, &number)));
    let mut query = vec![(field::PRODUCT, code), (field::VERSION, version.as_str()), (field::TYPE, licence_type.code())];
    let at = match class {
        PartClass::ServerItem | PartClass::DevelopmentBundle | PartClass::Evaluation => {
            query.push((field::SERVER_ITEM, number.as_str()));
            field::SERVER_ITEM.to_owned()
        }
        PartClass::SwitchoverItem => field::SWITCHOVER_ITEM.to_owned(),
        _ if holding.owned.assigned == 0 && !holding.unlimited => field::pooled(&number),
        _ => field::assigned(&number),
    };
    let generate = format!("{}#{at}", path::asking(&path::new_file(garn), query));
    let left = holding.unlimited || holding.available() != Quantity::ZERO;
    let action = match (left, licence_type) {
        // The reason stands above the table, or beside the generation.
        _ if !may || !runs => ().into_any(),
        (true, _) => view! {
            <a class="button compact" href=generate>
                "Generate"<span class="visually-hidden">{format!(" a file with {description}")}</span>
            </a>
        }
        .into_any(),
        (false, LicenceType::Evaluation) => view! { <span class="muted">"In use"</span> }.into_any(),
        (false, _) => {
            let owned = u64::from(holding.owned.assigned) + u64::from(holding.owned.pooled);
            view! { <span class="muted">{format!("None available (you own {})", thousands(owned))}</span> }.into_any()
        }
    };
    let purchase_order = (!purchase_order.is_empty())
        .then(|| view! { <span class="line sub">"PO " <span class="code">{purchase_order}</span></span> });
    vec![
        view! {
            <PartName description number />
            <span class="line sub">{format!("{class}, {of_generation}")}</span>
        }
        .into_any(),
        view! {
            <a class="line code" href=path::order(garn, &sales_order)>{sales_order.clone()}</a>
            {purchase_order}
            <span class="line sub"><Day on=ordered_on /></span>
        }
        .into_any(),
        assigned,
        pooled,
        match (maintenance_end, term_days) {
            (Some(on), _) => view! { <Day on /> }.into_any(),
            (None, Some(days)) => view! { <span class="muted">{format!("sold for {days} days")}</span> }.into_any(),
            (None, None) => view! { <span class="muted">"none"</span> }.into_any(),
        },
        action,
    ]
}

/// The cells of both pools: owned, allocated and available, in figures and as a bar. `files` leads to those that hold the part.
fn pools(holding: &Holding, files: Option<(&str, &PartNumber)>) -> [AnyView; 2] {
    let available = holding.available();
    let Holding { owned, allocated, unlimited } = *holding;
    let cell = |owned: u32, allocated: u32, available: u32| {
        let in_files = match files.filter(|_| allocated > 0) {
            Some((files, part)) => {
                let (href, part) = (files.to_owned(), format!(" that hold {part}"));
                view! { <a href=href>{format!("{allocated} in files")}<span class="visually-hidden">{part}</span></a> }.into_any()
            }
            None => view! { {format!("{allocated} in files")} }.into_any(),
        };
        if unlimited {
            view! { <span class="figures">{in_files}", billed by use"</span> }.into_any()
        } else if owned == 0 {
            view! { <span class="muted">"none owned"</span> }.into_any()
        } else {
            view! {
                <span class="figures">{format!("{available} of {owned} available")}</span>
                <EntitlementBar owned allocated />
                <span class="figures line sub">{in_files}</span>
            }
            .into_any()
        }
    };
    [cell(owned.assigned, allocated.assigned, available.assigned), cell(owned.pooled, allocated.pooled, available.pooled)]
}
