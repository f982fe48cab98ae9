use reqwest::StatusCode;
use tests::{AMELIA, HANNA, LENA, Server};

const CLOUD: &str = "/accounts/HELIOS-2002/cloud";

#[tokio::test]
async fn an_analyst_notes_the_cloud_organisation_of_an_account() {
    let server = Server::start().await;
    let lena = server.signed_in(LENA).await;
    let saved = lena.post(CLOUD, &[("organization", " org-2 "), ("connected", "yes")]).await;
    assert_eq!((saved.status, saved.header("location")), (StatusCode::SEE_OTHER, "/accounts/HELIOS-2002/cloud?saved"));
    let page = lena.get("/accounts/HELIOS-2002/cloud?saved").await;
    assert_eq!(page.all(".note.ok"), ["The cloud connection was saved."]);
    assert_eq!(page.all("dl dd"), ["org-2", "The connection is set up: virtual-cloud files can be generated."]);
    let events = server.rows("SELECT actor, subject, before, after FROM audit_events WHERE action = 'cloud connection'").await;
    assert_eq!(events.len(), 1);
    assert_eq!((events[0]["actor"].as_str(), events[0]["subject"].as_str()), (Some("Lena Fischer"), Some("HELIOS-2002")));
    assert!(events[0]["after"].to_string().contains("org-2"));
    // The same again changes nothing.
    lena.post(CLOUD, &[("organization", "org-2"), ("connected", "yes")]).await;
    assert_eq!(server.rows("SELECT id FROM audit_events WHERE action = 'cloud connection'").await.len(), 1);
    lena.post(CLOUD, &[("organization", "")]).await;
    assert_eq!(lena.get(CLOUD).await.all("dl dd"), ["–", "No cloud organisation is known."]);
}

#[tokio::test]
async fn a_connection_that_cannot_be_is_refused_with_its_words() {
    let server = Server::start().await;
    let lena = server.signed_in(LENA).await;
    let before = server.contents().await;
    for (organization, connected, words) in [
        ("", "yes", "There is a connection only to an organisation. Enter its id, or clear the box."),
        (
            "org\u{202E}2",
            "",
            "The organisation id cannot be used: it has a control or text-direction character (U+202E), which a reader cannot see.",
        ),
    ] {
        let refused = lena.post(CLOUD, &[("organization", organization), ("connected", connected)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(refused.problems(), [("organization".to_owned(), words.to_owned())]);
        assert_eq!(refused.value("organization").as_deref(), Some(organization));
    }
    let hanna = server.signed_in(HANNA).await;
    assert_eq!(hanna.get(CLOUD).await.all("form button").iter().filter(|button| *button == "Save").count(), 0);
    let refused = hanna.post(CLOUD, &[("organization", "org-2")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(
        refused.problems(),
        [(
            "organization".to_owned(),
            "Licensing analysts alone change the cloud connection. Send them an activation file request.".to_owned()
        )]
    );
    assert_eq!(server.contents().await, before);
    // Of a perpetual account it is no tab, and the page says why.
    let amelia = server.signed_in(AMELIA).await;
    assert!(!amelia.get("/accounts/ACME-1001").await.all(".tabs a").contains(&"Cloud connection".to_owned()));
    let perpetual = amelia.get("/accounts/ACME-1001/cloud").await;
    assert_eq!(perpetual.all(".note.info"), ["A virtual cloud is for subscription accounts; this account is none."]);
}
