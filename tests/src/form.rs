use crate::{Answer, Browser};

/// Address that a form of Acme's is posted to.
pub const NEW: &str = "/accounts/ACME-1001/files/new";

/// Address that a table of Acme's is sent to.
pub const BATCHES: &str = "/accounts/ACME-1001/batches";

/// Cells that all media servers of Acme share, drawn from its orders.
pub const MEDIA_SERVERS: [(&str, &str); 5] = [
    ("site", "1"),
    ("product", "MediaServer"),
    ("version", "2020 R2"),
    ("type", "production"),
    ("server_item", "SW-002-4.0-SV01"),
];

/// A submission key that no form was given.
pub const UNUSED_KEY: &str = "AAAAAAAAAAAAAAAAAAAAAA";

/// A form for *New activation file* of Acme, complete for a switchover pair; `changes` replace or add fields.
#[must_use]
pub fn form(browser_key: &str, changes: &[(&str, &str)]) -> Vec<(String, String)> {
    let complete = [
        ("key", browser_key),
        ("site", "1"),
        ("product", "CIC"),
        ("version", "2020 R2"),
        ("type", "production"),
        ("host_id", "63:00:27:0e:26:df"),
        ("machine_name", "IC-PRD-01"),
        ("system_type", "media-server-based"),
        ("mail_connector", "exchange"),
        ("server_item", "SW-001-4.0-SV03"),
        ("switchover_host_id", "A3155D1E8B32"),
        ("switchover_machine_name", "IC-PRD-02"),
        ("switchover_item", "SW-001-4.0-SO03"),
        ("step", "generate"),
    ];
    changed(complete.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(), changes)
}

/// Fields of a question of a stranger that can be sent.
pub const QUESTION: [(&str, &str); 9] = [
    ("kind", "question"),
    ("first_name", "Dana"),
    ("last_name", "Reyes"),
    ("email", "dana.reyes@contoso.example"),
    ("email_again", "dana.reyes@contoso.example"),
    ("employer", "Contoso"),
    ("end_user", "Contoso"),
    ("subject", "Where is the host id?"),
    ("description", "We look for it on Windows."),
];

/// [`QUESTION`] with `changes`.
#[must_use]
pub fn question(changes: &[(&str, &str)]) -> Vec<(String, String)> {
    changed(QUESTION.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(), changes)
}

/// [`QUESTION`] from another mailbox.
#[must_use]
pub fn question_of(email: &str) -> Vec<(String, String)> {
    question(&[("email", email), ("email_again", email)])
}

/// Sends a question of `email`: the address of its form.
///
/// # Panics
/// When it is not taken.
pub async fn ask(browser: &Browser, email: &str) -> String {
    let form = browser.get("/request/new").await;
    let action = form.attribute("main form", "action").expect("a form");
    let sent = browser.post(&action, &question_of(email)).await;
    assert_eq!(sent.status, reqwest::StatusCode::SEE_OTHER, "{:?}", sent.problems());
    action
}

/// `fields` with `changes`, which replace or add.
#[must_use]
pub fn changed(mut fields: Vec<(String, String)>, changes: &[(&str, &str)]) -> Vec<(String, String)> {
    for (name, value) in changes {
        match fields.iter_mut().find(|(known, _)| known == name) {
            Some(field) => field.1 = (*value).to_owned(),
            None => fields.push(((*name).to_owned(), (*value).to_owned())),
        }
    }
    fields
}

/// The submission key of a form that was opened now.
///
/// # Panics
/// When the form cannot be opened.
pub async fn fresh_key(browser: &Browser) -> String {
    let page = browser.get(&format!("{NEW}?product=CIC&version=2020+R2")).await;
    page.value("key").expect("the form has a submission key")
}

/// Sends a table of Acme's for a batch of `kind`, with fields that all lines have in common and the key of a form that was opened now.
///
/// # Panics
/// When the form cannot be opened.
pub async fn send_table(browser: &Browser, kind: &str, table: impl AsRef<[u8]>, fields: &[(&'static str, &str)]) -> Answer {
    let key = browser.get(BATCHES).await.value("key").expect("the form has a submission key");
    send_table_with(browser, &key, kind, table, fields).await
}

/// As [`send_table`], with a key of the test's own.
pub async fn send_table_with(
    browser: &Browser,
    key: &str,
    kind: &str,
    table: impl AsRef<[u8]>,
    fields: &[(&'static str, &str)],
) -> Answer {
    let own = [("key", key.as_bytes()), ("kind", kind.as_bytes()), ("table", table.as_ref())];
    let common = fields.iter().map(|(name, value)| (*name, value.as_bytes()));
    browser.post_files(BATCHES, &own.into_iter().chain(common).collect::<Vec<_>>()).await
}
