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
table!(
    line_change, "line_changes",
    #[sea_orm(primary_key)]
    id: i64,
    order_id: i64,
    line: i64,
    entitlement_id: i64,
    owned_assigned: i64,
    owned_pooled: i64,
    maintenance_end: Option<Date>,
    at: DateTimeUtc,
);
table!(
    import, "imports",
    #[sea_orm(primary_key)]
    id: i64,
    name: String,
    person_id: Option<i64>,
    submitted_by: String,
    submitted_at: DateTimeUtc,
    object: Option<String>,
    state: String,
    reason: Option<String>,
    new_lines: i64,
    changed_lines: i64,
    there_lines: i64,
    refused_lines: i64,
    changed_at: DateTimeUtc,
);
table!(
    import_account, "import_accounts",
    #[sea_orm(primary_key, auto_increment = false)]
    import_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    garn: String,
    account_id: Option<i64>,
    name: String,
    kind: String,
    licence_model: String,
    time_zone: String,
    mirrored: bool,
    folded: String,
    activated_on: Option<Date>,
    billable: bool,
    billing: Option<Json>,
    landlord: Option<String>,
);
table!(
    import_site, "import_sites",
    #[sea_orm(primary_key, auto_increment = false)]
    import_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    line: i64,
    garn: String,
    name: String,
    address: String,
    city: String,
    state: String,
    postal_code: String,
    country: String,
    contact: String,
    phone: String,
    email: String,
);
table!(
    import_line, "import_lines",
    #[sea_orm(primary_key, auto_increment = false)]
    import_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    line: i64,
    state: String,
    told: String,
    garn: String,
    sales_order: String,
    order_line: i64,
    first_of_order: bool,
    purchase_order: String,
    ordered_on: Option<Date>,
    part_id: Option<i64>,
    assigned: i64,
    pooled: i64,
    unlimited: bool,
    maintenance_end: Option<Date>,
    term_days: Option<i64>,
    target_order: Option<String>,
    target_line: Option<i64>,
    was_assigned: Option<i64>,
    was_pooled: Option<i64>,
    was_maintenance_end: Option<Date>,
);
