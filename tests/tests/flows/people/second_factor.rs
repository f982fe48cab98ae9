use chrono::TimeDelta;
use portal::{
    demo::{DEMO_PASSWORD, DemoPerson},
    people::PasswordCost,
};
use reqwest::StatusCode;
use tests::{AMELIA, Answer, Backend, Browser, LENA, OWEN, SAM, Server, code_of};

const FACTOR: &str = "/profile/second-factor";
const WRONG: &str = "This is not the code of now. Enter the one that the app shows. If it is never taken, set the clock of your phone to automatic.";
const USED: &str = "This code was used. Wait until the app shows the next one, 30 seconds at most.";

/// The page that asks for the code, after the right password.
async fn asked(browser: &Browser, email: &str) -> Answer {
    let page = browser.post("/sign-in", &[("email", email), ("password", DEMO_PASSWORD)]).await;
    assert_eq!((page.status, page.all("h1")), (StatusCode::OK, vec!["Enter your code".to_owned()]));
    page
}

async fn enter(browser: &Browser, page: &Answer, code: &str) -> Answer {
    let mut fields = page.fields_of("main form");
    fields.retain(|(name, _)| name != "code");
    fields.push(("code".to_owned(), code.to_owned()));
    browser.post("/sign-in/code", &fields).await
}

fn code(server: &Server, email: &str) -> String {
    DemoPerson::of(email).expect("of the demo").code(server.portal().now()).expect("a second factor")
}

fn refused(answer: &Answer, words: &str) {
    assert_eq!(
        (answer.status, answer.problems()),
        (StatusCode::UNPROCESSABLE_ENTITY, vec![("code".to_owned(), words.to_owned())])
    );
}

async fn mails(server: &Server, words: &str) -> usize {
    let sql = format!("SELECT id FROM jobs WHERE kind = 'mail' AND CAST(arguments AS TEXT) LIKE '%{words}%'");
    server.rows(&sql).await.len()
}

async fn id(server: &Server, email: &str) -> String {
    server.rows(&format!("SELECT id FROM people WHERE email = '{email}'")).await[0]["id"].to_string()
}

#[tokio::test]
async fn a_role_with_the_vendor_counts_once_its_person_has_a_second_factor() {
    let server = Server::durable(Backend::of_run()).await;
    server.execute(&format!("UPDATE people SET staff_role = 'analyst' WHERE email = '{OWEN}'")).await;
    let (owen, other) = (server.signed_in(OWEN).await, server.signed_in(OWEN).await);
    for path in ["/", "/requests", "/imports", "/accounts/HELIOS-2002", "/accounts/ACME-1001"] {
        assert_eq!(owen.get(path).await.header("location"), FACTOR, "{path}");
    }
    assert_eq!(owen.press("/requests/AFR-0000001/claim").await.header("location"), FACTOR);
    let page = owen.get(FACTOR).await;
    let secret = page.value("secret").expect("a secret");
    let now = server.portal().now();
    assert!(page.attribute("svg.qr", "viewBox").is_some());
    let before = server.contents().await;
    for (code, words) in [("", "Enter the code that your authenticator app shows, or a recovery code."), ("000000", WRONG)] {
        let answer = owen.post(FACTOR, &[("secret", secret.as_str()), ("code", code)]).await;
        refused(&answer, words);
        assert_eq!(answer.value("secret").as_deref(), Some(secret.as_str()), "it is scanned once");
    }
    // A short secret of somebody's own would be guessed.
    let short = owen.post(FACTOR, &[("secret", "MFRGGZDF"), ("code", &code_of(&secret, now))]).await;
    refused(&short, "The secret is not the one that was shown. Scan the new one.");
    assert_eq!(server.contents().await, before);
    let set_up = owen.post(FACTOR, &[("secret", secret.as_str()), ("code", &code_of(&secret, now))]).await;
    assert_eq!(set_up.status, StatusCode::OK, "{:?}", set_up.problems());
    assert_eq!(set_up.all("td .code, th .code").len(), 10);
    assert_eq!(owen.get("/requests").await.status, StatusCode::OK);
    assert_eq!(other.get("/profile").await.status, StatusCode::SEE_OTHER, "a session without it has ended");
    assert_eq!(mails(&server, "was set up, and all other sessions were ended").await, 1);
    // Nobody sets up another one over it.
    let again = owen.post(FACTOR, &[("secret", secret.as_str()), ("code", &code_of(&secret, now))]).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    // The code that set it up has been used.
    let browser = server.browser();
    let page = asked(&browser, OWEN).await;
    refused(&enter(&browser, &page, &code_of(&secret, now)).await, USED);
    server.advance(TimeDelta::seconds(30));
    let entered = enter(&browser, &page, &code_of(&secret, server.portal().now())).await;
    assert_eq!(entered.header("location"), "/");
    server.assert_healthy().await;
}

