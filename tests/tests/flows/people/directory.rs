use crate::generated;
use chrono::TimeDelta;
use portal::demo::DEMO_PASSWORD;
use reqwest::StatusCode;
use tests::{AMELIA, Backend, LENA, SAM, Server};

#[tokio::test]
async fn an_administrator_finds_people_changes_roles_and_disables_sign_ins_at_once() {
    let server = Server::durable(Backend::of_run()).await;
    let (sam, amelia, lena) = (server.signed_in(SAM).await, server.signed_in(AMELIA).await, server.signed_in(LENA).await);
    let page = sam.get("/people?q=ACME.example").await;
    assert_eq!(page.all("tbody th"), ["Amelia Hart", "Owen Blake", "Ruth Vance", "Theo Lind"]);
    assert_eq!(sam.get("/people?q=fischer").await.all("tbody th"), ["Lena Fischer"]);
    assert_eq!(sam.get("/people?q=%25").await.all(".empty")[0], "Nobody is found.Show everybody");
    let amelias = "/people/1";
    assert_eq!(sam.get(amelias).await.all("main ul li"), ["Acme Contact Centers ACME-1001"]);
    // Disabled: her session ends, and her password opens nothing.
    assert_eq!(sam.post("/people/1/active", &[("active", "no")]).await.header("location"), "/people/1?saved");
    assert_eq!(amelia.get("/accounts/ACME-1001").await.status, StatusCode::SEE_OTHER);
    let right = [("email", AMELIA), ("password", DEMO_PASSWORD)];
    assert_eq!(server.browser().post("/sign-in", &right).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(sam.post("/people/1/active", &[("active", "yes")]).await.header("location"), "/people/1?saved");
    assert_eq!(server.browser().post("/sign-in", &right).await.status, StatusCode::SEE_OTHER);
    // A role counts from the next click on.
    assert_eq!(lena.get("/imports").await.status, StatusCode::OK);
    let lenas = server.rows("SELECT id FROM people WHERE email = 'lena.fischer@meridian.example'").await[0]["id"].to_string();
    assert_eq!(sam.post(&format!("/people/{lenas}"), &[("role", "")]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(lena.get("/imports").await.status, StatusCode::FORBIDDEN);
    let own = server.rows("SELECT id FROM people WHERE email = 'sam.okafor@meridian.example'").await[0]["id"].to_string();
    for path in [format!("/people/{own}"), format!("/people/{own}/active")] {
        let answer = sam.post(&path, &[("role", ""), ("active", "no")]).await;
        let words = "This is you. Another administrator changes your role, and whether you may sign in.";
        assert_eq!((answer.status, answer.all("[role=alert]")), (StatusCode::CONFLICT, vec![words.to_owned()]));
    }
    let events = server
        .rows("SELECT action FROM audit_events WHERE action IN ('person disabled', 'person enabled', 'role changed') ORDER BY id")
        .await;
    assert_eq!(events.len(), 3);
    server.assert_healthy().await;
}

#[tokio::test]
async fn whoever_was_disabled_long_enough_is_anonymised_and_what_they_did_stays() {
    let server = Server::durable(Backend::of_run()).await;
    let sam = server.signed_in(SAM).await;
    let file = generated(&server.signed_in(AMELIA).await, &[]).await;
    sam.post("/people/1/active", &[("active", "no")]).await;
    let early = sam.press("/people/1/anonymise").await;
    let words = "The sign-in has not been disabled long enough, or the person is anonymous already.";
    assert_eq!((early.status, early.all("[role=alert]")), (StatusCode::CONFLICT, vec![words.to_owned()]));
    assert!(sam.get("/people/1").await.all("form[action$=anonymise]").is_empty());
    server.advance(TimeDelta::days(365));
    let (sam, lena) = (server.signed_in(SAM).await, server.signed_in(LENA).await);
    assert_eq!(sam.get("/people/1").await.all("form[action$=anonymise] button"), ["Anonymise the person"]);
    assert_eq!(sam.press("/people/1/anonymise").await.header("location"), "/people/1?saved");
    for page in [lena.get(&file).await, lena.get("/accounts/ACME-1001/history").await, sam.get("/history?kind=people").await] {
        assert!(
            page.text().contains("ormer person 1") || page.text().contains("former-1@person.invalid"),
            "{:?}",
            page.all("h1")
        );
        assert!(!page.text().contains("Amelia") && !page.text().contains(AMELIA), "{:?}", page.all("h1"));
    }
    assert_eq!(sam.press("/people/1/anonymise").await.status, StatusCode::CONFLICT);
    assert!(!lena.get("/accounts/ACME-1001/people").await.text().contains("Former person"));
    server.assert_healthy().await;
}
