//! The CSV of *Account summary*.

use crate::http::{answer, csv, extract::Account};
use app::Visit;
use axum::{Extension, response::Response};
use licensing::{Quantity, orders::entitlement::Holding};
use portal::orders::{OwnedLine, OwnedProduct};

/// An order line with its product, and what it holds by itself.
struct Row<'a> {
    product: &'a OwnedProduct,
    line: &'a OwnedLine,
    holding: Holding,
}

impl Row<'_> {
    fn available(&self, units: fn(Quantity) -> u32) -> String {
        if self.holding.unlimited { "billed by use".to_owned() } else { units(self.holding.available()).to_string() }
    }

    fn versions(&self) -> (String, String) {
        self.line.versions.clone().unwrap_or_default()
    }
}

/// A column: its head, and its cell for an order line.
type Column = (&'static str, fn(&Row<'_>) -> String);

const COLUMNS: [Column; 18] = [
    ("Product line", |row| row.product.line.clone()),
    ("Product", |row| row.product.name.clone()),
    ("Licence generation", |row| row.line.generation.clone()),
    ("First version", |row| row.versions().0),
    ("Latest version", |row| row.versions().1),
    ("Part number", |row| row.line.number.to_string()),
    ("Description", |row| row.line.description.clone()),
    ("Class", |row| row.line.class.to_string()),
    ("Sales order", |row| row.line.entitlement.sales_order.clone()),
    ("Purchase order", |row| row.line.purchase_order.clone()),
    ("Ordered on", |row| row.line.entitlement.ordered_on.to_string()),
    ("Owned assigned", |row| row.holding.owned.assigned.to_string()),
    ("Owned pooled", |row| row.holding.owned.pooled.to_string()),
    ("Allocated assigned", |row| row.holding.allocated.assigned.to_string()),
    ("Allocated pooled", |row| row.holding.allocated.pooled.to_string()),
    ("Available assigned", |row| row.available(|quantity| quantity.assigned)),
    ("Available pooled", |row| row.available(|quantity| quantity.pooled)),
    ("Maintenance until", |row| row.line.entitlement.maintenance_end.map_or_else(String::new, |end| end.to_string())),
];

/// Every order line of the account.
pub(crate) async fn send(Extension(visit): Extension<Visit>, Account(access): Account) -> Response {
    let products = match portal::orders::summary(&access).await {
        Ok(products) => products,
        Err(error) => return answer::failure(visit, &error).await,
    };
    let head = COLUMNS.iter().map(|(head, _)| (*head).to_owned()).collect();
    let lines = products.iter().flat_map(|product| {
        product.lines.iter().map(move |line| {
            let row = Row { product, line, holding: Holding::of(std::slice::from_ref(&line.entitlement)) };
            COLUMNS.iter().map(|(_, cell)| cell(&row)).collect::<Vec<_>>()
        })
    });
    let name = format!("account-summary-{}.csv", access.garn);
    csv::file(&name, csv::begin(std::iter::once(head).chain(lines)))
}
