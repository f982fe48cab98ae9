//! Logs and counters: enough to find a request by its reference, and nothing that belongs to people.

use crate::{
    EXECUTABLE,
    kills::{database, fields},
};
use reqwest::StatusCode;
use sea_orm::ConnectionTrait;
use serde_json::Value;
use server::Secret;
use tests::{AMELIA, Backend, Browser, Home, LENA, NEW, Server, changed, free_port, fresh_key};

/// Stands in everything that is sent, and in every setting that is a secret.
const CANARY: &str = "canary7f3a";

fn lines(log: &str) -> Vec<Value> {
    log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"))).collect()
}

/// Sends the canary in every way that the server takes something.
async fn plant(home: &Home, browser: &Browser) {
    let canary = |name: &str| (name.to_owned(), format!("{CANARY}@canary.example"));
    let post = async |path: &str, fields: &[(String, String)]| browser.post(path, fields).await.status;
    post("/sign-in", &["email", "password", "return_to", "kept_form", CANARY].map(canary)).await;
    browser.sign_in(AMELIA).await;
    post("/theme", &[canary("theme")]).await;
    for request in ["/request/new/AAAAAAAAAAAAAAAAAAAAAA", "/request/new/AAAAAAAAAAAAAAAAAAAAAB/draft"] {
        let typed =
            ["kind", "first_name", "last_name", "email", "email_again", "copies", "garn", "subject", "description", CANARY];
        post(request, &typed.map(canary)).await;
        let mut complete: Vec<_> = typed.map(canary).into();
        complete.retain(|(name, _)| name != "kind" && name != "garn");
        complete.extend(
            [("kind", "question"), ("employer", CANARY), ("end_user", CANARY)].map(|(n, v)| (n.to_owned(), v.to_owned())),
        );
        post(request, &complete).await;
    }
    for step in ["check", "generate", "edit", CANARY] {
        let key = fresh_key(browser).await;
        let mut typed: Vec<_> = fields(&key, 1).into_iter().map(|(name, _)| canary(&name)).collect();
        typed.retain(|(name, _)| name != "key" && name != "step");
        typed.extend([("key".to_owned(), key.clone()), ("step".to_owned(), step.to_owned()), canary(CANARY)]);
        post(NEW, &typed).await;
        // A complete form with names that are ours to keep, too.
        let mut complete = fields(&key, 1);
        complete.retain(|(name, _)| name != "machine_name");
        complete.push(("machine_name".to_owned(), format!("IC-{CANARY}")));
        complete.push(("step".to_owned(), step.to_owned()));
        post(NEW, &complete).await;
    }
    for path in [
        "/canary7f3a",
        "/?canary7f3a=canary7f3a",
        "/accounts?q=canary7f3a",
        "/accounts/canary7f3a",
        "/accounts/canary7f3a/files/canary7f3a",
        "/accounts/ACME-1001/files",
        "/accounts/ACME-1001/files?after=canary7f3a",
        "/accounts/ACME-1001/files?machine=canary7f3a&by=canary7f3a&site=canary7f3a&line=canary7f3a&from=canary7f3a&sort=canary7f3a",
        "/accounts/ACME-1001/files?machine=canary7f3a&after=ncanary7f3a~AF-0000001",
        "/accounts/ACME-1001/files.csv?machine=ic-canary7f3a&by=canary7f3a",
        "/accounts/ACME-1001/upgrade/canary7f3a",
        "/accounts/ACME-1001/sites/canary7f3a",
        "/help/canary7f3a",
        "/accounts/ACME-1001/files/new?product=canary7f3a&version=canary7f3a&canary7f3a=1",
        "/keys/canary7f3a.pem",
        "/static/canary7f3a/canary7f3a",
        "/sign-in?return_to=canary7f3a",
    ] {
        browser.get(path).await;
    }
    for header in
        ["user-agent", "referer", "x-forwarded-for", "authorization", "cookie", "x-request-id", "host", "accept-language"]
    {
        let address = format!("http://{}/accounts", home.settings.listen);
        let _ = browser.client.get(address).header(header, format!("session={CANARY}")).send().await;
    }
    // What is done to a file, to sites and to parts.
    let name = |name: &str| (name.to_owned(), format!("IC {CANARY}"));
    let site: Vec<_> =
        ["name", "address", "city", "state", "postal_code", "country", "contact", "phone", "active"].map(name).into();
    post("/accounts/ACME-1001/sites/new", &site).await;
    post("/accounts/ACME-1001/sites/1", &[&site[..], &["email", "mark", "confirmed"].map(canary)].concat()).await;
    let page = browser.get("/accounts/ACME-1001/files/AF-0000001/update").await;
    let update = changed(page.fields("generate"), &[("switchover_machine_name", &format!("IC-{CANARY}-2")), (CANARY, CANARY)]);
    post("/accounts/ACME-1001/files/AF-0000001/update", &update).await;
    let page = browser.get("/accounts/ACME-1001/files/AF-0000001/deactivate").await;
    let typed = [("reason", "other"), ("note", CANARY), ("machine", &format!("IC-{CANARY}"))];
    post("/accounts/ACME-1001/files/AF-0000001/deactivate", &changed(page.fields(CANARY), &typed)).await;
    post("/accounts/ACME-1001/upgrade", &["to.SW-001-4.0-AL02", "step", "key"].map(canary)).await;
    // A file to be checked, and what an analyst types.
    let file = format!("format = \"activation-file/1\"\nserial = \"{CANARY}\"\n\n— {CANARY} {CANARY}\n");
    browser.post_files("/check", &[("file", file.as_bytes()), ("text", CANARY.as_bytes()), ("second", file.as_bytes())]).await;
    let lena = home.browser();
    lena.sign_in(LENA).await;
    lena.post("/accounts/HELIOS-2002/cloud", &[("organization", CANARY), ("connected", CANARY)]).await;
    lena.get("/accounts/HELIOS-2002/cloud?canary7f3a").await;
    let choices = ["usage_tracking", "ramp_date", "grace_days", "type", "server_item", "assigned.SW-001-4.0-AL02"];
    lena.post("/accounts/HELIOS-2002/files/new", &choices.map(canary)).await;
    browser.post_body(NEW, format!("{CANARY}=%FF%00{CANARY}").into_bytes()).await;
    browser.post_body(NEW, CANARY.repeat(10_000).into_bytes()).await;
    let method = reqwest::Method::from_bytes(CANARY.to_uppercase().as_bytes()).expect("a method");
    let made_up = browser.client.request(method, format!("http://{}/keys", home.settings.listen)).send().await;
    assert_eq!(made_up.expect("an answer").status(), StatusCode::FORBIDDEN);
}

