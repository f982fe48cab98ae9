//! Orders of an account, and one with its lines: what holds them, and what later orders changed.

use crate::{
    component::{Column, Day, Icon, Instant, PartName, Table, icon},
    frame::{Page, Tab},
};
use chrono_tz::Tz;
use leptos::prelude::*;
use licensing::{Garn, orders::import::column};
use portal::{
    AccountAccess, Error,
    orders::{ChangedLine, MOST_ORDERS, OrderLine, OrderRow},
    path,
};

/// Field of the order that is shown.
pub const ORDER: &str = "order";

const ORDERS: [Column; 4] =
    [Column::text("Sales order"), Column::text("Purchase order"), Column::text("Ordered on"), Column::figures("Lines")];

/// All orders.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn list(access: &AccountAccess) -> Result<Page, Error> {
    let mut orders = portal::orders::orders(access).await?;
    let more = orders.len() > MOST_ORDERS;
    orders.truncate(MOST_ORDERS);
    let garn = access.garn.clone();
    let enters = access.analyst().is_ok();
    let page = Page::new("Orders", move || {
        let none = orders.is_empty();
        let rows = orders
            .into_iter()
            .map(|OrderRow { sales_order, purchase_order, ordered_on, lines }| {
                vec![
                    view! { <a class="code wrap" href=path::order(&garn, &sales_order)>{sales_order.clone()}</a> }.into_any(),
                    view! { <span class="code wrap">{purchase_order}</span> }.into_any(),
                    view! { <Day on=ordered_on /> }.into_any(),
                    lines.into_any(),
                ]
            })
            .collect();
        let table = if none {
            view! { <div class="empty"><p>"The account has no orders yet."</p></div> }.into_any()
        } else {
            view! { <Table columns=ORDERS rows /> }.into_any()
        };
        view! {
            <div class="page-head">
                <h1>"Orders"</h1>
                {enters.then(|| view! { <div class="actions"><a class="button" href=path::new_line(&garn)>"Enter an order line"</a></div> })}
            </div>
            {more.then(|| view! { <p class="count">{format!("The latest {MOST_ORDERS} orders; search finds the others by their number.")}</p> })}
            {table}
        }
    });
    Ok(page.of_account(access, Tab::Summary))
}

const LINES: [Column; 7] = [
    Column::text("Line"),
    Column::text("Part"),
    Column::text("Owned"),
    Column::text("Allocated"),
    Column::text("Maintenance until"),
    Column::text("Changed by"),
    Column::text("Held by"),
];

/// One order.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn show(access: &AccountAccess, sales_order: &str) -> Result<Page, Error> {
    let (order, lines) = portal::orders::order(access, sales_order).await?;
    let garn = access.garn.clone();
    let zone = access.caller().person().time_zone;
    let enters = access.analyst().is_ok();
    let OrderRow { sales_order, purchase_order, ordered_on, .. } = order;
    let page = Page::new(format!("Order {sales_order}"), move || {
        let none = lines.is_empty();
        let rows = lines.into_iter().map(|line| cells(&garn, &sales_order, line, zone, enters)).collect();
        let table = if none {
            view! { <div class="empty"><p>"The order has no lines of its own: it changes lines of other orders."</p></div> }
                .into_any()
        } else {
            view! { <Table columns=LINES rows /> }.into_any()
        };
        view! {
            <p><a href=path::orders(&garn)><Icon icon=icon::BACK />"Orders"</a></p>
            <h1>"Order "<span class="code wrap">{sales_order.clone()}</span></h1>
            <dl class="facts">
                <div><dt>"Purchase order"</dt><dd class="code wrap">{purchase_order}</dd></div>
                <div><dt>"Ordered on"</dt><dd><Day on=ordered_on /></dd></div>
            </dl>
            {table}
        }
    });
    Ok(page.of_account(access, Tab::Summary))
}

fn cells(garn: &Garn, sales_order: &str, line: OrderLine, zone: Tz, enters: bool) -> Vec<AnyView> {
    let OrderLine { line, number, description, owned, allocated, unlimited, maintenance_end, term_days, changes, files } = line;
    let of_line = format!("{sales_order}/{line}");
    let change = path::asking(&path::new_line(garn), [(column::CHANGES, of_line.as_str())]);
    let label = format!("Change line {line}");
    let owned =
        if unlimited { "Billed by use".to_owned() } else { format!("{} assigned, {} pooled", owned.assigned, owned.pooled) };
    let term = term_days.map(|days| format!(", for {days} days"));
    let changed = |change: ChangedLine| {
        let ChangedLine { sales_order, line, owned_assigned, owned_pooled, maintenance_end, at, .. } = change;
        view! {
            <li>
                <a class="code" href=path::order(garn, &sales_order)>{format!("{sales_order}/{line}")}</a>
                {format!(": {owned_assigned} assigned, {owned_pooled} pooled")}
                {maintenance_end.map(|end| view! { ", maintenance until "<Day on=end /> })}
                ", "<Instant at zone />
            </li>
        }
    };
    let nothing = |none: bool| none.then(|| view! { <span class="muted">"nothing"</span> });
    let (unchanged, unheld) = (nothing(changes.is_empty()), nothing(files.0.is_empty()));
    let changes = changes.into_iter().map(changed).collect_view();
    let (serials, more) = files;
    let files = serials
        .into_iter()
        .map(|serial| view! { <li><a class="code" href=path::file(garn, &serial)>{serial.to_string()}</a></li> });
    vec![
        view! { {line} {enters.then(|| view! { " "<a href=change aria-label=label>"Change"</a> })} }.into_any(),
        view! { <PartName description number /> }.into_any(),
        view! { {owned}{term} }.into_any(),
        format!("{} assigned, {} pooled", allocated.assigned, allocated.pooled).into_any(),
        maintenance_end.map(|on| view! { <Day on /> }).into_any(),
        view! { {unchanged} <ul class="bare">{changes}</ul> }.into_any(),
        view! { {unheld} <ul class="bare">{files.collect_view()}{more.then(|| view! { <li>"and others"</li> })}</ul> }.into_any(),
    ]
}
