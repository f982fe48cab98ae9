//! No dead ends: problems named as their fields are, ways out of each obstacle, what a change takes away, and pages that keep their account.

use crate::generated;
use reqwest::StatusCode;
use tests::{AMELIA, Answer, HANNA, LENA, NEW, PETRA, RUTH, SAM, Server, UNUSED_KEY, changed, form};

/// Lines of the error summary with their labels.
fn summary(page: &Answer) -> Vec<String> {
    page.all(".error-summary li a")
}

#[tokio::test]
async fn every_problem_is_named_as_its_field_is() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let wrong = [("host_id", "zz"), ("assigned.SW-001-4.0-AL02", "three"), ("site", ""), ("switchover_machine_name", "")];
    let refused = amelia.post(NEW, &form(UNUSED_KEY, &wrong)).await;
    assert_eq!(
        summary(&refused),
        [
            "Install site: Select an install site.",
            "Host id: A host id has only the digits 0–9 and A–F; “z” is neither.",
            "Machine name of the switchover server: Enter the machine name.",
            "Business Client, assigned: “three” is not a whole number. Enter 0 or more, or leave the field empty.",
        ]
    );
    let list = amelia.get("/accounts/ACME-1001/files?from=x").await;
    assert_eq!(summary(&list), ["Generated on or after: “x” is not a date. Enter year, month and day, such as 2027-01-31."]);
    let site = amelia.post("/accounts/ACME-1001/sites/new", &[("name", ""), ("country", "")]).await;
    assert_eq!(summary(&site), ["Name: Enter the name.", "Country: Enter the country."]);
    // The browser's own bubbles are off wherever a form is checked here.
    for path in [NEW, "/accounts/ACME-1001/sites/new", "/sign-in"] {
        let page = if path == "/sign-in" { server.browser().get(path).await } else { amelia.get(path).await };
        assert_eq!(page.attributes("main form", "novalidate").len(), page.attributes("main form", "action").len(), "{path}");
    }
}

#[tokio::test]
async fn a_subscription_is_asked_for_its_usage_tracking_at_once() {
    let server = Server::start().await;
    let lena = server.signed_in(LENA).await;
    let new = "/accounts/HELIOS-2002/files/new";
    let page = lena.get(&format!("{new}?product=CIC&version=2020+R4&type=production")).await;
    let refused = lena.post(new, &page.fields("check")).await;
    let lines = summary(&refused);
    for line in ["Usage tracking: Select how usage is reported.", "Server item: Select one valid server item."] {
        assert!(lines.iter().any(|said| said == line), "{lines:?}");
    }
}

#[tokio::test]
async fn go_says_what_is_not_chosen_and_an_offer_that_cannot_be_shown_keeps_its_choices() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let blank = amelia.get(&format!("{NEW}?site=&product=&version=&type=&step=go")).await;
    assert_eq!(blank.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        summary(&blank),
        [
            "Install site: Select an install site.",
            "Product: Select a product.",
            "Product version: Select a product version.",
            "Licence type: Select a licence type.",
        ]
    );
    let chosen = amelia.get(&format!("{NEW}?site=1&product=CIC&version=2020+R4&type=production&step=go")).await;
    assert_eq!(
        (chosen.status, chosen.header("location")),
        (StatusCode::SEE_OTHER, "/accounts/ACME-1001/files/new?site=1&product=CIC&version=2020+R4&type=production")
    );
    let other = amelia.get(&format!("{NEW}?site=1&product=CIC&version=3.0&type=production")).await;
    assert_eq!(
        other.all("#obstacles-title + ul li strong"),
        ["None of this account’s server items of CIC is for 3.0, which is of generation 3.0."]
    );
    assert_eq!(other.attribute("#obstacles-title + ul li a", "href").as_deref(), Some("/accounts/ACME-1001/summary"));
    assert_eq!(other.options("version").iter().filter(|version| *version == "2020 R4").count(), 1);
    assert_eq!(other.all("main form button"), ["Go"]);
}

