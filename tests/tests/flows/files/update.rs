use crate::{address, allocated, downloaded, generated};
use chrono::TimeDelta;
use reqwest::StatusCode;
use tests::{AMELIA, Answer, Backend, Browser, HANNA, LENA, OWEN, PETRA, Server, UNUSED_KEY, changed, form};

/// Opens the form of an update and sends it with `changes`.
async fn update(browser: &Browser, file: &str, changes: &[(&str, &str)]) -> Answer {
    let page = browser.get(&format!("{file}/update")).await;
    assert_eq!(page.status, StatusCode::OK);
    browser.post(&format!("{file}/update"), &changed(page.fields("generate"), changes)).await
}

/// Address that a successful update led to.
fn updated(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{:?} {:?}", answer.problems(), answer.all(".note"));
    answer.header("location").to_owned()
}

#[tokio::test]
async fn the_form_of_an_update_has_the_file_as_it_is_and_sending_it_unchanged_changes_nothing() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let file = generated(&amelia, &[("assigned.SW-001-4.0-AL04", "5"), ("pooled.SW-001-4.0-AL04", "25")]).await;
    let page = amelia.get(&format!("{file}/update")).await;
    let fields = page.fields("check");
    let value = |name: &str| fields.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    for (name, expected) in [
        ("site", "1"),
        ("product", "CIC"),
        ("version", "2020 R2"),
        ("type", "production"),
        ("host_id", "6300270E26DF"),
        ("machine_name", "IC-PRD-01"),
        ("mail_connector", "exchange"),
        ("server_item", "SW-001-4.0-SV03"),
        ("switchover_host_id", "A3155D1E8B32"),
        ("switchover_item", "SW-001-4.0-SO03"),
        ("assigned.SW-001-4.0-AL04", "5"),
        ("pooled.SW-001-4.0-AL04", "25"),
        ("began", "1"),
    ] {
        assert_eq!(value(name), Some(expected), "{name}");
    }
    let before = server.contents().await;
    for step in ["check", "generate"] {
        let answer = amelia.post(&format!("{file}/update"), &page.fields(step)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        let said = "There is a problemNothing has changed in AF-0000001. Change something, or leave the file as it is.";
        assert_eq!(answer.all(".error-summary"), [said]);
    }
    assert_eq!(server.contents().await, before);
}

#[tokio::test]
async fn an_update_moves_the_difference_and_supersedes_the_revision_before() {
    let server = Server::durable(Backend::of_run()).await;
    let amelia = server.signed_in(AMELIA).await;
    let file = generated(&amelia, &[("assigned.SW-001-4.0-AL02", "10"), ("assigned.SW-001-4.0-AL04", "5")]).await;
    let first = downloaded(&amelia, &file).await;
    assert_eq!((allocated(&server, 4).await, allocated(&server, 5).await), ((10, 0), (5, 0)));
    server.advance(TimeDelta::hours(1));
    let page = amelia.get(&format!("{file}/update")).await;
    let changes = [("assigned.SW-001-4.0-AL02", "4"), ("assigned.SW-001-4.0-AL04", "0"), ("pooled.SW-001-4.0-AL04", "7")];
    // What-if: everything that would change is shown, and nothing does.
    let before = server.contents().await;
    let checked = amelia.post(&format!("{file}/update"), &changed(page.fields("check"), &changes)).await;
    assert_eq!((checked.status, checked.all("h1")), (StatusCode::OK, vec!["Check the update of AF-0000001".to_owned()]));
    let told = checked.all("table.changed tbody tr");
    assert!(told.contains(&"I3_ACCESS_CLIENT154".into()), "{told:?}");
    assert!(checked.all("section table.list tbody tr").contains(&"Business ClientSW-001-4.0-AL024050 → 56–".into()));
    assert_eq!(server.contents().await, before);

    let led_to = updated(&amelia.post(&format!("{file}/update"), &changed(page.fields("generate"), &changes)).await);
    assert_eq!(led_to, "/accounts/ACME-1001/files/AF-0000001?updated");
    assert_eq!((allocated(&server, 4).await, allocated(&server, 5).await), ((4, 0), (0, 7)));
    let second = downloaded(&amelia, &file).await;
    assert!(
        second.contains("revision = 2") && second.contains("I3_ACCESS_CLIENT = 4") && second.contains("serial = \"AF-0000001\"")
    );
    assert!(second.contains("I3_ACCESS_CLIENT_CONCURRENT = 7"));

    let view = amelia.get(&led_to).await;
    assert!(view.all(".note.ok")[0].starts_with("Activation file AF-0000001 was updated to revision 2."));
    assert_eq!(view.all(".plate .revision"), ["Revision 2"]);
    assert!(view.all(".revisions li table tbody tr").contains(&"I3_ACCESS_ACD_MEDIA_1_CONCURRENTnone7".into()));
    let events = view.all(".events li");
    assert!(events.len() == 3 && events[0].ends_with("Amelia Hart: Downloaded revision 2."), "{events:?}");
    assert!(events[1].ends_with("Amelia Hart: Updated: revision 2 took the place of revision 1."), "{events:?}");

    // The history keeps the bytes of before, under a banner and another name.
    let superseded = amelia.get(&format!("{file}/revisions/1")).await;
    assert!(superseded.all(".note.warn")[0].starts_with("Revision 2 took the place of this revision"));
    let old = amelia.get(&format!("{file}/revisions/1/download")).await;
    assert_eq!((old.text(), old.header("content-disposition")), (first, "attachment; filename=\"AF-0000001-revision-1.I3Lic\""));
    assert_eq!(amelia.get(&format!("{file}/revisions/2")).await.status, StatusCode::NOT_FOUND, "it is the current one");
    server.assert_healthy().await;
}

