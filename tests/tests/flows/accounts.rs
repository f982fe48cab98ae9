use crate::generated;
use reqwest::StatusCode;
use tests::{AMELIA, HANNA, LENA, PETRA, SAM, Server};

#[tokio::test]
async fn everybody_sees_their_own_accounts() {
    let server = Server::start().await;
    for (email, names) in [
        (AMELIA, vec!["Acme Contact Centers"]),
        (HANNA, vec!["Helios Energie Kundenservice GmbH"]),
        (PETRA, vec!["Brightwater Integration", "Nordic Mutual Insurance Customer Operations"]),
        (
            LENA,
            vec![
                "Acme Contact Centers",
                "Brightwater Integration",
                "Helios Energie Kundenservice GmbH",
                "Nordic Mutual Insurance Customer Operations",
            ],
        ),
    ] {
        let page = server.signed_in(email).await.get("/accounts").await;
        assert_eq!(
            (page.status, page.all("tbody th")),
            (StatusCode::OK, names.into_iter().map(str::to_owned).collect()),
            "{email}"
        );
    }
    // Administrators see none.
    assert_eq!(server.signed_in(SAM).await.get("/accounts").await.header("location"), "/setup");
    // Nobody is offered to change to another account where there is none.
    let changes = async |email: &str, garn: &str| {
        server.signed_in(email).await.get(&format!("/accounts/{garn}")).await.all(".account-name a")
    };
    assert_eq!(changes(AMELIA, "ACME-1001").await, ["Requests", "History", "Help"]);
    assert_eq!(changes(PETRA, "NORDIC-3003").await, ["Change account", "Requests", "History", "Help"]);
}

#[tokio::test]
async fn the_chooser_searches_by_name_and_garn() {
    let server = Server::start().await;
    let lena = server.signed_in(LENA).await;
    assert_eq!(lena.get("/accounts?q=MUTUAL").await.all("tbody th"), ["Nordic Mutual Insurance Customer Operations"]);
    assert_eq!(lena.get("/accounts?q=acme-1").await.all("tbody th"), ["Acme Contact Centers"]);
    let none = lena.get("/accounts?q=%25").await;
    assert_eq!(none.all(".empty p")[0], "No account of yours has “%” in its name or GARN.");
}

#[tokio::test]
async fn attention_is_asked_for_the_certifications_that_are_missing() {
    let server = Server::start().await;
    let theo = server.signed_in(tests::THEO).await.get("/accounts/ACME-1001").await;
    assert_eq!(theo.all(".note.warn li strong")[0], "You hold no certification for CIC.");
    let ruth = server.signed_in(tests::RUTH).await.get("/accounts/ACME-1001").await;
    assert_eq!(
        ruth.all(".note.warn li strong")[..2],
        ["Your certification for CIC ended on 23 Oct 2026.", "Your certification for Media Server ended on 23 Oct 2026."]
    );
    // The way out is a colleague by name, and there is no button that leads nowhere.
    assert_eq!(ruth.attribute(".note.warn li a", "href").as_deref(), Some("mailto:amelia.hart@acme.example"));
    assert_eq!(ruth.all(".page-head a"), Vec::<String>::new());
}

#[tokio::test]
async fn the_start_page_leads_to_the_only_account() {
    let server = Server::start().await;
    assert_eq!(server.browser().get("/").await.header("location"), "/sign-in");
    assert_eq!(server.signed_in(AMELIA).await.get("/").await.header("location"), "/accounts/ACME-1001");
    assert_eq!(server.signed_in(LENA).await.get("/").await.header("location"), "/accounts");
}

#[tokio::test]
async fn the_overview_says_what_needs_attention_and_what_is_left() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let page = amelia.get("/accounts/ACME-1001").await;
    assert_eq!(
        page.all(".note.warn li strong"),
        ["Maintenance of CIC Server, Basic ended on 13 Oct 2026.", "Maintenance of Media Server ends on 6 Jan 2027."]
    );
    let scarce = |page: &tests::Answer| {
        page.all("section[aria-labelledby=owned-title] tbody tr").into_iter().find(|row| row.starts_with("Basic Station"))
    };
    generated(&amelia, &[("assigned.SW-001-4.0-AL01", "15"), ("pooled.SW-001-4.0-AL01", "20")]).await;
    assert_eq!(scarce(&amelia.get("/accounts/ACME-1001").await), None);
    server.execute("UPDATE entitlements SET owned_pooled = 20 WHERE owned_pooled = 25 AND allocated_pooled = 20").await;
    let page = amelia.get("/accounts/ACME-1001").await;
    assert_eq!(scarce(&page).as_deref(), Some("Basic StationSW-001-4.0-AL01CIC25 of 400 of 2030 Jun 2027"));
    // A file that is deactivated is not among the active ones.
    server.execute("UPDATE listed_files SET facet = REPLACE(facet, 'active/', 'deactivated/')").await;
    assert_eq!(amelia.get("/accounts/ACME-1001").await.all("table.files tbody tr").len(), 0);
}

#[tokio::test]
async fn the_overview_names_files_that_end_and_those_that_a_newer_revision_is_available_of() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let alone =
        [("switchover_later", "yes"), ("switchover_host_id", ""), ("switchover_machine_name", ""), ("switchover_item", "")];
    generated(&amelia, &alone).await;
    let bundled = [("type", "development-bundled"), ("host_id", "00505684E9A1"), ("machine_name", "IC-DEV-01")];
    generated(&amelia, &[&alone[..], &bundled].concat()).await;
    let told =
        |page: tests::Answer| page.all(".note.warn li").into_iter().filter(|line| line.contains("AF-")).collect::<Vec<_>>();
    assert!(told(amelia.get("/accounts/ACME-1001").await).is_empty());

    server.execute("UPDATE entitlements SET maintenance_end = '2028-06-30' WHERE id = 1").await;
    assert_eq!(
        told(amelia.get("/accounts/ACME-1001").await),
        ["Maintenance for AF-0000001 of IC-PRD-01 was renewed until 30 Jun 2028. \
          Refresh the file, so that its server may install updates. Refresh it"]
    );
    let refreshed = amelia.get("/accounts/ACME-1001/files/AF-0000001").await.fields("generate");
    let refreshed = amelia.post("/accounts/ACME-1001/files/AF-0000001/update", &refreshed).await;
    assert_eq!(refreshed.status, StatusCode::SEE_OTHER);
    assert!(told(amelia.get("/accounts/ACME-1001").await).is_empty());

    server.advance(chrono::TimeDelta::days(310));
    let amelia = server.signed_in(AMELIA).await;
    assert_eq!(
        told(amelia.get("/accounts/ACME-1001").await),
        ["AF-0000002 of IC-DEV-01 ends on 22 Nov 2027. Its server stops being licensed after that day. View the file"]
    );
    server.advance(chrono::TimeDelta::days(60));
    let amelia = server.signed_in(AMELIA).await;
    assert_eq!(
        told(amelia.get("/accounts/ACME-1001").await),
        ["AF-0000002 of IC-DEV-01 ended on 22 Nov 2027 and is still active. \
          Deactivate it: what it holds of your orders is available again then. View the file"]
    );
}