#[tokio::test]
async fn a_code_counts_once_in_its_time_and_a_password_waits_for_it_ten_minutes() {
    let server = Server::durable(Backend::of_run()).await;
    let (one, two) = (server.browser(), server.browser());
    let (first, second) = (asked(&one, LENA).await, asked(&two, LENA).await);
    assert_eq!(one.get("/requests").await.status, StatusCode::SEE_OTHER, "a password alone opens nothing");
    let shown = first.all(".demo-code").pop().expect("the demo tells it");
    let (left, right) = tokio::join!(enter(&one, &first, &shown), enter(&two, &second, &shown));
    let mut statuses = [left.status, right.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [StatusCode::SEE_OTHER, StatusCode::UNPROCESSABLE_ENTITY]);
    // A step of the app is used in order: earlier ones no more.
    server.advance(TimeDelta::seconds(60));
    let fresh = code(&server, LENA);
    let browser = server.browser();
    let page = asked(&browser, LENA).await;
    let earlier =
        DemoPerson::of(LENA).and_then(|lena| lena.code(server.portal().now() - TimeDelta::seconds(90))).expect("a code");
    refused(&enter(&browser, &page, &earlier).await, WRONG);
    assert_eq!(enter(&browser, &page, &fresh).await.status, StatusCode::SEE_OTHER);
    let again = enter(&browser, &page, &fresh).await;
    assert_eq!(again.all("[role=alert]"), ["Too much time went by since you entered your password. Sign in again."]);
    assert_eq!((again.status, again.all("h1")), (StatusCode::UNAUTHORIZED, vec!["Sign in".to_owned()]));
    let late = asked(&browser, LENA).await;
    server.advance(TimeDelta::minutes(10));
    assert_eq!(enter(&browser, &late, &code(&server, LENA)).await.status, StatusCode::UNAUTHORIZED);
    // Blanks as apps show them.
    let page = asked(&browser, LENA).await;
    let typed = code(&server, LENA);
    assert_eq!(enter(&browser, &page, &format!("{} {}", &typed[..3], &typed[3..])).await.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.get("/sign-in/code").await.header("location"), "/sign-in");
    server.assert_healthy().await;
}

