use crate::{allocated, generated};
use chrono::TimeDelta;
use reqwest::StatusCode;
use tests::{AMELIA, Answer, Backend, Browser, LENA, Server, changed};

const TYPED: [(&str, &str); 2] = [("reason", "The order was cancelled."), ("machine", "ic-prd-01")];

/// Opens the page of a file and sends its form with `typed`.
async fn revoke(browser: &Browser, file: &str, typed: &[(&str, &str)]) -> Answer {
    let page = browser.get(&format!("{file}/revoke")).await;
    assert_eq!(page.status, StatusCode::OK);
    browser.post(&format!("{file}/revoke"), &changed(page.fields(""), typed)).await
}

async fn told(server: &Server) -> Vec<String> {
    let sql = "SELECT CAST(arguments AS TEXT) AS mail FROM jobs WHERE kind = 'mail' ORDER BY id";
    let mails = server.rows(sql).await;
    let mails = mails.iter().map(|row| row["mail"].as_str().expect("a text").to_owned());
    mails.filter(|mail| mail.contains("was revoked")).collect()
}

#[tokio::test]
async fn a_revoked_file_returns_everything_and_its_people_are_told() {
    let server = Server::durable(Backend::of_run()).await;
    let (amelia, lena) = (server.signed_in(AMELIA).await, server.signed_in(LENA).await);
    let file = generated(&amelia, &[]).await;
    let bytes = amelia.get(&format!("{file}/download")).await.body;
    assert!(amelia.get(&file).await.attributes(".actions a", "href").iter().all(|link| !link.ends_with("/revoke")));
    let view = lena.get(&file).await;
    assert!(view.attributes(".actions a", "href").contains(&format!("{file}/revoke")), "an analyst is offered it");
    let before = server.contents().await;
    let refused = revoke(&lena, &file, &[("machine", "ic-prd-02")]).await;
    let machine = "This is not the name of its machine. Type IC-PRD-01 to revoke the file.";
    let reason = "Say why, in words that the account’s people read.";
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        refused.problems(),
        [("reason", reason), ("machine", machine)].map(|(at, words)| (at.to_owned(), words.to_owned()))
    );
    assert_eq!(server.contents().await, before);
    server.advance(TimeDelta::minutes(5));
    let revoked = revoke(&lena, &file, &TYPED).await;
    assert_eq!(revoked.header("location"), format!("{file}?revoked"), "{:?}", revoked.problems());
    for id in [1, 2, 5, 17] {
        assert_eq!(allocated(&server, id).await, (0, 0), "line {id}");
    }
    assert_eq!(
        lena.get(revoked.header("location")).await.all(".note.ok strong"),
        ["Activation file AF-0000001 was revoked. Its quantities are available again."]
    );
    let view = amelia.get(&file).await;
    assert_eq!(view.all(".plate .badge"), ["Revoked"]);
    let note = &view.all(".note.warn")[0];
    assert!(note.contains("This file was revoked") && note.contains("by Lena Fischer. “The order was cancelled.”"), "{note}");
    assert!(view.all(".events li")[0].ends_with("Revoked; its quantities were returned. “The order was cancelled.”"));
    // The bytes stay what they were, under a name that tells.
    let download = amelia.get(&format!("{file}/download")).await;
    assert_eq!(download.body, bytes);
    assert_eq!(download.header("content-disposition"), "attachment; filename=\"AF-0000001-revoked.I3Lic\"");
    assert_eq!(amelia.get("/accounts/ACME-1001/files?active=no").await.all("tbody th"), ["AF-0000001"]);
    // Her colleagues who may change files are told with her, nobody twice.
    let mails = told(&server).await;
    assert_eq!(mails.len(), 4, "{mails:?}");
    assert!(mails.iter().all(|mail| mail.contains("Reason: The order was cancelled.")));
    assert_eq!(mails.iter().filter(|mail| mail.contains(AMELIA)).count(), 1);
    // It has ended once.
    let again = lena.get(&format!("{file}/revoke")).await;
    assert_eq!(
        (again.status, again.all("[role=alert]")),
        (StatusCode::CONFLICT, vec!["AF-0000001 is not active: there is nothing to revoke.".to_owned()])
    );
    for path in ["update", "deactivate"] {
        assert_eq!(amelia.get(&format!("{file}/{path}")).await.status, StatusCode::CONFLICT, "{path}");
    }
    server.assert_healthy().await;
}

#[tokio::test]
async fn of_a_revocation_and_a_deactivation_at_once_one_ends_the_file() {
    let server = Server::durable(Backend::of_run()).await;
    let (amelia, lena) = (server.signed_in(AMELIA).await, server.signed_in(LENA).await);
    let file = generated(&amelia, &[]).await;
    let of = async |browser: &Browser, what: &str, typed: [(&str, &str); 2]| {
        let path = format!("{file}/{what}");
        let fields = changed(browser.get(&path).await.fields(""), &typed);
        (path, fields)
    };
    let (revoke, revoked) = of(&lena, "revoke", TYPED).await;
    let (deactivate, deactivated) = of(&amelia, "deactivate", [("reason", "reallocation"), ("machine", "ic-prd-01")]).await;
    let (one, other) = tokio::join!(lena.post(&revoke, &revoked), amelia.post(&deactivate, &deactivated));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [StatusCode::SEE_OTHER, StatusCode::CONFLICT]);
    // The same submission again is the same answer.
    if one.status == StatusCode::SEE_OTHER {
        assert_eq!(lena.post(&revoke, &revoked).await.header("location"), one.header("location"));
    }
    assert_eq!(allocated(&server, 1).await, (0, 0));
    server.assert_healthy().await;
}
