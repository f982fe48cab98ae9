use chrono::TimeDelta;
use portal::demo::DEMO_PASSWORD;
use reqwest::StatusCode;
use tests::{AMELIA, Answer, Backend, Browser, OWEN, Server};

const NEW: &str = "amelia@acme.example";

async fn ask(browser: &Browser, email: &str, password: &str) -> Answer {
    browser.post("/profile/address", &[("address", email), ("address_password", password)]).await
}

/// Path of the link in the latest mail to `email`; `None` when there is none.
async fn link(server: &Server, email: &str) -> Option<String> {
    let sql = "SELECT CAST(arguments AS TEXT) AS mail FROM jobs WHERE kind = 'mail' ORDER BY id DESC";
    let mails = server.rows(sql).await;
    let mails = mails.iter().map(|row| row["mail"].as_str().expect("a text").to_owned());
    let mut mails = mails.map(|mail| mail.replace("\": \"", "\":\""));
    let mail = mails.find(|mail| mail.contains(&format!("\"recipient\":\"{email}\"")))?;
    let at = mail.find("/address/")?;
    Some(mail[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || "/-_".contains(*c)).collect())
}

async fn signs_in(server: &Server, email: &str) -> StatusCode {
    server.browser().post("/sign-in", &[("email", email), ("password", DEMO_PASSWORD)]).await.status
}

#[tokio::test]
async fn an_address_is_changed_once_both_mailboxes_confirm_it() {
    let server = Server::durable(Backend::of_run()).await;
    let amelia = server.signed_in(AMELIA).await;
    let before = server.contents().await;
    for (email, password, field, words) in [
        ("amelia", DEMO_PASSWORD, "address", "“amelia” is not an e-mail address. Enter one such as name@company.example."),
        (AMELIA, DEMO_PASSWORD, "address", "This is your address."),
        (NEW, "wrong", "address_password", "This is not your current password."),
    ] {
        let refused = ask(&amelia, email, password).await;
        assert_eq!(
            (refused.status, refused.problems()),
            (StatusCode::UNPROCESSABLE_ENTITY, vec![(field.to_owned(), words.to_owned())])
        );
        assert_eq!(refused.value("address").as_deref(), Some(email));
    }
    assert_eq!(server.contents().await, before);
    assert_eq!(ask(&amelia, NEW, DEMO_PASSWORD).await.header("location"), "/profile?address");
    let (of_old, of_new) = (link(&server, AMELIA).await.expect("a link"), link(&server, NEW).await.expect("a link"));
    let asked = server.contents().await;
    for link in [&of_old, &of_new] {
        assert_eq!(server.browser().get(link).await.all("h1"), ["Another address"]);
    }
    assert_eq!(server.contents().await, asked, "programs open links");
    assert_eq!(server.browser().press(&of_new).await.status, StatusCode::OK);
    server.browser().press(&of_new).await;
    assert_eq!(
        (signs_in(&server, AMELIA).await, signs_in(&server, NEW).await),
        (StatusCode::SEE_OTHER, StatusCode::UNAUTHORIZED)
    );
    let done = server.browser().press(&of_old).await;
    assert_eq!(done.all(".note.ok p"), ["The address was changed. Sign in with the new one from now on."]);
    assert_eq!(
        (signs_in(&server, AMELIA).await, signs_in(&server, NEW).await),
        (StatusCode::UNAUTHORIZED, StatusCode::SEE_OTHER)
    );
    assert_eq!(amelia.get("/profile").await.all("p.lead"), [format!("You sign in with {NEW}.")]);
    for link in [&of_old, &of_new] {
        assert_eq!(server.browser().press(link).await.status, StatusCode::GONE);
    }
    server.assert_healthy().await;
}

#[tokio::test]
async fn an_address_of_somebody_else_is_answered_alike_and_a_change_ends_after_a_day() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    assert_eq!(ask(&amelia, OWEN, DEMO_PASSWORD).await.header("location"), "/profile?address");
    assert_eq!(link(&server, OWEN).await, None);
    let of_taken = link(&server, AMELIA).await.expect("a link");
    assert_eq!(server.browser().press(&of_taken).await.status, StatusCode::OK);
    // A later wish ends the one before.
    ask(&amelia, NEW, DEMO_PASSWORD).await;
    assert_eq!(server.browser().get(&of_taken).await.status, StatusCode::GONE);
    let of_new = link(&server, NEW).await.expect("a link");
    server.advance(TimeDelta::hours(24));
    assert_eq!(server.browser().press(&of_new).await.status, StatusCode::GONE);
}
