use super::{opened, question, sent};
use chrono::TimeDelta;
use licensing::requests::RequestForm;
use reqwest::StatusCode;
use tests::{AMELIA, Backend, QUESTION, Server, changed};

#[tokio::test]
async fn a_stranger_sends_a_question_once_however_often_its_form_is_sent() {
    let server = Server::durable(Backend::of_run()).await;
    let stranger = server.browser();
    let welcome = stranger.get("/request").await;
    assert_eq!(welcome.attribute("a.button.primary", "href").as_deref(), Some("/request/new"));
    let action = opened(&stranger).await;
    let first = stranger.post(&action, &question(&[])).await;
    assert_eq!((first.status, first.header("location")), (StatusCode::SEE_OTHER, format!("{action}/attachments").as_str()));
    let again = stranger.post(&action, &question(&[])).await;
    assert_eq!(again.header("location"), first.header("location"));
    let step = stranger.get(first.header("location")).await;
    assert_eq!(step.all("h1"), ["Request AFR-0000001"]);
    assert_eq!(server.rows("SELECT id FROM requests").await.len(), 1);
    // Changed since, it is not sent silently.
    let changed = stranger.post(&action, &question(&[("subject", "Another one")])).await;
    assert_eq!(changed.status, StatusCode::CONFLICT);
    assert!(changed.text().contains("This form was sent already, as AFR-0000001."));
    // The form leads on to where it is.
    assert_eq!(stranger.get(&action).await.header("location"), first.header("location"));
    server.assert_healthy().await;
}

#[tokio::test]
async fn a_draft_survives_an_error_and_belongs_to_its_browser() {
    let server = Server::start().await;
    let stranger = server.browser();
    let action = opened(&stranger).await;
    let typed = question(&[("email_again", ""), ("description", "</textarea><b>bold</b>\nsecond line")]);
    let refused = stranger.post(&action, &typed).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.problems(), [("email_again".to_owned(), "Enter the e-mail address a second time.".to_owned())]);
    assert_eq!(refused.all("textarea[name=description]"), ["</textarea><b>bold</b> second line"]);
    let draft = stranger.get(&action).await;
    assert_eq!((draft.status, draft.value("subject").as_deref()), (StatusCode::OK, Some("Where is the host id?")));
    assert!(stranger.get("/request").await.attribute("main .note a", "href").is_some_and(|href| href == action));
    let elsewhere = server.browser();
    assert_eq!(elsewhere.get(&action).await.status, StatusCode::NOT_FOUND);
    assert_eq!(elsewhere.post(&format!("{action}/draft"), &question(&[])).await.status, StatusCode::CONFLICT);
    assert_eq!(stranger.get(&action).await.value("subject").as_deref(), Some("Where is the host id?"));
    // Script keeps what is typed meanwhile.
    let kept = stranger.post(&format!("{action}/draft"), &question(&[("subject", "Half a sub")])).await;
    assert_eq!(kept.status, StatusCode::NO_CONTENT);
    assert_eq!(stranger.get(&action).await.value("subject").as_deref(), Some("Half a sub"));
    server.advance(TimeDelta::days(15));
    assert_eq!(stranger.get(&action).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_signed_in_person_finds_the_form_filled_in() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let form = amelia.get("/request/new?garn=ACME-1001&kind=file&category=third-party").await;
    for (field, value) in
        [("first_name", "Amelia"), ("last_name", "Hart"), ("email", AMELIA), ("email_again", AMELIA), ("garn", "ACME-1001")]
    {
        assert_eq!(form.value(field).as_deref(), Some(value), "{field}");
    }
    let fields = changed(form.fields(""), &[("subject", "A question"), ("description", "About a file"), ("kind", "question")]);
    sent(&amelia, &fields).await;
    let rows = server.rows("SELECT garn, account_id, person_id, held FROM requests").await;
    assert!(rows[0]["account_id"].is_i64() && rows[0]["person_id"].is_i64(), "{rows:?}");
    let own = amelia.get("/requests").await;
    assert_eq!(own.all("tbody th"), ["AFR-0000001"]);
    assert_eq!(amelia.get("/requests/AFR-0000001").await.status, StatusCode::OK);
    // Whoever names an account without signing in gets nothing of it.
    let stranger = server.browser();
    sent(&stranger, &question(&[("garn", "ACME-1001")])).await;
    assert_eq!(amelia.get("/requests").await.all("tbody th"), ["AFR-0000001"]);
    assert_eq!(amelia.get("/requests/AFR-0000002").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_confirmation_goes_to_all_addresses_when_done_or_after_half_an_hour() {
    let server = Server::start().await;
    let stranger = server.browser();
    let step = sent(&stranger, &question(&[("copies", "it@contoso.example"), ("subject", "canary-subject")])).await;
    assert_eq!(mails(&server).await, 0);
    let done = stranger.press(&end_of(&step)).await;
    assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, step.as_str()));
    assert_eq!(mails(&server).await, 2);
    stranger.press(&end_of(&step)).await;
    server.advance(TimeDelta::minutes(31));
    assert_eq!(mails(&server).await, 2);
    let told = server.rows("SELECT arguments FROM jobs WHERE kind = 'mail'").await;
    let told = format!("{told:?}");
    assert!(
        told.contains("dana.reyes@contoso.example") && told.contains("it@contoso.example") && told.contains("AFR-0000001"),
        "{told}"
    );
    assert!(!told.contains("canary-subject") && !told.contains("Dana"), "{told}");
    sent(&stranger, &question(&[("subject", "Another one")])).await;
    assert_eq!(mails(&server).await, 2);
    server.advance(TimeDelta::minutes(31));
    assert_eq!(mails(&server).await, 3);
}

