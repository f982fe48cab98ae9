use crate::generated;
use chrono::TimeDelta;
use reqwest::StatusCode;
use tests::{AMELIA, HANNA, LENA, OWEN, Server};

const SUMMARY: &str = "/accounts/ACME-1001/summary";

#[tokio::test]
async fn everything_ordered_is_there_by_product_with_what_is_left_and_the_totals() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    generated(&amelia, &[("assigned.SW-001-4.0-AL04", "255"), ("pooled.SW-001-4.0-AL04", "25")]).await;
    let page = amelia.get(SUMMARY).await;
    assert_eq!(page.all("section h2"), ["CIC", "Media Server", "Multi-Site Administration"]);
    let rows = page.all("tbody tr");
    let of = |part: &str| rows.iter().filter(|row| row.contains(part)).cloned().collect::<Vec<_>>();
    assert_eq!(
        of("SW-001-4.0-AL04"),
        [
            "Contact Center Level 1SW-001-4.0-AL04Access, generation 4.0, versions 4.0 to 2020 R4SO-104417PO PO-8812119 Mar 20180 of 250 available250 in files that hold SW-001-4.0-AL04\
             100 of 125 available25 in files that hold SW-001-4.0-AL0430 Jun 2027Generate a file with Contact Center Level 1",
            "Contact Center Level 1SW-001-4.0-AL04Access, generation 4.0, versions 4.0 to 2020 R4SO-118902PO PO-903772 Sep 201945 of 50 available5 in files that hold SW-001-4.0-AL04none owned\
             13 Oct 2026Generate a file with Contact Center Level 1"
        ]
    );
    assert_eq!(page.all("tfoot tr")[1], "Total408 of 408 available0 in filesnone owned");
    let href = page.attribute("tbody td .figures a", "href").expect("a link to files");
    assert_eq!(href, "/accounts/ACME-1001/files?part=SW-001-4.0-SV03");
    assert_eq!(amelia.get(&href).await.all("tbody th"), ["AF-0000001"]);
}

#[tokio::test]
async fn a_row_leads_to_the_form_prefilled() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let page = amelia.get(SUMMARY).await;
    let href = page.attribute("tbody tr:first-child a.button", "href").expect("a link");
    assert_eq!(
        href,
        "/accounts/ACME-1001/files/new?product=CIC&version=2020+R4&type=production&server_item=SW-001-4.0-SV01#server_item"
    );
    let form = amelia.get(href.split('#').next().expect("a path")).await;
    assert_eq!(form.attribute("input[name=server_item][checked]", "value").as_deref(), Some("SW-001-4.0-SV01"));
    let pooled = page.all("tbody a.button");
    assert!(pooled.len() > 20, "each line that has something left leads on");
}

#[tokio::test]
async fn the_summary_is_a_table_for_spreadsheets() {
    let server = Server::start().await;
    let answer = server.signed_in(AMELIA).await.get(&format!("{SUMMARY}.csv")).await;
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"account-summary-ACME-1001.csv\"");
    let text = answer.text();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with(
        "\u{FEFF}Product line,Product,Licence generation,First version,Latest version,Part number,Description,Class,Sales order,"
    ));
    assert_eq!(
        lines[1],
        "CIC products,CIC,4.0,4.0,2020 R4,SW-001-4.0-SV01,\"CIC Server, Basic\",Server item,SO-118902,PO-90377,2019-09-02,1,0,0,0,1,0,2026-10-13"
    );
    assert_eq!(lines.len(), 30, "a head and an order line each");
    let helios = server.signed_in(HANNA).await.get("/accounts/HELIOS-2002/summary.csv").await.text();
    assert!(helios.lines().nth(1).expect("a line").contains(",billed by use,billed by use,"), "{helios}");
}

#[tokio::test]
async fn an_account_without_orders_is_told_what_would_be_there() {
    let server = Server::start().await;
    let page = server.signed_in(LENA).await.get("/accounts/BRIGHTWATER-9001/summary").await;
    assert_eq!(page.all(".empty p")[0], "Nothing has been ordered for this account yet.");
    let software = server.signed_in(LENA).await.get("/accounts/BRIGHTWATER-9001/software").await;
    assert_eq!(software.status, StatusCode::OK);
}

#[tokio::test]
async fn each_condition_is_met_or_not_with_its_reason_and_what_to_do() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let page = amelia.get("/accounts/ACME-1001/software").await;
    assert_eq!(page.all("section h2"), ["CIC", "Media Server", "Multi-Site Administration"]);
    assert_eq!(
        page.all("section:first-of-type .to-create li"),
        [
            "Licence model: Met. This is a perpetual account.",
            "Maintenance: Met. Current until 30 Jun 2027: new files permit updates until then.",
            "Certification: Met. You are certified until 5 May 2028.",
            "Server items: Met. 3 of 3 available.",
            "Install sites: Met. 2 sites are active.",
        ]
    );
    assert_eq!(page.all("section .badge")[0], "You can generate files");

    let owen = server.signed_in(OWEN).await.get("/accounts/ACME-1001/software").await;
    assert_eq!(owen.all("section .badge")[0], "You cannot generate files today");
    assert_eq!(
        owen.all("section:first-of-type .to-create .not-met"),
        [
            "Certification: Not met. You hold no certification for CIC.Take the core certification for CIC, or ask a certified colleague to generate the file."
        ]
    );
    let hanna = server.signed_in(HANNA).await.get("/accounts/HELIOS-2002/software").await;
    assert_eq!(
        hanna.all("section:first-of-type .to-create li")[0],
        "Licence model: Not met. This is a subscription account. Customers and partners generate files for perpetual accounts only.\
         Licensing analysts do it: send them an activation file request."
    );
    assert_eq!(hanna.all("section:first-of-type .to-create li")[3], "Server items: Met. Any number, billed by use.");
    let lena = server.signed_in(LENA).await.get("/accounts/HELIOS-2002/software").await;
    assert_eq!(lena.all("section .badge")[0], "You can generate files");
    assert_eq!(lena.all("section:first-of-type .to-create li")[2], "Certification: Met. Licensing analysts need none.");

    // Everything in use, maintenance over, no active site: each says so, and where it can be corrected.
    server.execute("UPDATE install_sites SET active = FALSE WHERE account_id = 1").await;
    server.execute("UPDATE entitlements SET allocated_assigned = owned_assigned WHERE account_id = 1").await;
    server.advance(TimeDelta::days(300));
    let amelia = server.signed_in(AMELIA).await;
    let page = amelia.get("/accounts/ACME-1001/software").await;
    assert_eq!(
        page.all("section:first-of-type .to-create .not-met"),
        [
            "Maintenance: Not met. It ended on 30 Jun 2027.Files can be generated; they do not permit updates. Renew it with your sales representative.",
            "Server items: Not met. All 3 are in use.Deactivate a file that is no longer needed, or order another server item.",
            "Install sites: Not met. This account has no active install site.An install site must be active before a file can be generated for it. Install sites",
        ]
    );
    assert_eq!(page.attribute(".checklist a", "href").as_deref(), Some("/accounts/ACME-1001/sites?inactive"));
}
