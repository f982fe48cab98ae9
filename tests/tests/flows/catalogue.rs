//! The catalogue: compared, applied, and what a retired part or version still is.

use crate::{form, fresh_key, generated};
use portal::people::PasswordCost;
use reqwest::StatusCode;
use tests::{AMELIA, Answer, Backend, Browser, LENA, NEW, PETRA, SAM, Server};

const SHIPPED: &str = include_str!("../../../portal/catalogue/pureconnect.toml");

/// The shipped catalogue without one table: the one that has `line`.
fn without(text: &str, line: &str) -> String {
    let at = text.find(line).expect("a line");
    let begin = text[..at].rfind("[[").expect("its table");
    let end = text[at..].find("[[").map_or(text.len(), |end| at + end);
    format!("{}{}", &text[..begin], &text[end..])
}

/// Another catalogue: one text changed, one part and the latest version of CIC retired.
fn other() -> String {
    let text = without(SHIPPED, "number = \"SW-001-4.0-AA18\"");
    let text = without(&text, "name = \"2020 R4\"");
    text.replacen("description = \"Business Client", "description = \"Client of a business", 1)
}

async fn propose(browser: &Browser, text: &str) -> Answer {
    browser.post_parts("/catalogue", &[("table", Some("catalogue.toml"), text.as_bytes())]).await
}

