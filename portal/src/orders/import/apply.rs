//! Applying an import: everything that was planned, in one short transaction, or nothing.

use super::reference::reference;
use crate::{
    error::Error,
    event_type::EventType,
    portal::Portal,
    store::{
        statement::{row, run},
        write::Write,
    },
};
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult};

/// Why a planned import was not applied.
pub(super) enum Applied {
    Done,
    /// Something that it was held against has changed since.
    Stale,
}

/// Applies a planned import. The write holds the lock from here until the caller commits it.
pub(super) async fn apply(portal: &Portal, write: &Write, id: i64, by: (&str, Option<i64>)) -> Result<Applied, Error> {
    let on = write.on();
    if on.get_database_backend() == DbBackend::Postgres {
        // In their order, before any of their rows: who writes to one of them waits, and nobody waits for us with something that we need.
        let sql = "SELECT id FROM accounts
                   WHERE garn IN (SELECT garn FROM import_lines WHERE import_id = $1 AND state IN ('new', 'changed')
                                  UNION SELECT garn FROM import_accounts WHERE import_id = $1)
                   ORDER BY id FOR NO KEY UPDATE";
        run(on, "import: lock accounts", sql, [id.into()]).await?;
    }
    if is_stale(on, id).await? {
        return Ok(Applied::Stale);
    }
    write.reach("import checked");
    accounts(on, id).await?;
    let sql =
        "INSERT INTO install_sites (account_id, name, address, city, state, postal_code, country, contact, phone, email, active)
               SELECT a.id, s.name, s.address, s.city, s.state, s.postal_code, s.country, s.contact, s.phone, s.email, TRUE
               FROM import_sites s JOIN import_lines l ON l.import_id = s.import_id AND l.line = s.line
               JOIN accounts a ON a.garn = s.garn
               WHERE s.import_id = $1 AND l.state IN ('new', 'changed') ORDER BY s.line";
    run(on, "import: sites", sql, [id.into()]).await?;
    let sql = "INSERT INTO orders (account_id, sales_order, purchase_order, ordered_on)
               SELECT a.id, l.sales_order, l.purchase_order, l.ordered_on FROM import_lines l JOIN accounts a ON a.garn = l.garn
               WHERE l.import_id = $1 AND l.first_of_order AND l.state IN ('new', 'changed') ORDER BY l.line";
    run(on, "import: orders", sql, [id.into()]).await?;
    let sql = "INSERT INTO entitlements (account_id, order_id, line, part_id, owned_assigned, owned_pooled, allocated_assigned, allocated_pooled,
                                         unlimited, maintenance_end, term_days)
               SELECT o.account_id, o.id, l.order_line, l.part_id, l.assigned, l.pooled, 0, 0, l.unlimited, l.maintenance_end, l.term_days
               FROM import_lines l JOIN orders o ON o.sales_order = l.sales_order
               WHERE l.import_id = $1 AND l.part_id IS NOT NULL AND l.state IN ('new', 'changed') ORDER BY l.line";
    run(on, "import: order lines", sql, [id.into()]).await?;
    write.reach("import lines stored");
    changes(portal, on, id).await?;
    events(portal, on, id, by).await?;
    let sql = "UPDATE imports SET state = 'applied', changed_at = $1 WHERE id = $2";
    run(on, "import: applied", sql, [portal.now().into(), id.into()]).await?;
    write.reach("import applied");
    Ok(Applied::Done)
}