async fn nothing_of_people_is_logged(backend: Backend) {
    let mut home = Home::new(EXECUTABLE, backend).await;
    let closed = free_port();
    if let Some(Secret(url)) = &mut home.settings.database_url {
        // The throw-away cluster trusts everybody, so any password will do.
        *url = url.replace("unused", CANARY);
    }
    let mut command = home.command(&[]);
    portal::write_private(&home.data().join("passphrase"), format!("{CANARY} {CANARY}").as_bytes())
        .expect("the passphrase is written");
    command.env("AFMT_PASSPHRASE_FILE", home.data().join("passphrase"));
    command.env("AFMT_SMTP_URL", format!("smtp://{CANARY}:{CANARY}@127.0.0.1:{closed}"));
    command.env("AFMT_SLOW_QUERY_MS", "0");
    command.env("AFMT_LOG", "warn,portal=trace,server=trace,app=trace,tower_http=debug,hyper=debug,sqlx=info,sea_orm=info");
    let mut running = home.start_with(command);
    let browser = home.browser();
    plant(&home, &browser).await;
    // Mail that comes in beside the server.
    let mut piped = String::new();
    for (number, fields) in ["", "Auto-Submitted: yes\r\n", "Content-Type: multipart/mixed; boundary=b\r\n"].iter().enumerate() {
        let mail =
            format!("From: {CANARY}@canary.example\r\n{fields}Subject: {CANARY} AFR-0000001\r\n\r\n--b\r\n\r\n{CANARY} {number}");
        piped.push_str(&home.receive(mail.as_bytes(), None).ended());
    }
    assert!(!piped.to_lowercase().contains(CANARY), "{piped}");
    // The same while the database fails, and while it is damaged.
    let database = database(&home).await;
    database.execute_unprepared("ALTER TABLE install_sites RENAME TO elsewhere").await.expect("damaged");
    let failed = browser.post(NEW, &fields(&format!("{CANARY}AAAAAAAAAAAA"), 1)).await;
    assert_eq!(failed.status, StatusCode::INTERNAL_SERVER_ERROR);
    let reference = failed.header("x-request-id").to_owned();
    assert!(failed.text().contains(&format!("Reference: {reference}.")));
    database.close().await.expect("closed");
    let log = running.ended();
    let lower = log.to_lowercase();
    let hit = lower.find(CANARY).map(|at| &log[at.saturating_sub(300)..(at + 100).min(log.len())]);
    assert_eq!(hit, None, "the log repeats what was sent");
    for personal in ["acme.example", "127.0.0.1", "Amelia", "walk the ledger"] {
        let line = log.lines().find(|line| line.contains(personal));
        assert_eq!(line, None, "the log says {personal}");
    }
    let lines = lines(&log);
    let of_failed: Vec<_> = lines.iter().filter(|line| line["span"]["reference"] == reference.as_str()).collect();
    let messages: Vec<_> = of_failed.iter().filter_map(|line| line["fields"]["message"].as_str()).collect();
    assert!(messages.contains(&"an operation failed") && messages.contains(&"answered"), "{messages:?}");
    let answered = of_failed.iter().find(|line| line["fields"]["message"] == "answered").expect("its last line");
    assert_eq!(
        (answered["span"]["method"].as_str(), answered["span"]["route"].as_str(), answered["fields"]["status"].as_u64()),
        (Some("POST"), Some("/accounts/{garn}/files/new"), Some(500))
    );
    // Who asked and from where is told by a number and by a name that says nothing; a method that somebody made up is no method.
    assert!(answered["span"]["person"].is_u64() && answered["span"]["from"].as_str().is_some_and(|from| from.len() == 12));
    let refused: Vec<_> = lines.iter().filter(|line| line["fields"]["message"] == "sign-in refused").collect();
    assert!(!refused.is_empty() && refused.iter().all(|line| line["fields"]["who"].as_str().is_some_and(|who| who.len() == 12)));
    assert!(lines.iter().any(|line| line["span"]["method"] == "other"));
    let slow: Vec<_> = lines.iter().filter(|line| line["fields"]["message"] == "slow query").collect();
    for name in ["session", "offer: parts", "activity: page", "allocate", "insert file_revisions", "select people"] {
        assert!(slow.iter().any(|line| line["fields"]["query"] == name), "no slow query is called {name}");
    }
    let unnamed: Vec<_> =
        slow.iter().filter(|line| line["fields"]["query"].as_str().is_none_or(|name| name.trim().len() < 4)).collect();
    assert!(unnamed.is_empty(), "{unnamed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_log_repeats_what_was_sent_on_sqlite() {
    nothing_of_people_is_logged(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_log_repeats_what_was_sent_on_postgres() {
    nothing_of_people_is_logged(Backend::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_count_what_happened() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    server.browser().post("/sign-in", &[("email", AMELIA), ("password", "wrong")]).await;
    assert_eq!(amelia.post(NEW, &fields(&fresh_key(&amelia).await, 1)).await.status, StatusCode::SEE_OTHER);
    amelia.get("/accounts/ACME-1001/files").await;
    amelia.get(&format!("/{CANARY}")).await;
    let answer = server.browser().get("/metrics").await;
    assert_eq!(answer.header("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    let text = answer.text();
    for line in [
        "afmt_sign_ins_total{outcome=\"signed in\"} 1",
        "afmt_sign_ins_total{outcome=\"incorrect\"} 1",
        "afmt_generations_total{outcome=\"generated\"} 1",
        "afmt_database_up 1",
        "afmt_http_answers_total{method=\"GET\",route=\"/accounts/{garn}/files\",status=\"200\"} 1",
        "afmt_http_answers_total{method=\"GET\",route=\"-\",status=\"404\"} 1",
        "afmt_http_duration_seconds_count{route=\"/accounts/{garn}/files\"} 1",
        "afmt_query_duration_seconds_count{query=\"activity: page\"} 1",
        "# EOF",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    let gauge = |name: &str| {
        let value = text.lines().find_map(|line| line.strip_prefix(name)).expect(name);
        value.trim().parse::<f64>().expect("a number")
    };
    assert!(gauge("process_resident_memory_bytes") > 1e6 && gauge("process_open_fds") > 3.0);
    assert!(!text.contains(CANARY) && !text.contains(AMELIA));
}

/// Behind a proxy the numbers are for those that the settings name, and there is nothing for anybody else.
#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_for_this_machine_and_for_those_who_are_named() {
    let server = Server::with(Backend::Sqlite, |settings| {
        settings.demo = true;
        settings.metrics_from = vec![[192, 0, 2, 9].into()];
        settings.trusted_proxy = vec![[127, 0, 0, 1].into()];
    })
    .await;
    let ask = async |header: Option<(&str, &str)>| {
        let mut request = server.browser().client.get(format!("{}/metrics", server.address()));
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        request.send().await.expect("an answer").status().as_u16()
    };
    assert_eq!(ask(None).await, 200);
    assert_eq!(ask(Some(("x-forwarded-for", "192.0.2.9"))).await, 200);
    assert_eq!(ask(Some(("x-forwarded-for", "192.0.2.10"))).await, 404);
    assert_eq!(ask(Some(("x-forwarded-for", "192.0.2.9, 192.0.2.10"))).await, 404);
    assert_eq!(ask(Some(("x-forwarded-for", "127.0.0.1"))).await, 404);
    assert_eq!(ask(Some(("forwarded", "for=192.0.2.10"))).await, 404);
    let behind_a_proxy = Server::behind("https://licences.example").await;
    assert_eq!(behind_a_proxy.browser().get("/metrics").await.status, StatusCode::NOT_FOUND, "a proxy asks from loopback");
}