#[tokio::test]
async fn signing_in_without_an_address_or_a_password_says_so_and_counts_as_no_attempt() {
    let server = Server::start().await;
    for _ in 0..20 {
        let blank = server.browser().post("/sign-in", &[("email", " "), ("password", "")]).await;
        assert_eq!(blank.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(summary(&blank), ["Enter your e-mail address.", "Enter your password."]);
    }
    server.signed_in(AMELIA).await;
}

#[tokio::test]
async fn who_may_not_do_a_thing_learns_it_where_it_begins_with_the_way_out() {
    let server = Server::start().await;
    let link = |page: &Answer| page.attribute("#obstacles-title + ul li a", "href");
    // Nothing is generated for a subscription by its customer: the form of requests, filled in.
    let hanna = server.signed_in(HANNA).await;
    for path in ["", "/files", "/files/new", "/upgrade"] {
        let page = hanna.get(&format!("/accounts/HELIOS-2002{path}")).await;
        let to = "/request/new?kind=file&category=pay-per-use&garn=HELIOS-2002";
        assert_eq!(link(&page).as_deref(), Some(to), "{path}");
        assert!(!page.all(".page-head a").contains(&"New activation file".to_owned()), "{path}");
    }
    // A certification that has ended: a colleague by name, and no button beside a part.
    let ruth = server.signed_in(RUTH).await;
    for path in ["", "/files", "/files/new"] {
        let page = ruth.get(&format!("/accounts/ACME-1001{path}")).await;
        assert_eq!(link(&page).as_deref(), Some("mailto:amelia.hart@acme.example"), "{path}");
    }
    let summary = ruth.get("/accounts/ACME-1001/summary").await;
    assert!(summary.all("tbody td:last-child a").is_empty());
    let reason = &summary.all("section .help")[0];
    assert!(reason.starts_with("Your certification for CIC ended on") && reason.contains("Amelia Hart"), "{reason}");
    // Those who may are told nothing of the kind.
    let amelia = server.signed_in(AMELIA).await;
    for path in ["", "/files", "/files/new", "/upgrade", "/summary"] {
        assert_eq!(link(&amelia.get(&format!("/accounts/ACME-1001{path}")).await), None, "{path}");
    }
}

#[tokio::test]
async fn an_update_drops_a_switchover_server_by_its_name_alone() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let file = generated(&amelia, &[]).await;
    let update = format!("{file}/update");
    let alone = changed(amelia.get(&update).await.fields("check"), &[("switchover_later", "yes")]);
    let check = amelia.post(&update, &alone).await;
    assert_eq!(
        (check.status, check.all("main .note.warn strong")),
        (StatusCode::OK, vec!["The new revision is no longer for IC-PRD-02.".to_owned()])
    );
    let before = server.contents().await;
    for typed in ["", "IC-PRD-01"] {
        let refused = amelia.post(&update, &changed(check.fields("generate"), &[("dropped_machine", typed)])).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(summary(&refused), ["Machine name of the dropped server: Type IC-PRD-02 to drop the switchover server."]);
        assert_eq!(refused.value("dropped_machine").as_deref(), Some(typed));
    }
    assert_eq!(server.contents().await, before);
    let dropped = amelia.post(&update, &changed(check.fields("generate"), &[("dropped_machine", "ic-prd-02")])).await;
    assert_eq!(dropped.status, StatusCode::SEE_OTHER, "{:?}", dropped.problems());
    assert_eq!(amelia.get(&file).await.all(".plate-machine").len(), 1);
    // What the file itself holds is said where quantities are changed.
    let page = amelia.get(&update).await;
    let helps = page.all("table.add-ons .help");
    assert!(helps.iter().all(|help| !help.contains("in this file")), "{helps:?}");
    let more = changed(page.fields("generate"), &[("assigned.SW-001-4.0-AL02", "2")]);
    assert_eq!(amelia.post(&update, &more).await.status, StatusCode::SEE_OTHER);
    let helps = amelia.get(&update).await.all("table.add-ons .help");
    assert!(helps.iter().any(|help| help.ends_with("available, 2 of them in this file")), "{helps:?}");
}

