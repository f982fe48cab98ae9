//! Forged fields: what a form may not change stays as it is, whatever is posted.

use crate::{address, downloaded, generated};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use reqwest::StatusCode;
use serde_json::Value;
use tests::{AMELIA, Backend, Browser, LENA, OWEN, PETRA, SAM, Server, THEO, changed, form, seed};

/// One server without a second one, and without anything to add.
const ALONE: [(&str, &str); 4] =
    [("switchover_later", "yes"), ("switchover_host_id", ""), ("switchover_machine_name", ""), ("switchover_item", "")];

/// A form for one server of Acme, with `changes`.
async fn alone(browser: &Browser, changes: &[(&str, &str)]) -> String {
    generated(browser, &[&ALONE[..], changes].concat()).await
}

/// Posts the form of an update, as it is opened by `opens`, with `forged` fields as `sends`.
async fn forged(
    server: &Server,
    (opens, sends): (&Browser, &Browser),
    file: &str,
    forged: &[(&str, &str)],
) -> Vec<(StatusCode, Vec<(String, String)>)> {
    let before = server.contents().await;
    let page = opens.get(&format!("{file}/update")).await;
    let mut answers = Vec::new();
    for step in ["check", "generate"] {
        let fields = changed(page.fields(step), &[&[("machine_name", "IC-OTHER")], forged].concat());
        let answer = sends.post(&format!("{file}/update"), &fields).await;
        answers.push((answer.status, answer.problems()));
    }
    assert_eq!(server.contents().await, before);
    answers
}

#[tokio::test]
async fn an_update_does_not_make_a_bundled_development_file_a_production_file() {
    let server = Server::durable(Backend::of_run()).await;
    let amelia = server.signed_in(AMELIA).await;
    let file = alone(&amelia, &[("type", "development-bundled")]).await;
    let said = "An update does not change the licence type, which is Non-ordered development (bundled). \
                Generate another file for another one.";
    for (status, problems) in forged(&server, (&amelia, &amelia), &file, &[("type", "production")]).await {
        assert_eq!((status, problems), (StatusCode::UNPROCESSABLE_ENTITY, vec![("type".to_owned(), said.to_owned())]));
    }
    assert!(downloaded(&amelia, &file).await.contains("license_type = \"development-bundled\""));
    // What the form leaves out is as the file has it.
    let mut fields = amelia.get(&format!("{file}/update")).await.fields("generate");
    fields.retain(|(name, _)| !["type", "product"].contains(&name.as_str()));
    let updated = amelia.post(&format!("{file}/update"), &changed(fields, &[("machine_name", "IC-OTHER")])).await;
    assert_eq!(updated.status, StatusCode::SEE_OTHER, "{:?}", updated.problems());
    let text = downloaded(&amelia, &file).await;
    assert!(text.contains("license_type = \"development-bundled\"") && text.contains("revision = 2"));
    server.assert_healthy().await;
}

#[tokio::test]
async fn an_update_does_not_make_an_analysts_trial_a_production_file_of_a_customer() {
    let server = Server::start().await;
    let (lena, amelia) = (server.signed_in(LENA).await, server.signed_in(AMELIA).await);
    let file = alone(&lena, &[("type", "trial"), ("assigned.SW-001-4.0-AB01", "4")]).await;
    // Whether somebody may is asked of what the file is.
    for (status, _) in forged(&server, (&lena, &amelia), &file, &[("type", "production")]).await {
        assert_eq!(status, StatusCode::FORBIDDEN);
    }
    for (status, problems) in forged(&server, (&lena, &lena), &file, &[("type", "production")]).await {
        assert_eq!((status, problems[0].0.as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "type"));
    }
}

#[tokio::test]
async fn a_certification_for_another_product_does_not_turn_a_file_into_that_product() {
    let server = Server::start().await;
    let (amelia, theo) = (server.signed_in(AMELIA).await, server.signed_in(THEO).await);
    let file = alone(&amelia, &[("type", "development-bundled")]).await;
    for (status, _) in forged(&server, (&amelia, &theo), &file, &[("product", "MediaServer")]).await {
        assert_eq!(status, StatusCode::FORBIDDEN);
    }
    for (status, problems) in forged(&server, (&amelia, &amelia), &file, &[("product", "MediaServer")]).await {
        let said = "An update does not change the product, which is CIC. Generate another file for another one.";
        assert_eq!((status, problems), (StatusCode::UNPROCESSABLE_ENTITY, vec![("product".to_owned(), said.to_owned())]));
    }
}

