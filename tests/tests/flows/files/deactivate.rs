use crate::{address, allocated, generated};
use chrono::TimeDelta;
use reqwest::StatusCode;
use tests::{AMELIA, Answer, Backend, Browser, HANNA, LENA, OWEN, Server, UNUSED_KEY, changed, form};

/// Opens the page of a file and sends its form with `typed`.
async fn deactivate(browser: &Browser, file: &str, typed: &[(&str, &str)]) -> Answer {
    let page = browser.get(&format!("{file}/deactivate")).await;
    assert_eq!(page.status, StatusCode::OK);
    browser.post(&format!("{file}/deactivate"), &changed(page.fields(""), typed)).await
}

const TYPED: [(&str, &str); 2] = [("reason", "reallocation"), ("machine", "ic-prd-01")];

#[tokio::test]
async fn everything_that_a_file_held_returns() {
    let server = Server::durable(Backend::of_run()).await;
    let amelia = server.signed_in(AMELIA).await;
    let file = generated(&amelia, &[("assigned.SW-001-4.0-AL04", "255"), ("pooled.SW-001-4.0-AL04", "25")]).await;
    // 250 of the first order, 5 of the second, as the drawing order has it.
    assert_eq!((allocated(&server, 5).await, allocated(&server, 17).await), ((250, 25), (5, 0)));
    let page = amelia.get(&format!("{file}/deactivate")).await;
    assert_eq!(
        page.all("section table tbody tr"),
        [
            "CIC Server, AdvancedSW-001-4.0-SV0310",
            "CIC Switchover Server, AdvancedSW-001-4.0-SO0310",
            "Contact Center Level 1SW-001-4.0-AL0425525"
        ]
    );
    assert_eq!(page.all("#installed-title"), ["An installed copy cannot be recalled"]);
    server.advance(TimeDelta::minutes(5));
    let answer = deactivate(&amelia, &file, &[&TYPED[..], &[("note", "The site is closing.")]].concat()).await;
    assert_eq!(answer.header("location"), "/accounts/ACME-1001/files/AF-0000001?deactivated", "{:?}", answer.problems());
    for id in [1, 2, 5, 17] {
        assert_eq!(allocated(&server, id).await, (0, 0), "line {id}");
    }
    let view = amelia.get(answer.header("location")).await;
    assert_eq!(view.all(".plate .badge"), ["Deactivated"]);
    assert!(
        view.all(".note.warn")[0].contains("by Amelia Hart. Its licences are needed elsewhere. “The site is closing.”"),
        "{:?}",
        view.all(".note.warn")
    );
    assert!(
        view.all(".events li")[0]
            .ends_with("Deactivated; its quantities were returned. Its licences are needed elsewhere. “The site is closing.”")
    );
    // It can still be seen and downloaded, is no longer among the active ones, and can be neither updated nor deactivated again.
    assert_eq!(amelia.get(&format!("{file}/download")).await.status, StatusCode::OK);
    assert_eq!(amelia.get("/accounts/ACME-1001/files").await.all(".empty p")[0], "No activation file matches these filters.");
    assert_eq!(amelia.get("/accounts/ACME-1001/files?active=no").await.all("tbody th"), ["AF-0000001"]);
    let update = amelia.get(&format!("{file}/update")).await;
    assert_eq!(update.status, StatusCode::CONFLICT);
    assert_eq!(update.all(".lead"), ["AF-0000001 is deactivated: it has no further revisions. Generate a new file instead."]);
    assert_eq!(amelia.get(&format!("{file}/deactivate")).await.status, StatusCode::CONFLICT);
    server.assert_healthy().await;
}

#[tokio::test]
async fn the_same_submission_twice_shows_the_same_page_and_a_new_one_is_refused() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let file = generated(&amelia, &[]).await;
    let page = amelia.get(&format!("{file}/deactivate")).await;
    let fields = changed(page.fields(""), &TYPED);
    let path = format!("{file}/deactivate");
    let first = amelia.post(&path, &fields).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER);
    let after = server.contents().await;
    assert_eq!(amelia.post(&path, &fields).await.header("location"), first.header("location"));
    let again = amelia.post(&path, &changed(fields.clone(), &[("key", UNUSED_KEY)])).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert_eq!(again.all(".note.bad"), ["AF-0000001 is deactivated already: it holds nothing that could be returned."]);
    let other = amelia.post(&path, &changed(fields, &[("reason", "wrongly-generated")])).await;
    assert_eq!(
        (other.status, other.all(".note.bad")),
        (StatusCode::CONFLICT, vec!["This form was already used for AF-0000001.".into()])
    );
    assert_eq!(server.contents().await, after);
}

