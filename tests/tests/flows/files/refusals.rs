use crate::{NEW, UNUSED_KEY, form, fresh_key, generated};
use reqwest::StatusCode;
use tests::{AMELIA, Answer, HANNA, OWEN, RUTH, Server, THEO};

/// Sends a changed form; it must be refused with `status`, keep what was typed and change nothing.
async fn refused(server: &Server, email: &str, status: StatusCode, changes: &[(&str, &str)]) -> Answer {
    let browser = server.signed_in(email).await;
    let before = server.contents().await;
    let answer = browser.post(NEW, &form(UNUSED_KEY, changes)).await;
    assert_eq!(answer.status, status, "{changes:?}");
    assert_eq!(server.contents().await, before, "{changes:?}");
    for (name, value) in changes.iter().filter(|(name, _)| ["host_id", "machine_name", "switchover_host_id"].contains(name)) {
        assert_eq!(answer.value(name).as_deref(), Some(*value), "what was typed is kept");
    }
    answer
}

#[tokio::test]
async fn each_fault_of_the_form_has_its_words_and_changes_nothing() {
    let server = Server::start().await;
    // (changes, field, words)
    type Case<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str);
    let cases: [Case<'_>; 16] = [
        (&[("host_id", "6300270E26D")], "host_id", "A host id has 12 hexadecimal digits; this one has 11."),
        (&[("host_id", "6300270E26DG")], "host_id", "A host id has only the digits 0–9 and A–F; “G” is neither."),
        (&[("host_id", "")], "host_id", "Enter the host id: 12 hexadecimal digits, such as 6300270E26DF."),
        (
            &[("switchover_host_id", "63-00-27-0E-26-DF")],
            "switchover_host_id",
            "6300270E26DF is the primary server. Enter the host id of the other server.",
        ),
        (&[("machine_name", " ")], "machine_name", "Enter the machine name."),
        (
            &[("machine_name", "IC\u{202E}01")],
            "machine_name",
            "The machine name cannot be used: it has a control or text-direction character (U+202E), which a reader cannot see.",
        ),
        (&[("site", "3")], "site", "Install site Old Mill Road is not active. Choose an active site."),
        (&[("site", "4")], "site", "What was sent is not among this account's choices. Select an install site from the list."),
        (
            &[("version", "1999 R1")],
            "version",
            "What was sent is not among this account's choices. Select a product version from the list.",
        ),
        (
            &[("type", "permanent")],
            "type",
            "What was sent is not among this account's choices. Select a licence type from the list.",
        ),
        (
            &[("server_item", "SW-001-4.0-SV02")],
            "server_item",
            "What was sent is not among this account's choices. Select one valid server item from the list.",
        ),
        (&[("mail_connector", "")], "mail_connector", "Select the mail connector."),
        (
            &[("assigned.SW-001-4.0-AL06", "1")],
            "assigned.SW-001-4.0-AL06",
            "Part SW-001-4.0-AL06 is not among what this account owns for this product. Choose from the current list.",
        ),
        (
            &[("assigned.SW-001-4.0-AL01", "-1")],
            "assigned.SW-001-4.0-AL01",
            "“-1” is not a whole number. Enter 0 or more, or leave the field empty.",
        ),
        (&[("usage_tracking", "local")], "usage_tracking", "A perpetual licence carries no usage tracking. Leave it out."),
        (
            &[("assigned.SW-001-4.0-AA11", "1")],
            "assigned.SW-001-4.0-AA11",
            "Interaction Recorder Client Access works only together with Interaction Recorder Server. Add it, or leave Interaction Recorder Client Access out.",
        ),
    ];
    for (changes, field, words) in cases {
        let answer = refused(&server, AMELIA, StatusCode::UNPROCESSABLE_ENTITY, changes).await;
        assert_eq!(answer.problems(), [(field.to_owned(), words.to_owned())], "{changes:?}");
        assert_eq!(answer.all("title"), ["Error: New activation file – AFMT – Meridian Contact Software"]);
    }
}

#[tokio::test]
async fn every_shortfall_is_told_at_once_with_its_figures() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    generated(&amelia, &[("assigned.SW-001-4.0-AL01", "38")]).await;
    let answer = refused(
        &server,
        AMELIA,
        StatusCode::UNPROCESSABLE_ENTITY,
        &[("assigned.SW-001-4.0-AL01", "5"), ("pooled.SW-001-4.0-AL01", "26"), ("assigned.SW-001-4.0-AA19", "51")],
    )
    .await;
    let words: Vec<_> = answer.problems().into_iter().map(|(_, words)| words).collect();
    assert_eq!(
        words,
        [
            "Only 2 of 40 assigned Basic Station are available; you asked for 5.",
            "Only 25 of 25 pooled Basic Station are available; you asked for 26.",
            "Only 50 of 50 assigned Interaction Tracker are available; you asked for 51.",
        ]
    );
}

