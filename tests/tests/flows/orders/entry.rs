use crate::generated;
use chrono::TimeDelta;
use portal::jobs::Lane;
use reqwest::StatusCode;
use tests::{AMELIA, Answer, Backend, Browser, LENA, Server, changed, finished};

/// Sends the form at `path` with what was typed into it.
async fn enter(browser: &Browser, path: &str, typed: &[(&str, &str)]) -> Answer {
    let page = browser.get(path).await;
    assert_eq!(page.status, StatusCode::OK, "{path}");
    let action = path.split('?').next().unwrap_or(path);
    browser.post(action, &changed(page.fields(""), typed)).await
}

/// Applies what was taken; the words of its one line.
async fn apply(server: &Server, browser: &Browser, taken: &Answer) -> String {
    let import = taken.header("location").to_owned();
    assert!(import.starts_with("/imports/"), "{:?} {:?}", taken.problems(), taken.all("[role=alert]"));
    let told = browser.get(&import).await.all("tbody tr td:last-child").join(" ");
    assert_eq!(browser.press(&format!("{import}/apply")).await.status, StatusCode::SEE_OTHER);
    finished(server.portal(), &Lane::Imports).await;
    assert_eq!(browser.get(&import).await.all("p.lead"), ["All lines are applied."]);
    told
}