#[tokio::test]
async fn a_reason_and_the_name_of_the_machine_are_asked_for() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let file = generated(&amelia, &[]).await;
    let before = server.contents().await;
    for (typed, problems) in [
        (
            vec![],
            vec![
                ("reason", "Select a reason."),
                ("machine", "This is not the name of its machine. Type IC-PRD-01 to deactivate the file."),
            ],
        ),
        (vec![("reason", "other"), ("machine", "IC-PRD-01")], vec![("note", "Say in a few words why.")]),
        (
            vec![("reason", "tired"), ("machine", "IC-PRD-01")],
            vec![("reason", "What was sent is not among this account's choices. Select a reason from the list.")],
        ),
    ] {
        let refused = deactivate(&amelia, &file, &typed).await;
        let expected: Vec<_> = problems.into_iter().map(|(field, words)| (field.to_owned(), words.to_owned())).collect();
        assert_eq!((refused.status, refused.problems()), (StatusCode::UNPROCESSABLE_ENTITY, expected));
    }
    let kept = deactivate(&amelia, &file, &[("reason", "other"), ("note", "kept"), ("machine", "IC-9")]).await;
    assert_eq!((kept.value("note").as_deref(), kept.value("machine").as_deref()), (Some("kept"), Some("IC-9")));
    assert_eq!(server.contents().await, before);
}

#[tokio::test]
async fn deactivating_needs_no_certification_but_a_perpetual_licence() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let file = generated(&amelia, &[]).await;
    let owen = server.signed_in(OWEN).await;
    assert_eq!(deactivate(&owen, &file, &TYPED).await.status, StatusCode::SEE_OTHER);

    let lena = server.signed_in(LENA).await;
    let new = "/accounts/HELIOS-2002/files/new";
    let page = lena.get(&format!("{new}?product=CIC&version=2020+R2")).await;
    let of_helios = [("site", "4"), ("usage_tracking", "upload")];
    let theirs = address(&lena.post(new, &form(&page.value("key").expect("a key"), &of_helios)).await);
    let before = server.contents().await;
    let hanna = server.signed_in(HANNA).await;
    let shown = hanna.get(&format!("{theirs}/deactivate")).await;
    assert_eq!((shown.status, shown.all("main form").len()), (StatusCode::FORBIDDEN, 0));
    let refused = hanna.post(&format!("{theirs}/deactivate"), &[&[("key", UNUSED_KEY)][..], &TYPED].concat()).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(
        refused.all(".note.warn strong"),
        ["This is a subscription account. Customers and partners deactivate files of perpetual accounts only."]
    );
    assert_eq!(server.contents().await, before);
    assert_eq!(deactivate(&lena, &theirs, &TYPED).await.status, StatusCode::SEE_OTHER);
    assert_eq!(allocated(&server, 25).await, (0, 0));
}

#[tokio::test]
async fn at_an_inactive_site_a_file_can_be_given_back() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let file = generated(&amelia, &[]).await;
    server.execute("UPDATE install_sites SET active = FALSE WHERE id = 1").await;
    assert_eq!(deactivate(&amelia, &file, &TYPED).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn clients_that_deactivate_and_update_one_file_at_once_leave_one_state() {
    let server = Server::durable(Backend::of_run()).await;
    let amelia = server.signed_in(AMELIA).await;
    for round in 0..5 {
        let host = format!("0A0B0C0D0E{round:02X}");
        let file = generated(&amelia, &[("host_id", &host), ("assigned.SW-001-4.0-AL02", "10")]).await;
        let update = amelia.get(&format!("{file}/update")).await.fields("generate");
        let deactivation = changed(amelia.get(&format!("{file}/deactivate")).await.fields(""), &TYPED);
        let (update_path, deactivate_path) = (format!("{file}/update"), format!("{file}/deactivate"));
        let more = changed(update.clone(), &[("assigned.SW-001-4.0-AL02", "20")]);
        let key = format!("update-of-round-{round:06}");
        let less = changed(update, &[("assigned.SW-001-4.0-AL02", "3"), ("key", &key)]);
        let (a, b, c) = tokio::join!(
            amelia.post(&update_path, &more),
            amelia.post(&deactivate_path, &deactivation),
            amelia.post(&update_path, &less)
        );
        for answer in [&a, &c] {
            assert!([StatusCode::SEE_OTHER, StatusCode::CONFLICT].contains(&answer.status), "{}", answer.status);
        }
        assert_eq!(b.status, StatusCode::SEE_OTHER);
        assert_eq!(allocated(&server, 4).await, (0, 0), "round {round}");
    }
    server.assert_healthy().await;
}
