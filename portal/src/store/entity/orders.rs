//! Tables of orders and upgrades.

table!(
    order, "orders",
    #[sea_orm(primary_key)]
    id: i64,
    account_id: i64,
    sales_order: String,
    purchase_order: String,
    ordered_on: Date,
);
table!(
    entitlement, "entitlements",
    #[sea_orm(primary_key)]
    id: i64,
    account_id: i64,
    order_id: i64,
    line: i64,
    part_id: i64,
    owned_assigned: i64,
    owned_pooled: i64,
    allocated_assigned: i64,
    allocated_pooled: i64,
    unlimited: bool,
    maintenance_end: Option<Date>,
    term_days: Option<i64>,
);
table!(
    upgrade, "upgrades",
    #[sea_orm(primary_key)]
    id: i64,
    account_id: i64,
    person_id: i64,
    at: DateTimeUtc,
);
table!(
    upgrade_line, "upgrade_lines",
    #[sea_orm(primary_key, auto_increment = false)]
    upgrade_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    entitlement_id: i64,
    part_id: i64,
    target_part_id: i64,
);
