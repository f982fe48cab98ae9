use crate::address;
use chrono::TimeDelta;
use reqwest::StatusCode;
use tests::{Answer, Backend, Browser, HANNA, LENA, PETRA, Server, changed, form};

const UPGRADE: &str = "/accounts/NORDIC-3003/upgrade";
const NEW: &str = "/accounts/NORDIC-3003/files/new";

/// A file of the old generation for Nordic, which holds a server and some of two parts.
async fn old_file(browser: &Browser) -> String {
    let page = browser.get(&format!("{NEW}?product=CIC&version=3.0")).await;
    let of_nordic = [
        ("site", "5"),
        ("version", "3.0"),
        ("server_item", "SW-001-3.0-SV02"),
        ("switchover_item", "SW-001-3.0-SO02"),
        ("assigned.SW-001-3.0-AL02", "45"),
        ("pooled.SW-001-3.0-AL04", "7"),
    ];
    address(&browser.post(NEW, &form(&page.value("key").expect("a key"), &of_nordic)).await)
}

/// Chooses targets on the page, and goes as far as `step`.
async fn send(browser: &Browser, step: &str, changes: &[(&str, &str)]) -> Answer {
    let page = browser.get(UPGRADE).await;
    assert_eq!(page.status, StatusCode::OK);
    browser.post(UPGRADE, &changed(page.fields(step), changes)).await
}

/// (part, owned assigned, owned pooled, allocated assigned, allocated pooled) of the account's lines of the old generation and of what they become.
async fn lines(server: &Server) -> Vec<String> {
    let sql = "SELECT p.number || ' ' || e.owned_assigned || '/' || e.owned_pooled || ' ' || e.allocated_assigned || '/' || e.allocated_pooled AS line
               FROM entitlements e JOIN parts p ON p.id = e.part_id JOIN orders o ON o.id = e.order_id
               WHERE o.sales_order IN ('SO-061208', 'SO-061955') ORDER BY e.id";
    server.rows(sql).await.iter().map(|row| row["line"].as_str().expect("a line").to_owned()).collect()
}

