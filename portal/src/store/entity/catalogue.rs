//! Tables of the catalogue.

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
    retired: bool,
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
    retired: bool,
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
    retired: bool,
);
table!(
    catalogue_document, "catalogues",
    #[sea_orm(primary_key)]
    id: i64,
    document: String,
    proposed_at: DateTimeUtc,
    proposed_by: String,
    person_id: Option<i64>,
    applied_at: Option<DateTimeUtc>,
    changes: Option<i64>,
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
    key_mapping, "key_mappings",
    #[sea_orm(primary_key, auto_increment = false)]
    part_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    key: String,
    per_assigned: i64,
    per_pooled: i64,
);
table!(
    shared_host, "shared_hosts",
    #[sea_orm(primary_key, auto_increment = false)]
    host_id: String,
    what: String,
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