#[tokio::test]
async fn a_host_changes_and_a_switchover_server_comes_later_in_one_reviewed_step() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let alone =
        [("switchover_later", "yes"), ("switchover_host_id", ""), ("switchover_machine_name", ""), ("switchover_item", "")];
    let file = generated(&amelia, &alone).await;
    let page = amelia.get(&format!("{file}/update")).await;
    let mut fields = page.fields("check");
    fields.retain(|(name, _)| name != "switchover_later");
    let changes = [
        ("host_id", "00505684E9A1"),
        ("switchover_host_id", "00505684E9A2"),
        ("switchover_machine_name", "IC-PRD-02"),
        ("switchover_item", "SW-001-4.0-SO03"),
    ];
    let checked = amelia.post(&format!("{file}/update"), &changed(fields.clone(), &changes)).await;
    let told = checked.all("table.changed tbody tr");
    assert_eq!(told[0], "Primary host id6300270E26DF00505684E9A1");
    assert!(told.contains(&"Switchover host idnone00505684E9A2".into()), "{told:?}");
    assert!(told.contains(&"Switchover servernoneIC-PRD-02".into()), "{told:?}");
    let changes = [&changes[..], &[("step", "generate")]].concat();
    updated(&amelia.post(&format!("{file}/update"), &changed(fields, &changes)).await);
    let text = downloaded(&amelia, &file).await;
    assert!(text.contains("00505684E9A1") && text.contains("00505684E9A2") && !text.contains("6300270E26DF"));
    assert_eq!(amelia.get("/accounts/ACME-1001/files?machine=ic-prd-02").await.all("tbody th"), ["AF-0000001 revision 2"]);
}

#[tokio::test]
async fn the_same_update_twice_makes_one_revision_and_another_under_its_key_is_a_conflict() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let file = generated(&amelia, &[]).await;
    let page = amelia.get(&format!("{file}/update")).await;
    let fields = changed(page.fields("generate"), &[("machine_name", "IC-PRD-09")]);
    let first = updated(&amelia.post(&format!("{file}/update"), &fields).await);
    let after = server.contents().await;
    assert_eq!(updated(&amelia.post(&format!("{file}/update"), &fields).await), first);
    let other = amelia.post(&format!("{file}/update"), &changed(fields, &[("machine_name", "IC-PRD-10")])).await;
    assert_eq!((other.status, other.all(".error-summary h2")), (StatusCode::CONFLICT, vec!["This form was already used".into()]));
    assert_eq!(other.value("machine_name").as_deref(), Some("IC-PRD-10"));
    assert_eq!(server.contents().await, after);
}

