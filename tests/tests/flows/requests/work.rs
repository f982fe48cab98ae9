use super::{finished, question};
use reqwest::StatusCode;
use tests::{Answer, Backend, Browser, HANNA, LENA, SAM, Server, UNUSED_KEY, changed};

const FIRST: &str = "/requests/AFR-0000001";

/// Fields of the form of `page` that is sent to `action`.
fn fields(page: &Answer, action: &str, changes: &[(&str, &str)]) -> Vec<(String, String)> {
    changed(page.fields_of(&format!("form[action='{FIRST}/{action}']")), changes)
}

async fn answered(analyst: &Browser, text: &str, resolution: &str) -> Answer {
    let page = analyst.get(FIRST).await;
    analyst.post(&format!("{FIRST}/answer"), &fields(&page, "answer", &[("reply", text), ("resolution", resolution)])).await
}

#[tokio::test]
async fn an_analyst_claims_asks_back_and_answers() {
    let server = Server::durable(Backend::of_run()).await;
    let stranger = server.browser();
    let link = finished(&server, &stranger, &question(&[("copies", "it@contoso.example")])).await;
    let lena = server.signed_in(LENA).await;
    let queue = lena.get("/requests").await;
    assert_eq!(
        (queue.all("tbody th"), queue.all(".chip[aria-current]")),
        (vec!["AFR-0000001".to_owned()], vec!["Unassigned 1".to_owned()])
    );
    // A reply without the request.
    let page = lena.get(FIRST).await;
    assert_eq!(page.attribute(&format!("form[action='{FIRST}/answer']"), "action"), None);
    assert_eq!(lena.press(&format!("{FIRST}/claim")).await.header("location"), FIRST);
    assert_eq!(lena.get("/requests?view=mine").await.all("tbody th"), ["AFR-0000001"]);
    assert_eq!(lena.get("/requests").await.all("tbody th"), Vec::<String>::new());
    // A question back, once however often it is sent.
    let page = lena.get(FIRST).await;
    let reply = fields(&page, "answer", &[("reply", "Which version?"), ("resolution", "ask")]);
    for _ in 0..2 {
        assert_eq!(lena.post(&format!("{FIRST}/answer"), &reply).await.status, StatusCode::SEE_OTHER);
    }
    let followed = stranger.get(&link).await;
    assert!(followed.text().contains("We need something from you"));
    assert_eq!(followed.all(".message .body"), ["We look for it on Windows.", "Which version?"]);
    let mails = server.rows("SELECT arguments FROM jobs WHERE kind = 'mail'").await;
    assert_eq!(mails.iter().filter(|mail| mail.to_string().contains("Which version?")).count(), 2, "both addresses: {mails:?}");
    // The requester writes while the analyst does: nothing is sent unread, and nothing typed is lost.
    let page = lena.get(FIRST).await;
    stranger.post(&format!("{link}/reply"), &changed(followed.fields_of("form[action$=reply]"), &[("message", "2020 R2")])).await;
    let refused = lena.post(&format!("{FIRST}/answer"), &fields(&page, "answer", &[("reply", "Are you there?")])).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text().contains("Something was added to this request meanwhile."));
    assert_eq!(refused.value("reply").as_deref(), Some("Are you there?"));
    assert_eq!(answered(&lena, "GetHostID shows it.", "answer").await.status, StatusCode::SEE_OTHER);
    assert!(stranger.get(&link).await.text().contains("It is answered."));
    assert_eq!(lena.get("/requests?view=open").await.all("tbody th"), Vec::<String>::new());
    assert_eq!(lena.get("/requests?view=all").await.all("tbody th"), ["AFR-0000001"]);
    // A rejection has its reason.
    let refused = answered(&lena, " ", "reject").await;
    assert_eq!(
        (refused.status, refused.problems()[0].1.as_str()),
        (StatusCode::UNPROCESSABLE_ENTITY, "Give a reason: the requester reads it.")
    );
    server.assert_healthy().await;
}