#[tokio::test]
async fn the_last_server_item_is_given_once() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let basic = [("server_item", "SW-001-4.0-SV01"), ("switchover_later", "yes")];
    generated(&amelia, &basic).await;
    let answer = refused(&server, AMELIA, StatusCode::UNPROCESSABLE_ENTITY, &basic).await;
    let words = "Only 0 of 1 assigned CIC Server, Basic are available; you asked for 1.";
    assert_eq!(answer.problems(), [("server_item".to_owned(), words.to_owned())]);
}

#[tokio::test]
async fn a_certification_must_be_current_and_for_the_product() {
    let server = Server::start().await;
    for (email, reason) in [
        (OWEN, "You hold no certification for CIC."),
        (RUTH, "Your certification for CIC ended on 23 Oct 2026."),
        (THEO, "You hold no certification for CIC; yours is for Media Server."),
    ] {
        let answer = refused(&server, email, StatusCode::FORBIDDEN, &[("machine_name", "IC-KEPT")]).await;
        assert_eq!(answer.all(".note.warn li strong"), [reason]);
        assert_eq!(answer.value("machine_name").as_deref(), Some("IC-KEPT"));
        let page = server.signed_in(email).await.get(&format!("{NEW}?product=CIC&version=2020+R2")).await;
        assert_eq!((page.status, page.all(".note.warn li strong")), (StatusCode::OK, vec![reason.to_owned()]));
    }
}

#[tokio::test]
async fn customers_of_a_subscription_account_are_told_who_generates() {
    let server = Server::start().await;
    let hanna = server.signed_in(HANNA).await;
    let new = "/accounts/HELIOS-2002/files/new";
    let reason = "This is a subscription account. Customers and partners generate files for perpetual accounts only.";
    let page = hanna.get(new).await;
    assert_eq!((page.status, page.all(".note.warn li strong")), (StatusCode::OK, vec![reason.to_owned()]));
    let before = server.contents().await;
    let answer = hanna.post(new, &form(UNUSED_KEY, &[("site", "4")])).await;
    assert_eq!((answer.status, answer.all(".note.warn li strong")), (StatusCode::FORBIDDEN, vec![reason.to_owned()]));
    assert_eq!(server.contents().await, before);
}

#[tokio::test]
async fn an_account_without_an_active_site_generates_nothing() {
    let server = Server::start().await;
    server.execute("UPDATE install_sites SET active = FALSE WHERE account_id = 1").await;
    let answer = refused(&server, AMELIA, StatusCode::FORBIDDEN, &[]).await;
    assert_eq!(answer.all(".note.warn li strong"), ["This account has no active install site."]);
}

#[tokio::test]
async fn a_body_that_is_no_form_is_refused() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let before = server.contents().await;
    let large = amelia.post_body(NEW, vec![b'a'; 64 * 1024 + 1]).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(large.all("main .lead"), ["What was sent is larger than 64 KiB, the most that a form may have."]);
    for body in [b"machine_name=\xff\xfe".to_vec(), b"machine_name=%FF%FE".to_vec()] {
        let broken = amelia.post_body(NEW, body).await;
        assert_eq!(broken.status, StatusCode::BAD_REQUEST);
        assert_eq!(broken.all("main .lead"), ["What was sent is not UTF-8 text."]);
    }
    let json = amelia.client.post(format!("{}{NEW}", server.url())).header("origin", server.url());
    let json = json.header("content-type", "application/json").body("{}").send().await.expect("an answer");
    assert_eq!(json.status(), StatusCode::BAD_REQUEST);
    let keyless = amelia.post(NEW, &[("step", "generate")]).await;
    assert_eq!(keyless.status, StatusCode::BAD_REQUEST);
    assert_eq!(keyless.all("main .lead"), ["The form is not complete: its submission key is missing. Open it again."]);
    assert_eq!(server.contents().await, before);
}

#[tokio::test]
async fn a_form_of_another_site_is_not_accepted() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let before = server.contents().await;
    for (name, value) in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site"), ("x-none", "")] {
        let request = amelia.client.post(format!("{}{NEW}", server.url())).header(name, value);
        let answer = request.body("step=generate").send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{name}");
    }
    assert_eq!(server.contents().await, before);
}

#[tokio::test]
async fn what_was_typed_is_shown_as_text_and_never_as_markup() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let evil = "\"><script>alert(1)</script>";
    let key = fresh_key(&amelia).await;
    let answer = amelia.post(NEW, &form(&key, &[("host_id", evil), ("machine_name", evil)])).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.value("machine_name").as_deref(), Some(evil));
    assert!(!answer.text().contains("<script>alert"));
    let checked = amelia.post(NEW, &form(&key, &[("machine_name", evil), ("step", "check")])).await;
    assert_eq!(checked.status, StatusCode::OK);
    assert!(!checked.text().contains("<script>alert"));
}
