use crate::{NEW, address, downloaded, form, fresh_key, generated};
use chrono::TimeDelta;
use reqwest::StatusCode;
use tests::{AMELIA, BATCHES, LENA, PETRA, Server};

/// The `[keys]` of a file.
fn keys(file: &str) -> Vec<(String, u32)> {
    let lines = file.lines().skip_while(|line| *line != "[keys]").skip(1).take_while(|line| !line.is_empty());
    lines
        .map(|line| line.split_once(" = ").expect("a key line"))
        .map(|(key, count)| (key.to_owned(), count.parse().expect("a count")))
        .collect()
}

fn count(keys: &[(String, u32)], key: &str) -> u32 {
    keys.iter().find(|(name, _)| name == key).map_or(0, |(_, count)| *count)
}

#[tokio::test]
async fn each_part_expands_into_its_keys() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    // (part, assigned, pooled, keys)
    type Vector<'a> = (&'a str, &'a str, &'a str, &'a [(&'a str, u32)]);
    let vectors: [Vector<'_>; 7] = [
        ("AL01", "0", "25", &[("I3_LICENSE_BASIC_STATION", 25)]),
        ("AL02", "5", "0", &[("I3_ACCESS_CLIENT", 5), ("I3_LICENSE_BASIC_STATION", 5)]),
        (
            "AL03",
            "5",
            "25",
            &[("I3_ACCESS_ACD_MEDIA_1", 5), ("I3_ACCESS_ACD_MEDIA_1_CONCURRENT", 25), ("I3_LICENSE_BASIC_STATION", 30)],
        ),
        (
            "AL04",
            "5",
            "25",
            &[
                ("I3_ACCESS_ACD_MEDIA_1", 5),
                ("I3_ACCESS_ACD_MEDIA_1_CONCURRENT", 25),
                ("I3_ACCESS_CLIENT", 5),
                ("I3_ACCESS_CLIENT_CONCURRENT", 25),
                ("I3_LICENSE_BASIC_STATION", 30),
            ],
        ),
        (
            "AA01",
            "2",
            "0",
            &[
                ("I3_ACCESS_DIALER_SUPERVISOR_PLUGIN", 2),
                ("I3_ACCESS_HISTORICAL_REPORT_SUPERVISOR_PLUGIN", 2),
                ("I3_ACCESS_WORKGROUP_SUPERVISOR_PLUGIN", 2),
            ],
        ),
        (
            "AA02",
            "1",
            "1",
            &[("I3_ACCESS_INTERACTION_SCRIPTER_ADDON", 1), ("I3_ACCESS_INTERACTION_SCRIPTER_ADDON_CONCURRENT", 1)],
        ),
        (
            "AA17",
            "2",
            "2",
            &[
                ("I3_ACCESS_REPORT_ASSISTANT_SUPERVISOR_PLUGIN", 2),
                ("I3_ACCESS_REPORT_ASSISTANT_SUPERVISOR_PLUGIN_CONCURRENT", 2),
            ],
        ),
    ];
    let server_items = ["I3_FEATURE_CIC_SERVER", "I3_FEATURE_SU_ALLOWED", "I3_SESSION_CALL"];
    let key = fresh_key(&amelia).await;
    for (part, assigned, pooled, expected) in vectors {
        let fields = form(
            &key,
            &[
                (&format!("assigned.SW-001-4.0-{part}"), assigned),
                (&format!("pooled.SW-001-4.0-{part}"), pooled),
                ("switchover_later", "yes"),
                ("step", "check"),
            ],
        );
        let answer = amelia.post(NEW, &fields).await;
        assert_eq!(answer.status, StatusCode::OK, "{part}: {:?}", answer.problems());
        let names = answer.all("table.keys tbody th");
        let counts = answer.all("table.keys tbody td");
        let shown: Vec<_> =
            names.iter().map(String::as_str).zip(counts.iter().map(|c| c.parse::<u32>().expect("a count"))).collect();
        let of_part: Vec<_> = shown.into_iter().filter(|(key, _)| !server_items.contains(key)).collect();
        assert_eq!(of_part, expected, "{part} {assigned}/{pooled}");
    }
}

