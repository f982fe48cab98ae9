//! Facts that pages must tell of orders, choices and files. Domain §2, §4, §5 and §6.4.

use crate::generated;
use reqwest::StatusCode;
use tests::{AMELIA, Answer, HANNA, LENA, MEDIA_SERVERS, OWEN, Server, changed, send_table};

const NEW: &str = "/accounts/ACME-1001/files/new";
const HOURLY: &str = "Interactions disconnect hourly.";
const NOT_FOR_PRODUCTION: &str = "It may not be used in production.";

/// No switchover server.
const ONE: [(&str, &str); 5] = [
    ("switchover_later", "yes"),
    ("switchover_host_id", ""),
    ("switchover_machine_name", ""),
    ("switchover_item", ""),
    ("server_item", "SW-001-4.0-SV03"),
];

fn told(page: &Answer, selector: &str) -> String {
    page.all(selector).join("\n")
}

#[tokio::test]
async fn a_development_file_says_everywhere_that_it_disconnects_hourly_and_is_not_for_production() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let development = [&ONE[..], &[("type", "development-bundled"), ("machine_name", "IC-DEV")]].concat();
    let form = amelia.get(&format!("{NEW}?product=CIC&version=2020+R2&type=development-bundled")).await;
    let file = generated(&amelia, &development).await;
    let view = amelia.get(&file).await;
    let update = amelia.get(&format!("{file}/update")).await;
    let checked = amelia.post(&format!("{file}/update"), &changed(update.fields("check"), &[("machine_name", "IC-DEV-2")])).await;
    assert_eq!(checked.status, StatusCode::OK, "{:?}", checked.problems());
    for (page, name) in [(&form, "form"), (&view, "View"), (&update, "form of an update"), (&checked, "check")] {
        let told = told(page, "main");
        assert!(told.contains(HOURLY) && told.contains(NOT_FOR_PRODUCTION), "{name}: {told}");
    }
    let certificate = told(&view, ".plate");
    assert!(certificate.contains(HOURLY) && certificate.contains(NOT_FOR_PRODUCTION), "{certificate}");
    let mail = server.rows("SELECT arguments FROM jobs").await[0]["arguments"].to_string();
    assert!(mail.contains(HOURLY) && mail.contains(NOT_FOR_PRODUCTION), "{mail}");
    // A production file says neither.
    let production = amelia.get(&generated(&amelia, &[]).await).await;
    assert!(!told(&production, "main").contains("disconnect hourly"));
}

#[tokio::test]
async fn there_are_three_product_lines_to_narrow_a_list_to() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    generated(&amelia, &[]).await;
    for (product, item, host_id) in
        [("MediaServer", "SW-002-4.0-SV01", "00505684E9A1"), ("MultiSite", "SW-003-4.0-SV01", "00505684E9A2")]
    {
        let other =
            [("product", product), ("server_item", item), ("host_id", host_id), ("system_type", ""), ("mail_connector", "")];
        let chosen: Vec<_> = ONE.iter().copied().filter(|(name, _)| *name != "server_item").chain(other).collect();
        generated(&amelia, &chosen).await;
    }
    let list = amelia.get("/accounts/ACME-1001/files").await;
    assert_eq!(list.all("select[name=line] option"), ["All", "CIC products", "Multi-Site", "SIP products"]);
    let found = amelia.get("/accounts/ACME-1001/files?line=SIP+products").await;
    assert_eq!(found.all("tbody th a"), ["AF-0000002"]);
    assert_eq!(amelia.get("/accounts/ACME-1001/files?line=CIC+products").await.all("tbody th a"), ["AF-0000001"]);
}

#[tokio::test]
async fn the_summary_says_of_each_line_its_generation_its_versions_and_its_purchase_order() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let page = amelia.get("/accounts/ACME-1001/summary").await;
    let line = page.all("tbody tr").into_iter().find(|row| row.contains("SO-104417")).expect("its line");
    for said in ["generation 4.0, versions 4.0 to 2020 R4", "PO-88121"] {
        assert!(line.contains(said), "{said}: {line}");
    }
    let csv = amelia.get("/accounts/ACME-1001/summary.csv").await.text();
    assert!(csv.contains("Licence generation,First version,Latest version,Part number"), "{csv}");
    assert!(csv.contains("Sales order,Purchase order,Ordered on"), "{csv}");
    assert!(csv.contains(",4.0,4.0,2020 R4,SW-001-4.0-SV0"), "{csv}");
    assert!(csv.contains(",SO-104417,PO-88121,"), "{csv}");
    // A part of the generation before leads to a form of its own version.
    let lena = server.signed_in(LENA).await;
    let nordic = lena.get("/accounts/NORDIC-3003/summary").await;
    let old = nordic.all("tbody tr").into_iter().find(|row| row.contains("SW-001-3.0-")).expect("an old part");
    assert!(old.contains("generation 3.0, version 3.0"), "{old}");
    assert!(
        nordic.attribute("tbody a[href*='SW-001-3.0-SV']", "href").is_some_and(|href| href.contains("version=3.0&")),
        "{old}"
    );
}