#[tokio::test]
async fn an_update_with_another_type_or_product_of_a_file_with_order_lines_is_refused_in_words() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let file = generated(&amelia, &[("assigned.SW-001-4.0-AL02", "5")]).await;
    for fields in [
        &[("type", "development-bundled")][..],
        &[("type", "trial")],
        &[("type", "free of charge")],
        &[("product", "MediaServer")],
        &[("product", "NONE")],
        &[("product", "MultiSite"), ("type", "development-partner")],
    ] {
        for (status, problems) in forged(&server, (&amelia, &amelia), &file, fields).await {
            let named: Vec<&str> = problems.iter().map(|(field, _)| field.as_str()).collect();
            let mut expected: Vec<&str> = fields.iter().map(|(field, _)| *field).collect();
            expected.sort_unstable();
            assert_eq!((status, named), (StatusCode::UNPROCESSABLE_ENTITY, expected), "{fields:?}");
        }
    }
}

#[tokio::test]
async fn an_update_goes_to_an_older_version_of_its_generation_and_the_check_page_says_so() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let file = generated(&amelia, &[]).await;
    let page = amelia.get(&format!("{file}/update")).await;
    let checked = amelia.post(&format!("{file}/update"), &changed(page.fields("check"), &[("version", "2016 R1")])).await;
    assert_eq!(checked.status, StatusCode::OK, "{:?}", checked.problems());
    let warned = checked.all(".note.warn");
    assert!(warned.iter().any(|told| told.starts_with("2016 R1 is older than 2020 R2")), "{warned:?}");
    // A newer one is no reason for a warning.
    let newer = amelia.post(&format!("{file}/update"), &changed(page.fields("check"), &[("version", "2020 R4")])).await;
    assert!(newer.all(".note.warn").is_empty(), "{:?}", newer.all(".note.warn"));
    // Of another generation the account has no server item.
    let before = server.contents().await;
    let other = amelia.post(&format!("{file}/update"), &changed(page.fields("generate"), &[("version", "3.0")])).await;
    assert!([StatusCode::FORBIDDEN, StatusCode::UNPROCESSABLE_ENTITY].contains(&other.status), "{}", other.status);
    assert_eq!(server.contents().await, before);
}

#[tokio::test]
async fn somebody_uncertified_upgrades_nothing_and_plans_deactivations() {
    let server = Server::start().await;
    // Nordic's parts have options; Jonas is its partner's, and holds no certification.
    let jonas = server.signed_in(tests::JONAS).await;
    let page = jonas.get("/accounts/NORDIC-3003/upgrade").await;
    assert_eq!(page.status, StatusCode::OK);
    let said = "You hold no certification for CIC.";
    assert!(page.all(".note.warn").iter().any(|told| told.contains(said)), "{:?}", page.all(".note"));
    let before = server.contents().await;
    for step in ["check", "generate"] {
        let fields = [("key", tests::UNUSED_KEY), ("step", step), ("to.SW-001-3.0-AL02", "SW-001-4.0-AL02")];
        let refused = jonas.post("/accounts/NORDIC-3003/upgrade", &fields).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{step}");
        assert!(refused.all(".note.warn").iter().any(|told| told.contains(said)), "{:?}", refused.all(".note"));
    }
    assert_eq!(server.contents().await, before);

    let file = generated(&server.signed_in(AMELIA).await, &[]).await;
    let owen = server.signed_in(OWEN).await;
    let serial = file.rsplit('/').next().expect("a serial");
    let selected = [("key", tests::UNUSED_KEY), ("kind", "deactivate"), ("serial", serial)];
    let planned = owen.post("/accounts/ACME-1001/batches/selection", &selected).await;
    assert_eq!(planned.header("location"), "/accounts/ACME-1001/batches/BT-0000001", "{:?}", planned.all(".note"));
}

/// Everything that no form may change.
async fn fixed(server: &Server) -> Vec<Value> {
    let mut rows = Vec::new();
    for sql in [
        "SELECT id, garn, name, kind, licence_model, time_zone, mirrored FROM accounts ORDER BY id",
        "SELECT id, email, name, password_hash, staff_role, time_zone, active FROM people ORDER BY id",
        "SELECT * FROM memberships ORDER BY person_id, account_id",
        "SELECT * FROM partner_grants ORDER BY partner_id, customer_id",
        "SELECT * FROM certifications ORDER BY id",
        "SELECT * FROM orders ORDER BY id",
        "SELECT id, account_id, order_id, line, owned_assigned, owned_pooled, unlimited, maintenance_end, term_days FROM entitlements ORDER BY id",
        "SELECT id, number, class, generation, product_id FROM parts ORDER BY id",
        "SELECT name, public_key, state FROM signing_keys ORDER BY name",
    ] {
        rows.extend(server.rows(sql).await);
    }
    rows
}

/// Facts of existing files and sites that no form may change.
async fn fixed_of_files(server: &Server) -> Vec<Value> {
    let files = "SELECT f.serial, f.account_id, f.product_id, f.licence_type, MIN(r.valid_through) AS first_end, MAX(r.valid_through) AS last_end
                 FROM activation_files f JOIN file_revisions r ON r.file_id = f.id GROUP BY f.id, f.serial, f.account_id, f.product_id, f.licence_type
                 ORDER BY f.id";
    let first = "SELECT f.serial, r.generated_by FROM activation_files f JOIN file_revisions r ON r.file_id = f.id WHERE r.revision = 1 ORDER BY f.id";
    let sites = "SELECT id, account_id FROM install_sites ORDER BY id";
    let mut rows = server.rows(files).await;
    rows.extend(server.rows(first).await);
    rows.extend(server.rows(sites).await);
    rows
}

