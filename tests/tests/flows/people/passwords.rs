use chrono::TimeDelta;
use portal::{demo::DEMO_PASSWORD, jobs::Lane};
use reqwest::StatusCode;
use tests::{AMELIA, Answer, Backend, HANNA, Server, finished};

const PASSWORD: &str = "seven lamps burn by the quay";

/// Links of the mails to `email`, the latest first.
async fn links(server: &Server, email: &str) -> Vec<String> {
    finished(server.portal(), &Lane::Requests).await;
    let mails = server.rows("SELECT CAST(arguments AS TEXT) AS arguments FROM jobs WHERE kind = 'mail' ORDER BY id DESC").await;
    let mails = mails.iter().map(|row| row["arguments"].as_str().expect("a text"));
    let link = |mail: &str| {
        let at = mail.find("/password/")?;
        Some(mail[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || "/-_".contains(*c)).collect::<String>())
    };
    mails.filter(|mail| mail.contains(email)).filter_map(link).collect()
}

async fn ask(server: &Server, email: &str) -> Answer {
    server.browser().post("/password", &[("email", email)]).await
}

async fn signs_in(server: &Server, password: &str) -> StatusCode {
    server.browser().post("/sign-in", &[("email", AMELIA), ("password", password)]).await.status
}

#[tokio::test]
async fn a_forgotten_password_is_set_by_a_link_once_and_every_session_ends() {
    let server = Server::durable(Backend::of_run()).await;
    let amelia = server.signed_in(AMELIA).await;
    assert_eq!(ask(&server, AMELIA).await.status, StatusCode::OK);
    let first = links(&server, AMELIA).await.remove(0);
    ask(&server, &AMELIA.to_uppercase()).await;
    let link = links(&server, AMELIA).await.remove(0);
    assert_eq!(server.browser().get(&first).await.status, StatusCode::GONE, "a later link ends the one before");
    let before = server.contents().await;
    assert_eq!(
        server.browser().get(&link).await.all("p.lead"),
        [format!("For {AMELIA}. All sessions end, and you sign in with it.")]
    );
    assert_eq!(server.contents().await, before);
    let weak = server.browser().post(&link, &[("password", "amelia.hart@acme.example")]).await;
    assert_eq!((weak.status, weak.problems()[0].0.as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "password"));
    let set = server.browser().post(&link, &[("password", PASSWORD)]).await;
    assert_eq!(set.header("location"), "/sign-in?password");
    assert_eq!(amelia.get("/accounts/ACME-1001").await.status, StatusCode::SEE_OTHER, "her session has ended");
    assert_eq!(
        (signs_in(&server, DEMO_PASSWORD).await, signs_in(&server, PASSWORD).await),
        (StatusCode::UNAUTHORIZED, StatusCode::SEE_OTHER)
    );
    let again = server.browser().post(&link, &[("password", PASSWORD)]).await;
    assert_eq!((again.status, again.all("h1")), (StatusCode::GONE, vec!["This link is no longer there".to_owned()]));
    let told = server
        .rows("SELECT id FROM jobs WHERE kind = 'mail' AND CAST(arguments AS TEXT) LIKE '%was changed, and all other sessions%'")
        .await;
    assert_eq!(told.len(), 1);
    server.assert_healthy().await;
}