#[tokio::test]
async fn creating_and_downloading_a_file_stand_side_by_side() {
    let server = Server::start().await;
    let owen = server.signed_in(OWEN).await;
    let page = owen.get("/accounts/ACME-1001/software").await;
    let section = "section:first-of-type";
    assert_eq!(page.all(&format!("{section} h3")), ["To create a file", "To download a file"]);
    assert_eq!(page.all(&format!("{section} .badge")), ["You cannot generate files today", "There is no file to download yet"]);
    assert_eq!(
        page.all(&format!("{section} .to-download li")),
        [
            "Access: Met. You may work with this account; no certification and no maintenance is needed.",
            "Activation files: Not met. None of CIC has been generated for this account.Generate one, or ask a certified colleague: it is then here to be downloaded."
        ]
    );
    let amelia = server.signed_in(AMELIA).await;
    generated(&amelia, &[]).await;
    let page = owen.get("/accounts/ACME-1001/software").await;
    assert_eq!(page.all(&format!("{section} .badge")), ["You cannot generate files today", "You can download files"]);
    assert_eq!(
        page.all(&format!("{section} .to-download li"))[1],
        "Activation files: Met. Those of CIC can be downloaded any number of times."
    );
    assert_eq!(
        page.attribute(&format!("{section} a.download"), "href").as_deref(),
        Some("/accounts/ACME-1001/files?active=all&line=CIC+products")
    );
}

#[tokio::test]
async fn parts_with_and_without_upgrade_options_are_two_tabs() {
    let server = Server::start().await;
    let lena = server.signed_in(LENA).await;
    let upgrade = "/accounts/NORDIC-3003/upgrade";
    let page = lena.get(upgrade).await;
    let tabs = page.all("nav.tabs-of-page a");
    assert_eq!(tabs.len(), 3, "{tabs:?}");
    assert!(tabs[0].starts_with("With upgrade options (") && tabs[1].starts_with("Without upgrade options ("), "{tabs:?}");
    assert_eq!(page.all("nav.tabs-of-page a[aria-current=page]"), [tabs[0].as_str()]);
    assert_eq!(page.all("main h2").iter().filter(|title| title.contains("upgrade options")).count(), 1);
    let without = lena.get(&format!("{upgrade}?without")).await;
    assert_eq!(without.all("nav.tabs-of-page a[aria-current=page]"), [tabs[1].as_str()]);
    assert!(without.all("select").is_empty() && !without.all("tbody tr").is_empty());
}

#[tokio::test]
async fn a_line_without_a_ceiling_holds_no_more_than_can_be_counted() {
    let server = Server::start().await;
    let lena = server.signed_in(LENA).await;
    let helios = "/accounts/HELIOS-2002/files/new";
    let all = u32::MAX - 5;
    server
        .execute(&format!(
            "UPDATE entitlements SET allocated_pooled = {all} WHERE id = (SELECT MIN(e.id) FROM entitlements e
             JOIN parts p ON p.id = e.part_id WHERE e.account_id = 2 AND p.number = 'SW-001-4.0-AL04')"
        ))
        .await;
    let form = lena.get(&format!("{helios}?product=CIC&version=2020+R2&type=production")).await;
    let chosen = [
        ("site", "4"),
        ("usage_tracking", "upload"),
        ("host_id", "6300270E26DF"),
        ("machine_name", "IC-1"),
        ("system_type", "media-server-based"),
        ("mail_connector", "none"),
        ("server_item", "SW-001-4.0-SV03"),
        ("switchover_later", "yes"),
        ("pooled.SW-001-4.0-AL04", "6"),
    ];
    let refused = lena.post(helios, &changed(form.fields("generate"), &chosen)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let problems = refused.problems();
    assert_eq!(
        problems[0].1,
        "All files together cannot hold more than 4,294,967,295 pooled Contact Center Level 1. Enter at most 5, or deactivate a file."
    );
    // Pages that count all lines of a part together still answer.
    assert_eq!(server.signed_in(HANNA).await.get("/accounts/HELIOS-2002").await.status, StatusCode::OK);
    let five = changed(form.fields("generate"), &[&chosen[..8], &[("pooled.SW-001-4.0-AL04", "5")]].concat());
    let made = lena.post(helios, &five).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{:?}", made.problems());
}

