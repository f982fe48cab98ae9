//! Accounts, their people and their sites.

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
    activated_on: Option<Date>,
    billable: bool,
    billing: Option<Json>,
    landlord_id: Option<i64>,
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
    disabled_at: Option<DateTimeUtc>,
);
table!(
    membership, "memberships",
    #[sea_orm(primary_key, auto_increment = false)]
    person_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    account_id: i64,
    permissions: String,
);
table!(
    invitation, "invitations",
    #[sea_orm(primary_key)]
    id: i64,
    secret_sha256: Vec<u8>,
    email: String,
    staff_role: Option<String>,
    account_id: Option<i64>,
    permissions: String,
    invited_by: Option<i64>,
    invited_at: DateTimeUtc,
    ends_at: DateTimeUtc,
    withdrawn_at: Option<DateTimeUtc>,
    accepted_at: Option<DateTimeUtc>,
    accepted_by: Option<i64>,
);
table!(
    password_reset, "password_resets",
    #[sea_orm(primary_key)]
    id: i64,
    secret_sha256: Vec<u8>,
    person_id: i64,
    asked_at: DateTimeUtc,
    ends_at: DateTimeUtc,
    used_at: Option<DateTimeUtc>,
);
table!(
    second_factor, "second_factors",
    #[sea_orm(primary_key, auto_increment = false)]
    person_id: i64,
    secret: Vec<u8>,
    since: DateTimeUtc,
    last_step: i64,
);
table!(
    recovery_code, "recovery_codes",
    #[sea_orm(primary_key, auto_increment = false)]
    person_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    code_sha256: Vec<u8>,
    used_at: Option<DateTimeUtc>,
);
table!(
    address_change, "address_changes",
    #[sea_orm(primary_key, auto_increment = false)]
    person_id: i64,
    email: String,
    old_secret_sha256: Vec<u8>,
    new_secret_sha256: Vec<u8>,
    old_confirmed_at: Option<DateTimeUtc>,
    new_confirmed_at: Option<DateTimeUtc>,
    ends_at: DateTimeUtc,
);
table!(
    notice_setting, "notice_settings",
    #[sea_orm(primary_key, auto_increment = false)]
    person_id: i64,
    notices: String,
    secret: String,
    told_on: Option<Date>,
);
table!(
    factor_reset, "factor_resets",
    #[sea_orm(primary_key, auto_increment = false)]
    person_id: i64,
    asked_by: i64,
    asked_at: DateTimeUtc,
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
