//! The tables, as `migration` makes them. Nothing of this leaves the crate.
/// A table's module: its row, with `key` columns named first.
macro_rules! table {
    ($module:ident, $table:literal, $($(#[$attribute:meta])* $column:ident: $type:ty,)+) => {
        pub(crate) mod $module {
            use sea_orm::entity::prelude::*;

            #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
            #[sea_orm(table_name = $table)]
            pub struct Model {
                $($(#[$attribute])* pub $column: $type,)+
            }

            #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
            pub enum Relation {}

            impl ActiveModelBehavior for ActiveModel {}
        }
    };
}

table!(
    account, "accounts",
    #[sea_orm(primary_key)]
    id: i64,
    garn: String,
    name: String,
    kind: String,
    licence_model: String,
    time_zone: String,
    cloud_organization: Option<String>,
    cloud_connected: bool,
    mirrored: bool,
    folded: String,
);
table!(
    person, "people",
    #[sea_orm(primary_key)]
    id: i64,
    email: String,
    name: String,
    password_hash: String,
    staff_role: Option<String>,
    time_zone: String,
    active: bool,
);
table!(
    membership, "memberships",
    #[sea_orm(primary_key, auto_increment = false)]
    person_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    account_id: i64,
);
table!(
    partner_grant, "partner_grants",
    #[sea_orm(primary_key, auto_increment = false)]
    partner_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    customer_id: i64,
);
table!(
    install_site, "install_sites",
    #[sea_orm(primary_key)]
    id: i64,
    account_id: i64,
    name: String,
    address: String,
    city: String,
    state: String,
    postal_code: String,
    country: String,
    contact: String,
    phone: String,
    email: String,
    active: bool,
);
table!(
    product, "products",
    #[sea_orm(primary_key)]
    id: i64,
    code: String,
    name: String,
    line: String,
    switchover: bool,
    mail_connector: bool,
    cloud_beside: Option<String>,
);
table!(
    product_version, "product_versions",
    #[sea_orm(primary_key)]
    id: i64,
    product_id: i64,
    name: String,
    released_on: Date,
    generation: String,
    subscription: bool,
    virtual_cloud: bool,
);
table!(
    part, "parts",
    #[sea_orm(primary_key)]
    id: i64,
    number: String,
    description: String,
    product_id: i64,
    generation: String,
    class: String,
    development: Option<String>,
);
table!(
    part_requirement, "part_requirements",
    #[sea_orm(primary_key, auto_increment = false)]
    part_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    required_part_id: i64,
);
table!(
    part_upgrade, "part_upgrades",
    #[sea_orm(primary_key, auto_increment = false)]
    part_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    target_part_id: i64,
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
    key_mapping, "key_mappings",
    #[sea_orm(primary_key, auto_increment = false)]
    part_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    key: String,
    per_assigned: i64,
    per_pooled: i64,
);
table!(
    certification, "certifications",
    #[sea_orm(primary_key)]
    id: i64,
    person_id: i64,
    product_id: i64,
    valid_from: Date,
    valid_through: Date,
);
table!(
    shared_host, "shared_hosts",
    #[sea_orm(primary_key, auto_increment = false)]
    host_id: String,
    what: String,
);
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
    signing_key, "signing_keys",
    #[sea_orm(primary_key, auto_increment = false)]
    name: String,
    public_key: Vec<u8>,
    private_key_sha256: Vec<u8>,
    state: String,
    created_at: DateTimeUtc,
);
table!(
    activation_file, "activation_files",
    #[sea_orm(primary_key)]
    id: i64,
    serial: String,
    account_id: i64,
    product_id: i64,
    licence_type: String,
    revision: i64,
    state: String,
    ended_at: Option<DateTimeUtc>,
    ended_by: Option<i64>,
    end_reason: Option<String>,
    end_note: Option<String>,
);
table!(
    listed_file, "listed_files",
    #[sea_orm(primary_key, auto_increment = false)]
    file_id: i64,
    account_id: i64,
    facet: String,
    site_id: i64,
    generated_by: i64,
    generated_at: DateTimeUtc,
    valid_through: Date,
    machine: String,
    switchover_machine: Option<String>,
    server_line: Option<i64>,
    updates_through: Date,
);
table!(
    file_machine, "file_machines",
    #[sea_orm(primary_key, auto_increment = false)]
    file_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    name: String,
    account_id: i64,
    facet: String,
    other: Option<String>,
    site_id: i64,
    generated_by: i64,
    generated_at: DateTimeUtc,
    valid_through: Date,
);
table!(
    file_revision, "file_revisions",
    #[sea_orm(primary_key)]
    id: i64,
    file_id: i64,
    revision: i64,
    site_id: i64,
    version_id: i64,
    system_type: Option<String>,
    mail_connector: Option<String>,
    primary_machine: String,
    primary_host: Option<String>,
    switchover_machine: Option<String>,
    switchover_host: Option<String>,
    valid_through: Date,
    updates_through: Option<Date>,
    generated_by: i64,
    generated_at: DateTimeUtc,
    signing_key: String,
    bytes: Vec<u8>,
    sha256: Vec<u8>,
);
table!(
    allocation, "allocations",
    #[sea_orm(primary_key, auto_increment = false)]
    revision_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    entitlement_id: i64,
    part_id: i64,
    assigned: i64,
    pooled: i64,
);
table!(
    unordered_part, "unordered_parts",
    #[sea_orm(primary_key, auto_increment = false)]
    revision_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    part_id: i64,
    assigned: i64,
    pooled: i64,
);
table!(
    submission, "submissions",
    #[sea_orm(primary_key, auto_increment = false)]
    person_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    key: String,
    request_sha256: Vec<u8>,
    account_id: i64,
    action: String,
    subject: String,
);
table!(
    batch, "batches",
    #[sea_orm(primary_key)]
    id: i64,
    account_id: i64,
    person_id: i64,
    made_at: DateTimeUtc,
    kind: String,
    pattern: Json,
    repeats: bool,
    moves: Json,
    state: String,
    mode: Option<String>,
    end_reason: Option<String>,
    end_note: Option<String>,
    begun_at: Option<DateTimeUtc>,
    ended_at: Option<DateTimeUtc>,
    told: Option<String>,
    ignored: Json,
);
table!(
    batch_line, "batch_lines",
    #[sea_orm(primary_key, auto_increment = false)]
    batch_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    line: i64,
    asked: Json,
    state: String,
    words: Option<String>,
    file_id: Option<i64>,
    revision: Option<i64>,
);
table!(
    audit_event, "audit_events",
    #[sea_orm(primary_key)]
    id: i64,
    at: DateTimeUtc,
    person_id: Option<i64>,
    actor: String,
    account_id: Option<i64>,
    action: String,
    subject: String,
    before: Option<Json>,
    after: Option<Json>,
);
table!(
    session, "sessions",
    #[sea_orm(primary_key, auto_increment = false)]
    token_sha256: Vec<u8>,
    person_id: i64,
    began_at: DateTimeUtc,
    seen_at: DateTimeUtc,
);
table!(
    device, "devices",
    #[sea_orm(primary_key, auto_increment = false)]
    token_sha256: Vec<u8>,
    #[sea_orm(primary_key, auto_increment = false)]
    person_id: i64,
    seen_at: DateTimeUtc,
);
table!(
    job, "jobs",
    #[sea_orm(primary_key)]
    id: i64,
    kind: String,
    arguments: Json,
    queued_at: DateTimeUtc,
    attempts: i64,
    due_at: DateTimeUtc,
    reason: Option<String>,
    done: Option<i64>,
    whole: Option<i64>,
    state: String,
);
