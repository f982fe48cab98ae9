//! A session that ends while somebody types: whatever form is sent then comes back with everything typed.

use crate::generated;
use chrono::TimeDelta;
use portal::{
    demo::DEMO_PASSWORD,
    requests::{RawMail, Receipt, receive},
};
use reqwest::{Method, StatusCode};
use server::{Access, Route};
use tests::{AMELIA, Answer, Browser, LENA, SAM, Server, UNUSED_KEY, changed};

/// The largest body that a form of fields has, in bytes.
const LARGEST: usize = 64 * 1024;
/// The most lines that can be pasted, in bytes.
const LONGEST_PASTE: usize = 128 * 1024;

/// An address, the fields that are posted to it, and (selector, attribute, value) of where they stand again; no attribute is the text.
type Largest = (&'static str, Vec<(&'static str, String)>, (&'static str, &'static str, &'static str));

/// Fields as typed into the form of a route.
fn typed(route: Route) -> Largest {
    let own = |value: &'static str| value.to_owned();
    match route {
        Route::SendNewFile => (
            "/accounts/ACME-1001/files/new",
            vec![("product", own("CIC")), ("version", own("2020 R2")), ("machine_name", own("IC-KEPT"))],
            ("input[name=machine_name]", "value", "IC-KEPT"),
        ),
        Route::SendUpdate => (
            "/accounts/ACME-1001/files/AF-0000001/update",
            vec![("version", own("2020 R2")), ("began", own("1")), ("machine_name", own("IC-KEPT"))],
            ("input[name=machine_name]", "value", "IC-KEPT"),
        ),
        Route::SendDeactivate => (
            "/accounts/ACME-1001/files/AF-0000001/deactivate",
            vec![("note", own("kept")), ("reason", own("other"))],
            ("input[name=note]", "value", "kept"),
        ),
        Route::SendRevoke => {
            ("/accounts/ACME-1001/files/AF-0000001/revoke", vec![("reason", own("kept"))], ("textarea[name=reason]", "", "kept"))
        }
        Route::SendLine => {
            ("/accounts/ACME-1001/orders/new", vec![("sales_order", own("kept"))], ("input[name=sales_order]", "value", "kept"))
        }
        Route::SendSettings => {
            ("/accounts/ACME-1001/settings", vec![("account", own("kept"))], ("main input[name=account]", "value", "kept"))
        }
        Route::GrantPartner => {
            ("/accounts/ACME-1001/partners", vec![("partner", own("kept"))], ("input[name=partner]", "value", "kept"))
        }
        Route::WithdrawPartner => {
            ("/accounts/ACME-1001/partners/1/withdraw", Vec::new(), ("main form", "action", "/accounts/ACME-1001/people"))
        }
        Route::SendAccount => ("/new-account", vec![("garn", own("kept"))], ("input[name=garn]", "value", "kept")),
        Route::SendUpgrade => (
            "/accounts/NORDIC-3003/upgrade",
            vec![("to.SW-001-3.0-AL02", own("SW-001-4.0-AL02"))],
            ("select[name='to.SW-001-3.0-AL02'] option[selected]", "value", "SW-001-4.0-AL02"),
        ),
        Route::SendCloud => (
            "/accounts/HELIOS-2002/cloud",
            vec![("organization", own("org-kept")), ("connected", own("yes"))],
            ("input[name=organization]", "value", "org-kept"),
        ),
        Route::ReplyToRequest => {
            ("/requests/AFR-0000001/reply", vec![("message", own("kept"))], ("textarea[name=message]", "", "kept"))
        }
        Route::CloseRequest => {
            ("/requests/AFR-0000001/close", Vec::new(), ("main form[action$=close]", "action", "/requests/AFR-0000001/close"))
        }
        Route::KeepCanned => ("/requests/answers", vec![("name", own("kept"))], ("input[name=name]", "value", "kept")),
        Route::RemoveCanned => (
            "/requests/answers/1/remove",
            Vec::new(),
            ("main form[action$='answers/1/remove']", "action", "/requests/answers/1/remove"),
        ),
        Route::ChangeForm => ("/requests/form", vec![("document", own("kept"))], ("textarea[name=document]", "", "kept")),
        Route::AddMail => {
            ("/requests/mail/1/add", vec![("number-1", own("AFR-0000001"))], ("input[name=number-1]", "value", "AFR-0000001"))
        }
        Route::RemoveProvided => (
            "/requests/AFR-0000001/provided/1/remove",
            Vec::new(),
            ("main form[action$=release]", "action", "/requests/AFR-0000001/release"),
        ),
        Route::DismissMail => {
            ("/requests/mail/1/dismiss", Vec::new(), ("main form[action$=dismiss]", "action", "/requests/mail/1/dismiss"))
        }
        Route::AnswerRequest => (
            "/requests/AFR-0000001/answer",
            vec![("reply", own("kept")), ("resolution", own("answer"))],
            ("textarea[name=reply]", "", "kept"),
        ),
        Route::NoteRequest => ("/requests/AFR-0000001/note", vec![("note", own("kept"))], ("textarea[name=note]", "", "kept")),
        Route::LinkRequest => {
            ("/requests/AFR-0000001/account", vec![("garn", own("HELIOS-2002"))], ("input[name=garn]", "value", "HELIOS-2002"))
        }
        Route::ClaimRequest | Route::ReleaseRequest | Route::HandOverRequest => (
            match route {
                Route::ClaimRequest => "/requests/AFR-0000001/claim",
                Route::ReleaseRequest => "/requests/AFR-0000001/release",
                _ => "/requests/AFR-0000001/hand-over",
            },
            vec![("analyst", own("0"))],
            ("main form[action$=release]", "action", "/requests/AFR-0000001/release"),
        ),
        Route::ApplyCatalogue => ("/catalogue/2", Vec::new(), ("main form", "action", "/catalogue/2")),
        Route::ApplyImport => {
            ("/imports/IM-0000001/apply", Vec::new(), ("main a[href='/imports/IM-0000001/lines.csv']", "", "Download CSV"))
        }
        Route::DiscardImport => {
            ("/imports/IM-0000001/discard", Vec::new(), ("main a[href='/imports/IM-0000001/lines.csv']", "", "Download CSV"))
        }
        Route::ChangeProfile => {
            ("/profile", vec![("name", own("kept")), ("time_zone", own("UTC"))], ("input[name=name]", "value", "kept"))
        }
        Route::ChangePassword => ("/profile/password", Vec::new(), ("main form", "action", "/profile")),
        Route::SetUpSecondFactor => {
            ("/profile/second-factor", Vec::new(), ("main form", "action", "/profile/second-factor/recovery-codes"))
        }
        Route::RecoveryCodes => (
            "/profile/second-factor/recovery-codes",
            Vec::new(),
            ("main form", "action", "/profile/second-factor/recovery-codes"),
        ),
        Route::RemoveSecondFactor => {
            ("/profile/second-factor/remove", Vec::new(), ("main form", "action", "/profile/second-factor/recovery-codes"))
        }
        Route::ChangeAddress => ("/profile/address", Vec::new(), ("main form", "action", "/profile")),
        Route::ChooseNotices => ("/profile/notices", Vec::new(), ("main form", "action", "/profile")),
        Route::EndSessions => ("/profile/sessions/end", Vec::new(), ("main form", "action", "/profile")),
        Route::InviteMember => (
            "/accounts/ACME-1001/people",
            vec![("email", own("kept@acme.example"))],
            ("input[name=email]", "value", "kept@acme.example"),
        ),
        Route::ChangeMember => {
            ("/accounts/ACME-1001/people/2", Vec::new(), ("main form", "action", "/accounts/ACME-1001/people/2"))
        }
        Route::RemoveMember => {
            ("/accounts/ACME-1001/people/2/remove", Vec::new(), ("main form", "action", "/accounts/ACME-1001/people/2"))
        }
        Route::Certify => (
            "/accounts/ACME-1001/people/2/certifications",
            vec![("valid_from", own("2026-01-01"))],
            ("input[name=valid_from]", "value", "2026-01-01"),
        ),
        Route::WithdrawCertification => (
            "/accounts/ACME-1001/people/2/certifications/9/withdraw",
            Vec::new(),
            ("main form", "action", "/accounts/ACME-1001/people/2"),
        ),
        Route::WithdrawMember => (
            "/accounts/ACME-1001/people/invitations/1/withdraw",
            Vec::new(),
            ("main form", "action", "/accounts/ACME-1001/people"),
        ),
        Route::ChangeRole => ("/people/1", Vec::new(), ("main form", "action", "/people/1")),
        Route::SetActive => ("/people/1/active", Vec::new(), ("main form", "action", "/people/1")),
        Route::ResetSecondFactor => ("/people/1/second-factor/reset", Vec::new(), ("main form", "action", "/people/1")),
        Route::Anonymise => ("/people/1/anonymise", Vec::new(), ("main form", "action", "/people/1")),
        Route::TryMail => ("/setup/mail", Vec::new(), ("main form", "action", "/setup/mail")),
        Route::Invite => (
            "/people/invitations",
            vec![("email", own("kept@meridian.example")), ("role", own("analyst"))],
            ("input[name=email]", "value", "kept@meridian.example"),
        ),
        Route::WithdrawInvitation => {
            ("/people/invitations/1/withdraw", Vec::new(), ("main form[action$=invitations]", "action", "/people/invitations"))
        }
        Route::RetryJob => ("/jobs/7/retry", Vec::new(), ("main form", "action", "/jobs/1/retry")),
        Route::DiscardJob => ("/jobs/7/discard", Vec::new(), ("main form", "action", "/jobs/1/retry")),
        Route::SendNewSite => (
            "/accounts/ACME-1001/sites/new",
            vec![("name", own("Kept")), ("city", own("Bergen"))],
            ("input[name=city]", "value", "Bergen"),
        ),
        Route::SendSite => (
            "/accounts/ACME-1001/sites/1",
            vec![("name", own("Kept")), ("city", own("Bergen"))],
            ("input[name=city]", "value", "Bergen"),
        ),
        Route::SendSelection => (
            "/accounts/ACME-1001/batches/selection",
            vec![("serial", own("AF-0000001")), ("kind", own("refresh"))],
            ("input[name=serial][checked]", "value", "AF-0000001"),
        ),
        Route::BeginBatch => (
            "/accounts/ACME-1001/batches/BT-0000001",
            vec![("mode", own("line-by-line"))],
            ("input[name=mode][checked]", "value", "line-by-line"),
        ),
        Route::PlanBatchAgain => (
            "/accounts/ACME-1001/batches/BT-0000001/plan",
            Vec::new(),
            ("main form[action$=plan]", "action", "/accounts/ACME-1001/batches/BT-0000001/plan"),
        ),
        Route::DiscardBatch => (
            "/accounts/ACME-1001/batches/BT-0000001/discard",
            Vec::new(),
            ("main form[action$=discard]", "action", "/accounts/ACME-1001/batches/BT-0000001/discard"),
        ),
        other => panic!("{} {} has no form here: add what comes back", other.method(), other.path()),
    }
}

/// Signs in with what the sign-in page carries along.
async fn signed_in_again(browser: &Browser, page: &Answer, email: &str) -> Answer {
    assert_eq!((page.status, page.all("h1")), (StatusCode::UNAUTHORIZED, vec!["Sign in".to_owned()]), "{:?}", page.all(".lead"));
    let mut fields = page.fields("");
    fields.retain(|(name, _)| !["email", "password", "step"].contains(&name.as_str()));
    fields.extend([("email", email), ("password", DEMO_PASSWORD)].map(|(name, value)| (name.to_owned(), value.to_owned())));
    let answer = browser.post("/sign-in", &fields).await;
    if answer.all("h1") == ["Enter your code"] { browser.enter_code(&answer, email).await } else { answer }
}

/// A server with a file, a planned batch, a mail that was given up, a request that an analyst has, and a mail that waits.
async fn server() -> Server {
    let server = Server::start().await;
    let lena = server.signed_in(LENA).await;
    generated(&lena, &[]).await;
    server.execute("UPDATE jobs SET state = 'parked', reason = 'no such mailbox'").await;
    let selected = [("key", UNUSED_KEY), ("kind", "deactivate"), ("serial", "AF-0000001")];
    let planned = lena.post("/accounts/ACME-1001/batches/selection", &selected).await;
    assert_eq!(planned.header("location"), "/accounts/ACME-1001/batches/BT-0000001");
    let amelia = server.signed_in(AMELIA).await;
    let form = amelia.get("/request/new?garn=ACME-1001&kind=question&subject=s&description=d").await;
    let action = form.attribute("main form", "action").expect("a form");
    let sent = amelia.post(&action, &changed(form.fields(""), &[("kind", "question")])).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{:?}", sent.problems());
    // Confirmed now: nothing comes due while the clock goes on.
    amelia.press(&format!("{action}/done")).await;
    assert_eq!(lena.press("/requests/AFR-0000001/claim").await.status, StatusCode::SEE_OTHER);
    let imported = lena.post_parts("/imports", &[("table", Some("orders.csv"), &b"garn,account\nACME-1001,Acme\n"[..])]).await;
    assert_eq!(imported.header("location"), "/imports/IM-0000001");
    tests::finished(server.portal(), &portal::jobs::Lane::Imports).await;
    let sam = server.signed_in(SAM).await;
    let other = include_str!("../../../../portal/catalogue/pureconnect.toml").replacen("2020 R4", "2020 R9", 1);
    let proposed = sam.post_parts("/catalogue", &[("table", Some("catalogue.toml"), other.as_bytes())]).await;
    assert_eq!(proposed.header("location"), "/catalogue/2");
    let mail = RawMail::from(b"From: eve@evil.example\r\nSubject: s\r\n\r\nText".to_vec());
    assert_eq!(receive(server.portal(), mail).await.expect("received"), Receipt::Unverified);
    server
}

#[tokio::test]
async fn every_form_that_is_sent_when_the_session_has_ended_comes_back_at_its_largest() {
    let server = server().await;
    for route in Route::ALL {
        if route.method() != Method::POST
            || route.access() != Access::SignedIn
            || matches!(
                route,
                Route::SendBatch
                    | Route::ProposeCatalogue
                    | Route::BeginImport
                    | Route::EnterCertifications
                    | Route::UploadSignedIn
                    | Route::ProvideFile
                    | Route::Reading
            )
        {
            continue;
        }
        let (path, mut fields, (selector, attribute, expected)) = typed(*route);
        let who = match route {
            Route::RetryJob
            | Route::DiscardJob
            | Route::ChangeForm
            | Route::TryMail
            | Route::Invite
            | Route::ChangeRole
            | Route::SetActive
            | Route::ResetSecondFactor
            | Route::Anonymise
            | Route::WithdrawInvitation
            | Route::ApplyCatalogue => SAM,
            Route::ReplyToRequest | Route::CloseRequest => AMELIA,
            _ => LENA,
        };
        let browser = server.signed_in(who).await;
        server.advance(TimeDelta::hours(3));
        fields.push(("key", UNUSED_KEY.to_owned()));
        // Filled up to the last byte, with what grows most each time it is encoded.
        let so_far = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish().len() + "&rest=".len();
        let rest = LARGEST - so_far;
        fields.push(("rest", format!("{}{}", "ä".repeat(rest / 6), "a".repeat(rest % 6))));
        let before = server.contents().await;
        let ended = browser.post(path, &fields).await;
        let back = signed_in_again(&browser, &ended, who).await;
        assert_eq!(back.status, StatusCode::OK, "{path}: {:?}", back.all("h1"));
        let found = if attribute.is_empty() { back.all(selector).pop() } else { back.attribute(selector, attribute) };
        assert_eq!(found.as_deref(), Some(expected), "{path}: {:?}", back.all("h1"));
        assert_eq!(server.contents().await, before, "{path}");
    }
}

#[tokio::test]
async fn pasted_lines_come_back_and_a_file_is_named_that_is_to_be_chosen_again() {
    let server = server().await;
    let lena = server.signed_in(LENA).await;
    let batches = "/accounts/ACME-1001/batches";
    let line = "MS-ä,005056A00001\n";
    let head = "machine_name,host_id\n";
    let pasted = format!("{head}{}", line.repeat((LONGEST_PASTE - head.len()) / line.len()));
    server.advance(TimeDelta::hours(3));
    let own =
        [("key", UNUSED_KEY), ("kind", "generate"), ("server_item", "SW-002-4.0-SV01")].map(|(n, v)| (n, None, v.as_bytes()));
    let file = vec![b'x'; 3 * 1024 * 1024];
    let parts: Vec<(&str, Option<&str>, &[u8])> = own
        .into_iter()
        .chain([("table", Some("machines of Friday.csv"), &file[..]), ("lines", None, pasted.as_bytes())])
        .collect();
    let ended = lena.post_parts(batches, &parts).await;
    let said = "The file machines of Friday.csv was not kept. Choose it again after signing in.";
    assert_eq!(ended.all(".note.warn"), [said]);
    // A wrong password on the way loses nothing.
    let mut wrong = ended.fields("");
    wrong.retain(|(name, _)| !["email", "password"].contains(&name.as_str()));
    wrong.extend([("email", LENA), ("password", "wrong")].map(|(name, value)| (name.to_owned(), value.to_owned())));
    let wrong = lena.post("/sign-in", &wrong).await;
    assert_eq!((wrong.status, wrong.all(".note.warn")), (StatusCode::UNAUTHORIZED, vec![said.to_owned()]));
    let back = signed_in_again(&lena, &wrong, LENA).await;
    assert_eq!(back.status, StatusCode::OK);
    let again = back.text();
    let text = again.split("<textarea").nth(1).and_then(|rest| rest.split_once('>')).expect("a field").1;
    let text = text.split("</textarea>").next().expect("its text");
    assert_eq!(text.trim(), pasted.trim(), "{}", text.len());
    assert_eq!(back.value("server_item").as_deref(), Some("SW-002-4.0-SV01"));
    let said = "machines of Friday.csv was sent when the session had ended, and was not kept. Choose it again.";
    assert_eq!(back.all(".note.warn"), [said]);
}

#[tokio::test]
async fn more_than_can_be_pasted_is_refused_in_words_and_kept_on_the_page() {
    let server = server().await;
    let amelia = server.signed_in(AMELIA).await;
    let pasted = "x".repeat(LONGEST_PASTE + 1);
    let parts = [("key", None, UNUSED_KEY.as_bytes()), ("kind", None, &b"generate"[..]), ("lines", None, pasted.as_bytes())];
    let refused = amelia.post_parts("/accounts/ACME-1001/batches", &parts).await;
    let said = "More than 128 KiB of lines were pasted. Save them as a file, and choose that.";
    assert_eq!((refused.status, refused.problems()[0].1.as_str()), (StatusCode::PAYLOAD_TOO_LARGE, said));
    assert!(refused.text().contains(&pasted));
}
