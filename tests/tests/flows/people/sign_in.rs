use crate::{NEW, form, fresh_key};
use chrono::TimeDelta;
use portal::demo::DEMO_PASSWORD;
use reqwest::StatusCode;
use tests::{AMELIA, HANNA, Server};

#[tokio::test]
async fn signing_in_leads_back_to_the_page_that_was_asked_for() {
    let server = Server::start().await;
    let browser = server.browser();
    let asked = browser.get("/accounts/ACME-1001/files?after=AF-0000001").await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER);
    let page = browser.get(asked.header("location")).await;
    let return_to = page.value("return_to").expect("where to go");
    assert_eq!(return_to, "/accounts/ACME-1001/files?after=AF-0000001");
    let fields = [("email", "  Amelia.Hart@ACME.example "), ("password", DEMO_PASSWORD), ("return_to", &return_to)];
    let answer = browser.post("/sign-in", &fields).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, return_to.as_str()));
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("session=") && cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
}

#[tokio::test]
async fn nobody_is_led_to_another_site() {
    let server = Server::start().await;
    let browser = server.browser();
    for foreign in ["https://evil.example", "//evil.example", "/\\evil.example"] {
        let answer = browser.post("/sign-in", &[("email", AMELIA), ("password", DEMO_PASSWORD), ("return_to", foreign)]).await;
        assert_eq!(answer.header("location"), "/", "{foreign}");
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_look_the_same() {
    let server = Server::start().await;
    let browser = server.browser();
    for email in [AMELIA, "nobody@acme.example"] {
        let answer = browser.post("/sign-in", &[("email", email), ("password", "wrong")]).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        let words = "The e-mail address and the password do not match. Check both and try again.";
        assert_eq!(answer.problems(), [("email".to_owned(), words.to_owned())]);
        assert_eq!(answer.value("email").as_deref(), Some(email));
        assert_eq!(answer.value("password").as_deref(), Some(""));
    }
}

#[tokio::test]
async fn guessing_is_slowed_down_after_ten_attempts_and_begins_anew_after_a_quarter_of_an_hour() {
    let server = Server::start().await;
    let browser = server.browser();
    let guess = async |email, password| browser.post("/sign-in", &[("email", email), ("password", password)]).await;
    for _ in 0..10 {
        assert_eq!(guess(AMELIA, "wrong").await.status, StatusCode::UNAUTHORIZED);
    }
    // Who waits is not counted, however often.
    for _ in 0..30 {
        let answer = guess(AMELIA, DEMO_PASSWORD).await;
        assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "5"));
        assert_eq!(answer.problems()[0].1, "There were many attempts with a wrong password. Try again in 5 seconds.");
    }
    assert_eq!(guess(HANNA, "wrong").await.status, StatusCode::UNAUTHORIZED, "others are not held up");
    server.advance(TimeDelta::seconds(5));
    assert_eq!(guess(AMELIA, "wrong").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(guess(AMELIA, DEMO_PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
    server.advance(TimeDelta::seconds(5));
    assert_eq!(guess(AMELIA, DEMO_PASSWORD).await.status, StatusCode::SEE_OTHER);
    for _ in 0..10 {
        assert_eq!(guess(HANNA, "wrong").await.status, StatusCode::UNAUTHORIZED);
    }
    server.advance(TimeDelta::minutes(15));
    for _ in 0..10 {
        assert_eq!(guess(HANNA, "wrong").await.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn a_strangers_wrong_passwords_do_not_hold_up_a_device_that_was_signed_in_on_before() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    amelia.post("/sign-out", &[("", "")]).await;
    let stranger = server.browser();
    for number in 0..120 {
        let email = if number % 2 == 0 { AMELIA.to_owned() } else { format!("person{number}@acme.example") };
        stranger.post("/sign-in", &[("email", email.as_str()), ("password", "wrong")]).await;
    }
    let right = [("email", AMELIA), ("password", DEMO_PASSWORD)];
    assert_eq!(stranger.post("/sign-in", &right).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(amelia.post("/sign-in", &right).await.status, StatusCode::SEE_OTHER);
    // The device is hers, not somebody's: for others it is one of a stranger. Its own wrong attempts are counted, too.
    amelia.post("/sign-out", &[("", "")]).await;
    let others = amelia.post("/sign-in", &[("email", HANNA), ("password", DEMO_PASSWORD)]).await;
    assert_eq!(others.status, StatusCode::TOO_MANY_REQUESTS);
    for _ in 0..10 {
        let wrong = amelia.post("/sign-in", &[("email", AMELIA), ("password", "wrong")]).await;
        assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(amelia.post("/sign-in", &right).await.status, StatusCode::TOO_MANY_REQUESTS);
    let cookie = server.browser().post("/sign-in", &[("email", "nobody@acme.example"), ("password", "wrong")]).await;
    assert_eq!(cookie.header("set-cookie"), "", "only who signs in gets one");
}

#[tokio::test]
async fn signing_in_again_ends_the_session_before_whoever_it_was() {
    let server = Server::start().await;
    let browser = server.signed_in(AMELIA).await;
    let sessions = async || server.rows("SELECT person_id FROM sessions").await.len();
    assert_eq!(sessions().await, 1);
    browser.sign_in(AMELIA).await;
    assert_eq!(sessions().await, 1);
    browser.sign_in(HANNA).await;
    assert_eq!(sessions().await, 1);
    assert_eq!(browser.get("/accounts/ACME-1001").await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get("/accounts/HELIOS-2002").await.status, StatusCode::OK);
    let ended = server.rows("SELECT person_id FROM audit_events WHERE action = 'sign-out' ORDER BY id").await;
    assert_eq!(ended, [serde_json::json!({ "person_id": 1 }), serde_json::json!({ "person_id": 1 })]);
    // What the browser has kept of private pages is cleared when it signs out, and its cookies stay.
    let out = browser.post("/sign-out", &[("", "")]).await;
    assert_eq!(out.header("clear-site-data"), "\"cache\", \"storage\"");
    assert_eq!(sessions().await, 0);
}

#[tokio::test]
async fn one_address_cannot_try_everybody() {
    let server = Server::start().await;
    let browser = server.browser();
    for number in 0..50 {
        let email = format!("person{number}@acme.example");
        assert_eq!(
            browser.post("/sign-in", &[("email", email.as_str()), ("password", "x")]).await.status,
            StatusCode::UNAUTHORIZED
        );
    }
    let right = [("email", AMELIA), ("password", DEMO_PASSWORD)];
    let answer = browser.post("/sign-in", &right).await;
    assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "1"));
    server.advance(TimeDelta::seconds(1));
    assert_eq!(browser.post("/sign-in", &right).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_has_its_own_limit() {
    let server = Server::behind("https://licences.example").await;
    let client = server.browser().client;
    let guess = async |forwarded: &str, number: usize| {
        let request = client.post(format!("{}/sign-in", server.address())).header("x-forwarded-for", forwarded);
        let request =
            request.header("origin", "https://licences.example").header("content-type", "application/x-www-form-urlencoded");
        request.body(format!("email=person{number}@acme.example&password=x")).send().await.expect("an answer").status()
    };
    for number in 0..50 {
        // What the client itself wrote, further left, does not count.
        assert_eq!(guess(&format!("192.0.2.{number}, 203.0.113.7"), number).await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(guess("203.0.113.7", 50).await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(guess("192.0.2.99, 203.0.113.7, 127.0.0.1", 51).await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(guess("203.0.113.8", 52).await, StatusCode::UNAUTHORIZED);
    // An entry that cannot be read hides what stands left of it: the proxy itself is counted.
    assert_eq!(guess("203.0.113.7, unknown", 53).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_when_it_is_old_and_when_it_is_ended() {
    let server = Server::start().await;
    let page = "/accounts/ACME-1001";
    let idle = server.signed_in(AMELIA).await;
    server.advance(TimeDelta::minutes(119));
    assert_eq!(idle.get(page).await.status, StatusCode::OK);
    server.advance(TimeDelta::minutes(120));
    assert_eq!(idle.get(page).await.status, StatusCode::SEE_OTHER);

    let old = server.signed_in(AMELIA).await;
    for _ in 0..7 {
        assert_eq!(old.get(page).await.status, StatusCode::OK);
        server.advance(TimeDelta::minutes(100));
    }
    server.advance(TimeDelta::minutes(20));
    assert_eq!(old.get(page).await.status, StatusCode::SEE_OTHER);

    let ended = server.signed_in(AMELIA).await;
    let before = server.rows("SELECT person_id FROM sessions").await;
    assert_eq!(ended.post("/sign-out", &[("", "")]).await.header("location"), "/sign-in");
    assert_eq!(ended.get(page).await.status, StatusCode::SEE_OTHER);
    assert_eq!(server.rows("SELECT person_id FROM sessions").await.len(), before.len() - 1);
}

#[tokio::test]
async fn a_form_sent_after_the_session_ended_comes_back_with_everything_typed() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let fields = form(&fresh_key(&amelia).await, &[("machine_name", "IC-KEPT & CO"), ("assigned.SW-001-4.0-AL02", "7")]);
    server.advance(TimeDelta::hours(3));
    let before = server.contents().await;
    let ended = amelia.post(NEW, &fields).await;
    assert_eq!(ended.status, StatusCode::UNAUTHORIZED);
    assert_eq!(ended.all("h1"), ["Sign in"]);
    let kept = ended.value("kept_form").expect("the form is kept");
    let return_to = ended.value("return_to").expect("where to go back");
    let sign_in = |password: &'static str| {
        [
            ("email", AMELIA.to_owned()),
            ("password", password.to_owned()),
            ("kept_form", kept.clone()),
            ("return_to", return_to.clone()),
        ]
    };
    let wrong = amelia.post("/sign-in", &sign_in("wrong")).await;
    assert_eq!(wrong.value("kept_form").as_deref(), Some(kept.as_str()));
    let back = amelia.post("/sign-in", &sign_in(DEMO_PASSWORD)).await;
    assert_eq!((back.status, back.all("h1")), (StatusCode::OK, vec!["New activation file".to_owned()]));
    assert_eq!(back.value("machine_name").as_deref(), Some("IC-KEPT & CO"));
    assert_eq!(back.value("assigned.SW-001-4.0-AL02").as_deref(), Some("7"));
    assert_eq!(back.attribute("main form", "action").as_deref(), Some(NEW));
    assert_eq!(server.contents().await, before, "nothing is sent by signing in");
    let sent = amelia.post(NEW, &fields).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_theme_is_remembered_without_script() {
    let server = Server::start().await;
    let browser = server.browser();
    // The page that asked stays, with all that is typed there.
    assert_eq!(browser.post("/theme", &[("theme", "dark")]).await.status, StatusCode::NO_CONTENT);
    assert_eq!(browser.get("/keys").await.attribute("html", "data-theme").as_deref(), Some("dark"));
    assert_eq!(browser.get("/keys").await.attribute("footer input[checked]", "value").as_deref(), Some("dark"));
    browser.post("/theme", &[("theme", "system")]).await;
    assert_eq!(browser.get("/keys").await.attribute("html", "data-theme"), None);
}

#[tokio::test]
async fn another_host_than_the_public_one_is_told_so_and_probes_are_answered() {
    let server = Server::start().await;
    let port = server.url().rsplit(':').next().expect("a port").to_owned();
    let ask = async |path: &str, host: &str| {
        let client = tests::client().build().expect("a client");
        client.get(format!("{}{path}", server.address())).header("host", host).send().await.expect("an answer")
    };
    for host in ["evil.example", "127.0.0.1", "127.0.0.1:1", "evil@127.0.0.1"] {
        let answer = ask("/sign-in", host).await;
        assert_eq!(answer.status(), StatusCode::MISDIRECTED_REQUEST, "{host}");
        assert!(!answer.text().await.expect("a page").contains("evil"), "{host}");
    }
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(ask(path, "evil.example").await.status(), StatusCode::OK, "{path}");
    }
    // On this machine people call it localhost, too.
    let local = ask("/keys?a=b", &format!("localhost:{port}")).await;
    let location = local.headers()["location"].to_str().expect("a text").to_owned();
    assert_eq!((local.status(), location), (StatusCode::TEMPORARY_REDIRECT, format!("{}/keys?a=b", server.url())));
    let behind = Server::behind("https://licences.example").await;
    assert_eq!(behind.browser().get("/sign-in").await.status, StatusCode::OK);
    let other = behind.browser().client.get(format!("{}/sign-in", behind.address())).header("host", "127.0.0.1").send().await;
    assert_eq!(other.expect("an answer").status(), StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn a_download_leaves_an_event_and_is_told_on_the_files_page() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let file = crate::generated(&amelia, &[]).await;
    for _ in 0..3 {
        crate::downloaded(&amelia, &file).await;
    }
    let events = server.rows("SELECT actor, subject FROM audit_events WHERE action = 'download'").await;
    assert_eq!(events, vec![serde_json::json!({ "actor": "Amelia Hart", "subject": "AF-0000001" }); 3]);
    // Of each person the latest.
    let told = amelia.get(&file).await.all(".events li");
    assert!(told.len() == 2 && told[0].ends_with("Amelia Hart: Downloaded revision 1."), "{told:?}");
}
