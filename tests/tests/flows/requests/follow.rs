use super::{finished, question};
use chrono::TimeDelta;
use reqwest::StatusCode;
use tests::{AMELIA, HANNA, LENA, Server};

#[tokio::test]
async fn a_request_is_followed_answered_and_closed_by_its_link() {
    let server = Server::start().await;
    let stranger = server.browser();
    let link = finished(&server, &stranger, &question(&[])).await;
    // The link is in the mail: any browser opens it.
    let elsewhere = server.browser();
    let page = elsewhere.get(&link).await;
    assert_eq!(page.all("h1"), ["AFR-0000001: Where is the host id?"]);
    assert_eq!(page.all(".message .body"), ["We look for it on Windows."]);
    let reply = format!("{link}/reply");
    let empty = elsewhere.post(&reply, &page.fields_of("form[action$=reply]")).await;
    assert_eq!(
        (empty.status, empty.problems()),
        (StatusCode::UNPROCESSABLE_ENTITY, vec![("message".into(), "Enter a message.".into())])
    );
    let fields = tests::changed(page.fields_of("form[action$=reply]"), &[("message", "One thing more:\n<b>this</b>")]);
    for _ in 0..2 {
        let sent = elsewhere.post(&reply, &fields).await;
        assert_eq!((sent.status, sent.header("location")), (StatusCode::SEE_OTHER, format!("{link}?sent").as_str()));
    }
    assert_eq!(elsewhere.get(&link).await.all(".message .body"), ["We look for it on Windows.", "One thing more: <b>this</b>"]);
    let other = elsewhere.post(&reply, &tests::changed(fields, &[("message", "Something else")])).await;
    assert_eq!((other.status, other.value("message")), (StatusCode::CONFLICT, Some("Something else".to_owned())));
    elsewhere.press(&format!("{link}/close")).await;
    assert!(elsewhere.get(&link).await.text().contains("It is closed."));
    let page = elsewhere.get(&link).await;
    elsewhere.post(&reply, &tests::changed(page.fields_of("form[action$=reply]"), &[("message", "Not yet")])).await;
    assert!(elsewhere.get(&link).await.text().contains("A licensing analyst will take it."));
}

#[tokio::test]
async fn a_renewed_link_ends_the_one_of_before_and_a_link_runs_out_after_the_request_has_ended() {
    let server = Server::start().await;
    let stranger = server.browser();
    let link = finished(&server, &stranger, &question(&[])).await;
    let renewed = stranger.press(&format!("{link}/link")).await;
    let new = renewed.header("location").split('?').next().expect("a path").to_owned();
    assert_ne!(new, link);
    assert_eq!((stranger.get(&link).await.status, stranger.get(&new).await.status), (StatusCode::NOT_FOUND, StatusCode::OK));
    for action in ["reply", "close", "link"] {
        assert_eq!(
            stranger.post(&format!("{link}/{action}"), &[("key", tests::UNUSED_KEY), ("message", "x")]).await.status,
            StatusCode::NOT_FOUND
        );
    }
    server.advance(TimeDelta::days(100));
    assert_eq!(stranger.get(&new).await.status, StatusCode::OK, "as long as the request is open");
    stranger.press(&format!("{new}/close")).await;
    server.advance(TimeDelta::days(89));
    assert_eq!(stranger.get(&new).await.status, StatusCode::OK);
    server.advance(TimeDelta::days(1));
    assert_eq!(stranger.get(&new).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn requests_of_others_look_like_none() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    finished(&server, &amelia, &question(&[("garn", "ACME-1001"), ("email", AMELIA), ("email_again", AMELIA)])).await;
    let hanna = server.signed_in(HANNA).await;
    for path in ["/requests/AFR-0000001", "/requests/AFR-0000009", "/requests/nonsense", "/request/nonsense"] {
        assert_eq!(hanna.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(hanna.press("/requests/AFR-0000001/close").await.status, StatusCode::NOT_FOUND);
    assert_eq!(hanna.press("/requests/AFR-0000001/claim").await.status, StatusCode::FORBIDDEN);
    // A colleague of the account sees it, and what analysts note nobody does.
    let lena = server.signed_in(LENA).await;
    let key = lena.get("/requests/AFR-0000001").await.value("key").expect("a key");
    lena.post("/requests/AFR-0000001/note", &[("key", key.as_str()), ("note", "canary-note")]).await;
    assert!(lena.get("/requests/AFR-0000001").await.text().contains("canary-note"));
    assert!(!amelia.get("/requests/AFR-0000001").await.text().contains("canary-note"));
}