#[tokio::test]
async fn counts_of_several_parts_add_up_in_one_file_for_both_servers() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let file = generated(
        &amelia,
        &[
            ("pooled.SW-001-4.0-AL01", "25"),
            ("assigned.SW-001-4.0-AL02", "5"),
            ("assigned.SW-001-4.0-AL03", "5"),
            ("pooled.SW-001-4.0-AL03", "25"),
            ("assigned.SW-001-4.0-AL04", "5"),
            ("pooled.SW-001-4.0-AL04", "25"),
        ],
    )
    .await;
    let text = downloaded(&amelia, &file).await;
    let keys = keys(&text);
    assert_eq!(count(&keys, "I3_LICENSE_BASIC_STATION"), 25 + 5 + 30 + 30);
    assert_eq!(count(&keys, "I3_ACCESS_CLIENT"), 5 + 5);
    assert_eq!(count(&keys, "I3_ACCESS_CLIENT_CONCURRENT"), 25);
    assert_eq!(count(&keys, "I3_ACCESS_ACD_MEDIA_1"), 5 + 5);
    assert_eq!(count(&keys, "I3_ACCESS_ACD_MEDIA_1_CONCURRENT"), 25 + 25);
    let head = text.split("[keys]").next().expect("what stands before the keys");
    assert_eq!(
        head,
        "format = \"activation-file/1\"\n\
         serial = \"AF-0000001\"\n\
         revision = 1\n\
         issued_at = 2026-11-22T10:15:30Z\n\
         product = \"CIC\"\n\
         product_version = \"2020 R2\"\n\
         license_type = \"production\"\n\
         valid_through = 2100-01-01\n\
         updates_through = 2027-06-30\n\
         \n\
         [account]\n\
         name = \"Acme Contact Centers\"\n\
         garn = \"ACME-1001\"\n\
         install_site = \"Indianapolis DC 1\"\n\
         \n\
         [binding]\n\
         kind = \"host\"\n\
         \n\
         [[binding.server]]\n\
         role = \"primary\"\n\
         machine_name = \"IC-PRD-01\"\n\
         host_id = \"6300270E26DF\"\n\
         server_item = \"SW-001-4.0-SV03\"\n\
         \n\
         [[binding.server]]\n\
         role = \"switchover\"\n\
         machine_name = \"IC-PRD-02\"\n\
         host_id = \"A3155D1E8B32\"\n\
         server_item = \"SW-001-4.0-SO03\"\n\
         \n"
    );
}

#[tokio::test]
async fn a_generation_leaves_the_file_its_ledger_its_event_and_its_mail() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    // 250 come from the order with current maintenance, ten more from the older one.
    generated(&amelia, &[("assigned.SW-001-4.0-AL04", "260"), ("pooled.SW-001-4.0-AL04", "125")]).await;
    let taken = server
        .rows(
            "SELECT p.number, o.sales_order, a.assigned, a.pooled, e.allocated_assigned, e.allocated_pooled
             FROM allocations a JOIN entitlements e ON e.id = a.entitlement_id
             JOIN parts p ON p.id = e.part_id JOIN orders o ON o.id = e.order_id ORDER BY p.number, o.id",
        )
        .await;
    let taken: Vec<_> = taken
        .iter()
        .map(|row| {
            let text = |name: &str| row[name].as_str().expect(name).to_owned();
            let number = |name: &str| row[name].as_i64().expect(name);
            assert_eq!((number("assigned"), number("pooled")), (number("allocated_assigned"), number("allocated_pooled")));
            (text("number"), text("sales_order"), number("assigned"), number("pooled"))
        })
        .collect();
    let line = |part: &str, order: &str, assigned, pooled| (format!("SW-001-4.0-{part}"), order.to_owned(), assigned, pooled);
    assert_eq!(
        taken,
        [
            line("AL04", "SO-104417", 250, 125),
            line("AL04", "SO-118902", 10, 0),
            line("SO03", "SO-104417", 1, 0),
            line("SV03", "SO-104417", 1, 0)
        ]
    );
    let events = server
        .rows(
            "SELECT actor, subject, CAST(before AS TEXT) AS before, CAST(after AS TEXT) AS after FROM audit_events
             WHERE action = 'generate'",
        )
        .await;
    assert_eq!(events.len(), 1);
    assert_eq!((events[0]["actor"].as_str(), events[0]["subject"].as_str()), (Some("Amelia Hart"), Some("AF-0000001")));
    assert!(events[0]["after"].to_string().contains("6300270E26DF"));
    let before: serde_json::Value = serde_json::from_str(events[0]["before"].as_str().expect("what was before")).expect("JSON");
    assert_eq!(before["allocated"]["1"], serde_json::json!({ "assigned": 0, "pooled": 0 }));
    let after: serde_json::Value = serde_json::from_str(events[0]["after"].as_str().expect("what was after")).expect("JSON");
    assert_eq!(after["allocated"]["1"], serde_json::json!({ "assigned": 1, "pooled": 0 }));
    let mail = server.rows("SELECT arguments ->> 'recipient' AS recipient, arguments ->> 'subject' AS subject, arguments ->> 'body' AS body FROM jobs").await;
    assert_eq!(mail.len(), 1);
    assert_eq!(mail[0]["recipient"].as_str(), Some(AMELIA));
    assert_eq!(mail[0]["subject"].as_str(), Some("Activation file AF-0000001 for IC-PRD-01 and IC-PRD-02"));
    let link = format!("{}/accounts/ACME-1001/files/AF-0000001", server.url());
    assert!(mail[0]["body"].as_str().is_some_and(|body| body.contains(&link)));
}