#[tokio::test]
async fn a_link_ends_after_an_hour_and_of_many_at_once_one_sets_the_password() {
    let server = Server::start().await;
    ask(&server, AMELIA).await;
    let link = links(&server, AMELIA).await.remove(0);
    let at_once = futures_util::future::join_all(
        (0..8).map(|_| async { server.browser().post(&link, &[("password", PASSWORD)]).await.status }),
    );
    let statuses = at_once.await;
    assert_eq!(statuses.iter().filter(|status| **status == StatusCode::SEE_OTHER).count(), 1, "{statuses:?}");
    server.advance(TimeDelta::minutes(16));
    ask(&server, AMELIA).await;
    let link = links(&server, AMELIA).await.remove(0);
    server.advance(TimeDelta::hours(1));
    assert_eq!(server.browser().get(&link).await.status, StatusCode::GONE);
    assert_eq!(server.browser().post(&link, &[("password", "other lamps burn by the quay")]).await.status, StatusCode::GONE);
    assert_eq!(signs_in(&server, PASSWORD).await, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn known_and_unknown_addresses_are_answered_alike_and_asking_is_slowed_down() {
    let server = Server::start().await;
    let without_nonce = |answer: &Answer| {
        let policy = answer.header("content-security-policy");
        let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a nonce").to_owned();
        answer.text().replace(&nonce, "")
    };
    let (known, unknown) = (ask(&server, AMELIA).await, ask(&server, "nobody@acme.example").await);
    assert_eq!((known.status, unknown.status), (StatusCode::OK, StatusCode::OK));
    assert_eq!(without_nonce(&known), without_nonce(&unknown));
    assert!(links(&server, "nobody@acme.example").await.is_empty());
    // Nobody who is disabled gets one either.
    server.execute("UPDATE people SET active = FALSE WHERE email = 'hanna.vogt@helios.example'").await;
    ask(&server, HANNA).await;
    assert!(links(&server, HANNA).await.is_empty());
    for email in [AMELIA, "nobody@acme.example"] {
        let mut last = None;
        for _ in 0..3 {
            last = Some(ask(&server, email).await);
        }
        let last = last.expect("an answer");
        assert_eq!((last.status, last.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "300"), "{email}");
        assert_eq!(last.problems()[0].1, "Links were asked for often. Try again in 300 seconds.");
    }
    for (typed, words) in [
        ("", "Enter your e-mail address."),
        ("amelia", "“amelia” is not an e-mail address. Enter one such as name@company.example."),
    ] {
        let answer = ask(&server, typed).await;
        assert_eq!((answer.status, answer.problems()[0].1.as_str()), (StatusCode::UNPROCESSABLE_ENTITY, words));
    }
}

#[tokio::test]
async fn a_profile_is_changed_by_its_person_with_what_is_wrong_told_at_the_field() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let other = server.signed_in(AMELIA).await;
    let before = server.contents().await;
    for (path, fields, field, words) in [
        ("/profile", vec![("name", ""), ("time_zone", "UTC")], "name", "Enter your name."),
        (
            "/profile",
            vec![("name", "A"), ("time_zone", "Mars")],
            "time_zone",
            "Select a time zone from the list, such as Europe/Berlin.",
        ),
        (
            "/profile/password",
            vec![("current", "wrong"), ("password", PASSWORD)],
            "current",
            "This is not your current password.",
        ),
        (
            "/profile/password",
            vec![("current", DEMO_PASSWORD), ("password", "short")],
            "password",
            "The password has 5 characters. Use at least 15: a few words that do not belong together make a good one.",
        ),
    ] {
        let answer = amelia.post(path, &fields).await;
        assert_eq!(
            (answer.status, answer.problems()),
            (StatusCode::UNPROCESSABLE_ENTITY, vec![(field.to_owned(), words.to_owned())])
        );
    }
    assert_eq!(server.contents().await, before);
    assert_eq!(
        amelia.post("/profile", &[("name", "Amélie Hart"), ("time_zone", "Asia/Tokyo")]).await.header("location"),
        "/profile?saved"
    );
    let page = amelia.get("/profile").await;
    assert_eq!(page.all(".person"), ["Amélie Hart"]);
    assert!(page.all("time")[0].ends_with("UTC+9"), "{:?}", page.all("time"));
    assert_eq!(page.all("section tbody td:last-child"), ["This one", "Another one"]);
    let changed = amelia.post("/profile/password", &[("current", DEMO_PASSWORD), ("password", PASSWORD)]).await;
    assert_eq!(changed.header("location"), "/profile?password");
    assert_eq!(other.get("/accounts/ACME-1001").await.status, StatusCode::SEE_OTHER, "the other session has ended");
    assert_eq!(amelia.get("/profile").await.all("section tbody td:last-child"), ["This one"]);
    let third = server.browser();
    third.post("/sign-in", &[("email", AMELIA), ("password", PASSWORD)]).await;
    assert_eq!(third.press("/profile/sessions/end").await.header("location"), "/profile?sessions");
    assert_eq!(amelia.get("/profile").await.status, StatusCode::SEE_OTHER);
    // Guessing at a machine that was left is slowed down.
    for _ in 0..5 {
        third.post("/profile/password", &[("current", "wrong"), ("password", PASSWORD)]).await;
    }
    let slowed = third.post("/profile/password", &[("current", PASSWORD), ("password", "other lamps burn by the quay")]).await;
    assert_eq!(slowed.status, StatusCode::TOO_MANY_REQUESTS);
}
