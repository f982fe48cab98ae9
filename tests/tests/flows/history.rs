use crate::generated;
use chrono::TimeDelta;
use reqwest::StatusCode;
use tests::{AMELIA, Answer, Backend, HANNA, LENA, SAM, Server, UNUSED_KEY, changed};

const HISTORY: &str = "/accounts/ACME-1001/history";

fn told(page: &Answer) -> Vec<String> {
    page.all("tbody td:nth-of-type(2)")
}

#[tokio::test]
async fn an_accounts_people_read_what_was_done_in_sentences() {
    let server = Server::durable(Backend::of_run()).await;
    let (amelia, lena) = (server.signed_in(AMELIA).await, server.signed_in(LENA).await);
    assert_eq!(amelia.get(HISTORY).await.all(".empty p"), ["Nothing was done yet."]);
    let file = generated(&amelia, &[("assigned.SW-001-4.0-AL04", "5")]).await;
    server.advance(TimeDelta::days(2));
    let (amelia, lena) = (server.signed_in(AMELIA).await, {
        drop(lena);
        server.signed_in(LENA).await
    });
    amelia.get(&format!("{file}/download")).await;
    let page = lena.get(&format!("{file}/revoke")).await;
    lena.post(&format!("{file}/revoke"), &changed(page.fields(""), &[("reason", "Cancelled."), ("machine", "ic-prd-01")])).await;
    let page = amelia.get(HISTORY).await;
    assert_eq!(page.all("tbody td:nth-of-type(1)"), ["Lena Fischer", "Amelia Hart", "Amelia Hart"]);
    let revoked = &told(&page)[0];
    assert!(revoked.starts_with("Revoked activation file AF-0000001."), "{revoked}");
    let items = page.all("tbody tr:first-child details li");
    assert!(
        items.contains(&"allocated, SO-104417 line 5, SW-001-4.0-AL04: 5 assigned, 0 pooled → 0 assigned, 0 pooled".to_owned()),
        "{items:?}"
    );
    assert!(items.contains(&"state: active → revoked".to_owned()) && items.contains(&"note: Cancelled.".to_owned()), "{items:?}");
    // Each filter by itself.
    let found = async |query: &str| told(&amelia.get(&format!("{HISTORY}?{query}")).await).len();
    assert_eq!(found("person=lena").await, 1);
    assert_eq!(found("subject=af-0000001").await, 3);
    assert_eq!(found("subject=AF-0000002").await, 0);
    assert_eq!(found("kind=files").await, 3);
    assert_eq!(found("kind=people").await, 0);
    assert_eq!(found("from=2026-11-23").await, 2);
    assert_eq!(found("through=2026-11-23").await, 1);
    assert_eq!(found("from=2026-11-22&through=2026-11-24&kind=files&person=amelia").await, 2);
    assert_eq!(found("person=%25").await, 0, "a sign is a sign");
    let wrong = amelia.get(&format!("{HISTORY}?from=yesterday&through=2026-11-24&kind=all")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        wrong.problems(),
        [
            ("from".to_owned(), "“yesterday” is not a date. Enter year, month and day, such as 2027-01-31.".to_owned()),
            ("kind".to_owned(), "Select one of the list.".to_owned())
        ]
    );
    for far in ["%2B262142-12-31", "-262143-01-01", "10000-01-01"] {
        let answer = amelia.get(&format!("{HISTORY}?from={far}&through={far}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{far}");
    }
    let turned = amelia.get(&format!("{HISTORY}?from=2026-11-24&through=2026-11-22")).await;
    assert_eq!(turned.problems(), [("through".to_owned(), "The last day is before the first.".to_owned())]);
    // The table has the same, and nobody else's.
    let csv = amelia.get("/accounts/ACME-1001/history.csv?kind=files").await;
    let lines: Vec<String> = csv.text().lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert!(lines[3].ends_with(",Amelia Hart,ACME-1001,Acme Contact Centers,Generated activation file AF-0000001.,\"allocated, SO-104417 line 1, SW-001-4.0-SV03: 0 assigned, 0 pooled → 1 assigned, 0 pooled; allocated, SO-104417 line 2, SW-001-4.0-SO03: 0 assigned, 0 pooled → 1 assigned, 0 pooled; allocated, SO-104417 line 5, SW-001-4.0-AL04: 0 assigned, 0 pooled → 5 assigned, 0 pooled; revision: 1\""), "{}", lines[3]);
    assert_eq!(
        server.signed_in(HANNA).await.get("/accounts/HELIOS-2002/history").await.all(".empty p"),
        ["Nothing was done yet."]
    );
}

#[tokio::test]
async fn an_analysts_own_work_on_a_request_is_not_for_the_account() {
    let server = Server::start().await;
    let (amelia, lena) = (server.signed_in(AMELIA).await, server.signed_in(LENA).await);
    let form = amelia.get("/request/new?garn=ACME-1001&kind=question&subject=s&description=d").await;
    let action = form.attribute("main form", "action").expect("a form");
    amelia.post(&action, &changed(form.fields(""), &[("kind", "question")])).await;
    lena.press("/requests/AFR-0000001/claim").await;
    let noted = lena.post("/requests/AFR-0000001/note", &[("note", "internal"), ("key", UNUSED_KEY)]).await;
    assert_eq!(noted.status, StatusCode::SEE_OTHER, "{:?}", noted.problems());
    let of = async |browser: &tests::Browser| told(&browser.get(&format!("{HISTORY}?kind=requests")).await);
    assert_eq!(of(&lena).await.len(), of(&amelia).await.len() + 2);
    assert!(of(&amelia).await.iter().all(|told| !told.contains("Claimed") && !told.contains("internal note")));
}

#[tokio::test]
async fn a_history_is_read_a_page_at_a_time_however_long_it_is() {
    let server = Server::start().await;
    let sam = server.signed_in(SAM).await;
    let sequence = match server.backend() {
        Backend::Sqlite => "WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 12000)",
        Backend::Postgres => "WITH n (value) AS (SELECT * FROM generate_series(1, 12000))",
    };
    let insert = "INSERT INTO audit_events (at, actor, account_id, action, subject)";
    server
        .execute(&format!(
            "{insert} VALUES ('2026-12-01T00:00:00+00:00', 'Rare', 1, 'catalogue applied', 'catalogue 1');
             {insert} {sequence} SELECT '2026-12-02T00:00:00+00:00', 'Often', 1, 'sign-in', 'person 1' FROM n"
        ))
        .await;
    let first = sam.get("/history").await;
    assert_eq!(first.all("tbody tr").len(), 50);
    let next = first.attributes("main p.buttons a", "href").pop().expect("a next page");
    let second = sam.get(&next).await;
    assert_eq!(
        (second.all("tbody tr").len(), second.all("main p.buttons a")),
        (50, vec!["Latest events".to_owned(), "Earlier events".to_owned()])
    );
    // A rare one far back: each page looks through so many, and says where it stopped.
    let mut page = sam.get("/history?person=rare").await;
    let mut pages = 1;
    while page.all("tbody tr").is_empty() {
        assert_eq!(page.all(".empty p"), ["Nothing is found among the latest events. Look further back."]);
        page = sam.get(&page.attributes("main p.buttons a", "href").pop().expect("further back")).await;
        pages += 1;
    }
    assert_eq!((pages, told(&page)), (3, vec!["Applied catalogue 1.".to_owned()]));
    assert_eq!(
        told(&sam.get("/history?from=2026-12-01&through=2026-12-01").await),
        ["Applied catalogue 1."],
        "a day is found at once"
    );
    let csv = sam.get("/history.csv?from=2026-12-01&through=2026-12-02").await.text();
    assert_eq!(csv.lines().count(), 12_002);
    assert!(csv.contains("Rare,ACME-1001,Acme Contact Centers,Applied catalogue 1."));
}
