//! The workbench beside the conversation: filters, canned answers, the mail before it goes, figures, and the form itself.

use super::{finished, question};
use chrono::TimeDelta;
use reqwest::StatusCode;
use tests::{AMELIA, Answer, Browser, LENA, SAM, Server, changed};

const FIRST: &str = "/requests/AFR-0000001";

/// Numbers that the queue shows at an address.
async fn shown(analyst: &Browser, query: &str) -> Vec<String> {
    let page = analyst.get(&format!("/requests?{query}")).await;
    assert_eq!(page.status, StatusCode::OK, "{query}");
    page.all("tbody th")
}

fn reply_fields(page: &Answer, changes: &[(&str, &str)]) -> Vec<(String, String)> {
    changed(page.fields_of(&format!("form[action='{FIRST}/answer']")), changes)
}

#[tokio::test]
async fn the_queue_is_searched_filtered_and_ordered() {
    let server = Server::start().await;
    let urgent = [
        ("kind", "file"),
        ("category", "third-party"),
        ("type", "new-deployment"),
        ("third_party_type", "Nuance"),
        ("clarify", "Recognizer"),
        ("subject", "Zürich: a speech server"),
    ];
    for (number, changes) in
        [&[("subject", "Zürich needs it"), ("needed_by", "2027-03-01")][..], &urgent, &[("needed_by", "2027-01-04")]]
            .into_iter()
            .enumerate()
    {
        let email = format!("dana.{number}@contoso.example");
        let fields = changed(question(&[("email", &email), ("email_again", &email)]), changes);
        finished(&server, &server.browser(), &fields).await;
        server.advance(TimeDelta::minutes(1));
    }
    let lena = server.signed_in(LENA).await;
    let all = ["AFR-0000003", "AFR-0000002", "AFR-0000001"];
    assert_eq!(shown(&lena, "view=open").await, all);
    assert_eq!(shown(&lena, "view=open&order=oldest").await, ["AFR-0000001", "AFR-0000002", "AFR-0000003"]);
    assert_eq!(shown(&lena, "view=open&order=needed").await, ["AFR-0000003", "AFR-0000001"]);
    assert_eq!(shown(&lena, "view=open&category=third-party").await, ["AFR-0000002"]);
    assert_eq!(shown(&lena, "view=open&category=question").await, ["AFR-0000003", "AFR-0000001"]);
    assert_eq!(shown(&lena, "view=open&q=zuri+speech").await, ["AFR-0000002"]);
    assert_eq!(shown(&lena, "view=open&q=zuri+needs").await, ["AFR-0000001"]);
    assert_eq!(shown(&lena, "view=open&after=AFR-0000003").await, ["AFR-0000002", "AFR-0000001"]);
    assert_eq!(shown(&lena, "view=open&order=needed&after=2027-01-04~AFR-0000003").await, ["AFR-0000001"]);
    assert_eq!(shown(&lena, "view=open&after=nonsense&order=nonsense&category=nonsense").await, Vec::<String>::new());
    lena.press("/requests/AFR-0000002/claim").await;
    let rows = server.rows("SELECT id FROM people WHERE email = 'lena.fischer@meridian.example'").await;
    assert_eq!(shown(&lena, &format!("view=open&analyst={}", rows[0]["id"])).await, ["AFR-0000002"]);
    // The view and the filters stay together.
    let page = lena.get("/requests?view=open&category=third-party&q=zuri").await;
    assert_eq!(
        page.attribute("a[href^='/requests.csv']", "href").as_deref(),
        Some("/requests.csv?view=open&q=zuri&category=third-party")
    );
    assert_eq!(page.value("view").as_deref(), Some("open"));
    let csv = lena.get("/requests.csv?view=open&order=oldest").await;
    let text = String::from_utf8_lossy(&csv.body).into_owned();
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(text.lines().count(), 4, "{text}");
    assert!(text.contains("AFR-0000002,") && text.contains("third-party") && text.contains("dana.1@contoso.example"), "{text}");
}

