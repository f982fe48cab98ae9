use chrono::TimeDelta;
use portal::people::PasswordCost;
use reqwest::StatusCode;
use tests::{AMELIA, Answer, Browser, HANNA, LENA, SAM, Server};

const PASSWORD: &str = "seven lamps burn by the quay";

/// Fields of the form that invites somebody to an account.
fn member<'a>(email: &'a str, garn: &'a str) -> [(&'static str, &'a str); 4] {
    [("email", email), ("role", "member"), ("garn", garn), ("permission", "files")]
}

/// The link in the latest mail to `email`.
async fn link(server: &Server, email: &str) -> String {
    let sql = "SELECT arguments FROM jobs WHERE kind = 'mail' ORDER BY id DESC";
    let mails = server.rows(sql).await;
    let arguments = |row: &serde_json::Value| match &row["arguments"] {
        serde_json::Value::String(text) => serde_json::from_str(text).expect("JSON"),
        other => other.clone(),
    };
    let mail: serde_json::Value = mails.iter().map(arguments).find(|mail| mail["recipient"] == email).expect("a mail");
    let body = mail["body"].as_str().expect("a body");
    let at = body.find("/invitation/").expect("a link");
    body[at..].split_whitespace().next().expect("a link").to_owned()
}

async fn invited(server: &Server, fields: &[(&str, &str)]) -> String {
    let sam = server.signed_in(SAM).await;
    let answer = sam.post("/people/invitations", fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{:?}", answer.problems());
    let email = fields.iter().find(|(name, _)| *name == "email").expect("an address").1;
    link(server, &email.trim().to_lowercase()).await
}

async fn accept(browser: &Browser, link: &str, name: &str, password: &str) -> Answer {
    browser.post(link, &[("name", name), ("password", password)]).await
}

#[tokio::test]
async fn who_accepts_an_invitation_is_signed_in_and_has_what_it_says() {
    let server = Server::durable(tests::Backend::of_run()).await;
    let staff = invited(&server, &[("email", " Nora.Lund@Meridian.example"), ("role", "analyst")]).await;
    let customer = invited(&server, &member("dana.reyes@acme.example", "acme-1001")).await;
    let before = server.contents().await;
    let (nora, dana) = (server.browser(), server.browser());
    // Programs that look at mail open its links.
    for link in [&staff, &customer] {
        for _ in 0..2 {
            assert_eq!(server.browser().get(link).await.status, StatusCode::OK);
        }
    }
    assert_eq!(server.contents().await, before);
    let page = dana.get(&customer).await;
    let lead = "You are invited to the activation-file portal of Meridian Contact Software, to work with the account Acme Contact Centers (ACME-1001). There you may: generate and change files.";
    assert_eq!(page.all("p.lead"), [lead]);
    for (browser, link, name) in [(&nora, &staff, "Nora Lund"), (&dana, &customer, "Dana Reyes")] {
        let answer = accept(browser, link, name, PASSWORD).await;
        assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/"), "{:?}", answer.problems());
        let again = accept(&server.browser(), link, name, PASSWORD).await;
        assert_eq!((again.status, again.all("h1")), (StatusCode::GONE, vec!["This invitation is no longer there".to_owned()]));
    }
    nora.set_up_second_factor().await;
    assert_eq!(nora.get("/requests").await.status, StatusCode::OK);
    assert_eq!(nora.get("/accounts/HELIOS-2002").await.status, StatusCode::OK);
    assert_eq!(dana.get("/").await.header("location"), "/accounts/ACME-1001");
    assert_eq!(dana.get("/accounts/HELIOS-2002").await.status, StatusCode::NOT_FOUND);
    let zone = server.rows("SELECT time_zone FROM people WHERE email = 'dana.reyes@acme.example'").await;
    assert_eq!(zone[0]["time_zone"], "America/Indiana/Indianapolis");
    // The password is theirs from now on.
    let answer = server.browser().post("/sign-in", &[("email", "dana.reyes@acme.example"), ("password", PASSWORD)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    server.assert_healthy().await;
}

#[tokio::test]
async fn what_cannot_be_accepted_is_told_and_changes_nothing() {
    let server = Server::start().await;
    let link = invited(&server, &member("dana.reyes@acme.example", "ACME-1001")).await;
    let before = server.contents().await;
    let browser = server.browser();
    for (name, password, field, words) in [
        ("", PASSWORD, "name", "Enter your name."),
        ("Dana", "", "password", "Enter a password."),
        (
            "Dana",
            "fourteen chars",
            "password",
            "The password has 14 characters. Use at least 15: a few words that do not belong together make a good one.",
        ),
        (
            "Dana",
            "dana.reyes@acme.example",
            "password",
            "This password is guessed easily: it is made of common passwords, repetitions, or your own name or address. Choose words that do not belong together.",
        ),
    ] {
        let answer = accept(&browser, &link, name, password).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(answer.problems(), [(field.to_owned(), words.to_owned())]);
        assert_eq!(answer.value("name").as_deref(), Some(name));
        assert_eq!(answer.value("password").as_deref(), Some(""));
    }
    let huge = accept(&browser, &link, "Dana", &"x".repeat(60_000)).await;
    assert_eq!(huge.problems()[0].1, "The password has 60000 characters; at most 256 are possible.");
    for nowhere in ["/invitation/none", "/invitation/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        assert_eq!(accept(&browser, nowhere, "Dana", PASSWORD).await.status, StatusCode::GONE, "{nowhere}");
    }
    assert_eq!(server.contents().await, before);
    // Somebody else who is signed in does not take it.
    let hanna = server.signed_in(HANNA).await;
    let answer = hanna.press(&link).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert_eq!(
        answer.all("[role=alert]"),
        ["This invitation is for dana.reyes@acme.example. Sign out, and sign in with that address."]
    );
    assert_eq!(server.contents().await, before);
    // After 7 days it leads nowhere.
    server.advance(TimeDelta::days(7));
    assert_eq!(browser.get(&link).await.status, StatusCode::GONE);
    assert_eq!(accept(&browser, &link, "Dana", PASSWORD).await.status, StatusCode::GONE);
    assert_eq!(server.contents().await, before);
}

#[tokio::test]
async fn an_address_with_a_sign_in_accepts_signed_in() {
    let server = Server::start().await;
    let link = invited(&server, &member(HANNA, "ACME-1001")).await;
    let stranger = server.browser();
    let page = stranger.get(&link).await;
    assert_eq!(page.attributes("main a.button", "href").len(), 1, "it leads to the sign-in page");
    let before = server.contents().await;
    let answer = accept(&stranger, &link, "Hanna", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert_eq!(answer.all("[role=alert]"), ["This address has a sign-in. Sign in to accept the invitation."]);
    assert_eq!(server.contents().await, before);
    let hanna = server.signed_in(HANNA).await;
    assert_eq!(hanna.press(&link).await.status, StatusCode::SEE_OTHER);
    for garn in ["ACME-1001", "HELIOS-2002"] {
        assert_eq!(hanna.get(&format!("/accounts/{garn}")).await.status, StatusCode::OK, "{garn}");
    }
    let sam = server.signed_in(SAM).await;
    let answer = sam.post("/people/invitations", &member(HANNA, "ACME-1001")).await;
    assert_eq!(answer.problems(), [("email".to_owned(), "hanna.vogt@helios.example is that already.".to_owned())]);
}

#[tokio::test]
async fn nobody_is_invited_by_a_form_with_a_fault_and_a_later_invitation_replaces_the_one_before() {
    let server = Server::start().await;
    let sam = server.signed_in(SAM).await;
    let before = server.contents().await;
    for (fields, field, words) in [
        (
            vec![("email", "dana"), ("role", "analyst")],
            "email",
            "“dana” is not an e-mail address. Enter one such as name@company.example.",
        ),
        (vec![("email", "dana@acme.example")], "role", "Select what the person is to be."),
        (vec![("email", "dana@acme.example"), ("role", "owner")], "role", "Select what the person is to be."),
        (
            vec![("email", "dana@acme.example"), ("role", "member"), ("garn", "NONE-1")],
            "garn",
            "There is no account NONE-1. Enter the GARN as the list of accounts has it.",
        ),
        (vec![("email", LENA), ("role", "analyst")], "email", "lena.fischer@meridian.example is that already."),
    ] {
        let answer = sam.post("/people/invitations", &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
        assert_eq!(answer.problems(), [(field.to_owned(), words.to_owned())], "{fields:?}");
        assert_eq!(server.contents().await, before);
    }
    let first = invited(&server, &member("dana.reyes@acme.example", "ACME-1001")).await;
    let second = invited(&server, &member("dana.reyes@acme.example", "ACME-1001")).await;
    let browser = server.browser();
    assert_eq!(browser.get(&first).await.status, StatusCode::GONE);
    assert_eq!(browser.get(&second).await.status, StatusCode::OK);
    let page = sam.get("/people").await;
    assert_eq!(page.all("tbody th").pop().as_deref(), Some("dana.reyes@acme.example"));
    let withdraw = page.attributes("tbody form", "action").remove(0);
    assert_eq!(sam.press(&withdraw).await.header("location"), "/people?withdrawn");
    assert_eq!(browser.get(&second).await.status, StatusCode::GONE);
    assert_eq!(sam.press(&withdraw).await.status, StatusCode::NOT_FOUND);
    // As many as possible are open.
    for number in 0..100 {
        let email = format!("person{number}@meridian.example");
        let answer = sam.post("/people/invitations", &[("email", email.as_str()), ("role", "analyst")]).await;
        let status = if number < 98 { StatusCode::SEE_OTHER } else { StatusCode::UNPROCESSABLE_ENTITY };
        assert_eq!(answer.status, status, "{number}: {:?}", answer.problems());
        if number >= 98 {
            let words = "You have invited 100 people within a day, as many as possible. Invite the others tomorrow.";
            assert_eq!(answer.problems()[0].1, words);
        }
    }
    server.advance(TimeDelta::days(1));
    let sam = server.signed_in(SAM).await;
    for number in 98..101 {
        let email = format!("person{number}@meridian.example");
        let answer = sam.post("/people/invitations", &[("email", email.as_str()), ("role", "analyst")]).await;
        if number == 100 {
            let words = "100 invitations are open, as many as possible. Withdraw one first.";
            assert_eq!(answer.problems()[0].1, words);
        }
    }
}

#[tokio::test]
async fn an_invitation_that_is_accepted_many_times_at_once_makes_one_person() {
    let server = Server::start().await;
    let link = invited(&server, &member("dana.reyes@acme.example", "ACME-1001")).await;
    let browsers: Vec<Browser> = (0..8).map(|_| server.browser()).collect();
    let answers = futures_util::future::join_all(browsers.iter().map(|browser| accept(browser, &link, "Dana", PASSWORD))).await;
    let accepted = answers.iter().filter(|answer| answer.status == StatusCode::SEE_OTHER).count();
    assert_eq!(accepted, 1, "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
    let others = answers.iter().filter(|answer| answer.status != StatusCode::SEE_OTHER);
    assert!(others.clone().all(|answer| [StatusCode::GONE, StatusCode::CONFLICT].contains(&answer.status)));
    assert_eq!(server.rows("SELECT id FROM people WHERE email = 'dana.reyes@acme.example'").await.len(), 1);
}

#[tokio::test]
async fn a_first_administrator_is_invited_from_the_terminal_and_sees_what_is_left_to_do() {
    let server =
        Server::with(tests::Backend::of_run(), |settings| settings.passphrase_file = Some(settings.data.join("passphrase")))
            .await;
    let mut settings = server.settings().clone();
    settings.public_url = Some(server.url().parse().expect("a public URL"));
    let invite =
        async |email: &str| server::invite_administrator(&settings, email, server.ctx().clone(), PasswordCost::Least).await;
    let link = invite("Ines.Roth@vendor.example").await.expect("a link");
    assert!(server.rows("SELECT id FROM jobs").await.is_empty(), "the terminal alone has it");
    let link = link.strip_prefix(server.url()).expect("a link to the portal").to_owned();
    let ines = server.browser();
    assert_eq!(accept(&ines, &link, "Ines Roth", PASSWORD).await.status, StatusCode::SEE_OTHER);
    assert_eq!(ines.get("/").await.header("location"), "/profile/second-factor");
    ines.set_up_second_factor().await;
    assert_eq!(ines.get("/").await.header("location"), "/setup");
    let states = async || ines.get("/setup").await.all("ol.checklist .badge");
    assert_eq!(states().await, ["Done", "To do", "To do", "To do", "To do", "To do", "To do"]);
    assert_eq!(ines.press("/setup/mail").await.header("location"), "/setup?mailed");
    tests::sent_mail(server.portal()).await;
    assert_eq!(states().await, ["Done", "To do", "Done", "To do", "To do", "To do", "To do"]);
    let refused = invite("ines.roth@vendor.example").await.expect_err("she is one");
    assert_eq!(refused.to_string(), "ines.roth@vendor.example is that already.");
    assert_eq!(
        invite("nobody").await.expect_err("no address").to_string(),
        "“nobody” is not an e-mail address. Enter one such as name@company.example."
    );
}

#[tokio::test]
async fn a_person_of_an_account_does_not_invite_administrators() {
    let server = Server::start().await;
    let before = server.contents().await;
    for email in [AMELIA, LENA] {
        let browser = server.signed_in(email).await;
        let answer = browser.post("/people/invitations", &[("email", "dana@acme.example"), ("role", "administrator")]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert_eq!(browser.press("/setup/mail").await.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(server.contents().await, before);
}