/// Whether anything that the lines were held against is other than it was.
async fn is_stale(on: &impl ConnectionTrait, id: i64) -> Result<bool, Error> {
    #[derive(FromQueryResult)]
    struct Stale {
        stale: bool,
    }
    let sql = "SELECT
            EXISTS (SELECT 1 FROM import_accounts i JOIN accounts a ON a.garn = i.garn WHERE i.import_id = $1 AND i.account_id IS NULL)
            OR EXISTS (SELECT 1 FROM import_lines l JOIN orders o ON o.sales_order = l.sales_order
                       WHERE l.import_id = $1 AND l.first_of_order AND l.state IN ('new', 'changed'))
            OR EXISTS (SELECT 1 FROM import_lines l JOIN orders o ON o.sales_order = l.sales_order
                       JOIN entitlements e ON e.order_id = o.id AND e.line = l.order_line
                       WHERE l.import_id = $1 AND l.state IN ('new', 'changed') AND (l.part_id IS NOT NULL OR l.target_order IS NOT NULL))
            OR EXISTS (SELECT 1 FROM import_lines l JOIN parts p ON p.id = l.part_id
                       WHERE l.import_id = $1 AND l.state IN ('new', 'changed') AND p.retired)
            OR EXISTS (SELECT 1 FROM import_lines l JOIN orders o ON o.sales_order = l.sales_order
                       JOIN line_changes c ON c.order_id = o.id AND c.line = l.order_line
                       WHERE l.import_id = $1 AND l.state IN ('new', 'changed') AND (l.part_id IS NOT NULL OR l.target_order IS NOT NULL))
            OR EXISTS (SELECT 1 FROM import_lines l JOIN orders o ON o.sales_order = l.target_order
                       JOIN entitlements e ON e.order_id = o.id AND e.line = l.target_line
                       WHERE l.import_id = $1 AND l.state IN ('new', 'changed')
                         AND (e.owned_assigned <> l.was_assigned OR e.owned_pooled <> l.was_pooled
                              OR e.maintenance_end IS DISTINCT FROM l.was_maintenance_end
                              OR (NOT e.unlimited AND (e.allocated_assigned > l.assigned OR e.allocated_pooled > l.pooled))))
            OR EXISTS (SELECT 1 FROM import_sites s JOIN accounts a ON a.garn = s.garn
                       JOIN install_sites t ON t.account_id = a.id AND t.name = s.name WHERE s.import_id = $1)
            AS stale";
    let found: Option<Stale> = row(on, "import: stale", sql, [id.into()]).await?;
    Ok(found.is_none_or(|found| found.stale))
}

async fn accounts(on: &impl ConnectionTrait, id: i64) -> Result<(), Error> {
    let sql = "INSERT INTO accounts (garn, name, kind, licence_model, time_zone, cloud_connected, mirrored, folded, activated_on, billable, billing)
               SELECT garn, name, kind, licence_model, time_zone, FALSE, mirrored, folded, activated_on, billable, billing FROM import_accounts
               WHERE import_id = $1 AND account_id IS NULL ORDER BY garn";
    run(on, "import: new accounts", sql, [id.into()]).await?;
    let sql =
        "UPDATE accounts SET name = i.name, licence_model = i.licence_model, time_zone = i.time_zone, mirrored = i.mirrored,
                   folded = i.folded, activated_on = i.activated_on, billable = i.billable, billing = i.billing
               FROM import_accounts i WHERE i.account_id = accounts.id AND i.import_id = $1";
    run(on, "import: changed accounts", sql, [id.into()]).await?;
    let sql = "UPDATE accounts SET landlord_id = l.id FROM import_accounts i JOIN accounts l ON l.garn = i.landlord
               WHERE i.garn = accounts.garn AND i.import_id = $1";
    run(on, "import: landlords", sql, [id.into()]).await?;
    Ok(())
}

async fn changes(portal: &Portal, on: &impl ConnectionTrait, id: i64) -> Result<(), Error> {
    let sql = "INSERT INTO line_changes (order_id, line, entitlement_id, owned_assigned, owned_pooled, maintenance_end, at)
               SELECT o.id, l.order_line, e.id, l.assigned, l.pooled, l.maintenance_end, $2
               FROM import_lines l JOIN orders o ON o.sales_order = l.sales_order JOIN orders t ON t.sales_order = l.target_order
               JOIN entitlements e ON e.order_id = t.id AND e.line = l.target_line
               WHERE l.import_id = $1 AND l.state IN ('new', 'changed') ORDER BY l.line";
    run(on, "import: changes", sql, [id.into(), portal.now().into()]).await?;
    let sql = "UPDATE entitlements SET owned_assigned = l.assigned, owned_pooled = l.pooled, maintenance_end = l.maintenance_end
               FROM import_lines l JOIN orders t ON t.sales_order = l.target_order
               WHERE entitlements.order_id = t.id AND entitlements.line = l.target_line AND l.import_id = $1 AND l.state IN ('new', 'changed')";
    run(on, "import: changed lines", sql, [id.into()]).await?;
    Ok(())
}

/// An event of each account that the import changes, for its people.
async fn events(portal: &Portal, on: &impl ConnectionTrait, id: i64, (by, person): (&str, Option<i64>)) -> Result<(), Error> {
    let sql = "INSERT INTO audit_events (at, person_id, actor, account_id, action, subject)
               SELECT $2, $3, $4, a.id, $6, $5 FROM accounts a
               WHERE a.garn IN (SELECT garn FROM import_lines WHERE import_id = $1 AND state IN ('new', 'changed')) ORDER BY a.id";
    run(
        on,
        "import: events",
        sql,
        [id.into(), portal.now().into(), person.into(), by.into(), reference(id).into(), EventType::OrdersImported.code().into()],
    )
    .await?;
    Ok(())
}
