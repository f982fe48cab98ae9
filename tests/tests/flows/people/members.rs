use crate::{form, fresh_key};
use reqwest::StatusCode;
use tests::{AMELIA, Backend, HANNA, LENA, NEW, OWEN, PETRA, Server};

const PEOPLE: &str = "/accounts/ACME-1001/people";
/// Owen's number.
const OWENS: &str = "/accounts/ACME-1001/people/2";

#[tokio::test]
async fn an_account_manages_its_own_people_and_each_permission_counts_at_once() {
    let server = Server::durable(Backend::of_run()).await;
    let (amelia, owen) = (server.signed_in(AMELIA).await, server.signed_in(OWEN).await);
    let page = amelia.get(PEOPLE).await;
    assert_eq!(page.all("tbody th"), ["Amelia Hart", "Owen Blake", "Ruth Vance", "Theo Lind"]);
    // What may be done is taken away, one after the other.
    assert_eq!(amelia.post(OWENS, &[("permission", "files")]).await.header("location"), format!("{PEOPLE}?saved"));
    assert_eq!(owen.get(PEOPLE).await.attributes("main form", "action").len(), 0, "he invites nobody");
    let sites = "/accounts/ACME-1001/sites";
    let words =
        "You are not permitted to manage install sites here. Ask somebody who manages the account’s people for the permission.";
    assert!(owen.get(sites).await.all(".note")[0].starts_with(words));
    let before = server.contents().await;
    for (path, fields) in [
        (format!("{sites}/new"), vec![("name", "Bergen"), ("country", "Norway"), ("active", "yes")]),
        (format!("{sites}/1"), vec![("name", "Bergen"), ("country", "Norway")]),
        (PEOPLE.to_owned(), vec![("email", "dana@acme.example")]),
        ("/accounts/ACME-1001/people/3".to_owned(), vec![("permission", "people")]),
        ("/accounts/ACME-1001/people/3/remove".to_owned(), vec![]),
    ] {
        let answer = owen.post(&path, &fields).await;
        assert_eq!((answer.status, answer.all("h1")), (StatusCode::FORBIDDEN, vec!["Not permitted".to_owned()]), "{path}");
    }
    assert_eq!(server.contents().await, before);
    assert_eq!(amelia.post::<&str, &str>(OWENS, &[]).await.status, StatusCode::SEE_OTHER);
    let key = fresh_key(&amelia).await;
    let refused = owen.post(NEW, &form(&key, &[])).await;
    assert!(refused.text().contains("You are not permitted to generate files for this account."), "{:?}", refused.all(".note"));
    assert_ne!(refused.status, StatusCode::SEE_OTHER);
    assert!(server.rows("SELECT id FROM activation_files").await.is_empty());
    // Nobody changes what they may do themselves, or takes themselves away.
    for path in ["/accounts/ACME-1001/people/1", "/accounts/ACME-1001/people/1/remove"] {
        let answer = amelia.post(path, &[("permission", "files")]).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{path}");
        assert!(answer.all("[role=alert]")[0].starts_with("This is you."), "{path}");
    }
    assert_eq!(amelia.press(&format!("{OWENS}/remove")).await.header("location"), format!("{PEOPLE}?removed"));
    assert_eq!(owen.get("/accounts/ACME-1001").await.status, StatusCode::NOT_FOUND);
    assert_eq!(amelia.press(&format!("{OWENS}/remove")).await.status, StatusCode::NOT_FOUND);
    let events = server.rows("SELECT action, subject FROM audit_events WHERE action LIKE 'person %' ORDER BY id").await;
    let told: Vec<String> = events.iter().map(|event| event["action"].as_str().expect("an action").to_owned()).collect();
    assert_eq!(told, ["person changed", "person changed", "person removed"]);
    server.assert_healthy().await;
}