#[tokio::test]
async fn the_same_submission_twice_gives_one_file() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let fields = form(&fresh_key(&amelia).await, &[("assigned.SW-001-4.0-AL02", "60")]);
    let first = address(&amelia.post(NEW, &fields).await);
    let after_first = server.contents().await;
    // All 60 are taken now: a second generation would be refused, the same submission is not.
    assert_eq!(address(&amelia.post(NEW, &fields).await), first);
    assert_eq!(server.contents().await, after_first);
}

#[tokio::test]
async fn a_used_form_with_other_content_is_a_conflict_that_names_the_file() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let key = fresh_key(&amelia).await;
    let first = address(&amelia.post(NEW, &form(&key, &[])).await);
    let before = server.contents().await;
    let other = form(&key, &[("host_id", "0A0B0C0D0E0F"), ("machine_name", "IC-OTHER")]);
    let answer = amelia.post(NEW, &other).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert_eq!(answer.all(".error-summary h2"), ["This form was already used"]);
    assert_eq!(answer.attribute(".error-summary a", "href").as_deref(), Some(first.as_str()));
    assert_eq!(answer.value("machine_name").as_deref(), Some("IC-OTHER"));
    assert_eq!(server.contents().await, before);

    let fresh = answer.value("key").expect("a fresh key");
    assert_ne!(fresh, key);
    let second = address(&amelia.post(NEW, &form(&fresh, &[("host_id", "0A0B0C0D0E0F"), ("switchover_later", "yes")])).await);
    assert_ne!(second, first);
}

#[tokio::test]
async fn a_second_file_for_the_same_host_is_warned_about() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    generated(&amelia, &[]).await;
    let fields = form(&fresh_key(&amelia).await, &[("host_id", "A3155D1E8B32"), ("switchover_later", "yes"), ("step", "check")]);
    let answer = amelia.post(NEW, &fields).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.all(".note.warn li"), ["Host A3155D1E8B32 already has the active file AF-0000001."]);
}

#[tokio::test]
async fn updates_are_allowed_exactly_while_the_server_items_maintenance_is_current() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    // The basic server's maintenance ended, the advanced one's runs until 2027-06-30.
    let ended = generated(&amelia, &[("server_item", "SW-001-4.0-SV01"), ("switchover_later", "yes")]).await;
    let ended = downloaded(&amelia, &ended).await;
    assert!(!ended.contains("updates_through") && !ended.contains("I3_FEATURE_SU_ALLOWED"));
    let current = generated(&amelia, &[("switchover_later", "yes"), ("host_id", "0A0B0C0D0E0F")]).await;
    let current = downloaded(&amelia, &current).await;
    assert!(current.contains("updates_through = 2027-06-30\n") && current.contains("I3_FEATURE_SU_ALLOWED = 1\n"));

    server.advance(
        "2027-07-01T05:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().expect("an instant")
            - tests::NOW.parse::<chrono::DateTime<chrono::Utc>>().expect("an instant"),
    );
    let amelia = server.signed_in(AMELIA).await;
    let after = generated(&amelia, &[("switchover_later", "yes"), ("host_id", "0A0B0C0D0E10")]).await;
    assert!(!downloaded(&amelia, &after).await.contains("I3_FEATURE_SU_ALLOWED"));
}

#[tokio::test]
async fn the_day_is_that_of_the_accounts_time_zone() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let start = tests::NOW.parse::<chrono::DateTime<chrono::Utc>>().expect("an instant");
    // In Indianapolis it is still 30 June 2027, the last day of maintenance, four hours behind UTC.
    let late = "2027-07-01T03:59:00Z".parse::<chrono::DateTime<chrono::Utc>>().expect("an instant");
    drop(amelia);
    server.advance(late - start);
    let amelia = server.signed_in(AMELIA).await;
    let last_day = generated(&amelia, &[("switchover_later", "yes")]).await;
    assert!(downloaded(&amelia, &last_day).await.contains("updates_through = 2027-06-30\n"));
    server.advance(TimeDelta::minutes(1));
    let next_day = generated(&amelia, &[("switchover_later", "yes"), ("host_id", "0A0B0C0D0E10")]).await;
    assert!(!downloaded(&amelia, &next_day).await.contains("updates_through"));
}