#[tokio::test]
async fn what_is_billed_by_use_goes_into_no_version_before_usage_is_reported() {
    let server = Server::start().await;
    server.execute("UPDATE accounts SET licence_model = 'mixed' WHERE garn = 'ACME-1001'").await;
    // One order line of the access licence is billed by use, and so is every server item.
    server
        .execute(
            "UPDATE entitlements SET unlimited = TRUE, owned_assigned = 0, owned_pooled = 0 WHERE account_id = 1 AND part_id IN
             (SELECT id FROM parts WHERE number IN ('SW-001-4.0-SV01', 'SW-001-4.0-SV02', 'SW-001-4.0-SV03'))",
        )
        .await;
    let lena = server.signed_in(LENA).await;
    let form = async |version: &str| lena.get(&format!("{NEW}?product=CIC&version={version}&type=production")).await;
    let items = async |version: &str| form(version).await.all("input[name=server_item]").len();
    assert_eq!(items("2018+R2+Patch+2").await, 2);
    assert_eq!(items("2018+R1").await, 0);
    let early = form("2018+R1").await;
    assert_eq!(
        early.all("#obstacles-title + ul li strong"),
        ["None of this account’s server items of CIC is for 2018 R1, which is of generation 4.0."]
    );
    let fields = crate::form(tests::UNUSED_KEY, &[("version", "2018 R1")]);
    let refused = lena.post(NEW, &fields).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let summary = lena.get("/accounts/ACME-1001/summary").await;
    let line = summary.all("tbody tr").into_iter().find(|row| row.contains("SW-001-4.0-SV03")).expect("its line");
    assert!(line.contains("versions 2018 R2 Patch 2 to 2020 R4"), "{line}");
}

#[tokio::test]
async fn a_host_id_that_many_machines_share_is_warned_about() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let form = amelia.get(&format!("{NEW}?product=CIC&version=2020+R2&type=production")).await;
    let fields = crate::form(&form.value("key").expect("a key"), &[("host_id", "00:05:9A:3C:7A:00"), ("step", "check")]);
    let checked = amelia.post(NEW, &fields).await;
    assert_eq!(checked.status, StatusCode::OK, "{:?}", checked.problems());
    let warned = told(&checked, ".note.warn");
    assert!(warned.contains("Many machines have the host id 00059A3C7A00: a VPN adapter of Cisco AnyConnect."), "{warned}");
    assert!(warned.contains("The file would be valid on each of them."), "{warned}");
    let usual = amelia.post(NEW, &changed(checked.fields("check"), &[("host_id", "6300270E26DF")])).await;
    assert!(usual.all(".note.warn").is_empty());
    // In a table its line is left, and says so.
    let table = "machine_name,host_id\nMS-1,00:05:9A:3C:7A:00\nMS-2,00:50:56:84:E9:A2\n";
    let planned = send_table(&amelia, "generate", table, &MEDIA_SERVERS).await;
    let lines = amelia.get(planned.header("location")).await.all("tbody tr");
    let left = lines.iter().find(|line| line.contains("MS-1")).expect("its line");
    assert!(left.contains("Many machines have the host id 00059A3C7A00: a VPN adapter of Cisco AnyConnect."), "{lines:?}");
    assert!(lines.iter().any(|line| line.contains("MS-2") && !line.contains("Many machines")), "{lines:?}");
}

#[tokio::test]
async fn help_tells_of_the_whole_way_and_of_what_was_there_before() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let index = amelia.get("/help").await;
    assert_eq!(&index.all("main dt")[..2], ["From order to server", "Coming from the earlier licence system"]);
    let way = told(&amelia.get("/help/process").await, "main");
    for said in ["two weeks before", "GetHostID", "before the software is installed", "I3\\IC", "language pack", "customer care"]
    {
        assert!(way.contains(said), "{said}: {way}");
    }
    let before = told(&amelia.get("/help/earlier").await, "main");
    for said in ["snapshot", "service contract", "stand together", "once a year"] {
        assert!(before.contains(said), "{said}: {before}");
    }
}