#[tokio::test]
async fn a_mirrored_account_upgrades_all_parts_together_and_what_is_owned_and_allocated_moves() {
    let server = Server::durable(Backend::of_run()).await;
    let petra = server.signed_in(PETRA).await;
    let file = old_file(&petra).await;
    let page = petra.get(UPGRADE).await;
    assert_eq!(
        page.all("section[aria-labelledby=with-title] .note"),
        ["This account is mirrored: all 4 parts with an upgrade option are upgraded together, or none is."]
    );
    let without = petra.get(&format!("{UPGRADE}?without")).await.all("section[aria-labelledby=without-title] tbody tr");
    assert!(without.contains(&"Contact Center Level 2SW-001-4.0-AL0510040".to_owned()), "{without:?}");
    // Where there is one target it is chosen; a server can become one of two.
    let refused = send(&petra, "check", &[]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let said = "This account is mirrored: all parts with an upgrade option are upgraded together. Select what CIC 3.0 Server, Intermediate becomes, too.";
    assert_eq!(refused.problems()[0], ("to.SW-001-3.0-SV02".to_owned(), said.to_owned()));

    let targets = [("to.SW-001-3.0-SV02", "SW-001-4.0-SV03"), ("to.SW-001-3.0-SO02", "SW-001-4.0-SO03")];
    let before = server.contents().await;
    let checked = send(&petra, "check", &targets).await;
    assert_eq!(
        (checked.status, checked.all("h1")),
        (StatusCode::OK, vec!["Check the upgrade".to_owned()]),
        "{:?}",
        checked.problems()
    );
    assert_eq!(
        checked.all(".lead"),
        ["1 active file holds some of it. It stays valid, and can then be updated to the new parts."]
    );
    assert!(
        checked.all("tbody tr").contains(
            &"Business Client, 3.0SW-001-3.0-AL02Business ClientSW-001-4.0-AL0250 assigned, 5 pooled45 assigned, 0 poolednothing"
                .to_owned()
        ),
        "{:?}",
        checked.all("tbody tr")
    );
    assert_eq!(server.contents().await, before);

    let fields = checked.fields("generate");
    let made = petra.post(UPGRADE, &fields).await;
    assert_eq!((made.status, made.header("location")), (StatusCode::SEE_OTHER, "/accounts/NORDIC-3003/upgrade/UP-0000001"));
    assert_eq!(
        lines(&server).await,
        [
            "SW-001-4.0-SV03 1/0 1/0",
            "SW-001-4.0-SO03 1/0 1/0",
            "SW-001-4.0-AL02 40/0 40/0",
            "SW-001-4.0-AL04 60/20 0/7",
            "SW-001-4.0-AL02 10/5 5/0"
        ]
    );
    // Sent twice it is one upgrade.
    let after = server.contents().await;
    assert_eq!(petra.post(UPGRADE, &fields).await.header("location"), made.header("location"));
    assert_eq!(server.contents().await, after);

    let done = petra.get(made.header("location")).await;
    assert!(done.all(".note.ok")[0].starts_with("Upgrade complete"));
    assert!(done.all("main > ul li").contains(&"CIC 3.0 Server, Intermediate → CIC Server, Advanced".to_owned()));
    assert_eq!(done.all("#outdated-title"), ["Updates are available"]);
    assert_eq!(done.all(".note.info li"), ["AF-0000001 of IC-PRD-01"]);

    // The file stays valid and says what it said; the list marks it, and its page brings it up with one click.
    let list = petra.get("/accounts/NORDIC-3003/files").await;
    assert_eq!(list.all("tbody .badge"), ["Active", "Update available"]);
    let view = petra.get(&file).await;
    assert!(
        view.all("section[aria-labelledby=parts-title] tbody tr")
            .contains(&"Business Client, 3.0SW-001-3.0-AL02Access450".to_owned())
    );
    assert_eq!(view.all("#refresh-title"), ["A newer revision is available"]);
    let offered = view.all("section[aria-labelledby=refresh-title] li");
    assert!(offered.contains(&"Product version: 3.0 → 2020 R4".to_owned()), "{offered:?}");
    assert!(offered.contains(&"Primary server item: SW-001-3.0-SV02 → SW-001-4.0-SV03".to_owned()), "{offered:?}");
    server.advance(TimeDelta::minutes(1));
    let updated = petra.post(&format!("{file}/update"), &view.fields("generate")).await;
    assert_eq!(updated.status, StatusCode::SEE_OTHER, "{:?}", updated.problems());
    let view = petra.get(&file).await;
    assert_eq!((view.all("#refresh-title").len(), view.all(".plate .revision")), (0, vec!["Revision 2".to_owned()]));
    assert_eq!(petra.get("/accounts/NORDIC-3003/files").await.all("tbody .badge"), ["Active"]);
    assert_eq!(
        petra.get(UPGRADE).await.all(".empty p"),
        ["None of this account’s parts can be upgraded: all are of the latest generation."]
    );
    server.assert_healthy().await;
}

#[tokio::test]
async fn files_of_upgraded_parts_are_updated_as_a_batch_that_says_first_what_changes() {
    let server = Server::start().await;
    server.execute("UPDATE entitlements SET owned_assigned = 3 WHERE owned_assigned = 1").await;
    let petra = server.signed_in(PETRA).await;
    for (host, site) in [("00505684E9A1", "5"), ("00505684E9A2", "6"), ("00505684E9A3", "5")] {
        let page = petra.get(&format!("{NEW}?product=CIC&version=3.0")).await;
        let alone = [
            ("site", site),
            ("version", "3.0"),
            ("host_id", host),
            ("server_item", "SW-001-3.0-SV02"),
            ("switchover_later", "yes"),
            ("assigned.SW-001-3.0-AL02", "5"),
        ];
        address(&petra.post(NEW, &form(&page.value("key").expect("a key"), &alone)).await);
    }
    let targets = [("to.SW-001-3.0-SV02", "SW-001-4.0-SV02"), ("to.SW-001-3.0-SO02", "SW-001-4.0-SO02")];
    assert_eq!(send(&petra, "generate", &targets).await.status, StatusCode::SEE_OTHER);
    server.execute("UPDATE install_sites SET active = FALSE WHERE id = 6").await;
    let page = petra.get(UPGRADE).await;
    assert_eq!(page.all(".note.info li").len(), 3);
    let key = page.value("key").expect("a key");
    // The next page says what changes in each; nothing is done yet.
    let mut asked = vec![("key".to_owned(), key), ("kind".to_owned(), "refresh".to_owned())];
    asked.extend(
        page.attributes(".note.info input[name=serial]", "value").into_iter().map(|serial| ("serial".to_owned(), serial)),
    );
    assert_eq!(page.attribute(".note.info form", "action").as_deref(), Some("/accounts/NORDIC-3003/batches/selection"));
    let planned = address(&petra.post("/accounts/NORDIC-3003/batches/selection", &asked).await);
    let plan = petra.get(&planned).await;
    let lines = plan.all("section[aria-labelledby=lines-title] tbody tr");
    assert!(lines[0].contains("readyProduct version: 3.0 → 2020 R4; "), "{lines:?}");
    assert!(lines[1].contains("refused") && lines[1].contains("Install site Bergen is not active"), "{lines:?}");
    // Where a line is refused, all or nothing is not offered, and the page says why.
    assert_eq!(plan.attributes("input[name=mode]", "value"), ["line-by-line"]);
    assert_eq!(
        plan.all("section[aria-labelledby=begin-title] .note.info"),
        ["All or nothing is not offered: 1 line is refused."]
    );
    // A plan that is discarded does nothing, and says so; the same files can be planned anew.
    let before = server.rows("SELECT id FROM file_revisions").await.len();
    assert_eq!(address(&petra.post(&format!("{planned}/discard"), &[("x", "")]).await), planned);
    let discarded = petra.get(&planned).await;
    assert_eq!(discarded.all(".note.bad"), ["This plan was discarded. Send its table again if it is needed."]);
    petra.post(&planned, &[("mode", "line-by-line")]).await;
    assert_eq!(server.rows("SELECT id FROM file_revisions").await.len(), before);
    asked[0].1 = petra.get(UPGRADE).await.value("key").expect("a key");
    let planned = address(&petra.post("/accounts/NORDIC-3003/batches/selection", &asked).await);
    assert_eq!(petra.post(&planned, &[("mode", "line-by-line")]).await.status, StatusCode::SEE_OTHER);
    tests::finish_batches(server.portal()).await;
    // The upgrade is found again.
    let history = petra.get(&format!("{UPGRADE}?history")).await;
    assert_eq!(history.attribute("tbody th a", "href").as_deref(), Some("/accounts/NORDIC-3003/upgrade/UP-0000001"));
    let list = petra.get("/accounts/NORDIC-3003/files?sort=oldest").await;
    assert_eq!(list.all("tbody th"), ["AF-0000001 revision 2", "AF-0000002", "AF-0000003 revision 2"]);
}

#[tokio::test]
async fn an_account_that_is_not_mirrored_chooses_single_parts() {
    let server = Server::start().await;
    server.execute("UPDATE accounts SET mirrored = FALSE").await;
    server.execute("UPDATE entitlements SET maintenance_end = '2026-11-21' WHERE order_id = (SELECT id FROM orders WHERE sales_order = 'SO-061955')").await;
    let petra = server.signed_in(PETRA).await;
    let nothing = send(&petra, "check", &[]).await;
    assert_eq!(nothing.problems(), [("to.SW-001-3.0-SV02".to_owned(), "Select what at least one part becomes.".to_owned())]);
    let checked = send(&petra, "check", &[("to.SW-001-3.0-AL02", "SW-001-4.0-AL02")]).await;
    assert_eq!(
        checked.all("tbody tr"),
        [
            "Business Client, 3.0SW-001-3.0-AL02Business ClientSW-001-4.0-AL0240 assigned, 0 pooled0 assigned, 0 pooled10 assigned, 5 pooled, without maintenance"
        ]
    );
    let made = petra.post(UPGRADE, &checked.fields("generate")).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER);
    assert_eq!(lines(&server).await[2..], ["SW-001-4.0-AL02 40/0 0/0", "SW-001-3.0-AL04 60/20 0/0", "SW-001-3.0-AL02 10/5 0/0"]);
    // What is left of it has no maintenance.
    let before = server.contents().await;
    let refused = send(&petra, "generate", &[("to.SW-001-3.0-AL02", "SW-001-4.0-AL02")]).await;
    let said = "Maintenance of Business Client, 3.0 (order SO-061955) ended on 21 Nov 2026. Renew it, then upgrade.";
    assert_eq!(
        (refused.status, refused.problems()),
        (StatusCode::UNPROCESSABLE_ENTITY, vec![("to.SW-001-3.0-AL02".to_owned(), said.to_owned())])
    );
    let other = send(&petra, "generate", &[("to.SW-001-3.0-AL04", "SW-001-4.0-SV03")]).await;
    assert_eq!(other.problems()[0].1, "What was sent is not among this account's choices. Select an upgrade from the list.");
    assert_eq!(server.contents().await, before);
}

