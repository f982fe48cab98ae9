use crate::{UNUSED_KEY, form, generated};
use reqwest::{Method, StatusCode};
use server::{Access, Route};
use std::collections::HashMap;
use tests::{AMELIA, Answer, Browser, HANNA, LENA, PETRA, SAM, Server};

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
    for path in ["/accounts/%FF/files", "/accounts/%00/files", "/accounts/HELIOS-2002%00/files"] {
        let no_text = hanna.get(path).await;
        assert_eq!((no_text.status, no_text.all("h1")), (StatusCode::NOT_FOUND, vec!["Not found".to_owned()]), "{path}");
    }
    // A file of one account is not found under another.
    assert_eq!(hanna.get(&file.replace("ACME-1001", "HELIOS-2002")).await.status, StatusCode::NOT_FOUND);
}

/// Person who asks. Acme is the customer's own account; Nordic is the one that granted the partner access.
#[derive(Clone, Copy, Debug)]
enum Asking {
    Anonymous,
    OtherAccount,
    Customer,
    PartnerWithoutGrant,
    PartnerWithGrant,
    Analyst,
    Administrator,
}

impl Asking {
    const ALL: [Self; 7] = [
        Self::Anonymous,
        Self::OtherAccount,
        Self::Customer,
        Self::PartnerWithoutGrant,
        Self::PartnerWithGrant,
        Self::Analyst,
        Self::Administrator,
    ];

    fn email(self) -> Option<&'static str> {
        match self {
            Self::Anonymous => None,
            Self::OtherAccount => Some(HANNA),
            Self::Customer => Some(AMELIA),
            Self::PartnerWithoutGrant | Self::PartnerWithGrant => Some(PETRA),
            Self::Analyst => Some(LENA),
            Self::Administrator => Some(SAM),
        }
    }

    /// An install site of the account that is asked about.
    fn site(self) -> &'static str {
        match self {
            Self::PartnerWithGrant => "5",
            _ => "1",
        }
    }

    /// The account that is asked about, and its one file.
    fn subject(self) -> (&'static str, &'static str) {
        match self {
            Self::PartnerWithGrant => ("NORDIC-3003", "AF-0000002"),
            _ => ("ACME-1001", "AF-0000001"),
        }
    }
}

/// Answers to each of [`Asking::ALL`], in that order.
type Row = [u16; 7];

/// The same for everybody.
const fn everybody(status: u16) -> Row {
    [status; 7]
}

/// For pages of an account: those who may see it, and a way to sign in for those who may not yet.
const fn account(anonymous: u16) -> Row {
    [anonymous, 404, 200, 404, 200, 200, 404]
}

