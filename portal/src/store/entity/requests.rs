//! Activation file requests.

table!(
    request_form, "request_forms",
    #[sea_orm(primary_key)]
    id: i64,
    document: String,
    changed_at: DateTimeUtc,
);
table!(
    request_draft, "request_drafts",
    #[sea_orm(primary_key, auto_increment = false)]
    key: String,
    browser_sha256: Vec<u8>,
    network: String,
    fields: Json,
    saved_at: DateTimeUtc,
);
table!(
    request, "requests",
    #[sea_orm(primary_key)]
    id: i64,
    draft_key: String,
    browser_sha256: Vec<u8>,
    request_sha256: Vec<u8>,
    link: String,
    mailbox_key: String,
    mailbox_confirmed_at: Option<DateTimeUtc>,
    held: bool,
    network: String,
    kind: String,
    category: Option<String>,
    file_type: Option<String>,
    urgent: bool,
    needed_by: Option<Date>,
    name: String,
    email: String,
    domain: String,
    copies: Json,
    garn: Option<String>,
    subject: String,
    answers: Json,
    person_id: Option<i64>,
    account_id: Option<i64>,
    submitted_at: DateTimeUtc,
    confirmed_at: Option<DateTimeUtc>,
    state: String,
    assigned_to: Option<i64>,
    changed_at: DateTimeUtc,
    answered_at: Option<DateTimeUtc>,
    ended_at: Option<DateTimeUtc>,
    revision: i64,
);
table!(
    request_host, "request_hosts",
    #[sea_orm(primary_key, auto_increment = false)]
    request_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    host_id: String,
);
table!(
    request_attachment, "request_attachments",
    #[sea_orm(primary_key)]
    id: i64,
    request_id: i64,
    name: String,
    bytes: i64,
    sha256: Vec<u8>,
    about: String,
    object: String,
    person_id: Option<i64>,
    at: DateTimeUtc,
    removed_at: Option<DateTimeUtc>,
    scan: String,
    provided: bool,
    handed_at: Option<DateTimeUtc>,
);
table!(
    request_file, "request_files",
    #[sea_orm(primary_key, auto_increment = false)]
    request_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    file_id: i64,
    bound_at: DateTimeUtc,
    handed_at: Option<DateTimeUtc>,
    revision: Option<i64>,
);
table!(
    request_word, "request_words",
    #[sea_orm(primary_key, auto_increment = false)]
    word: String,
    #[sea_orm(primary_key, auto_increment = false)]
    request_id: i64,
);
table!(
    request_message, "request_messages",
    #[sea_orm(primary_key)]
    id: i64,
    request_id: i64,
    key: String,
    at: DateTimeUtc,
    kind: String,
    person_id: Option<i64>,
    author: String,
    body: String,
    resolution: Option<String>,
    mail_id: Option<i64>,
);
table!(
    received_mail, "received_mails",
    #[sea_orm(primary_key)]
    id: i64,
    mail_sha256: Vec<u8>,
    received_at: DateTimeUtc,
    sender: String,
    subject: String,
    outcome: String,
    reason: String,
    body: String,
    request_id: Option<i64>,
    object: Option<String>,
    kept_bytes: i64,
    settled_by: Option<i64>,
    settled_at: Option<DateTimeUtc>,
);
table!(
    canned_answer, "canned_answers",
    #[sea_orm(primary_key)]
    id: i64,
    name: String,
    body: String,
    changed_at: DateTimeUtc,
);
table!(
    request_reader, "request_readers",
    #[sea_orm(primary_key, auto_increment = false)]
    request_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    person_id: i64,
    seen_at: DateTimeUtc,
);
