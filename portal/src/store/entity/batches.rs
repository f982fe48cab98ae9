//! Bulk actions.

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
    changes: Option<String>,
    file_id: Option<i64>,
    revision: Option<i64>,
);
