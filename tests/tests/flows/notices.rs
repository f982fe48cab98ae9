use crate::generated;
use chrono::TimeDelta;
use portal::notices::send_daily;
use reqwest::StatusCode;
use tests::{AMELIA, Backend, JONAS, OWEN, PETRA, Server, Size, changed, report};

/// Mails that are queued to `email`, as JSON, the latest first.
async fn mails(server: &Server, email: &str) -> Vec<serde_json::Value> {
    let sql = "SELECT CAST(arguments AS TEXT) AS mail FROM jobs WHERE kind = 'mail' ORDER BY id DESC";
    let rows = server.rows(sql).await;
    let parse = |row: &serde_json::Value| serde_json::from_str(row["mail"].as_str().expect("a text")).expect("JSON");
    rows.iter().map(parse).filter(|mail: &serde_json::Value| mail["recipient"] == email).collect()
}

/// Path of the link that ends such mails.
fn link(server: &Server, mail: &serde_json::Value) -> String {
    mail["unsubscribe"].as_str().and_then(|url| url.strip_prefix(server.url())).expect("a link").to_owned()
}

#[tokio::test]
async fn what_ends_soon_is_told_once_a_day_in_the_morning_of_each_person() {
    let server = Server::durable(Backend::of_run()).await;
    // It is morning in Berlin and Oslo, and two hours later in Indiana; and nothing ends in 30 days.
    let days = "SELECT person_id FROM notice_settings WHERE told_on IS NOT NULL";
    assert_eq!(send_daily(server.portal()).await.expect("sent"), 0);
    assert_eq!(server.rows(days).await.len(), 5);
    server.advance(TimeDelta::hours(2));
    assert_eq!(send_daily(server.portal()).await.expect("sent"), 0);
    assert_eq!(server.rows(days).await.len(), 9);
    server.advance(TimeDelta::days(1));
    assert_eq!(send_daily(server.portal()).await.expect("sent"), 2);
    assert_eq!(send_daily(server.portal()).await.expect("sent"), 0, "once a day");
    for email in [PETRA, JONAS] {
        let mails = mails(&server, email).await;
        assert_eq!(mails.len(), 1, "{email}");
        let body = mails[0]["body"].as_str().expect("a body");
        assert!(
            body.contains(
                "– CIC Server, Intermediate of order SO-097713 of Nordic Mutual Insurance Customer Operations: 2026-12-23"
            ),
            "{body}"
        );
        assert_eq!(mails[0]["subject"], "Notices of 2026-11-23 from the portal of Meridian Contact Software");
    }
    // Programs open links. One click of a mail program comes from nowhere.
    let mail = mails(&server, PETRA).await.remove(0);
    let path = link(&server, &mail);
    let before = server.contents().await;
    let page = server.browser().get(&path).await;
    assert_eq!((page.status, page.all("h1")), (StatusCode::OK, vec!["End notices".to_owned()]));
    assert_eq!(server.contents().await, before);
    let click = server.browser().client.post(format!("{}{path}", server.address())).body("List-Unsubscribe=One-Click");
    let click = click.header("content-type", "application/x-www-form-urlencoded").send().await.expect("an answer");
    assert_eq!(click.status(), StatusCode::OK);
    let petra = server.signed_in(PETRA).await;
    let ticked = petra.get("/profile").await.attributes("input[name=notice][checked]", "value");
    assert_eq!(ticked, Vec::<String>::new());
    assert_eq!(server.browser().get(&path.replace("/daily", "/other")).await.status, StatusCode::NOT_FOUND);
    // Fourteen days before, only who still wants it is told; days without notices are made up for.
    server.advance(TimeDelta::days(18));
    let told = send_daily(server.portal()).await.expect("sent");
    assert_eq!((mails(&server, PETRA).await.len(), mails(&server, JONAS).await.len()), (1, 2), "{told}");
    // Maintenance of Acme ends on 6 January: 30 days before, on 7 December, nothing was sent.
    let mails = mails(&server, AMELIA).await;
    assert_eq!(mails.len(), 1);
    assert!(
        mails[0]["body"].as_str().is_some_and(|body| body.contains("Media Server of order SO-119340")),
        "{}",
        mails[0]["body"]
    );
    server.assert_healthy().await;
}