/// A path that leads somewhere, and the row of the route. A route without one does not compile.
fn row(route: Route) -> (&'static str, Row) {
    match route {
        Route::Home | Route::SignOut => (route.path(), everybody(303)),
        // People with a second factor are asked for a code.
        Route::SignIn => (route.path(), [303, 303, 303, 303, 303, 200, 200]),
        Route::Theme => (route.path(), everybody(204)),
        Route::SignInPage | Route::Keys | Route::VerifierKeys | Route::Alive | Route::Ready | Route::Favicon => {
            (route.path(), everybody(200))
        }
        // The tests ask from this machine.
        Route::Metrics => (route.path(), everybody(200)),
        Route::KeyPem => ("/keys/licensing.meridian.example/2026a.pem", everybody(200)),
        Route::Help => (route.path(), everybody(200)),
        Route::HelpTopic => ("/help/activity", everybody(200)),
        Route::Verifier => (route.path(), everybody(200)),
        Route::CheckFile => (route.path(), everybody(200)),
        // The fields below are no form with files.
        Route::SendCheckFile => (route.path(), everybody(400)),
        Route::Cloud => (route.path(), account(303)),
        Route::SendCloud => (route.path(), [401, 404, 403, 404, 403, 303, 404]),
        Route::Asset => ("/static/0/icons/favicon.svg", everybody(200)),
        Route::RequestWelcome | Route::NewRequest => (route.path(), everybody(200)),
        // The key is none, or nothing was begun under it.
        Route::RequestDraft => ("/request/new/AAAAAAAAAAAAAAAAAAAAAA", everybody(404)),
        Route::KeepRequest => ("/request/new/A/draft", everybody(404)),
        Route::RequestAttachments | Route::UploadToForm => ("/request/new/AAAAAAAAAAAAAAAAAAAAAA/attachments", everybody(404)),
        Route::RemoveFromForm => ("/request/new/AAAAAAAAAAAAAAAAAAAAAA/attachments/1/remove", everybody(404)),
        Route::FinishRequest => ("/request/new/AAAAAAAAAAAAAAAAAAAAAA/done", everybody(404)),
        // The fields below are of another form.
        Route::SendRequest => ("/request/new/AAAAAAAAAAAAAAAAAAAAAA", everybody(422)),
        // No request has this link.
        Route::FollowRequest => ("/request/none", everybody(404)),
        Route::ReplyByLink => ("/request/none/reply", everybody(404)),
        Route::CloseByLink => ("/request/none/close", everybody(404)),
        Route::RenewLink => ("/request/none/link", everybody(404)),
        Route::UploadByLink => ("/request/none/attachments", everybody(404)),
        Route::AttachmentByLink => ("/request/none/attachments/1", everybody(404)),
        // No file is kept while somebody signs in.
        Route::UploadSignedIn => ("/requests/AFR-0000001/attachments", [303, 404, 404, 404, 404, 404, 404]),
        Route::ProvideFile => ("/requests/AFR-0000001/provided", [401, 403, 403, 403, 403, 404, 403]),
        Route::RemoveProvided => ("/requests/AFR-0000001/provided/1/remove", [401, 403, 403, 403, 403, 404, 403]),
        Route::Attachment => ("/requests/AFR-0000001/attachments/1", [303, 404, 404, 404, 404, 404, 404]),
        Route::HandedFile => ("/request/none/files/{serial}", everybody(404)),
        Route::FileOfRequest => ("/requests/AFR-0000001/files/{serial}", [303, 404, 404, 404, 404, 404, 404]),
        Route::Mailbox | Route::ConfirmMailbox => ("/request/none/mailbox/none", everybody(404)),
        Route::Requests => (route.path(), [303, 200, 200, 200, 200, 200, 200]),
        // Nobody has sent one.
        Route::RequestsCsv | Route::Figures | Route::Canned => (route.path(), [303, 403, 403, 403, 403, 200, 403]),
        Route::KeepCanned => (route.path(), [401, 403, 403, 403, 403, 422, 403]),
        Route::RemoveCanned => ("/requests/answers/9/remove", [401, 403, 403, 403, 403, 404, 403]),
        Route::FormDocument => (route.path(), [303, 403, 403, 403, 403, 403, 200]),
        Route::ChangeForm => (route.path(), [401, 403, 403, 403, 403, 403, 422]),
        Route::Reading => ("/requests/AFR-0000001/reading", [401, 403, 403, 403, 403, 404, 403]),
        Route::Mail => (route.path(), [303, 403, 403, 403, 403, 200, 403]),
        Route::RawMail => ("/requests/mail/1", [303, 403, 403, 403, 403, 404, 403]),
        Route::AddMail => ("/requests/mail/1/add", [401, 403, 403, 403, 403, 422, 403]),
        Route::DismissMail => ("/requests/mail/1/dismiss", [401, 403, 403, 403, 403, 404, 403]),
        Route::Request => ("/requests/AFR-0000001", [303, 404, 404, 404, 404, 404, 404]),
        Route::ReplyToRequest => ("/requests/AFR-0000001/reply", [401, 404, 404, 404, 404, 404, 404]),
        Route::CloseRequest => ("/requests/AFR-0000001/close", [401, 404, 404, 404, 404, 404, 404]),
        Route::ClaimRequest => ("/requests/AFR-0000001/claim", [401, 403, 403, 403, 403, 404, 403]),
        Route::ReleaseRequest => ("/requests/AFR-0000001/release", [401, 403, 403, 403, 403, 404, 403]),
        Route::HandOverRequest => ("/requests/AFR-0000001/hand-over", [401, 403, 403, 403, 403, 404, 403]),
        Route::AnswerRequest => ("/requests/AFR-0000001/answer", [401, 403, 403, 403, 403, 404, 403]),
        Route::NoteRequest => ("/requests/AFR-0000001/note", [401, 403, 403, 403, 403, 404, 403]),
        Route::LinkRequest => ("/requests/AFR-0000001/account", [401, 403, 403, 403, 403, 404, 403]),
        // No invitation has this link.
        Route::Invitation | Route::AcceptInvitation => ("/invitation/none", everybody(410)),
        // Nobody asked for a link, and the field is of another form.
        Route::Forgotten => (route.path(), everybody(200)),
        Route::AskForReset => (route.path(), everybody(422)),
        Route::ResetPage | Route::Reset => ("/password/none", everybody(410)),
        Route::Profile => (route.path(), [303, 200, 200, 200, 200, 200, 200]),
        // The fields below have no name.
        Route::ChangeProfile => (route.path(), [401, 422, 422, 422, 422, 422, 422]),
        Route::ChangePassword => (route.path(), [401, 422, 422, 422, 422, 422, 422]),
        Route::SignInCode => (route.path(), everybody(303)),
        // Nobody has entered a password for the token below.
        Route::FinishSignIn => (route.path(), everybody(401)),
        Route::SecondFactor => (route.path(), [303, 200, 200, 200, 200, 200, 200]),
        // The secret is none.
        Route::SetUpSecondFactor => (route.path(), [401, 422, 422, 422, 422, 422, 422]),
        // Those without a second factor; and those with one, without a code.
        Route::RecoveryCodes => (route.path(), [401, 409, 409, 409, 409, 422, 422]),
        Route::RemoveSecondFactor => (route.path(), [401, 409, 409, 409, 409, 409, 409]),
        // The fields below are of another form.
        Route::ChangeAddress => (route.path(), [401, 422, 422, 422, 422, 422, 422]),
        Route::AddressChange | Route::ConfirmAddress => ("/address/none", everybody(410)),
        Route::ChooseNotices => (route.path(), [401, 303, 303, 303, 303, 303, 303]),
        // No mail has this link.
        Route::Unsubscribing | Route::Unsubscribe => ("/notices/none/daily", everybody(404)),
        Route::EndSessions => (route.path(), [401, 303, 303, 303, 303, 303, 303]),
        // The fields below name no partner.
        Route::GrantPartner => ("/accounts/{garn}/partners", [401, 404, 422, 404, 403, 422, 404]),
        Route::WithdrawPartner => ("/accounts/{garn}/partners/99/withdraw", [401, 404, 404, 404, 403, 404, 404]),
        Route::Orders => ("/accounts/{garn}/orders", account(303)),
        Route::NewLine | Route::Settings => (route.path(), [303, 404, 403, 404, 403, 200, 404]),
        // The fields below are of another form.
        Route::SendLine => (route.path(), [401, 404, 403, 404, 403, 409, 404]),
        Route::SendSettings => (route.path(), [401, 404, 403, 404, 403, 409, 404]),
        Route::Certifications | Route::CertificationTemplate => (route.path(), [303, 403, 403, 403, 403, 200, 403]),
        // The fields below are no form with a table.
        Route::EnterCertifications => (route.path(), [401, 403, 403, 403, 403, 400, 403]),
        Route::NewAccount => (route.path(), [303, 403, 403, 403, 403, 200, 403]),
        Route::SendAccount => (route.path(), [401, 403, 403, 403, 403, 422, 403]),
        Route::History => ("/accounts/{garn}/history", account(303)),
        Route::HistoryCsv => ("/accounts/{garn}/history.csv", account(303)),
        Route::PortalHistory | Route::PortalHistoryCsv => (route.path(), [303, 403, 403, 403, 403, 403, 200]),
        Route::Setup | Route::People => (route.path(), [303, 403, 403, 403, 403, 403, 200]),
        Route::Catalogue => (route.path(), [303, 403, 403, 403, 403, 403, 200]),
        // The fields below are no form with a file.
        Route::ProposeCatalogue => (route.path(), [401, 403, 403, 403, 403, 403, 400]),
        // Nobody has proposed one; the first is in use.
        Route::ProposedCatalogue => ("/catalogue/2", [303, 403, 403, 403, 403, 403, 404]),
        Route::ApplyCatalogue => ("/catalogue/2", [401, 403, 403, 403, 403, 403, 404]),
        Route::CatalogueDocument => ("/catalogue/1/document", [303, 403, 403, 403, 403, 403, 200]),
        Route::Imports | Route::ImportTemplate => (route.path(), [303, 403, 403, 403, 403, 200, 403]),
        // The fields below are no form with a table, and nothing was imported.
        Route::BeginImport => (route.path(), [401, 403, 403, 403, 403, 400, 403]),
        Route::Import => ("/imports/IM-0000009", [303, 403, 403, 403, 403, 404, 403]),
        Route::ImportLines => ("/imports/IM-0000009/lines.csv", [303, 403, 403, 403, 403, 404, 403]),
        Route::ApplyImport => ("/imports/IM-0000009/apply", [401, 403, 403, 403, 403, 404, 403]),
        Route::DiscardImport => ("/imports/IM-0000009/discard", [401, 403, 403, 403, 403, 404, 403]),
        Route::TryMail => (route.path(), [401, 403, 403, 403, 403, 403, 303]),
        // The fields below name nobody.
        Route::Invite => (route.path(), [401, 403, 403, 403, 403, 403, 422]),
        Route::Person => ("/people/1", [303, 403, 403, 403, 403, 403, 200]),
        Route::ChangeRole => ("/people/99", [401, 403, 403, 403, 403, 403, 404]),
        Route::SetActive => ("/people/99/active", [401, 403, 403, 403, 403, 403, 404]),
        Route::Anonymise => ("/people/99/anonymise", [401, 403, 403, 403, 403, 403, 404]),
        Route::ResetSecondFactor => ("/people/99/second-factor/reset", [401, 403, 403, 403, 403, 403, 404]),
        Route::WithdrawInvitation => ("/people/invitations/1/withdraw", [401, 403, 403, 403, 403, 403, 404]),
        Route::Jobs => (route.path(), [303, 403, 403, 403, 403, 403, 200]),
        // No job of this number is parked.
        Route::RetryJob => ("/jobs/7/retry", [401, 403, 403, 403, 403, 403, 409]),
        Route::DiscardJob => ("/jobs/7/discard", [401, 403, 403, 403, 403, 403, 409]),
        // Administrators see no accounts: they are led to what they look after.
        Route::Accounts => (route.path(), [303, 200, 200, 200, 200, 200, 303]),
        Route::Search => (route.path(), [303, 200, 200, 200, 200, 200, 200]),
        // The partner manages no people of a customer; the address is nobody's, and the field of another form.
        Route::Members => (route.path(), account(303)),
        Route::InviteMember => (route.path(), [401, 404, 422, 404, 403, 422, 404]),
        Route::Member => ("/accounts/{garn}/people/2", [303, 404, 200, 404, 403, 200, 404]),
        Route::ChangeMember => ("/accounts/{garn}/people/99", [401, 404, 404, 404, 403, 404, 404]),
        Route::RemoveMember => ("/accounts/{garn}/people/99/remove", [401, 404, 404, 404, 403, 404, 404]),
        Route::Certify => ("/accounts/{garn}/people/99/certifications", [401, 404, 403, 404, 403, 404, 404]),
        Route::WithdrawCertification => {
            ("/accounts/{garn}/people/2/certifications/99/withdraw", [401, 404, 403, 404, 403, 404, 404])
        }
        Route::WithdrawMember => ("/accounts/{garn}/people/invitations/1/withdraw", [401, 404, 404, 404, 403, 404, 404]),
        Route::Overview
        | Route::Summary
        | Route::SummaryCsv
        | Route::Software
        | Route::Upgrade
        | Route::Sites
        | Route::NewSite
        | Route::Site
        | Route::Files
        | Route::FilesCsv
        | Route::Batches
        | Route::BatchTemplate
        | Route::NewFile
        | Route::File
        | Route::Download
        | Route::Update
        | Route::Deactivate => (route.path(), account(303)),
        Route::SendNewFile => (route.path(), account(401)),
        // The revision after the current one, so that whoever may see the file is told that it is not there.
        Route::Superseded | Route::DownloadRevision => (route.path(), [303, 404, 404, 404, 404, 404, 404]),
        // The form is one for a new file, and says nothing of the revision that it began with.
        Route::SendUpdate => (route.path(), [401, 404, 409, 404, 409, 409, 404]),
        // Nothing has been upgraded, and the form does not say what is to be.
        Route::UpgradeDone => ("/accounts/{garn}/upgrade/UP-0000001", [303, 404, 404, 404, 404, 404, 404]),
        Route::SendUpgrade => (route.path(), [401, 404, 422, 404, 422, 422, 404]),
        // The fields below are no form with a table, and select nothing.
        Route::SendBatch => (route.path(), [401, 404, 400, 404, 400, 400, 404]),
        Route::SendSelection => (route.path(), [401, 404, 422, 404, 422, 422, 404]),
        // Nothing has been planned.
        Route::Batch | Route::BatchLines | Route::BatchFiles => (
            match route {
                Route::Batch => "/accounts/{garn}/batches/BT-0000001",
                Route::BatchLines => "/accounts/{garn}/batches/BT-0000001/lines.csv",
                _ => "/accounts/{garn}/batches/BT-0000001/files.zip",
            },
            [303, 404, 404, 404, 404, 404, 404],
        ),
        Route::BeginBatch => ("/accounts/{garn}/batches/BT-0000001", [401, 404, 404, 404, 404, 404, 404]),
        Route::PlanBatchAgain => ("/accounts/{garn}/batches/BT-0000001/plan", [401, 404, 404, 404, 404, 404, 404]),
        Route::DiscardBatch => ("/accounts/{garn}/batches/BT-0000001/discard", [401, 404, 404, 404, 404, 404, 404]),
        // It has neither name nor country.
        Route::SendNewSite | Route::SendSite => (route.path(), [401, 404, 422, 404, 422, 422, 404]),
        Route::Revoke => (route.path(), [303, 404, 403, 404, 403, 200, 404]),
        Route::SendRevoke => (route.path(), [401, 404, 403, 404, 403, 422, 404]),
        // It says no reason.
        Route::SendDeactivate => (route.path(), [401, 404, 422, 404, 422, 422, 404]),
    }
}