#[tokio::test]
async fn a_file_that_was_updated_meanwhile_is_compared_first() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let lena = server.signed_in(LENA).await;
    let file = generated(&amelia, &[]).await;
    let mine = amelia.get(&format!("{file}/update")).await.fields("generate");
    updated(&update(&lena, &file, &[("machine_name", "IC-LENA")]).await);
    let before = server.contents().await;
    let late = amelia.post(&format!("{file}/update"), &changed(mine, &[("machine_name", "IC-AMELIA")])).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    let said = "There is a problemAF-0000001 was updated meanwhile: it is at revision 2, and this form began with revision 1. Compare, then continue.";
    assert_eq!(late.all(".error-summary"), [said]);
    assert_eq!(server.contents().await, before);
    // Continuing goes on from there, with what was typed.
    let again = late.fields("generate");
    assert!(again.contains(&("began".into(), "2".into())) && again.contains(&("machine_name".into(), "IC-AMELIA".into())));
    updated(&amelia.post(&format!("{file}/update"), &again).await);
    assert_eq!(amelia.get(&file).await.all(".plate .revision"), ["Revision 3"]);
}

#[tokio::test]
async fn at_an_inactive_site_only_the_hosts_may_change() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let file = generated(&amelia, &[]).await;
    server.execute("UPDATE install_sites SET active = FALSE WHERE id = 1").await;
    let before = server.contents().await;
    let refused = update(&amelia, &file, &[("machine_name", "IC-PRD-09"), ("assigned.SW-001-4.0-AL02", "1")]).await;
    let said = "Install site Indianapolis DC 1 is not active: only the host ids of its files may change. \
                Leave this as it is, or make the site active first.";
    assert_eq!(
        (refused.status, refused.problems()),
        (
            StatusCode::UNPROCESSABLE_ENTITY,
            // In the order of the page.
            vec![("machine_name".into(), said.into()), ("assigned.SW-001-4.0-AL02".into(), said.into())]
        )
    );
    assert_eq!(server.contents().await, before);
    updated(&update(&amelia, &file, &[("host_id", "00505684E9A1")]).await);
    // Nor can a file move to a site that is not active.
    let other = generated(&amelia, &[("site", "2"), ("host_id", "00505684E9B1"), ("switchover_host_id", "00505684E9B2")]).await;
    let moved = update(&amelia, &other, &[("site", "1")]).await;
    let said = "Install site Indianapolis DC 1 is not active. Choose an active site.";
    assert_eq!(moved.problems(), [("site".to_owned(), said.to_owned())]);
}

#[tokio::test]
async fn more_than_there_is_is_refused_with_its_figures() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let file = generated(&amelia, &[("assigned.SW-001-4.0-AL02", "50")]).await;
    let before = server.contents().await;
    let refused = update(&amelia, &file, &[("assigned.SW-001-4.0-AL02", "61")]).await;
    let said = "Only 60 of 60 assigned Business Client are available; you asked for 61.";
    assert_eq!((refused.status, refused.problems()[0].1.as_str()), (StatusCode::UNPROCESSABLE_ENTITY, said));
    assert_eq!(server.contents().await, before);
    // Its own fifty count as there.
    updated(&update(&amelia, &file, &[("assigned.SW-001-4.0-AL02", "60")]).await);
    assert_eq!(allocated(&server, 4).await, (60, 0));
}