#[tokio::test]
async fn an_analyst_enters_an_account_and_its_orders_one_by_one() {
    let server = Server::durable(Backend::of_run()).await;
    let lena = server.signed_in(LENA).await;
    let before = server.contents().await;
    let wrong = enter(&lena, "/new-account", &[("garn", "no garn"), ("activated_on", "03/04/2027")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let problems = wrong.problems();
    assert_eq!(problems.iter().map(|(field, _)| field.as_str()).collect::<Vec<_>>(), ["garn", "activated_on"]);
    assert!(problems[1].1.contains("is one day in some countries and another in others"), "{problems:?}");
    assert_eq!(wrong.value("activated_on").as_deref(), Some("03/04/2027"));
    assert_eq!(server.contents().await, before);
    let unnamed = enter(&lena, "/new-account", &[("garn", "FJORD-1")]).await;
    assert_eq!(unnamed.status, StatusCode::CONFLICT);
    let typed = [("garn", "fjord-1"), ("account", "Fjord Kundesenter AS"), ("time_zone", "Europe/Oslo"), ("mirrored", "yes")];
    let told = apply(&server, &lena, &enter(&lena, "/new-account", &typed).await).await;
    assert_eq!(told, "New account: Fjord Kundesenter AS.");
    let line = [
        ("sales_order", "SO-300001"),
        ("line", "1"),
        ("purchase_order", "PO-7"),
        ("ordered_on", "2019-05-06"),
        ("part", "SW-001-4.0-AL02"),
        ("assigned", "25"),
        ("maintenance_end", "2027-05-05"),
    ];
    let path = "/accounts/FJORD-1/orders/new";
    let missing = enter(&lena, path, &[("sales_order", "SO-300001"), ("part", "SW-001-4.0-AL02")]).await;
    assert_eq!(missing.problems()[0], ("line".to_owned(), "Fill in this cell.".to_owned()));
    let told = apply(&server, &lena, &enter(&lena, path, &line).await).await;
    assert_eq!(told, "New order line: 25 assigned and 0 pooled of SW-001-4.0-AL02.");
    let again = enter(&lena, path, &line).await;
    assert_eq!((again.status, again.all("[role=alert]")), (StatusCode::CONFLICT, vec!["Nothing has changed.".to_owned()]));
    // Renewed by a later order, from the line's own page.
    let order = lena.get("/accounts/FJORD-1/orders?order=SO-300001").await;
    let change = order.attributes("tbody td a, tbody th a", "href").remove(0);
    assert_eq!(lena.get(&change).await.value("changes").as_deref(), Some("SO-300001/1"));
    let renewal = [
        ("sales_order", "SO-300002"),
        ("line", "1"),
        ("ordered_on", "2020-05-06"),
        ("assigned", "40"),
        ("maintenance_end", "2028-05-05"),
    ];
    apply(&server, &lena, &enter(&lena, &change, &renewal).await).await;
    let order = lena.get("/accounts/FJORD-1/orders?order=SO-300001").await;
    let cells = order.all("tbody tr:first-child td");
    assert_eq!(cells[1], "40 assigned, 0 pooled", "{cells:?}");
    assert!(cells[4].starts_with("SO-300002/1: 40 assigned, 0 pooled, maintenance until 5 May 2028"), "{cells:?}");
    assert_eq!(lena.get("/accounts/FJORD-1/orders").await.all("tbody th"), ["SO-300002", "SO-300001"]);
    // Found by the customer's own number, and by nobody else.
    let found = "/search?q=PO-7";
    assert_eq!(lena.get(found).await.header("location"), "/accounts/FJORD-1/orders?order=SO-300001", "the only hit");
    let amelia = server.signed_in(AMELIA).await;
    assert!(!amelia.get(found).await.text().contains("FJORD-1"));
    assert_eq!(amelia.get("/accounts/ACME-1001/orders?order=SO-300001").await.status, StatusCode::NOT_FOUND);
    server.assert_healthy().await;
}

#[tokio::test]
async fn what_files_hold_is_not_taken_away_and_another_licence_model_says_what_it_does() {
    let server = Server::durable(Backend::of_run()).await;
    let (amelia, lena) = (server.signed_in(AMELIA).await, server.signed_in(LENA).await);
    let file = generated(&amelia, &[("assigned.SW-001-4.0-AL04", "200")]).await;
    let less = [
        ("sales_order", "SO-300001"),
        ("line", "1"),
        ("changes", "SO-104417/5"),
        ("ordered_on", "2026-05-06"),
        ("assigned", "100"),
    ];
    let refused = enter(&lena, "/accounts/ACME-1001/orders/new", &less).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.all("[role=alert]")[0].contains("AF-0000001"), "{:?}", refused.all("[role=alert]"));
    assert_eq!(refused.value("assigned").as_deref(), Some("100"), "what was typed is kept");
    let order = amelia.get("/accounts/ACME-1001/orders?order=SO-104417").await;
    assert!(order.attributes("tbody ul a", "href").contains(&file), "its files are named");
    let settings = lena.get("/accounts/ACME-1001/settings").await;
    let effects = settings.all("section.note li");
    assert_eq!(
        effects[0],
        "Subscription: licensing analysts alone generate, update, upgrade and deactivate files; 4 people may view, download and \
         send requests. 1 active file stays valid; 29 order lines stay as they are."
    );
    // The account is the one of the address.
    let typed = [("licence_model", "subscription"), ("garn", "HELIOS-2002")];
    let told = apply(&server, &lena, &enter(&lena, "/accounts/ACME-1001/settings", &typed).await).await;
    assert!(told.contains("perpetual") && told.contains("subscription"), "{told}");
    assert_eq!(amelia.get(&format!("{file}/deactivate")).await.status, StatusCode::FORBIDDEN);
    assert_eq!(amelia.get(&format!("{file}/download")).await.status, StatusCode::OK);
    let unchanged = enter(&lena, "/accounts/ACME-1001/settings", &[]).await;
    assert_eq!(unchanged.all("[role=alert]"), ["Nothing has changed."]);
    server.assert_healthy().await;
}

#[tokio::test]
async fn what_was_never_applied_is_discarded_after_a_week() {
    let server = Server::start().await;
    let lena = server.signed_in(LENA).await;
    let taken = enter(&lena, "/new-account", &[("garn", "FJORD-1"), ("account", "Fjord")]).await;
    let first = taken.header("location").to_owned();
    server.advance(TimeDelta::days(7));
    let lena = server.signed_in(LENA).await;
    assert_eq!(lena.get(&first).await.all("form[action$=apply] button"), ["Apply all lines"]);
    enter(&lena, "/new-account", &[("garn", "FJORD-2"), ("account", "Fjord Two")]).await;
    let old = lena.get(&first).await;
    assert!(old.all("form[action$=apply]").is_empty() && old.all("p.lead") == ["Nothing was changed."]);
    assert_eq!(server.rows("SELECT line FROM import_lines").await.len(), 1);
}