/// The form that is posted: a person's own to sign in; else one that is complete for the account that is asked about, and only checked.
fn fields(route: Route, asking: Asking) -> Vec<(String, String)> {
    match asking {
        _ if route == Route::SignIn => {
            let fields = [("email", asking.email().unwrap_or(AMELIA)), ("password", portal::demo::DEMO_PASSWORD)];
            fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
        }
        Asking::PartnerWithGrant => form(UNUSED_KEY, &[&NORDIC[..], &[("step", "check")]].concat()),
        _ => form(UNUSED_KEY, &[("step", "check"), ("host_id", "00505684E9A1"), ("switchover_host_id", "00505684E9A2")]),
    }
}

/// Fields that make the complete form one for Nordic.
const NORDIC: [(&str, &str); 4] =
    [("site", "5"), ("version", "2018 R5"), ("server_item", "SW-001-4.0-SV02"), ("switchover_item", "SW-001-4.0-SO02")];

#[tokio::test]
async fn every_route_answers_everybody_as_its_row_says() {
    let server = Server::start().await;
    generated(&server.signed_in(AMELIA).await, &[]).await;
    let petra = server.signed_in(PETRA).await;
    let page = petra.get("/accounts/NORDIC-3003/files/new?product=CIC&version=2018+R5").await;
    let key = page.value("key").expect("a key");
    let theirs = petra.post("/accounts/NORDIC-3003/files/new", &form(&key, &NORDIC)).await;
    assert_eq!(theirs.header("location"), "/accounts/NORDIC-3003/files/AF-0000002?generated", "{:?}", theirs.problems());
    server.execute("UPDATE entitlements SET owned_assigned = owned_assigned + 5 WHERE account_id = 3").await;
    let strangers = without_nonce(&server.signed_in(HANNA).await.get("/nothing").await);
    let mut signed_in: HashMap<&str, Browser> = HashMap::new();
    for route in Route::ALL {
        let (path, expected) = row(*route);
        for (asking, expected) in Asking::ALL.into_iter().zip(expected) {
            let (garn, serial) = asking.subject();
            let path = path
                .replace("{garn}", garn)
                .replace("{serial}", serial)
                .replace("{revision}", "2")
                .replace("{site}", asking.site());
            for accept in ["text/html,application/xhtml+xml", "*/*"] {
                // Signing out ends a session: who does has one of their own.
                let ends = *route == Route::SignOut;
                let browser = match (asking.email(), asking.email().and_then(|email| signed_in.get(email))) {
                    (Some(_), Some(browser)) if !ends => browser.clone(),
                    (Some(email), _) => server.signed_in(email).await,
                    (None, _) => server.browser(),
                };
                if let Some(email) = asking.email().filter(|_| !ends) {
                    signed_in.insert(email, browser.clone());
                }
                let browser = browser.accepting(accept);
                let answer = match route.method() {
                    Method::POST => browser.post(&path, &fields(*route, asking)).await,
                    _ => browser.get(&path).await,
                };
                let what = format!("{} {path} by {asking:?}, {accept}", route.method());
                assert_eq!(answer.status.as_u16(), expected, "{what}: {:?}", answer.problems());
                if answer.status == StatusCode::NOT_FOUND && asking.email() == Some(HANNA) {
                    assert_eq!(without_nonce(&answer), strangers, "{what}");
                }
                for icon in answer.attributes("use", "href") {
                    assert_eq!(answer.attributes(&format!("symbol{icon}"), "id").len(), 1, "{what}: the drawing of {icon}");
                }
                if route.access() == Access::SignedIn && asking.email().is_none() {
                    // The address that was asked for comes back; nothing else is said of it.
                    let told = answer.text().replace(&path, "");
                    assert!(!told.contains("Acme") && !told.contains("AF-0"), "{what}");
                }
            }
        }
    }
}