#[tokio::test]
async fn another_catalogue_is_compared_applied_and_kept_and_files_stay_as_they_are() {
    let server = Server::durable(Backend::of_run()).await;
    let (sam, amelia) = (server.signed_in(SAM).await, server.signed_in(AMELIA).await);
    let file = generated(&amelia, &[("version", "2020 R4")]).await;
    let before = amelia.get(&format!("{file}/download")).await.text();
    let first = sam.get("/catalogue").await;
    assert_eq!(first.all("tbody tr").len(), 1);
    assert_eq!(sam.get("/catalogue/1/document").await.text(), SHIPPED);
    let proposed = propose(&sam, &other()).await;
    assert_eq!(
        (proposed.status, proposed.header("location")),
        (StatusCode::SEE_OTHER, "/catalogue/2"),
        "{:?}",
        proposed.problems()
    );
    let page = sam.get("/catalogue/2").await;
    assert_eq!(page.all("p.lead"), ["3 changes. Nothing is changed yet."]);
    assert_eq!(page.all("tbody th"), ["CIC 2020 R4", "Part SW-001-4.0-AA18", "Part SW-001-4.0-AL02"]);
    let orders = page.all("tbody td:last-child");
    assert_eq!(orders[1], "Named by 1 order line of 1 account; files that are there stay as they are.");
    // Only who proposed it applies it, and only over the catalogue that it was compared with.
    assert_eq!(sam.post("/catalogue/2", &[("compared", "7")]).await.status, StatusCode::CONFLICT);
    let applied = sam.post("/catalogue/2", &page.fields("main form")).await;
    assert_eq!(applied.header("location"), "/catalogue?applied", "{:?}", applied.all("[role=alert]"));
    assert_eq!(sam.get("/catalogue/2/document").await.text(), other());
    assert_eq!(sam.post("/catalogue/2", &page.fields("main form")).await.status, StatusCode::NOT_FOUND);
    // The file is as it was, and can be updated in its version; a new one cannot be made for it.
    assert_eq!(amelia.get(&format!("{file}/download")).await.text(), before);
    let update = amelia.get(&format!("{file}/update")).await;
    assert_eq!(update.attribute("select[name=version] option[selected]", "value").as_deref(), Some("2020 R4"));
    let start = amelia.get(&format!("{NEW}?product=CIC&version=2020+R4&type=production")).await;
    assert_eq!(start.status, StatusCode::OK);
    let key = fresh_key(&amelia).await;
    let forged = amelia
        .post(NEW, &form(&key, &[("version", "2020 R4"), ("host_id", "00505684E9A1"), ("switchover_host_id", "00505684E9A2")]))
        .await;
    let words = "What was sent is not among this account's choices. Select a product version from the list.";
    assert_eq!(forged.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(forged.problems(), [("version".to_owned(), words.to_owned())]);
    // What was ordered of a retired part is there as before; the catalogue offers it to nobody.
    let lena = server.signed_in(LENA).await;
    assert!(lena.get("/accounts/NORDIC-3003/summary").await.text().contains("SW-001-4.0-AA18"));
    let petra = server.signed_in(PETRA).await;
    let offer =
        petra.get("/accounts/BRIGHTWATER-9001/files/new?product=CIC&version=2020+R2&type=development-partner").await.text();
    assert!(offer.contains("SW-001-4.0-AA17") && !offer.contains("SW-001-4.0-AA18"));
    // Back to the first: what was retired is offered again.
    assert_eq!(propose(&sam, SHIPPED).await.header("location"), "/catalogue/3");
    let page = sam.get("/catalogue/3").await;
    assert_eq!(page.all("tbody td:nth-child(2)")[..2], ["New".to_owned(), "New".to_owned()]);
    assert_eq!(sam.post("/catalogue/3", &page.fields("main form")).await.status, StatusCode::SEE_OTHER);
    assert_eq!(propose(&sam, SHIPPED).await.problems()[0].1, "This is the catalogue that is in use. Nothing has changed.");
    let rows = server.rows("SELECT id FROM parts WHERE retired").await;
    assert_eq!(rows.len(), 0);
    server.assert_healthy().await;
}

#[tokio::test]
async fn what_is_no_catalogue_or_changes_what_orders_depend_on_is_refused() {
    let server = Server::start().await;
    let sam = server.signed_in(SAM).await;
    let before = server.contents().await;
    let at = SHIPPED.find("number = \"SW-001-4.0-AL01\"").expect("a part");
    let (head, tail) = SHIPPED.split_at(at);
    let class = format!("{head}{}", tail.replacen("class = \"access\"", "class = \"feature\"", 1));
    for (bytes, words) in [
        (&b""[..], "Choose a file: a catalogue is a TOML document."),
        (&b"\xFF\xFE"[..], "The document is no text in UTF-8. Save it as UTF-8."),
        (
            class.as_bytes(),
            "Part SW-001-4.0-AL01 is of class access. A catalogue cannot change that to feature: give the part another number.",
        ),
    ] {
        let answer = sam.post_parts("/catalogue", &[("table", Some("catalogue.toml"), bytes)]).await;
        assert_eq!(
            (answer.status, answer.problems()),
            (StatusCode::UNPROCESSABLE_ENTITY, vec![("table".to_owned(), words.to_owned())])
        );
    }
    let broken = propose(&sam, "[[product]]\ncode = \"A\"\n").await;
    assert!(broken.problems()[0].1.starts_with("The catalogue cannot be read at line 1: "), "{:?}", broken.problems());
    let huge = "# ".repeat(2 * 1024 * 1024 + 1);
    assert_eq!(propose(&sam, &huge).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(server.contents().await, before);
}

#[tokio::test]
async fn an_empty_portal_gets_its_catalogue_from_the_terminal() {
    let server =
        Server::with(Backend::of_run(), |settings| settings.passphrase_file = Some(settings.data.join("passphrase"))).await;
    let file = server.settings().data.join("catalogue.toml");
    std::fs::write(&file, SHIPPED).expect("written");
    let apply = async |dry_run| {
        server::apply_catalogue(server.settings(), &file, dry_run, server.ctx().clone(), PasswordCost::Least).await
    };
    let planned = apply(true).await.expect("compared");
    assert!(planned.ends_with("Nothing was changed.") && planned.contains("Part SW-001-4.0-AL01: new"), "{planned}");
    assert!(server.rows("SELECT id FROM parts").await.is_empty());
    let applied = apply(false).await.expect("applied");
    assert!(applied.ends_with("The catalogue is in use."), "{applied}");
    assert!(!server.rows("SELECT id FROM parts").await.is_empty());
    let again = apply(false).await.expect_err("nothing to do");
    assert!(format!("{again:#}").ends_with("This is the catalogue that is in use. Nothing has changed."), "{again:#}");
    let events = server.rows("SELECT actor, subject FROM audit_events WHERE action = 'catalogue applied'").await;
    assert_eq!(events, [serde_json::json!({ "actor": "command line", "subject": "catalogue 1" })]);
}
