//! Activation files, what they hold, and what lists are read from.

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
    account_id: i64,
    assigned: i64,
    pooled: i64,
);