#[tokio::test]
async fn what_a_deactivation_returns_is_said_alike_before_and_after() {
    let server = Server::start().await;
    let petra = server.signed_in(PETRA).await;
    let page = petra.get("/accounts/NORDIC-3003/files/new?product=CIC&version=2020+R4&type=development-partner").await;
    let one = [
        ("site", "5"),
        ("host_id", "00505684E9A1"),
        ("machine_name", "IC-DEV"),
        ("system_type", "media-server-based"),
        ("mail_connector", "none"),
        ("server_item", "SW-001-4.0-SV01"),
        ("switchover_later", "yes"),
    ];
    let made = petra.post("/accounts/NORDIC-3003/files/new", &changed(page.fields("generate"), &one)).await;
    let file = crate::address(&made);
    let before = petra.get(&format!("{file}/deactivate")).await;
    assert!(before.all("main").join(" ").contains("holds nothing of your orders: no quantities return"));
    let fields = changed(before.fields(""), &[("reason", "wrongly-generated")]);
    let done = petra.post(&format!("{file}/deactivate"), &fields).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{:?}", done.problems());
    let after = petra.get(done.header("location")).await;
    assert!(
        after.all(".note.ok")[0].contains("It held nothing of your orders: no quantities return."),
        "{:?}",
        after.all(".note.ok")
    );
}

#[tokio::test]
async fn help_and_pages_that_lead_nowhere_keep_the_tabs_of_the_account() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let tabs = |page: &Answer| page.all(".account-name .code");
    for path in ["/help?account=ACME-1001", "/check?account=ACME-1001", "/keys?account=ACME-1001", "/accounts/ACME-1001/nothing"]
    {
        assert_eq!(tabs(&amelia.get(path).await), ["ACME-1001"], "{path}");
    }
    let overview = amelia.get("/accounts/ACME-1001").await;
    assert_eq!(
        overview.attributes("footer p a", "href"),
        ["/check", "/request", "/help", "/keys"]
            .map(|path| format!("{path}?account=ACME-1001"))
            .into_iter()
            .chain(["/profile".to_owned()])
            .collect::<Vec<_>>()
    );
    // Of an account of others nothing is shown, nor of one that is not there.
    for path in ["/help?account=HELIOS-2002", "/help?account=NONE", "/help?account=%00", "/accounts/HELIOS-2002/nothing"] {
        assert_eq!(tabs(&amelia.get(path).await), Vec::<String>::new(), "{path}");
    }
    assert_eq!(tabs(&server.browser().get("/help?account=ACME-1001").await), Vec::<String>::new());
    // Administrators have a page of their own.
    let sam = server.signed_in(SAM).await;
    let administration = ["Checklist", "People", "Catalogue", "Request form", "Background jobs", "History"];
    assert_eq!(sam.get("/help").await.all("nav[aria-label=Administration] a"), administration);
}

#[tokio::test]
async fn what_is_known_where_a_request_begins_stands_in_its_form() {
    let server = Server::start().await;
    // A host that died while the certification had lapsed.
    let ruth = server.signed_in(RUTH).await;
    let new = "/accounts/ACME-1001/files/new?product=CIC&version=2020+R2&type=production&host_id=6300270E26DF";
    let page = ruth.get(new).await;
    let links = page.attributes("#obstacles-title + ul a", "href");
    let urgent = links.iter().find(|href| href.contains("urgent")).expect("a link");
    let form = ruth.get(urgent).await;
    assert_eq!(form.attribute("input[name=type][checked]", "value").as_deref(), Some("reallocation"));
    assert_eq!(form.attribute("input[name=urgent][checked]", "value").as_deref(), Some("yes"));
    for (field, value) in
        [("primary_host", "6300270E26DF"), ("subject", "A file for CIC 2020 R2"), ("garn", "ACME-1001"), ("email", RUTH)]
    {
        assert_eq!(form.value(field).as_deref(), Some(value), "{field}");
    }
    // A question about a file.
    let amelia = server.signed_in(AMELIA).await;
    let file = generated(&amelia, &[]).await;
    let about = amelia.get(&file).await.attribute("section.download a:not(.button)", "href").expect("a link");
    let form = amelia.get(&about).await;
    assert_eq!((form.value("subject").as_deref(), form.value("garn").as_deref()), (Some("About AF-0000001"), Some("ACME-1001")));
    assert_eq!(form.attribute("input[name=kind][checked]", "value").as_deref(), Some("question"));
}