#[tokio::test]
async fn a_file_that_ends_and_a_certification_are_told_of_and_a_renewal_offers_a_refresh() {
    let server = Server::durable(Backend::of_run()).await;
    let amelia = server.signed_in(AMELIA).await;
    generated(&amelia, &[]).await;
    server.advance(TimeDelta::hours(2));
    send_daily(server.portal()).await.expect("sent");
    assert_eq!(mails(&server, AMELIA).await.len(), 1, "of the file that she generated");
    server
        .execute(
            "UPDATE certifications SET valid_through = '2026-11-24' WHERE person_id = 1;
             UPDATE listed_files SET valid_through = '2026-11-30';
             INSERT INTO line_changes (order_id, line, entitlement_id, owned_assigned, owned_pooled, maintenance_end, at)
                SELECT order_id, 90, id, owned_assigned, owned_pooled, '2029-01-01', '2026-11-23T08:00:00+00:00' FROM entitlements WHERE id = 1;
             UPDATE entitlements SET maintenance_end = '2029-01-01' WHERE id = 1",
        )
        .await;
    server.advance(TimeDelta::days(1));
    send_daily(server.portal()).await.expect("sent");
    let mail = mails(&server, AMELIA).await.remove(0);
    let body = mail["body"].as_str().expect("a body");
    for line in [
        "– AF-0000001 (Production) for ic-prd-01 of Acme Contact Centers is valid through 2026-11-30.",
        "– CIC Server, Advanced of order SO-104417 of Acme Contact Centers, until 2029-01-01: 1 file",
        "Your certification ends soon; ask your licensing analyst to renew it:",
    ] {
        assert!(body.contains(line), "{line}\n{body}");
    }
}

#[tokio::test]
async fn colleagues_who_chose_it_are_told_of_files_with_the_file_if_they_want_it() {
    let server = Server::durable(Backend::of_run()).await;
    let (amelia, owen) = (server.signed_in(AMELIA).await, server.signed_in(OWEN).await);
    let chosen = owen.post("/profile/notices", &[("notice", "files"), ("notice", "attached")]).await;
    assert_eq!(chosen.header("location"), "/profile?notices");
    let file = generated(&amelia, &[]).await;
    let told = mails(&server, OWEN).await;
    assert_eq!(told.len(), 1);
    let body = told[0]["body"].as_str().expect("a body");
    assert!(body.starts_with("Amelia Hart generated activation file AF-0000001 for "), "{body}");
    let sha256 = amelia.get(&file).await.all("#sha256").remove(0);
    assert!(body.contains(&format!("SHA-256 of AF-0000001.I3Lic: {sha256}")), "{body}");
    assert_eq!(told[0]["files"][0]["name"], "AF-0000001.I3Lic");
    let page = amelia.get(&format!("{file}/deactivate")).await;
    let typed = [("reason", "reallocation"), ("machine", "ic-prd-01")];
    amelia.post(&format!("{file}/deactivate"), &changed(page.fields(""), &typed)).await;
    let told = mails(&server, OWEN).await;
    assert_eq!((told.len(), told[0]["files"].as_array().map(Vec::len)), (2, Some(0)));
    assert_eq!(server.browser().press(&link(&server, &told[0])).await.status, StatusCode::OK);
    generated(&amelia, &[]).await;
    assert_eq!(mails(&server, OWEN).await.len(), 2, "he ended it");
    assert_eq!(owen.get("/profile").await.attributes("input[name=notice][checked]", "value"), Vec::<String>::new());
    server.assert_healthy().await;
}

#[tokio::test]
async fn many_due_notices_are_one_mail_each_however_many_servers_send_them() {
    let server = Server::durable(Backend::of_run()).await;
    let people = Size::of_run().pick(500, 10_000);
    let sequence = match server.backend() {
        Backend::Sqlite => {
            format!("WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < {people})")
        }
        Backend::Postgres => format!("WITH n (value) AS (SELECT * FROM generate_series(1, {people}))"),
    };
    let columns = "INSERT INTO people (email, name, password_hash, time_zone, active)";
    server
        .execute(&format!(
            "{columns} {sequence} SELECT 'due-' || value || '@nordic.example', 'Due ' || value, '', 'Europe/Oslo', TRUE FROM n;
             INSERT INTO memberships (person_id, account_id, permissions) SELECT id, 3, 'files' FROM people WHERE email LIKE 'due-%'"
        ))
        .await;
    server.advance(TimeDelta::days(1));
    let began = std::time::Instant::now();
    let (one, other) = tokio::join!(send_daily(server.portal()), send_daily(server.portal()));
    let took = began.elapsed();
    // Petra and Jonas act for the same account.
    assert_eq!(one.expect("sent") + other.expect("sent"), people + 2);
    let sql = "SELECT CAST(COUNT(*) AS TEXT) AS mails, CAST(COUNT(DISTINCT CAST(arguments AS TEXT)) AS TEXT) AS different
               FROM jobs WHERE kind = 'mail'";
    let all = (people + 2).to_string();
    assert_eq!(server.rows(sql).await, [serde_json::json!({ "mails": all, "different": all })]);
    report(&format!("{people} due notices, two at once: one mail each, queued in {:.1} s", took.as_secs_f64()));
    server.assert_healthy().await;
}