#[tokio::test]
async fn a_reply_begins_with_a_canned_answer_and_is_seen_as_a_mail_before_it_goes() {
    let server = Server::start().await;
    let stranger = server.browser();
    finished(&server, &stranger, &question(&[("copies", "it@contoso.example"), ("subject", "{analyst}?")])).await;
    let lena = server.signed_in(LENA).await;
    lena.press(&format!("{FIRST}/claim")).await;
    let page = lena.get("/requests/answers").await;
    assert_eq!(page.all("li.message h2"), ["File attached", "Not owned", "Which server?"]);
    for (name, body, words) in [
        ("", "b", "The name cannot be used: it is empty."),
        ("n", " ", "The text cannot be used: it is empty."),
        ("which SERVER?", "b", "There is an answer of this name. Change that one, or enter another name."),
    ] {
        let refused = lena.post("/requests/answers", &[("name", name), ("body", body)]).await;
        assert_eq!((refused.status, refused.problems()[0].1.as_str()), (StatusCode::UNPROCESSABLE_ENTITY, words));
        assert_eq!(refused.value("body").as_deref(), Some(body.trim()));
    }
    let body = "About {subject} of {number}, {name}:\n{unknown} {";
    let kept = lena.post("/requests/answers", &[("name", "All gaps"), ("body", body)]).await;
    assert_eq!(kept.header("location"), "/requests/answers");
    let ids = server.rows("SELECT id FROM canned_answers WHERE name = 'All gaps'").await;
    let id = ids[0]["id"].to_string();
    // It goes below what is typed, filled; what fills a gap is no gap.
    let page = lena.get(FIRST).await;
    let insert = reply_fields(&page, &[("reply", "Hello"), ("step", "insert"), ("canned", &id), ("resolution", "answer")]);
    let inserted = lena.post(&format!("{FIRST}/answer"), &insert).await;
    assert_eq!(inserted.status, StatusCode::OK);
    let text = "Hello\n\nAbout {analyst}? of AFR-0000001, Dana Reyes:\n{unknown} {";
    assert!(reply_fields(&inserted, &[]).contains(&("reply".into(), text.into())), "{}", inserted.text());
    assert_eq!(inserted.attribute("select[name=resolution] option[selected]", "value").as_deref(), Some("answer"));
    let nothing = lena.post(&format!("{FIRST}/answer"), &changed(insert, &[("canned", "")])).await;
    assert_eq!(nothing.problems()[0].1, "Select one of the canned answers of the list.");
    // The mail, before it goes.
    let before = server.contents().await;
    let preview = lena.post(&format!("{FIRST}/answer"), &reply_fields(&inserted, &[("step", "preview")])).await;
    assert_eq!(preview.status, StatusCode::OK);
    assert_eq!(
        preview.all(".preview dd"),
        ["dana.reyes@contoso.example, it@contoso.example", "Activation file request AFR-0000001"]
    );
    assert!(preview.all(".preview .body")[0].contains("Lena Fischer, Meridian Contact Software"));
    assert_eq!(server.contents().await, before, "nothing went");
    let empty = lena.post(&format!("{FIRST}/answer"), &reply_fields(&preview, &[("step", "preview"), ("reply", " ")])).await;
    assert_eq!(empty.problems()[0].1, "Enter a message.");
    let sent = lena.post(&format!("{FIRST}/answer"), &reply_fields(&preview, &[])).await;
    assert_eq!(sent.header("location"), FIRST);
    // Changed and removed.
    lena.post("/requests/answers", &[("id", id.as_str()), ("name", "Gaps"), ("body", "b")]).await;
    assert_eq!(lena.get(&format!("/requests/answers?id={id}")).await.value("name").as_deref(), Some("Gaps"));
    lena.press(&format!("/requests/answers/{id}/remove")).await;
    assert_eq!(lena.get(&format!("/requests/answers?id={id}")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn two_analysts_at_once_see_each_other() {
    let server = Server::start().await;
    finished(&server, &server.browser(), &question(&[])).await;
    server.execute("UPDATE people SET staff_role = 'analyst' WHERE email = 'sam.okafor@meridian.example'").await;
    let (lena, sam) = (server.signed_in(LENA).await, server.signed_in(SAM).await);
    assert_eq!(lena.get(FIRST).await.all(".readers"), [""]);
    assert_eq!(sam.get(FIRST).await.all(".readers"), ["Lena Fischer reads this request, too."]);
    assert_eq!(lena.press(&format!("{FIRST}/reading")).await.text(), "Sam Okafor reads this request, too.");
    server.advance(TimeDelta::seconds(61));
    assert_eq!(lena.press(&format!("{FIRST}/reading")).await.text(), "");
}

#[tokio::test]
async fn figures_say_what_is_open_and_how_long_answers_took() {
    let server = Server::start().await;
    let stranger = server.browser();
    finished(&server, &stranger, &question(&[])).await;
    server.advance(TimeDelta::hours(6));
    let lena = server.signed_in(LENA).await;
    lena.press(&format!("{FIRST}/claim")).await;
    let page = lena.get(FIRST).await;
    lena.post(&format!("{FIRST}/answer"), &reply_fields(&page, &[("reply", "Here."), ("resolution", "answer")])).await;
    server.advance(TimeDelta::days(4));
    finished(&server, &stranger, &question(&[])).await;
    server.advance(TimeDelta::days(2));
    let lena = server.signed_in(LENA).await;
    let page = lena.get("/requests/figures").await;
    assert_eq!(page.all(".lead"), ["1 request is open."]);
    let cells = page.all("tbody td");
    assert_eq!(cells[..5], ["0", "1", "0", "0", "0"], "by age");
    assert_eq!(page.all("svg g").len(), 26);
    assert!(cells.windows(3).any(|row| row == ["1", "1", "6.0 h"]), "{cells:?}");
    assert_eq!(cells[cells.len() - 3..], ["2", "1", "6.0 h"], "questions");
}

#[tokio::test]
async fn an_administrator_changes_the_form_and_a_wrong_one_is_refused() {
    let server = Server::start().await;
    let sam = server.signed_in(SAM).await;
    let page = sam.get("/requests/form").await;
    let form = page.fields_of("form[action='/requests/form']");
    let document = form.iter().find(|(name, _)| name == "document").expect("the document").1.clone();
    assert!(document.contains("[[category]]"), "{document}");
    let wrong = sam.post("/requests/form", &changed(form.clone(), &[("document", "title = 3")])).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(wrong.value("document").as_deref(), Some("title = 3"));
    let other = document.replacen("Third party", "Other vendors", 1);
    assert_ne!(other, document);
    let changed_form = changed(form.clone(), &[("document", &other)]);
    let saved = sam.post("/requests/form", &changed_form).await;
    assert_eq!(saved.header("location"), "/requests/form?saved", "{:?}", saved.problems());
    assert!(server.browser().get("/request/new").await.text().contains("Other vendors"));
    // A second administrator who had the first one open.
    let late = sam.post("/requests/form", &changed(form, &[("document", &document)])).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.fields_of("form[action='/requests/form']").contains(&("document".into(), document)), "nothing typed is lost");
    assert_eq!(server.signed_in(AMELIA).await.get("/requests/form").await.status, StatusCode::FORBIDDEN);
    let events = server.rows("SELECT actor FROM audit_events WHERE action = 'request form changed'").await;
    assert_eq!(events.len(), 1);
}