/// Address that ends the form of this step 2.
pub(super) fn end_of(step: &str) -> String {
    step.replace("/attachments", "/done")
}

/// Number of mails that are queued, once everything that is due was worked on.
async fn mails(server: &Server) -> usize {
    use portal::jobs::{Lane, Stop, run_due, unfinished};
    loop {
        run_due(server.portal(), &Lane::Requests, &Stop::default()).await.expect("worked on");
        if unfinished(server.portal(), &Lane::Requests).await.expect("counted").running == 0 {
            return server.rows("SELECT id FROM jobs WHERE kind = 'mail'").await.len();
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_third_open_request_of_a_mailbox_waits_until_it_is_confirmed() {
    let server = Server::start().await;
    let stranger = server.browser();
    for subject in ["one", "two", "three"] {
        sent(&stranger, &question(&[("subject", subject)])).await;
    }
    let held = "SELECT subject, link, mailbox_key FROM requests WHERE held ORDER BY id";
    let rows = server.rows(held).await;
    assert_eq!(rows.len(), 1);
    let address = |name: &str| rows[0][name].as_str().expect("a text").to_owned();
    let lena = server.signed_in(tests::LENA).await;
    assert_eq!(lena.get("/requests").await.all("tbody th"), ["AFR-0000002", "AFR-0000001"]);
    // An analyst who comes across it by its number is told so.
    let claimed = lena.press("/requests/AFR-0000003/claim").await;
    assert_eq!((claimed.status, claimed.problems()[0].1.contains("is not confirmed yet")), (StatusCode::CONFLICT, true));
    let confirm = format!("/request/{}/mailbox/{}", address("link"), address("mailbox_key"));
    // A scanner that follows the link confirms nothing.
    assert_eq!(server.browser().get(&confirm).await.status, StatusCode::OK);
    assert_eq!(server.rows(held).await.len(), 1);
    let wrong = format!("/request/{}/mailbox/{}", address("link"), "x".repeat(32));
    assert_eq!(stranger.press(&wrong).await.status, StatusCode::NOT_FOUND);
    assert_eq!(stranger.press(&confirm).await.status, StatusCode::SEE_OTHER);
    assert_eq!(lena.get("/requests").await.all("tbody th"), ["AFR-0000003", "AFR-0000002", "AFR-0000001"]);
    // From now on it is known.
    sent(&stranger, &question(&[("subject", "four")])).await;
    assert_eq!(server.rows(held).await.len(), 0);
}

#[tokio::test]
async fn more_requests_than_a_day_allows_are_refused_until_the_day_is_over() {
    let server = Server::start().await;
    let stranger = server.browser();
    for number in 0..10 {
        sent(&stranger, &question(&[("subject", &number.to_string())])).await;
    }
    let action = opened(&stranger).await;
    let refused = stranger.post(&action, &question(&[])).await;
    assert_eq!((refused.status, refused.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "86400"));
    assert!(
        refused
            .text()
            .contains("10 requests came from this mailbox within a day; no more are taken before 23 Nov 2026, 10:15 UTC.")
    );
    assert_eq!(stranger.get(&action).await.value("subject").as_deref(), Some("Where is the host id?"));
    server.advance(TimeDelta::days(1));
    sent(&stranger, &question(&[])).await;
}

/// Each combination that can be chosen: which fields are asked, which are required, and the words of each refusal, as the page says them.
#[tokio::test]
async fn each_category_and_type_asks_its_fields() {
    let server = Server::start().await;
    let stranger = server.browser();
    let form = RequestForm::from_toml(include_str!("../../../../portal/catalogue/request-form.toml")).expect("the shipped form");
    let mut table = String::new();
    let files = form
        .category
        .iter()
        .flat_map(|category| form.r#type.iter().map(|file_type| (category.code.as_str(), file_type.code.as_str())));
    for (category, file_type) in [("", "")].into_iter().chain(files) {
        let kind = if category.is_empty() { "question" } else { "file" };
        let chosen = [("kind", kind), ("category", category), ("type", file_type), ("urgent", "yes")];
        let empty: Vec<(String, String)> = QUESTION.iter().map(|(name, _)| ((*name).to_owned(), String::new())).collect();
        let refused = stranger.post(&opened(&stranger).await, &changed(empty, &chosen)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        table.push_str(&format!("{kind} {category} {file_type}\n"));
        let problems = refused.problems();
        for (field, words) in &problems {
            table.push_str(&format!("  {field} *: {words}\n"));
        }
        let typed = chosen.map(|(name, value)| (name, value));
        let asked = form.asked(|name| typed.iter().find(|(field, _)| *field == name).map_or("", |(_, value)| *value));
        let optional: Vec<&str> = form
            .fields(asked)
            .map(|(field, _)| field.name.as_str())
            .filter(|name| !problems.iter().any(|(field, _)| field == name))
            .collect();
        table.push_str(&format!("  {}\n", optional.join(", ")));
        for attachment in form.attachments(asked) {
            table.push_str(&format!("  + {attachment}\n"));
        }
    }
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/flows/requests/form.txt");
    if std::env::var_os("AFMT_WRITE_EXPECTED").is_some() {
        std::fs::write(&path, &table).expect("written");
    }
    assert_eq!(table, std::fs::read_to_string(&path).unwrap_or_default());
}

#[tokio::test]
async fn no_field_puts_a_line_into_the_header_of_a_mail() {
    let server = Server::start().await;
    let stranger = server.browser();
    for name in ["first_name", "last_name", "email", "copies", "employer", "subject", "garn"] {
        let value = "dana@contoso.example\r\nBcc: eve@evil.example";
        let form = stranger.get("/request/new").await.attribute("main form", "action").expect("a form");
        let mut changes = vec![(name, value)];
        if name == "email" {
            changes.push(("email_again", value));
        }
        let refused = stranger.post(&form, &question(&changes)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        assert!(refused.problems().iter().any(|(field, _)| field == name), "{name}: {:?}", refused.problems());
    }
    assert!(server.rows("SELECT id FROM requests").await.is_empty());
}