#[tokio::test]
async fn an_update_that_says_another_type_is_refused_to_everybody() {
    let server = Server::start().await;
    let file = generated(&server.signed_in(AMELIA).await, &[]).await;
    let before = server.contents().await;
    let expected: Row = [401, 404, 422, 404, 422, 422, 404];
    for (asking, expected) in Asking::ALL.into_iter().zip(expected) {
        // The partner of Nordic has no grant for Acme.
        let expected = if matches!(asking, Asking::PartnerWithGrant) { 404 } else { expected };
        let browser = match asking.email() {
            Some(email) => server.signed_in(email).await,
            None => server.browser(),
        };
        let forged = form(UNUSED_KEY, &[("began", "1"), ("type", "trial"), ("machine_name", "IC-PRD-09")]);
        let answer = browser.post(&format!("{file}/update"), &forged).await;
        assert_eq!(answer.status.as_u16(), expected, "{asking:?}: {:?}", answer.problems());
    }
    assert_eq!(server.contents().await, before);
}

#[tokio::test]
async fn an_address_that_is_no_route_and_a_method_that_none_has_are_answered_the_same_to_everybody() {
    let server = Server::start().await;
    for asking in Asking::ALL {
        let browser = match asking.email() {
            Some(email) => server.signed_in(email).await,
            None => server.browser(),
        };
        assert_eq!(browser.get("/nothing").await.status, StatusCode::NOT_FOUND, "{asking:?}");
        assert_eq!(browser.post("/keys", &[("", "")]).await.status, StatusCode::METHOD_NOT_ALLOWED, "{asking:?}");
    }
}

#[tokio::test]
async fn under_https_the_session_is_bound_to_the_host_and_the_host_to_https() {
    let server = Server::behind("https://licences.example").await;
    let page = server.browser().get("/sign-in").await;
    assert_eq!(page.header("strict-transport-security"), "max-age=31536000; includeSubDomains");
    let body = format!("email={AMELIA}&password={}", portal::demo::DEMO_PASSWORD.replace(' ', "+"));
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
        // Pages stay with the reader, for Back and Forward, until they sign out; nothing else does.
        let page = answer.header("content-type").starts_with("text/html");
        assert_eq!(answer.header("cache-control"), if page { "private, no-cache" } else { "no-store" }, "{path}");
        assert_eq!(answer.header("strict-transport-security"), "", "{path}: plain http on loopback");
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; ") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe-inline"), "{path}: {policy}");
        assert!(!answer.text().contains(" style=\"") && !answer.text().contains(" onclick="), "{path}");
    }
}