#[tokio::test]
async fn renewed_maintenance_is_offered_on_the_file_and_taken_with_one_click() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let file = generated(&amelia, &[]).await;
    assert!(amelia.get(&file).await.all("#refresh-title").is_empty());
    server.execute("UPDATE entitlements SET maintenance_end = '2028-06-30' WHERE id IN (1, 2)").await;
    let view = amelia.get(&file).await;
    assert_eq!(view.all("#refresh-title"), ["A newer revision is available"]);
    let offered = ["Updates may be installed until: 30 Jun 2027 → 30 Jun 2028"];
    assert_eq!(view.all("section[aria-labelledby=refresh-title] li"), offered);
    updated(&amelia.post(&format!("{file}/update"), &view.fields("generate")).await);
    let text = downloaded(&amelia, &file).await;
    assert!(text.contains("updates_through = 2028-06-30") && text.contains("revision = 2"));
    let view = amelia.get(&file).await;
    assert!(view.all("#refresh-title").is_empty());
    assert!(view.all(".revisions li table tbody tr").contains(&"Updates may be installed until30 Jun 202730 Jun 2028".into()));
}

#[tokio::test]
async fn updating_needs_a_certification_and_goes_by_request_without_a_perpetual_licence() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let file = generated(&amelia, &[]).await;
    let fields = amelia.get(&format!("{file}/update")).await.fields("generate");
    let before = server.contents().await;
    let owen = server.signed_in(OWEN).await;
    let refused = owen.post(&format!("{file}/update"), &changed(fields, &[("machine_name", "IC-PRD-09")])).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(refused.all(".note.warn li strong"), ["You hold no certification for CIC."]);
    assert_eq!(server.contents().await, before);

    let lena = server.signed_in(LENA).await;
    let new = "/accounts/HELIOS-2002/files/new";
    let page = lena.get(&format!("{new}?product=CIC&version=2020+R2")).await;
    let of_helios = [("site", "4"), ("usage_tracking", "upload")];
    let theirs = address(&lena.post(new, &form(&page.value("key").expect("a key"), &of_helios)).await);
    let hanna = server.signed_in(HANNA).await;
    let refused = hanna.get(&format!("{theirs}/update")).await;
    assert_eq!(
        refused.all(".note.warn li strong"),
        ["This is a subscription account. Customers and partners update files of perpetual accounts only."]
    );
    assert!(hanna.get(&theirs).await.all("a.button").iter().all(|button| !button.starts_with("Update")));
    // The analyst does it.
    updated(&update(&lena, &theirs, &[("assigned.SW-001-4.0-AL02", "900")]).await);
}

#[tokio::test]
async fn a_revision_keeps_the_last_day_of_its_file() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let bundled = [
        ("type", "development-bundled"),
        ("switchover_later", "yes"),
        ("switchover_host_id", ""),
        ("switchover_machine_name", ""),
        ("switchover_item", ""),
    ];
    let file = generated(&amelia, &bundled).await;
    assert!(downloaded(&amelia, &file).await.contains("valid_through = 2027-11-22"));
    server.advance(TimeDelta::days(40));
    let amelia = server.signed_in(AMELIA).await;
    updated(&update(&amelia, &file, &[("host_id", "00505684E9A1")]).await);
    assert!(downloaded(&amelia, &file).await.contains("valid_through = 2027-11-22"));
    server.execute("UPDATE certifications SET valid_through = '2099-12-31'").await;
    server.advance(TimeDelta::days(330));
    let amelia = server.signed_in(AMELIA).await;
    let over = amelia.get(&format!("{file}/update")).await;
    let said = "AF-0000001 ended on 22 Nov 2027. Generate a new file instead.";
    assert_eq!((over.status, over.all(".lead")), (StatusCode::CONFLICT, vec![said.to_owned()]));
}