/// Names that a form has somewhere, that a table has, or that somebody might try.
const NAMES: [&str; 46] = [
    "type",
    "licence_type",
    "license_type",
    "product",
    "product_id",
    "version",
    "version_id",
    "site",
    "site_id",
    "serial",
    "revision",
    "began",
    "state",
    "account",
    "account_id",
    "garn",
    "owner",
    "person_id",
    "generated_by",
    "generated_at",
    "valid_through",
    "updates_through",
    "licence_model",
    "mirrored",
    "unlimited",
    "owned_assigned",
    "owned_pooled",
    "allocated_assigned",
    "id",
    "ended_by",
    "ended_at",
    "reason",
    "note",
    "machine",
    "active",
    "name",
    "country",
    "mark",
    "confirmed",
    "usage_tracking",
    "grace_days",
    "ramp_date",
    "kind",
    "repeats",
    "server_item",
    "staff_role",
];

const VALUES: [&str; 22] = [
    "production",
    "trial",
    "evaluation",
    "development-partner",
    "CIC",
    "MediaServer",
    "MultiSite",
    "2020 R2",
    "3.0",
    "1",
    "2",
    "4",
    "5",
    "AF-0000002",
    "BRIGHTWATER-9001",
    "HELIOS-2002",
    "active",
    "revoked",
    "2100-01-01",
    "yes",
    "",
    "SW-001-4.0-AB01",
];

/// Fields that would turn an existing file into another.
const LIKELY: [(&str, &str); 8] = [
    ("type", "production"),
    ("type", "development-bundled"),
    ("type", "trial"),
    ("product", "MediaServer"),
    ("product", "MultiSite"),
    ("version", "2016 R1"),
    ("host_id", "00505684E9FF"),
    ("machine_name", "IC-FORGED"),
];

#[tokio::test]
async fn whatever_is_posted_what_no_form_may_change_stays() {
    let server = Server::durable(Backend::of_run()).await;
    let mut random = StdRng::seed_from_u64(seed());
    let (amelia, lena, petra) = (server.signed_in(AMELIA).await, server.signed_in(LENA).await, server.signed_in(PETRA).await);
    let sam = server.signed_in(SAM).await;
    let mut files = vec![
        generated(&amelia, &[("assigned.SW-001-4.0-AL02", "3")]).await,
        alone(&amelia, &[("type", "development-bundled"), ("host_id", "00505684E9A1")]).await,
        alone(&lena, &[("type", "trial"), ("host_id", "00505684E9A2"), ("assigned.SW-001-4.0-AB01", "2")]).await,
    ];
    let new = "/accounts/NORDIC-3003/files/new";
    let page = petra.get(&format!("{new}?product=CIC&version=2018+R5")).await;
    let nordic =
        [("site", "5"), ("version", "2018 R5"), ("server_item", "SW-001-4.0-SV02"), ("switchover_item", "SW-001-4.0-SO02")];
    files.push(address(&petra.post(new, &form(&page.value("key").expect("a key"), &nordic)).await));
    let everything = fixed(&server).await;
    for round in 0..80 {
        let before = fixed_of_files(&server).await;
        let file = files.choose(&mut random).expect("a file");
        let account = file.split("/files/").next().expect("an account").to_owned();
        let browser = *[&amelia, &amelia, &lena, &petra, &sam].choose(&mut random).expect("somebody");
        // The form as whoever may open it gets it, at the address of any change there is.
        let opened = match random.random_range(0..6) {
            0 | 1 => format!("{file}/update"),
            2 => format!("{file}/deactivate"),
            3 => format!("{account}/sites/{}", if account.contains("NORDIC") { 5 } else { 1 }),
            4 => format!("{account}/upgrade"),
            _ => format!("{account}/cloud"),
        };
        let page = browser.get(&opened).await;
        let mut fields =
            if page.all("main form[method=post]").is_empty() { form(tests::UNUSED_KEY, &[]) } else { page.fields("generate") };
        for _ in 0..random.random_range(1..5) {
            let likely = *LIKELY.choose(&mut random).expect("a field");
            let drawn = (*NAMES.choose(&mut random).expect("a name"), *VALUES.choose(&mut random).expect("a value"));
            fields = changed(fields, &[if random.random_bool(0.5) { likely } else { drawn }]);
        }
        let answer = browser.post(&opened, &fields).await;
        assert!(!answer.status.is_server_error(), "round {round}: {} at {opened}: {fields:?}", answer.status);
        assert_eq!(fixed(&server).await, everything, "round {round}: {opened}: {fields:?}");
        assert_eq!(fixed_of_files(&server).await, before, "round {round}: {opened}: {fields:?}");
    }
    server.assert_healthy().await;
}