#[tokio::test]
async fn a_partner_generates_for_the_customer_that_granted_access() {
    let server = Server::start().await;
    let petra = server.signed_in(PETRA).await;
    let new = "/accounts/NORDIC-3003/files/new";
    let page = petra.get(&format!("{new}?product=CIC&version=2020+R4")).await;
    let key = page.value("key").expect("a submission key");
    let fields = form(
        &key,
        &[
            ("site", "5"),
            ("version", "2020 R4"),
            ("server_item", "SW-001-4.0-SV02"),
            ("switchover_item", "SW-001-4.0-SO02"),
            ("assigned.SW-001-4.0-AL05", "80"),
        ],
    );
    let file = address(&petra.post(new, &fields).await);
    assert!(downloaded(&petra, &file).await.contains("garn = \"NORDIC-3003\"\n"));
}

#[tokio::test]
async fn an_analyst_generates_for_a_subscription_with_one_usage_key_and_no_ceiling() {
    let server = Server::start().await;
    let lena = server.signed_in(LENA).await;
    let new = "/accounts/HELIOS-2002/files/new";
    let page = lena.get(&format!("{new}?product=CIC&version=2020+R2")).await;
    let key = page.value("key").expect("a submission key");
    let helios = |changes: &[(&str, &str)]| {
        let mut fields = form(&key, &[("site", "4"), ("assigned.SW-001-4.0-AL04", "90000")]);
        fields.extend(changes.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
        fields
    };
    let refused = lena.post(new, &helios(&[])).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.problems(), [("usage_tracking".to_owned(), "Select how usage is reported.".to_owned())]);
    let file = address(&lena.post(new, &helios(&[("usage_tracking", "upload")])).await);
    let keys = keys(&downloaded(&lena, &file).await);
    assert_eq!(count(&keys, "I3_FEATURE_USAGE_TRACKING_UPLOAD"), 1);
    assert_eq!(count(&keys, "I3_FEATURE_USAGE_TRACKING_LOCAL"), 0);
    assert_eq!(count(&keys, "I3_ACCESS_CLIENT"), 90_000);
}

#[tokio::test]
async fn a_media_server_is_asked_for_what_it_needs_only() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let page = amelia.get(&format!("{NEW}?product=MediaServer&version=2020+R2")).await;
    assert_eq!(page.attribute("#mail_connector", "name"), None);
    assert_eq!(page.attribute("#switchover_later", "name"), None);
    let key = page.value("key").expect("a submission key");
    let fields = [
        ("key", key.as_str()),
        ("site", "2"),
        ("product", "MediaServer"),
        ("version", "2020 R2"),
        ("type", "production"),
        ("host_id", "0A0B0C0D0E0F"),
        ("machine_name", "MS-01"),
        ("server_item", "SW-002-4.0-SV01"),
        ("assigned.SW-002-4.0-SE01", "200"),
        ("step", "generate"),
    ];
    let file = address(&amelia.post(NEW, &fields).await);
    let text = downloaded(&amelia, &file).await;
    assert!(text.contains("product = \"MediaServer\"\n") && text.contains("I3_SESSION_MEDIA = 200\n"));
}

#[tokio::test]
async fn go_and_many_machines_lead_to_addresses_that_say_what_is_filled_in() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let key = fresh_key(&amelia).await;
    let typed =
        [("switchover_later", ""), ("assigned.SW-001-4.0-AL02", ""), ("pooled.SW-001-4.0-AL02", "2"), ("machine_name", "")];
    let before = server.contents().await;
    let go = amelia.post(NEW, &form(&key, &[&typed[..], &[("step", "go")]].concat())).await;
    assert_eq!(go.status, StatusCode::SEE_OTHER);
    let address = go.header("location").to_owned();
    assert!(address.starts_with(&format!("{NEW}?site=1&product=CIC&version=2020+R2&type=production&host_id=")), "{address}");
    assert!(!address.contains("=&") && !address.ends_with('='), "{address}");
    assert!(!address.contains("step") && !address.contains("key"), "{address}");
    let shown = amelia.get(&address).await;
    assert_eq!(shown.value("pooled.SW-001-4.0-AL02").as_deref(), Some("2"));
    let many = amelia.post(NEW, &form(&key, &[&typed[..], &[("step", "many")]].concat())).await;
    assert_eq!(many.status, StatusCode::SEE_OTHER);
    assert!(
        many.header("location").starts_with(&format!("{BATCHES}?kind=generate&site=1&product=CIC&")),
        "{}",
        many.header("location")
    );
    // What no address holds is kept on the page.
    let long = "x".repeat(9_000);
    let kept = amelia.post(NEW, &form(&key, &[("machine_name", &long), ("step", "go")])).await;
    assert_eq!((kept.status, kept.value("machine_name")), (StatusCode::OK, Some(long)));
    assert_eq!(server.contents().await, before);
}