#[tokio::test]
async fn of_many_claims_at_once_one_is_taken() {
    let server = Server::start().await;
    finished(&server, &server.browser(), &question(&[])).await;
    let rows = server.rows("SELECT id FROM people WHERE email = 'lena.fischer@meridian.example'").await;
    let lena_id = rows[0]["id"].as_i64().expect("an id");
    server.execute("UPDATE people SET staff_role = 'analyst' WHERE email = 'sam.okafor@meridian.example'").await;
    let (lena, sam) = (server.signed_in(LENA).await, server.signed_in(SAM).await);
    let claim = format!("{FIRST}/claim");
    let mut claims = tokio::task::JoinSet::new();
    for analyst in 0..64 {
        let browser = if analyst % 2 == 0 { lena.clone() } else { sam.clone() };
        let claim = claim.clone();
        claims.spawn(async move { browser.press(&claim).await.status });
    }
    let statuses = claims.join_all().await;
    assert_eq!(
        statuses.iter().filter(|status| **status == StatusCode::SEE_OTHER).count(),
        32,
        "all of one analyst: {statuses:?}"
    );
    assert_eq!(statuses.iter().filter(|status| **status == StatusCode::CONFLICT).count(), 32);
    assert_eq!(server.rows("SELECT id FROM audit_events WHERE action = 'request claimed'").await.len(), 1);
    // Whoever has it hands it over, and gives it back.
    let lenas = server.rows("SELECT assigned_to FROM requests").await[0]["assigned_to"].as_i64() == Some(lena_id);
    let (holder, other, to) = if lenas { (&lena, &sam, 0) } else { (&sam, &lena, lena_id) };
    assert_eq!(other.press(&format!("{FIRST}/release")).await.status, StatusCode::CONFLICT);
    let nobody = holder.post(&format!("{FIRST}/hand-over"), &[("analyst", "0")]).await;
    assert_eq!(nobody.problems(), [("analyst".to_owned(), "This analyst is not there. Select one of the list.".to_owned())]);
    if to != 0 {
        assert_eq!(
            holder.post(&format!("{FIRST}/hand-over"), &[("analyst", &to.to_string())]).await.status,
            StatusCode::SEE_OTHER
        );
        assert_eq!(lena.press(&format!("{FIRST}/release")).await.status, StatusCode::SEE_OTHER);
    } else {
        assert_eq!(holder.press(&format!("{FIRST}/release")).await.status, StatusCode::SEE_OTHER);
    }
    assert_eq!(lena.get("/requests").await.all("tbody th"), ["AFR-0000001"]);
}

#[tokio::test]
async fn requests_are_found_by_number_address_garn_and_host() {
    let server = Server::start().await;
    let stranger = server.browser();
    let host = [
        ("kind", "file"),
        ("category", "genesys"),
        ("type", "temporary"),
        ("deployment_type", "Production"),
        ("host", "63:00:27:0e:26:df"),
        ("clarification", "It burnt: gone."),
        ("description", "A temporary file."),
        ("garn", "acme-1001"),
        ("urgent", "yes"),
        ("needed_by", "2026-11-23"),
        ("needed_because", "Nobody can call."),
    ];
    finished(&server, &stranger, &question(&host)).await;
    finished(&server, &stranger, &question(&[("email", "b@contoso.example"), ("email_again", "b@contoso.example")])).await;
    let lena = server.signed_in(LENA).await;
    for (asked, found) in [
        ("?q=afr-0000002", "AFR-0000002"),
        ("?q=B@contoso.example", "AFR-0000002"),
        ("?q=acme-1001", "AFR-0000001"),
        ("?q=6300.270e.26df", "AFR-0000001"),
        ("?q=burn", "AFR-0000001"),
        ("?q=CONTOSO+temp", "AFR-0000001"),
        ("?view=all&q=look+wind", "AFR-0000002"),
        ("?view=urgent", "AFR-0000001"),
    ] {
        assert_eq!(lena.get(&format!("/requests{asked}")).await.all("tbody th"), [found], "{asked}");
    }
    assert_eq!(lena.get("/requests?view=overdue").await.all("tbody th"), Vec::<String>::new());
    server.advance(chrono::TimeDelta::days(2));
    let lena = server.signed_in(LENA).await;
    assert_eq!(lena.get("/requests?view=overdue").await.all("tbody th"), ["AFR-0000001"]);
    // The typed GARN is a hint until an analyst links the account.
    let page = lena.get(FIRST).await;
    assert!(page.text().contains("typed by the requester, not linked"));
    let unknown = lena.post(&format!("{FIRST}/account"), &[("garn", "NONE-1")]).await;
    assert_eq!(unknown.problems(), [("garn".to_owned(), "There is no account NONE-1. Check the GARN.".to_owned())]);
    assert_eq!(lena.post(&format!("{FIRST}/account"), &[("garn", "acme-1001")]).await.status, StatusCode::SEE_OTHER);
    let amelia = server.signed_in(tests::AMELIA).await;
    assert_eq!(amelia.get("/requests").await.all("tbody th"), ["AFR-0000001"]);
}

