use crate::generated;
use reqwest::StatusCode;
use tests::{AMELIA, Backend, HANNA, JONAS, Server, changed};

const SITES: &str = "/accounts/ACME-1001/sites";

#[tokio::test]
async fn sites_are_listed_with_their_active_files_and_inactive_ones_on_demand() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    generated(&amelia, &[]).await;
    let page = amelia.get(SITES).await;
    assert_eq!(page.all("tbody th"), ["Columbus DR", "Indianapolis DC 1"]);
    assert_eq!(page.all("tbody td.number"), ["0", "1 active files of Indianapolis DC 1"]);
    assert_eq!(page.attribute("tbody td.number a", "href").as_deref(), Some("/accounts/ACME-1001/files?site=1"));
    assert_eq!(page.all("main > p a"), ["Show inactive sites, too (1)"]);
    let all = amelia.get(&format!("{SITES}?inactive")).await;
    assert_eq!(all.all("tbody th"), ["Columbus DR", "Indianapolis DC 1", "Old Mill Road"]);
}

#[tokio::test]
async fn a_site_is_added_once_however_often_its_form_is_sent_and_can_be_chosen_then() {
    let server = Server::durable(Backend::of_run()).await;
    // Nobody needs a certification for that.
    let jonas = server.signed_in(JONAS).await;
    let sites = "/accounts/NORDIC-3003/sites";
    let page = jonas.get(&format!("{sites}/new")).await;
    let typed = [("name", "Tromsø"), ("country", "Norway"), ("city", "Tromsø"), ("email", "drift@nordic-mutual.example")];
    let fields = changed(page.fields(""), &typed);
    let first = jonas.post(&format!("{sites}/new"), &fields).await;
    assert_eq!((first.status, first.header("location")), (StatusCode::SEE_OTHER, "/accounts/NORDIC-3003/sites?saved=8"));
    assert_eq!(jonas.post(&format!("{sites}/new"), &fields).await.header("location"), first.header("location"));
    let list = jonas.get(first.header("location")).await;
    assert_eq!(list.all(".note.ok strong"), ["Install site Tromsø was saved."]);
    assert_eq!(list.all("tbody th"), ["Bergen", "Oslo Fornebu", "Tromsø"]);
    assert!(jonas.get("/accounts/NORDIC-3003/files/new").await.options("site").contains(&"8".to_owned()));
    let events = server.rows("SELECT actor, action, subject FROM audit_events WHERE action LIKE 'install site%'").await;
    assert_eq!(events.len(), 1, "{events:?}");
    server.assert_healthy().await;
}

#[tokio::test]
async fn a_site_that_cannot_be_is_refused_with_its_words_and_what_was_typed() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let before = server.contents().await;
    for (path, typed, problems) in [
        ("new", vec![("name", ""), ("country", "")], vec![("name", "Enter the name."), ("country", "Enter the country.")]),
        (
            "new",
            vec![("name", "Columbus DR"), ("country", "Norway")],
            vec![("name", "This account has an install site Columbus DR already. Choose another name, or edit that one.")],
        ),
        (
            "1",
            vec![("name", "Columbus DR"), ("email", "nobody")],
            vec![("email", "“nobody” is not an e-mail address. Enter one such as name@company.example, or leave it empty.")],
        ),
        (
            "1",
            vec![("name", "Columbus DR")],
            vec![("name", "This account has an install site Columbus DR already. Choose another name, or edit that one.")],
        ),
    ] {
        let page = amelia.get(&format!("{SITES}/{path}")).await;
        let refused = amelia.post(&format!("{SITES}/{path}"), &changed(page.fields(""), &typed)).await;
        let expected: Vec<_> = problems.into_iter().map(|(field, words)| (field.to_owned(), words.to_owned())).collect();
        assert_eq!((refused.status, refused.problems()), (StatusCode::UNPROCESSABLE_ENTITY, expected));
        assert_eq!(refused.value("name").as_deref(), Some(typed[0].1));
    }
    assert_eq!(server.contents().await, before);
}