#[tokio::test]
async fn guessing_codes_is_slowed_down() {
    let server = Server::start().await;
    let browser = server.browser();
    let page = asked(&browser, LENA).await;
    let right = code(&server, LENA);
    let wrong = if right == "123456" { "654321" } else { "123456" };
    for _ in 0..5 {
        refused(&enter(&browser, &page, wrong).await, WRONG);
    }
    let waits = enter(&browser, &page, &right).await;
    let words = "There were many wrong codes. Try again in 60 seconds.";
    assert_eq!((waits.status, waits.problems()), (StatusCode::TOO_MANY_REQUESTS, vec![("code".to_owned(), words.to_owned())]));
    server.advance(TimeDelta::seconds(61));
    assert_eq!(enter(&browser, &page, &code(&server, LENA)).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_recovery_code_signs_in_once_and_new_ones_end_those_of_before() {
    let server = Server::durable(Backend::of_run()).await;
    let lena = server.signed_in(LENA).await;
    server.advance(TimeDelta::seconds(30));
    let made = lena.post(&format!("{FACTOR}/recovery-codes"), &[("code", code(&server, LENA))]).await;
    let codes = made.all("td .code, th .code");
    assert_eq!(codes.len(), 10, "{:?}", made.problems());
    let browser = server.browser();
    let page = asked(&browser, LENA).await;
    assert_eq!(enter(&browser, &page, &codes[0].to_uppercase()).await.status, StatusCode::SEE_OTHER);
    assert_eq!(mails(&server, "9 are left").await, 1);
    let page = asked(&browser, LENA).await;
    refused(&enter(&browser, &page, &codes[0]).await, WRONG);
    assert_eq!(
        browser.get(FACTOR).await.all("section p")[0],
        "9 recovery codes are left. Each signs you in once, when your phone is not at hand."
    );
    server.advance(TimeDelta::seconds(30));
    let renewed = lena.post(&format!("{FACTOR}/recovery-codes"), &[("code", code(&server, LENA))]).await;
    assert_eq!(renewed.status, StatusCode::OK);
    refused(&enter(&browser, &page, &codes[1]).await, WRONG);
    assert_eq!(enter(&browser, &page, &renewed.all("td .code, th .code")[1]).await.status, StatusCode::SEE_OTHER);
    // A role needs it.
    server.advance(TimeDelta::seconds(30));
    let kept = lena.post(&format!("{FACTOR}/remove"), &[("remove_code", code(&server, LENA))]).await;
    let words = "A role with the vendor needs a second factor. Another administrator can reset it when your app is lost.";
    assert_eq!((kept.status, kept.problems()[0].1.as_str()), (StatusCode::CONFLICT, words));
    server.assert_healthy().await;
}

#[tokio::test]
async fn a_customer_sets_a_second_factor_up_and_removes_it() {
    let server = Server::durable(Backend::of_run()).await;
    let amelia = server.signed_in(AMELIA).await;
    // On a session that is not fresh it may be another's machine.
    server.advance(TimeDelta::minutes(11));
    let secret = amelia.get(FACTOR).await.value("secret").expect("a secret");
    let send = async |password: &str| {
        let code = code_of(&secret, server.portal().now());
        amelia.post(FACTOR, &[("secret", secret.as_str()), ("code", &code), ("current", password)]).await
    };
    let wrong = send("").await;
    assert_eq!(wrong.problems(), [("current".to_owned(), "This is not your current password.".to_owned())]);
    assert_eq!(send(DEMO_PASSWORD).await.status, StatusCode::OK);
    let browser = server.browser();
    let page = asked(&browser, AMELIA).await;
    server.advance(TimeDelta::seconds(30));
    assert_eq!(enter(&browser, &page, &code_of(&secret, server.portal().now())).await.status, StatusCode::SEE_OTHER);
    let wrong = browser.post(&format!("{FACTOR}/remove"), &[("remove_code", "")]).await;
    assert_eq!(wrong.problems()[0].0, "remove_code");
    server.advance(TimeDelta::seconds(30));
    let removed = browser.post(&format!("{FACTOR}/remove"), &[("remove_code", code_of(&secret, server.portal().now()))]).await;
    assert_eq!(removed.header("location"), "/profile?removed");
    assert_eq!(server.signed_in(AMELIA).await.get("/accounts/ACME-1001").await.status, StatusCode::OK);
    assert_eq!(mails(&server, "was removed").await, 1);
    server.assert_healthy().await;
}

#[tokio::test]
async fn roles_and_the_catalogue_ask_for_the_code_again() {
    let server = Server::durable(Backend::of_run()).await;
    let sam = server.signed_in(SAM).await;
    let other = include_str!("../../../../portal/catalogue/pureconnect.toml").replacen("2020 R4", "2020 R9", 1);
    sam.post_parts("/catalogue", &[("table", Some("catalogue.toml"), other.as_bytes())]).await;
    let proposal = sam.get("/catalogue/2").await;
    assert_eq!(proposal.value("code"), None, "the code of a minute ago is enough");
    let compared = proposal.value("compared").expect("what it was compared with");
    server.advance(TimeDelta::minutes(10));
    let before = server.contents().await;
    let changes = [
        ("/people/1", vec![("role", "analyst")]),
        ("/people/invitations", vec![("email", "dana@acme.example"), ("role", "analyst")]),
        ("/catalogue/2", vec![("compared", compared.as_str())]),
    ];
    for (path, fields) in &changes {
        let answer = sam.post(path, fields).await;
        refused(&answer, "Enter the code that your authenticator app shows, or a recovery code.");
        assert!(answer.value("code").is_some(), "{path}");
        refused(&sam.post(path, &[&fields[..], &[("code", "000000")]].concat()).await, WRONG);
        server.advance(TimeDelta::minutes(2));
    }
    let lenas = id(&server, LENA).await;
    let reset = sam.post(&format!("/people/{lenas}/second-factor/reset"), &[("reset_code", "")]).await;
    assert_eq!(reset.problems()[0].0, "reset_code");
    assert_eq!(server.contents().await, before);
    // People of accounts are invited without.
    let member = [("email", "dana@acme.example"), ("role", "member"), ("garn", "ACME-1001"), ("permission", "files")];
    assert_eq!(sam.post("/people/invitations", &member).await.status, StatusCode::SEE_OTHER);
    let confirmed = sam.post("/people/1", &[("role", "analyst"), ("code", &code(&server, SAM))]).await;
    assert_eq!(confirmed.header("location"), "/people/1?saved", "{:?}", confirmed.problems());
    assert_eq!(
        sam.post("/catalogue/2", &changes[2].1).await.header("location"),
        "/catalogue?applied",
        "it counts for some minutes"
    );
    server.assert_healthy().await;
}

#[tokio::test]
async fn two_administrators_reset_a_second_factor_or_the_terminal_does() {
    let with_passphrase = |settings: &mut server::Settings| settings.passphrase_file = Some(settings.data.join("passphrase"));
    let server = Server::durable_with(Backend::of_run(), with_passphrase).await;
    server.execute(&format!("UPDATE people SET staff_role = 'administrator' WHERE email = '{OWEN}'")).await;
    let (sam, owen, lena) = (server.signed_in(SAM).await, server.signed_in(OWEN).await, server.signed_in(LENA).await);
    let owens = owen.set_up_second_factor().await;
    let (lenas, own) = (id(&server, LENA).await, id(&server, SAM).await);
    let lenas = format!("/people/{lenas}");
    let reset = format!("{lenas}/second-factor/reset");
    let before = server.contents().await;
    let oneself = "This is you. Two other administrators reset your second factor, or an operator on the server’s terminal.";
    for (path, words) in [
        (format!("/people/{own}/second-factor/reset"), oneself),
        ("/people/1/second-factor/reset".to_owned(), "amelia.hart@acme.example has no second factor."),
    ] {
        let answer = sam.press(&path).await;
        assert_eq!((answer.status, answer.all("[role=alert]")), (StatusCode::CONFLICT, vec![words.to_owned()]));
    }
    assert_eq!(server.contents().await, before);
    assert_eq!(sam.press(&reset).await.header("location"), lenas);
    let again = sam.press(&reset).await;
    assert_eq!(again.all("[role=alert]"), ["You have asked for it. Another administrator has to agree."]);
    assert_eq!(lena.get("/requests").await.status, StatusCode::OK, "nothing has happened yet");
    // A wish of yesterday is none: the other one asks anew.
    server.advance(TimeDelta::hours(24));
    let (sam, lena) = (server.signed_in(SAM).await, server.signed_in(LENA).await);
    let page = asked(&owen, OWEN).await;
    enter(&owen, &page, &code_of(&owens, server.portal().now())).await;
    assert_eq!(owen.press(&reset).await.header("location"), lenas);
    assert!(sam.get(&lenas).await.text().contains("Owen Blake"));
    server.advance(TimeDelta::minutes(10));
    assert_eq!(sam.press(&reset).await.problems()[0].0, "reset_code");
    let agreed = sam.post(&reset, &[("reset_code", code(&server, SAM))]).await;
    assert_eq!(agreed.header("location"), format!("{lenas}?reset"));
    assert_eq!(lena.get("/requests").await.status, StatusCode::SEE_OTHER, "her sessions have ended");
    assert_eq!(mails(&server, "was reset by the vendor").await, 1);
    let browser = server.browser();
    let signed_in = browser.post("/sign-in", &[("email", LENA), ("password", DEMO_PASSWORD)]).await;
    assert_eq!((signed_in.status, browser.get("/requests").await.header("location")), (StatusCode::SEE_OTHER, FACTOR));
    browser.set_up_second_factor().await;
    assert_eq!(browser.get("/requests").await.status, StatusCode::OK);
    let mut settings = server.settings().clone();
    settings.public_url = Some(server.url().parse().expect("a public URL"));
    let reset = async |email: &str| server::reset_factor(&settings, email, server.ctx().clone(), PasswordCost::Least).await;
    reset(LENA).await.expect("reset");
    assert_eq!(browser.get("/requests").await.status, StatusCode::SEE_OTHER);
    assert_eq!(reset(LENA).await.expect_err("it is gone").to_string(), format!("{LENA} has no second factor."));
    let nobody = reset("nobody@meridian.example").await.expect_err("nobody");
    assert_eq!(nobody.to_string(), "Nobody has the address nobody@meridian.example.");
    server.assert_healthy().await;
}
