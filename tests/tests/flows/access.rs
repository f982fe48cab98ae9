use super::{UNUSED_KEY, form, generated};
use reqwest::{Method, StatusCode};
use server::Access;
use tests::{AMELIA, Answer, HANNA, LENA, OWEN, PETRA, SAM, Server};

/// The page without what differs each time it is rendered.
fn without_nonce(answer: &Answer) -> String {
    let policy = answer.header("content-security-policy");
    let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a nonce");
    answer.text().replace(nonce, "")
}

#[tokio::test]
async fn another_accounts_address_is_no_different_from_one_that_does_not_exist() {
    let server = Server::start().await;
    let file = generated(&server.signed_in(AMELIA).await, &[]).await;
    let hanna = server.signed_in(HANNA).await;
    for rest in ["", "/files", "/files/new", "/files/AF-0000001", "/files/AF-0000001/download"] {
        let theirs = hanna.get(&format!("/accounts/ACME-1001{rest}")).await;
        let nobodys = hanna.get(&format!("/accounts/NONE-1001{rest}")).await;
        assert_eq!((theirs.status, nobodys.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND), "{rest}");
        assert_eq!(without_nonce(&theirs), without_nonce(&nobodys), "{rest}");
    }
    let posted = hanna.post("/accounts/ACME-1001/files/new", &form(UNUSED_KEY, &[])).await;
    assert_eq!(posted.status, StatusCode::NOT_FOUND);
    // What cannot be a segment of an address is no different either.
    let no_text = hanna.get("/accounts/%FF/files").await;
    assert_eq!((no_text.status, no_text.all("h1")), (StatusCode::NOT_FOUND, vec!["Not found".to_owned()]));
    // A file of one account is not found under another.
    assert_eq!(hanna.get(&file.replace("ACME-1001", "HELIOS-2002")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn every_route_asks_for_what_it_must() {
    let server = Server::start().await;
    generated(&server.signed_in(AMELIA).await, &[]).await;
    for route in server::table() {
        let path = route
            .path
            .replace("{garn}", "ACME-1001")
            .replace("{serial}", "AF-0000001")
            .replace("{version}/{*name}", "0/icons/favicon.svg")
            .replace("{*name}", "licensing.meridian.example/2026a.pem");
        let ask = async |email: Option<&str>| {
            let browser = match email {
                Some(email) => server.signed_in(email).await,
                None => server.browser(),
            };
            let fields = form(UNUSED_KEY, &[("step", "check")]);
            if route.method == Method::POST { browser.post(&path, &fields).await } else { browser.get(&path).await }.status
        };
        let what = format!("{} {}", route.method, route.path);
        let anonymous = ask(None).await;
        match route.access {
            Access::Program | Access::Anyone => {
                assert!(anonymous != StatusCode::NOT_FOUND && !anonymous.is_server_error(), "{what}: {anonymous}");
            }
            Access::SignedIn if route.method == Method::POST => assert_eq!(anonymous, StatusCode::UNAUTHORIZED, "{what}"),
            Access::SignedIn => assert_eq!(anonymous, StatusCode::SEE_OTHER, "{what}"),
        }
        if route.path.contains("{garn}") {
            // An uncertified colleague may look, and is told why generating is not possible.
            let colleague = if route.method == Method::POST { StatusCode::FORBIDDEN } else { StatusCode::OK };
            for (email, expected) in [
                (AMELIA, StatusCode::OK),
                (LENA, StatusCode::OK),
                (OWEN, colleague),
                (HANNA, StatusCode::NOT_FOUND),
                (PETRA, StatusCode::NOT_FOUND),
                (SAM, StatusCode::NOT_FOUND),
            ] {
                assert_eq!(ask(Some(email)).await, expected, "{what} as {email}");
            }
        }
    }
}

#[tokio::test]
async fn under_https_the_session_is_bound_to_the_host_and_the_host_to_https() {
    let server = Server::behind("https://licences.example").await;
    let page = server.browser().get("/sign-in").await;
    assert_eq!(page.header("strict-transport-security"), "max-age=31536000; includeSubDomains");
    let body = format!("email={AMELIA}&password={}", portal::DEMO_PASSWORD.replace(' ', "+"));
    let sign_in = server.browser().client.post(format!("{}/sign-in", server.address()));
    let sign_in =
        sign_in.header("origin", "https://licences.example").header("content-type", "application/x-www-form-urlencoded");
    let answer = sign_in.body(body).send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let cookie = answer.headers()["set-cookie"].to_str().expect("a text");
    assert!(cookie.starts_with("__Host-session=") && cookie.contains("; Secure") && cookie.contains("; Path=/"), "{cookie}");
    assert!(!cookie.contains("Domain"), "{cookie}");
}

#[tokio::test]
async fn every_answer_carries_its_headers() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let file = generated(&amelia, &[]).await;
    let download = format!("{file}/download");
    for path in ["/sign-in", "/accounts/ACME-1001", &file, &download, "/nothing", "/healthz", "/keys"] {
        let answer = amelia.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert_eq!(answer.header("strict-transport-security"), "", "{path}: plain http on loopback");
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; ") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe-inline"), "{path}: {policy}");
        assert!(!answer.text().contains(" style=\"") && !answer.text().contains(" onclick="), "{path}");
    }
}