#[tokio::test]
async fn a_site_with_active_files_is_made_inactive_only_after_it_was_said_what_that_means() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let file = generated(&amelia, &[]).await;
    let site = format!("{SITES}/1");
    let mut fields = amelia.get(&site).await.fields("");
    fields.retain(|(name, _)| name != "active");
    let before = server.contents().await;
    let warned = amelia.post(&site, &fields).await;
    assert_eq!(
        (warned.status, warned.all(".note.warn strong")),
        (StatusCode::OK, vec!["1 active file is for this site".to_owned()])
    );
    assert_eq!(server.contents().await, before);
    let confirmed = amelia.post(&site, &changed(warned.fields(""), &[("confirmed", "yes")])).await;
    assert_eq!(confirmed.header("location"), "/accounts/ACME-1001/sites?saved=1&inactive");
    // New files are not for it, its file goes on.
    assert!(!amelia.get("/accounts/ACME-1001/files/new").await.options("site").contains(&"1".to_owned()));
    assert_eq!(amelia.get(&format!("{file}/download")).await.status, StatusCode::OK);
    // Reactivated, it can be chosen again, without a question.
    let again = changed(amelia.get(&site).await.fields(""), &[("active", "yes")]);
    assert_eq!(amelia.post(&site, &again).await.header("location"), "/accounts/ACME-1001/sites?saved=1");
    assert!(amelia.get("/accounts/ACME-1001/files/new").await.options("site").contains(&"1".to_owned()));
}

#[tokio::test]
async fn two_people_who_edit_one_site_do_not_undo_each_other() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let site = format!("{SITES}/1");
    let began = amelia.get(&site).await.fields("");
    let first = amelia.post(&site, &changed(began.clone(), &[("phone", "+1 317 555 0101")])).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER);
    let before = server.contents().await;
    let late = amelia.post(&site, &changed(began, &[("contact", "Night shift")])).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert_eq!(late.all(".note.bad"), ["This site was changed meanwhile. Compare with what it is now, then save again."]);
    assert_eq!(late.value("contact").as_deref(), Some("Night shift"), "what was typed is kept");
    assert_eq!(server.contents().await, before);
    assert_eq!(amelia.post(&site, &late.fields("")).await.status, StatusCode::SEE_OTHER, "now they know");
}

#[tokio::test]
async fn a_site_of_another_account_is_no_site() {
    let server = Server::start().await;
    let hanna = server.signed_in(HANNA).await;
    assert_eq!(hanna.get("/accounts/HELIOS-2002/sites/1").await.status, StatusCode::NOT_FOUND);
    for path in ["/accounts/HELIOS-2002/sites/1", "/accounts/HELIOS-2002/sites/none"] {
        let typed = [("name", "Mine"), ("country", "Germany")];
        assert_eq!(hanna.post(path, &typed).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_name_that_differs_only_in_case_or_accents_is_taken() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let save = async |path: &str, name: &str, mark: &str| {
        let fields = [("name", name), ("country", "France"), ("active", "yes"), ("mark", mark)];
        amelia.post(&format!("/accounts/ACME-1001/sites/{path}"), &fields).await
    };
    assert_eq!(save("new", "Café 1", "").await.status, StatusCode::SEE_OTHER);
    for name in ["CAFE 1", "café 1", "INDIANAPOLIS dc 1"] {
        let there = if name.starts_with('I') { "Indianapolis DC 1" } else { "Café 1" };
        let said = format!("This account has an install site {there} already. Choose another name, or edit that one.");
        assert_eq!(save("new", name, "").await.problems(), [("name".to_owned(), said.clone())]);
        let mark = amelia.get("/accounts/ACME-1001/sites/2").await.value("mark").expect("a mark");
        assert_eq!(save("2", name, &mark).await.problems(), [("name".to_owned(), said)]);
    }
    // Its own name may be written otherwise.
    let mark = amelia.get("/accounts/ACME-1001/sites/2").await.value("mark").expect("a mark");
    assert_eq!(save("2", "COLUMBUS DR", &mark).await.status, StatusCode::SEE_OTHER);
}