#[tokio::test]
async fn colleagues_are_invited_to_their_account_only() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let invited = amelia.post(PEOPLE, &[("email", "dana@acme.example"), ("permission", "files"), ("permission", "sites")]).await;
    assert_eq!(invited.header("location"), format!("{PEOPLE}?invited=dana%40acme.example"));
    let page = amelia.get(PEOPLE).await;
    let withdraw = page.attributes("tbody form", "action").remove(0);
    // The address of another account's invitation leads nowhere.
    let hanna = server.signed_in(HANNA).await;
    let theirs = withdraw.replace("ACME-1001", "HELIOS-2002");
    assert_eq!(hanna.press(&theirs).await.status, StatusCode::NOT_FOUND);
    assert_eq!(hanna.press(&withdraw).await.status, StatusCode::NOT_FOUND);
    assert_eq!(amelia.press(&withdraw).await.header("location"), format!("{PEOPLE}?withdrawn"));
    for (email, words) in [
        ("dana", "“dana” is not an e-mail address. Enter one such as name@company.example."),
        (OWEN, "owen.blake@acme.example is that already."),
    ] {
        let answer = amelia.post(PEOPLE, &[("email", email)]).await;
        assert_eq!(answer.problems(), [("email".to_owned(), words.to_owned())]);
    }
    // A partner sees the people of its customer, and manages its own only; an analyst manages everybody's.
    let petra = server.signed_in(PETRA).await;
    assert_eq!(petra.get("/accounts/NORDIC-3003/people").await.attributes("main form", "action").len(), 0);
    assert_eq!(petra.post("/accounts/NORDIC-3003/people", &[("email", "x@nordic.example")]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(
        petra.post("/accounts/BRIGHTWATER-9001/people", &[("email", "x@brightwater.example")]).await.status,
        StatusCode::SEE_OTHER
    );
    let lena = server.signed_in(LENA).await;
    assert_eq!(lena.post("/accounts/NORDIC-3003/people", &[("email", "y@nordic.example")]).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_certification_that_an_analyst_enters_lets_its_person_generate() {
    let server = Server::start().await;
    let (lena, owen) = (server.signed_in(LENA).await, server.signed_in(OWEN).await);
    let form_page = format!("{NEW}?product=CIC&version=2020+R2&type=production");
    assert!(owen.get(&form_page).await.text().contains("You hold no certification for CIC."));
    let certify = format!("{OWENS}/certifications");
    let before = server.contents().await;
    for (product, from, through, field, words) in [
        ("", "2026-01-01", "2027-01-01", "product", "Select a product."),
        (
            "CIC",
            "01/02/2026",
            "2027-01-01",
            "valid_from",
            "“01/02/2026” is not a date. Enter year, month and day, such as 2027-01-31.",
        ),
        ("CIC", "2026-01-01", "", "valid_through", "“” is not a date. Enter year, month and day, such as 2027-01-31."),
        ("CIC", "2026-01-02", "2026-01-01", "valid_through", "The last day lies before the first one."),
    ] {
        let answer = lena.post(&certify, &[("product", product), ("valid_from", from), ("valid_through", through)]).await;
        assert_eq!(answer.problems(), [(field.to_owned(), words.to_owned())]);
    }
    assert_eq!(server.contents().await, before);
    let fields = [("product", "CIC"), ("valid_from", "2026-01-01"), ("valid_through", "2027-01-01")];
    assert_eq!(server.signed_in(AMELIA).await.post(&certify, &fields).await.status, StatusCode::FORBIDDEN);
    assert_eq!(lena.post(&certify, &fields).await.header("location"), OWENS);
    let key = fresh_key(&owen).await;
    assert_eq!(owen.post(NEW, &form(&key, &[])).await.status, StatusCode::SEE_OTHER);
    let page = lena.get(OWENS).await;
    assert_eq!(page.all("tbody th"), ["CIC"]);
    let withdraw = page.attributes("tbody form", "action").remove(0);
    assert_eq!(lena.press(&withdraw).await.header("location"), OWENS);
    assert_eq!(lena.press(&withdraw).await.status, StatusCode::NOT_FOUND);
    let events =
        server.rows("SELECT action FROM audit_events WHERE action IN ('person certified', 'certification withdrawn')").await;
    assert_eq!(events.len(), 2);
}

#[tokio::test]
async fn an_account_gives_partners_access_and_withdraws_it_at_once() {
    let server = Server::durable(Backend::of_run()).await;
    let (amelia, petra) = (server.signed_in(AMELIA).await, server.signed_in(PETRA).await);
    let partners = "/accounts/ACME-1001/partners";
    let before = server.contents().await;
    assert_eq!(petra.get("/accounts/ACME-1001").await.status, StatusCode::NOT_FOUND);
    // Who is no partner looks like nobody.
    for (typed, words) in [
        ("", "Enter the GARN of the partner."),
        ("NONE-1", "No partner has the GARN NONE-1. Ask the partner for theirs."),
        ("helios-2002", "No partner has the GARN HELIOS-2002. Ask the partner for theirs."),
    ] {
        let refused = amelia.post(partners, &[("partner", typed)]).await;
        let problems = vec![("partner".to_owned(), words.to_owned())];
        assert_eq!((refused.status, refused.problems()), (StatusCode::UNPROCESSABLE_ENTITY, problems));
    }
    assert_eq!(server.contents().await, before);
    let given = amelia.post(partners, &[("partner", " brightwater-9001 ")]).await;
    assert_eq!(given.header("location"), format!("{PEOPLE}?granted"));
    assert_eq!(petra.get("/accounts/ACME-1001").await.status, StatusCode::OK);
    let again = amelia.post(partners, &[("partner", "BRIGHTWATER-9001")]).await;
    assert_eq!(again.problems()[0].1, "Brightwater Integration has access already.");
    let page = amelia.get(PEOPLE).await;
    let withdraw = page.attributes("main form", "action").into_iter().find(|path| path.ends_with("/withdraw"));
    let withdraw = withdraw.expect("a button");
    assert_eq!(petra.press(&withdraw).await.status, StatusCode::FORBIDDEN, "the partner does not manage its customer");
    assert_eq!(amelia.press(&withdraw).await.status, StatusCode::SEE_OTHER);
    assert_eq!(petra.get("/accounts/ACME-1001").await.status, StatusCode::NOT_FOUND);
    assert_eq!(amelia.press(&withdraw).await.status, StatusCode::NOT_FOUND);
    let refused = petra.post("/accounts/BRIGHTWATER-9001/partners", &[("partner", "BRIGHTWATER-9001")]).await;
    assert_eq!(refused.problems()[0].1, "Partners act for customers: the account of a partner grants no access.");
    for _ in 0..10 {
        amelia.post(partners, &[("partner", "NONE-1")]).await;
    }
    assert_eq!(amelia.post(partners, &[("partner", "NONE-2")]).await.status, StatusCode::TOO_MANY_REQUESTS);
    server.assert_healthy().await;
}