#[tokio::test]
async fn an_update_of_what_is_not_there_leads_nowhere() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    generated(&amelia, &[]).await;
    for path in ["/accounts/ACME-1001/files/AF-0000009/update", "/accounts/ACME-1001/files/none/update"] {
        assert_eq!(amelia.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(amelia.post(path, &form(UNUSED_KEY, &[("began", "1")])).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let unkeyed = amelia.post("/accounts/ACME-1001/files/AF-0000001/update", &[("step", "generate")]).await;
    assert_eq!(unkeyed.status, StatusCode::BAD_REQUEST);
}

/// Allocation of all lines of a part, in both pools.
async fn of_part(server: &Server, part: &str) -> i64 {
    let sql = format!(
        "SELECT e.allocated_assigned, e.allocated_pooled FROM entitlements e JOIN parts p ON p.id = e.part_id WHERE p.number = '{part}'"
    );
    let units = |row: &serde_json::Value, name: &str| row[name].as_i64().expect("a count");
    server.rows(&sql).await.iter().map(|row| units(row, "allocated_assigned") + units(row, "allocated_pooled")).sum()
}

#[tokio::test]
async fn an_update_to_another_generation_returns_what_the_file_held_of_the_one_before() {
    let server = Server::durable(Backend::of_run()).await;
    let petra = server.signed_in(PETRA).await;
    let new = "/accounts/NORDIC-3003/files/new";
    let page = petra.get(&format!("{new}?product=CIC&version=3.0")).await;
    let old = [
        ("site", "5"),
        ("version", "3.0"),
        ("server_item", "SW-001-3.0-SV02"),
        ("switchover_item", "SW-001-3.0-SO02"),
        ("assigned.SW-001-3.0-AL02", "45"),
    ];
    let file = address(&petra.post(new, &form(&page.value("key").expect("a key"), &old)).await);
    let changes = [
        ("version", "2020 R2"),
        ("server_item", "SW-001-4.0-SV02"),
        ("switchover_item", "SW-001-4.0-SO02"),
        ("assigned.SW-001-3.0-AL02", ""),
        ("assigned.SW-001-4.0-AL02", "30"),
    ];
    let page = petra.get(&format!("{file}/update")).await;
    let checked = petra.post(&format!("{file}/update"), &changed(page.fields("check"), &changes)).await;
    assert_eq!((checked.status, checked.problems()), (StatusCode::OK, Vec::new()));
    // What it gives back is told before it does.
    let told = checked.all("section table.list tbody tr");
    assert!(told.contains(&"Business Client, 3.0SW-001-3.0-AL02005 → 50–".into()), "{told:?}");
    updated(&petra.post(&format!("{file}/update"), &changed(page.fields("generate"), &changes)).await);
    for (part, units) in [
        ("SW-001-3.0-SV02", 0),
        ("SW-001-3.0-SO02", 0),
        ("SW-001-3.0-AL02", 0),
        ("SW-001-4.0-SV02", 1),
        ("SW-001-4.0-SO02", 1),
        ("SW-001-4.0-AL02", 30),
    ] {
        assert_eq!(of_part(&server, part).await, units, "{part}");
    }
    server.assert_healthy().await;
}

#[tokio::test]
async fn what_an_analyst_added_stays_in_a_file_that_a_customer_updates_and_cannot_grow() {
    let server = Server::durable(Backend::of_run()).await;
    let (lena, amelia) = (server.signed_in(LENA).await, server.signed_in(AMELIA).await);
    let bundle = ("assigned.SW-001-4.0-AB01", "4");
    let file = generated(&lena, &[bundle]).await;
    // The form has it as the file does, another host keeps it.
    let page = amelia.get(&format!("{file}/update")).await;
    assert_eq!(page.value(bundle.0).as_deref(), Some("4"));
    updated(&update(&amelia, &file, &[("host_id", "00505684E9A1")]).await);
    assert_eq!(of_part(&server, "SW-001-4.0-AB01").await, 4);
    let before = server.contents().await;
    let more = update(&amelia, &file, &[(bundle.0, "5")]).await;
    assert_eq!(more.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(more.problems()[0].0, bundle.0);
    assert_eq!(server.contents().await, before);
    // Without it a new form does not offer it, and an update gives it back.
    updated(&update(&amelia, &file, &[(bundle.0, "1")]).await);
    assert_eq!(of_part(&server, "SW-001-4.0-AB01").await, 1);
    updated(&update(&amelia, &file, &[(bundle.0, "")]).await);
    assert_eq!(of_part(&server, "SW-001-4.0-AB01").await, 0);
    assert_eq!(amelia.get(&format!("{file}/update")).await.value(bundle.0), None);
    server.assert_healthy().await;
}