/// Fields of a virtual-cloud file of Helios.
const IN_CLOUD: [(&str, &str); 15] = [
    ("system_type", "media-server-based"),
    ("mail_connector", "exchange"),
    ("key", UNUSED_KEY),
    ("site", "4"),
    ("product", "CIC"),
    ("version", "2020 R2"),
    ("type", "production"),
    ("usage_tracking", "virtual-cloud"),
    ("ramp_date", "2027-01-01"),
    ("grace_days", "7"),
    ("machine_name", "IC-VC-01"),
    ("server_item", "SW-001-4.0-SV03"),
    ("switchover_later", "yes"),
    ("step", "generate"),
    ("request", "AFR-0000001"),
];

#[tokio::test]
async fn a_file_is_generated_from_a_request_and_handed_over() {
    let server = Server::durable(Backend::of_run()).await;
    let hanna = server.signed_in(HANNA).await;
    let request = [
        ("kind", "file"),
        ("category", "pay-per-use"),
        ("type", "new-deployment"),
        ("deployment_type", "Production"),
        ("organization", "5f0c2c6e-8d1b-4a53-9d0e-1b7f6a2c9e44"),
        ("primary_host", "6300270E26DF"),
        ("order", "SO-20001"),
        ("subject", "A virtual cloud in Frankfurt"),
        ("description", "We move there."),
    ];
    let form = hanna.get("/request/new?garn=HELIOS-2002&kind=file&category=pay-per-use").await;
    let link = finished(&server, &hanna, &changed(form.fields(""), &request)).await;
    let lena = server.signed_in(LENA).await;
    lena.press(&format!("{FIRST}/claim")).await;
    let page = lena.get(FIRST).await;
    let generate = page.attribute("aside a.button", "href").expect("a link");
    assert_eq!(generate, "/accounts/HELIOS-2002/files/new?request=AFR-0000001&host_id=6300270E26DF");
    let form = lena.get(&format!("{generate}&product=CIC&version=2020+R2&type=production")).await;
    assert_eq!((form.value("request").as_deref(), form.value("host_id").as_deref()), (Some("AFR-0000001"), Some("6300270E26DF")));
    // The form goes by the page of answers, and comes back to the request; sent twice, it is one file.
    let checked =
        lena.post("/accounts/HELIOS-2002/files/new", &changed(IN_CLOUD.map(owned).to_vec(), &[("step", "check")])).await;
    assert_eq!(
        (checked.status, checked.value("request").as_deref()),
        (StatusCode::OK, Some("AFR-0000001")),
        "{:?}",
        checked.problems()
    );
    for _ in 0..2 {
        let generated = lena.post("/accounts/HELIOS-2002/files/new", &IN_CLOUD).await;
        assert_eq!(generated.header("location"), FIRST, "{:?}", generated.problems());
    }
    assert_eq!(server.rows("SELECT file_id FROM request_files").await.len(), 1);
    let serial = "AF-0000001";
    assert_eq!(hanna.get(&format!("{FIRST}/files/{serial}")).await.status, StatusCode::NOT_FOUND, "not handed over yet");
    // Only what was generated for it is handed over.
    let page = lena.get(FIRST).await;
    let reply = fields(&page, "answer", &[("reply", "Here it is."), ("resolution", "fulfil"), ("file", "AF-0000009")]);
    let refused = lena.post(&format!("{FIRST}/answer"), &reply).await;
    assert_eq!(refused.problems()[0].1, "AF-0000009 was not generated for this request. Select files of the list.");
    let reply = changed(reply, &[("file", serial)]);
    assert_eq!(lena.post(&format!("{FIRST}/answer"), &reply).await.status, StatusCode::SEE_OTHER);
    let mails = server.rows("SELECT arguments FROM jobs WHERE kind = 'mail'").await;
    let mail = mails.iter().map(ToString::to_string).find(|mail| mail.contains("Here it is.")).expect("a mail");
    assert!(
        mail.contains(&format!("{link}/files/{serial}")) && mail.contains("AF-0000001.I3Lic") && mail.contains("SHA-256"),
        "{mail}"
    );
    // By the link, and signed in: the same bytes, which verify.
    let by_link = server.browser().get(&format!("{link}/files/{serial}")).await;
    let signed_in = hanna.get(&format!("{FIRST}/files/{serial}")).await;
    assert_eq!(
        (by_link.status, by_link.header("content-disposition")),
        (StatusCode::OK, "attachment; filename=\"AF-0000001.I3Lic\"")
    );
    assert_eq!(by_link.body, signed_in.body);
    let view = lena.get(&format!("/accounts/HELIOS-2002/files/{serial}/download")).await;
    assert_eq!(by_link.body, view.body);
    assert!(hanna.get(FIRST).await.text().contains("You have what you asked for."));
    assert_eq!(server.browser().get(&format!("{link}/files/AF-0000002")).await.status, StatusCode::NOT_FOUND);
    server.assert_healthy().await;
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}