#[tokio::test]
async fn the_same_key_with_other_content_is_a_conflict() {
    let server = Server::start().await;
    server.execute("UPDATE accounts SET mirrored = FALSE").await;
    let petra = server.signed_in(PETRA).await;
    let page = petra.get(UPGRADE).await;
    let fields = page.fields("generate");
    let first = petra.post(UPGRADE, &changed(fields.clone(), &[("to.SW-001-3.0-AL02", "SW-001-4.0-AL02")])).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER);
    let after = server.contents().await;
    let other = petra.post(UPGRADE, &changed(fields, &[("to.SW-001-3.0-AL04", "SW-001-4.0-AL04")])).await;
    assert_eq!(
        (other.status, other.all(".note.bad")),
        (StatusCode::CONFLICT, vec!["This form was already used for UP-0000001.".to_owned()])
    );
    assert_eq!(server.contents().await, after);
}

#[tokio::test]
async fn without_a_perpetual_licence_an_upgrade_goes_by_request_and_others_upgrades_are_not_seen() {
    let server = Server::start().await;
    let hanna = server.signed_in(HANNA).await;
    let page = hanna.get("/accounts/HELIOS-2002/upgrade").await;
    assert_eq!(
        page.all(".note.warn strong"),
        ["This is a subscription account. Customers and partners upgrade parts of perpetual accounts only."]
    );
    let posted = hanna
        .post(
            "/accounts/HELIOS-2002/upgrade",
            &[("key", tests::UNUSED_KEY), ("to.SW-001-4.0-AL02", "SW-001-4.0-AL04"), ("step", "generate")],
        )
        .await;
    assert_eq!(posted.status, StatusCode::FORBIDDEN);
    let petra = server.signed_in(PETRA).await;
    let targets = [("to.SW-001-3.0-SV02", "SW-001-4.0-SV02"), ("to.SW-001-3.0-SO02", "SW-001-4.0-SO02")];
    assert_eq!(send(&petra, "generate", &targets).await.status, StatusCode::SEE_OTHER);
    assert_eq!(hanna.get("/accounts/HELIOS-2002/upgrade/UP-0000001").await.status, StatusCode::NOT_FOUND);
    assert_eq!(server.signed_in(LENA).await.get(&format!("{UPGRADE}/UP-0000001")).await.status, StatusCode::OK);
}
