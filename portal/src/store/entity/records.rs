//! Tables of submissions, events, sessions and jobs.

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
    factor_at: Option<DateTimeUtc>,
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
