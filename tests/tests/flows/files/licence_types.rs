//! Every licence type: who may generate it, what it needs, how long it lasts and which keys it gives. Domain §4 and §6.

use crate::{address, downloaded};
use chrono::TimeDelta;
use licensing::LicenceType;
use reqwest::StatusCode;
use std::fmt::Write;
use tests::{AMELIA, Answer, Backend, Browser, HANNA, JONAS, LENA, OWEN, PETRA, RUTH, SAM, Server, THEO};

/// A server whose database doctor finds nothing wrong with.
async fn server() -> Server {
    Server::durable(Backend::of_run()).await
}

const ACME: &str = "ACME-1001";
const HELIOS: &str = "HELIOS-2002";
const NORDIC: &str = "NORDIC-3003";
const BRIGHTWATER: &str = "BRIGHTWATER-9001";

/// A form for one server, complete for its product and type; `changes` replace or add fields.
async fn sent(browser: &Browser, garn: &str, product: &str, code: &str, changes: &[(&str, &str)]) -> Answer {
    let new = format!("/accounts/{garn}/files/new");
    let version = changes.iter().find(|(name, _)| *name == "version").map_or("2020 R2", |(_, version)| version);
    let page = browser.get(&format!("{new}?product={product}&version={}&type={code}", version.replace(' ', "+"))).await;
    let site = match garn {
        ACME => "1",
        HELIOS => "4",
        NORDIC => "5",
        _ => "7",
    };
    let item = match (product, code) {
        ("MediaServer", _) => "SW-002-4.0-SV01",
        ("MultiSite", _) => "SW-003-4.0-SV01",
        (_, "development-ordered-small") => "SW-001-4.0-DV01",
        (_, "development-ordered-large") => "SW-001-4.0-DV02",
        (_, "evaluation") => "SW-001-4.0-EV01",
        _ if garn == NORDIC => "SW-001-4.0-SV02",
        _ => "SW-001-4.0-SV03",
    };
    let usage = if garn == HELIOS && code == "production" { "upload" } else { "" };
    let key = page.value("key").unwrap_or_else(|| tests::UNUSED_KEY.to_owned());
    let mut fields: Vec<(String, String)> = [
        ("key", key.as_str()),
        ("site", site),
        ("product", product),
        ("version", "2020 R2"),
        ("type", code),
        ("usage_tracking", usage),
        ("host_id", "6300270E26DF"),
        ("machine_name", "IC-LAB-01"),
        ("system_type", "media-server-based"),
        ("mail_connector", "exchange"),
        ("server_item", item),
        ("switchover_later", "yes"),
        ("step", "generate"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec();
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    browser.post(&new, &fields).await
}

async fn file(browser: &Browser, garn: &str, product: &str, code: &str, changes: &[(&str, &str)]) -> String {
    downloaded(browser, &address(&sent(browser, garn, product, code, changes).await)).await
}

/// A line of the head of a file.
fn line<'a>(file: &'a str, name: &str) -> Option<&'a str> {
    file.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = "))
}

fn key(file: &str, name: &str) -> u32 {
    line(file, name).map_or(0, |count| count.parse().expect("a count"))
}

/// Objections of a page: the reasons why nothing can be generated, or the problems of the fields.
fn said(answer: &Answer) -> String {
    let reasons = answer.all(".note.warn li strong");
    if reasons.is_empty() {
        answer.problems().iter().map(|(_, words)| words.as_str()).collect::<Vec<_>>().join(" ")
    } else {
        reasons.join(" ")
    }
}

/// Everybody tries everything; what came of it stands in `licence_types.txt`.
#[tokio::test]
async fn who_may_generate_what_and_how_long_it_lasts() {
    let mut tried = String::new();
    for (email, garn, model) in [
        (AMELIA, ACME, None),
        (OWEN, ACME, None),
        (RUTH, ACME, None),
        (THEO, ACME, None),
        (HANNA, HELIOS, None),
        (PETRA, NORDIC, None),
        (PETRA, BRIGHTWATER, None),
        (JONAS, NORDIC, None),
        (JONAS, BRIGHTWATER, None),
        (LENA, ACME, None),
        (LENA, HELIOS, None),
        (LENA, NORDIC, None),
        (LENA, BRIGHTWATER, None),
        (AMELIA, ACME, Some("mixed")),
        (PETRA, NORDIC, Some("mixed")),
        (LENA, ACME, Some("mixed")),
    ] {
        let server = Server::start().await;
        let browser = server.signed_in(email).await;
        let name = email.split('.').next().unwrap_or_default();
        if let Some(model) = model {
            server.execute(&format!("UPDATE accounts SET licence_model = '{model}'")).await;
        }
        let kind = model.map_or(String::new(), |model| format!(" as a {model} estate"));
        for product in ["CIC", "MediaServer", "MultiSite"] {
            let _ = writeln!(tried, "{name} for {garn}{kind}, {product}");
            for licence_type in LicenceType::ALL {
                let before = server.contents().await;
                let answer = sent(&browser, garn, product, licence_type.code(), &[]).await;
                let outcome = if answer.status == StatusCode::SEE_OTHER {
                    let file = downloaded(&browser, &address(&answer)).await;
                    format!("valid through {}", line(&file, "valid_through").expect("a last day"))
                } else {
                    assert_eq!(server.contents().await, before, "{name} {garn} {product} {licence_type}");
                    format!("{} {}", answer.status.as_u16(), said(&answer))
                };
                let _ = writeln!(tried, "  {}: {outcome}", licence_type.code());
            }
        }
    }
    if std::env::var_os("AFMT_WRITE_EXPECTED").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/flows/files/licence_types.txt"), &tried).expect("written");
    }
    let expected = include_str!("licence_types.txt");
    for (tried, expected) in tried.lines().zip(expected.lines()) {
        assert_eq!(tried, expected);
    }
    assert_eq!(tried.lines().count(), expected.lines().count());
}

#[tokio::test]
async fn an_administrator_generates_nothing() {
    let server = server().await;
    let sam = server.signed_in(SAM).await;
    for licence_type in LicenceType::ALL {
        assert_eq!(sent(&sam, ACME, "CIC", licence_type.code(), &[]).await.status, StatusCode::NOT_FOUND, "{licence_type}");
    }
}

#[tokio::test]
async fn each_type_is_offered_to_those_who_may_generate_it() {
    let server = server().await;
    let common = ["production", "development-bundled", "development-ordered-small", "development-ordered-large"];
    let partner = ["development-partner"];
    let analyst = ["trial", "evaluation"];
    for (email, garn, expected) in [
        (AMELIA, ACME, common.to_vec()),
        (PETRA, NORDIC, [&common[..2], &partner, &common[2..]].concat()),
        (PETRA, BRIGHTWATER, partner.to_vec()),
        (LENA, ACME, [&common[..2], &partner, &common[2..], &analyst].concat()),
        (LENA, BRIGHTWATER, partner.to_vec()),
    ] {
        let browser = server.signed_in(email).await;
        let page = browser.get(&format!("/accounts/{garn}/files/new")).await;
        let offered: Vec<_> = page.options("type").into_iter().filter(|code| !code.is_empty()).collect();
        assert_eq!(offered, expected, "{email} {garn}");
    }
}

#[tokio::test]
async fn a_development_file_gives_every_feature_and_so_many_of_each_access_and_session_key() {
    let server = server().await;
    let amelia = server.signed_in(AMELIA).await;
    for (code, item, units) in [
        ("development-bundled", "SW-001-4.0-SV01", 8),
        ("development-bundled", "SW-001-4.0-SV03", 30),
        ("development-ordered-small", "SW-001-4.0-DV01", 8),
        ("development-ordered-large", "SW-001-4.0-DV02", 30),
    ] {
        let file = file(&amelia, ACME, "CIC", code, &[("server_item", item)]).await;
        assert_eq!(line(&file, "license_type"), Some(format!("\"{code}\"").as_str()));
        assert_eq!(line(&file, "disconnect_hourly"), Some("true"), "{item}");
        for key_name in [
            "I3_ACCESS_CLIENT",
            "I3_ACCESS_CLIENT_CONCURRENT",
            "I3_ACCESS_RECORDER",
            "I3_ACCESS_TRACKER",
            "I3_SESSION_CALL",
            "I3_LICENSE_BASIC_STATION",
        ] {
            assert_eq!(key(&file, key_name), units, "{item} {key_name}");
        }
        assert_eq!(key(&file, "I3_FEATURE_CIC_SERVER"), 1);
        assert_eq!(key(&file, "I3_FEATURE_ICWS_SDK"), 1);
        for never in [
            "I3_LICENSE_BASIC_STATION_CONCURRENT",
            "I3_FEATURE_SU_ALLOWED",
            "I3_FEATURE_USAGE_TRACKING_UPLOAD",
            "I3_FEATURE_USAGE_TRACKING_LOCAL",
            "I3_FEATURE_VIRTUAL_CLOUD",
        ] {
            assert_eq!(line(&file, never), None, "{item} {never}");
        }
        assert_eq!(line(&file, "updates_through"), None);
    }
    server.assert_healthy().await;
}

#[tokio::test]
async fn one_development_licence_comes_with_each_server() {
    let server = server().await;
    let amelia = server.signed_in(AMELIA).await;
    let with_basic = [("server_item", "SW-001-4.0-SV01")];
    address(&sent(&amelia, ACME, "CIC", "development-bundled", &with_basic).await);
    let before = server.contents().await;
    let second = sent(&amelia, ACME, "CIC", "development-bundled", &with_basic).await;
    assert_eq!(second.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        said(&second),
        "Only 0 of 1 assigned Development licence, small, with CIC Server, Basic are available; you asked for 1."
    );
    assert_eq!(server.contents().await, before);
    // It takes nothing of the server itself.
    let view = amelia.get(&address(&sent(&amelia, ACME, "CIC", "production", &with_basic).await)).await;
    assert_eq!(view.status, StatusCode::OK);
    server.assert_healthy().await;
}

#[tokio::test]
async fn files_of_one_ordered_development_licence_end_on_the_day_that_the_first_one_fixed() {
    let server = server().await;
    let large = async |browser: &Browser| sent(browser, ACME, "CIC", "development-ordered-large", &[]).await;
    let amelia = server.signed_in(AMELIA).await;
    let first = address(&large(&amelia).await);
    assert_eq!(line(&downloaded(&amelia, &first).await, "valid_through"), Some("2027-11-22"));
    server.advance(TimeDelta::days(100));
    let amelia = server.signed_in(AMELIA).await;
    let second = address(&large(&amelia).await);
    let second = downloaded(&amelia, &second).await;
    assert_eq!(line(&second, "valid_through"), Some("2027-11-22"));
    assert!(line(&second, "issued_at").is_some_and(|at| at.starts_with("2027-03-02")), "{second}");
    server.advance(TimeDelta::days(266));
    let ended = large(&server.signed_in(LENA).await).await;
    assert_eq!(ended.status, StatusCode::FORBIDDEN);
    assert_eq!(said(&ended), "The large development licence of CIC ended on 22 Nov 2027.");
    server.assert_healthy().await;
}

#[tokio::test]
async fn a_year_that_begins_on_a_leap_day_ends_on_28_february() {
    let server = server().await;
    server.advance(TimeDelta::days(464));
    let lena = server.signed_in(LENA).await;
    let file = file(&lena, ACME, "CIC", "development-ordered-small", &[]).await;
    assert!(line(&file, "issued_at").is_some_and(|at| at.starts_with("2028-02-29")), "{file}");
    assert_eq!(line(&file, "valid_through"), Some("2029-02-28"));
}

#[tokio::test]
async fn the_day_of_issue_is_the_accounts() {
    let server = server().await;
    // Half past one on the 23rd in Oslo and Berlin, half past seven on the 22nd in Indianapolis.
    server.advance(TimeDelta::hours(14) + TimeDelta::minutes(15));
    let lena = server.signed_in(LENA).await;
    let trial = file(&lena, ACME, "CIC", "trial", &[]).await;
    assert_eq!(line(&trial, "valid_through"), Some("2027-01-21"));
    let trial = file(&lena, NORDIC, "CIC", "trial", &[]).await;
    assert_eq!(line(&trial, "valid_through"), Some("2027-01-22"));
}

#[tokio::test]
async fn a_partner_develops_with_anything_in_any_number() {
    let server = server().await;
    let petra = server.signed_in(PETRA).await;
    let changes = [
        ("server_item", "SW-001-4.0-SV03"),
        ("switchover_later", ""),
        ("switchover_host_id", "A3155D1E8B32"),
        ("switchover_machine_name", "IC-LAB-02"),
        ("switchover_item", "SW-001-4.0-SO03"),
        ("assigned.SW-001-4.0-AL04", "500000"),
        ("pooled.SW-001-4.0-AL04", "2"),
    ];
    let before = server.rows("SELECT * FROM entitlements").await;
    let file = file(&petra, BRIGHTWATER, "CIC", "development-partner", &changes).await;
    assert_eq!(server.rows("SELECT * FROM entitlements").await, before);
    assert_eq!(line(&file, "valid_through"), Some("2026-12-22"));
    assert_eq!(line(&file, "disconnect_hourly"), Some("true"));
    assert_eq!(key(&file, "I3_ACCESS_CLIENT"), 500_000);
    assert_eq!(key(&file, "I3_LICENSE_BASIC_STATION"), 500_002);
    assert_eq!(line(&file, "I3_FEATURE_SU_ALLOWED"), None);
    assert_eq!(file.matches("[[binding.server]]").count(), 2);
    // View shows what it is made of.
    let view = petra.get(&format!("/accounts/{BRIGHTWATER}/files/AF-0000001")).await;
    let parts = view.all("[aria-labelledby=parts-title] tbody .code");
    assert_eq!(parts, ["SW-001-4.0-SV03", "SW-001-4.0-SO03", "SW-001-4.0-AL04"]);
    // It held nothing of an order, and nobody is told that something came back.
    let page = petra.get(&format!("/accounts/{BRIGHTWATER}/files/AF-0000001/deactivate")).await;
    let answer = petra
        .post(
            &format!("/accounts/{BRIGHTWATER}/files/AF-0000001/deactivate"),
            &tests::changed(page.fields(""), &[("reason", "wrongly-generated")]),
        )
        .await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{:?}", answer.problems());
    let mail = server.rows("SELECT arguments FROM jobs ORDER BY id DESC LIMIT 1").await[0].to_string();
    assert!(mail.contains("for IC-LAB-01. It held nothing of your orders: no quantities return. "), "{mail}");
    assert!(mail.contains("View it: "), "{mail}");
    let events = petra.get(answer.header("location")).await.all(".events li");
    assert!(events[0].ends_with("Deactivated. It was generated wrongly."), "{events:?}");
    server.assert_healthy().await;
}

#[tokio::test]
async fn what_has_fixed_contents_takes_no_additions() {
    let server = server().await;
    let lena = server.signed_in(LENA).await;
    let addition = [("assigned.SW-001-4.0-AL04", "1")];
    let evaluation = sent(&lena, ACME, "CIC", "evaluation", &addition).await;
    assert_eq!(evaluation.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        said(&evaluation),
        "Nothing can be added to this licence type (Evaluation): its contents are fixed. Leave SW-001-4.0-AL04 out."
    );
    let development = sent(&lena, ACME, "CIC", "development-ordered-small", &addition).await;
    assert_eq!(
        said(&development),
        "Nothing can be added to this licence type (Ordered development, small): its contents are fixed. Leave SW-001-4.0-AL04 out."
    );
    // A trial takes what the customer does not own.
    let trial = file(&lena, ACME, "CIC", "trial", &[("assigned.SW-001-4.0-AL06", "3")]).await;
    assert_eq!(line(&trial, "disconnect_hourly"), None);
    let unknown = sent(&lena, ACME, "CIC", "trial", &[("assigned.SW-001-4.0-XX99", "3")]).await;
    assert_eq!(
        said(&unknown),
        "Part SW-001-4.0-XX99 is not among the parts of this product and version. Choose from the current list."
    );
}

#[tokio::test]
async fn an_evaluation_lasts_its_term_from_the_first_file_on() {
    let server = server().await;
    let lena = server.signed_in(LENA).await;
    let evaluation = file(&lena, ACME, "CIC", "evaluation", &[]).await;
    assert_eq!(line(&evaluation, "valid_through"), Some("2027-01-06"));
    assert_eq!(key(&evaluation, "I3_ACCESS_CLIENT"), 10);
    server.advance(TimeDelta::days(46));
    let ended = sent(&server.signed_in(LENA).await, ACME, "CIC", "evaluation", &[]).await;
    assert_eq!(said(&ended), "The evaluation of CIC ended on 6 Jan 2027.");
}

#[tokio::test]
async fn bundles_of_trials_and_add_ons_are_for_analysts() {
    let server = server().await;
    let bundle = "SW-001-4.0-AB01";
    for (email, offered) in [(AMELIA, false), (LENA, true)] {
        let browser = server.signed_in(email).await;
        let page = browser.get(&format!("/accounts/{ACME}/files/new?product=CIC&version=2020+R2&type=production")).await;
        assert_eq!(page.value(&format!("assigned.{bundle}")).is_some(), offered, "{email}");
        let answer = sent(&browser, ACME, "CIC", "production", &[(&format!("assigned.{bundle}"), "2")]).await;
        if offered {
            address(&answer);
        } else {
            assert_eq!(
                said(&answer),
                format!("Part {bundle} is not among what this account owns for this product. Choose from the current list.")
            );
        }
    }
}

const IN_CLOUD: [(&str, &str); 4] =
    [("usage_tracking", "virtual-cloud"), ("ramp_date", "2027-01-01"), ("grace_days", "7"), ("host_id", "")];

#[tokio::test]
async fn a_virtual_cloud_file_is_bound_to_an_organisation_and_to_no_host() {
    let server = server().await;
    let lena = server.signed_in(LENA).await;
    let beside = sent(&lena, HELIOS, "MediaServer", "production", &IN_CLOUD).await;
    assert_eq!(beside.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        said(&beside),
        "A virtual-cloud Media Server works only beside a virtual-cloud CIC, and this account has no active file for one. Generate that first."
    );
    let pair = [
        ("switchover_later", ""),
        ("switchover_machine_name", "IC-VC-02"),
        ("switchover_item", "SW-001-4.0-SO03"),
        ("machine_name", "IC-VC-01"),
    ];
    let file = file(&lena, HELIOS, "CIC", "production", &[&IN_CLOUD[..], &pair].concat()).await;
    let head = file.split("[account]").nth(1).and_then(|rest| rest.split("[keys]").next()).expect("what stands before the keys");
    assert_eq!(
        head,
        "\nname = \"Helios Energie Kundenservice GmbH\"\ngarn = \"HELIOS-2002\"\ninstall_site = \"Frankfurt RZ 2\"\n\n\
         [binding]\nkind = \"virtual-cloud\"\n\n\
         [[binding.server]]\nrole = \"primary\"\nmachine_name = \"IC-VC-01\"\nserver_item = \"SW-001-4.0-SV03\"\n\n\
         [[binding.server]]\nrole = \"switchover\"\nmachine_name = \"IC-VC-02\"\nserver_item = \"SW-001-4.0-SO03\"\n\n\
         [enforcement]\nramp_date = 2027-01-01\ngrace_days = 7\norganization_id = \"5f0c2c6e-8d1b-4a53-9d0e-1b7f6a2c9e44\"\n\n"
    );
    assert_eq!(key(&file, "I3_FEATURE_VIRTUAL_CLOUD"), 1);
    assert_eq!(line(&file, "I3_FEATURE_USAGE_TRACKING_UPLOAD"), None);
    assert_eq!(line(&file, "I3_FEATURE_USAGE_TRACKING_LOCAL"), None);
    let view = lena.get(&format!("/accounts/{HELIOS}/files/AF-0000001")).await;
    assert!(view.text().contains("the day on which enforcement starts"));
    // Now the other product has its server beside it.
    let beside = downloaded(&lena, &address(&sent(&lena, HELIOS, "MediaServer", "production", &IN_CLOUD).await)).await;
    assert_eq!(key(&beside, "I3_FEATURE_VIRTUAL_CLOUD"), 1);
    server.assert_healthy().await;
}

#[tokio::test]
async fn what_stands_in_the_way_of_a_virtual_cloud_is_told() {
    let server = server().await;
    let lena = server.signed_in(LENA).await;
    let told = |garn: &'static str, product: &'static str, code: &'static str, changes: Vec<(&'static str, &'static str)>| {
        let (server, lena) = (&server, &lena);
        async move {
            let before = server.contents().await;
            let answer = sent(lena, garn, product, code, &[&IN_CLOUD[..], &changes].concat()).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert_eq!(server.contents().await, before);
            said(&answer)
        }
    };
    assert_eq!(
        told(ACME, "CIC", "production", vec![]).await,
        "A virtual cloud is for subscription accounts; this is a perpetual account. Bind the file to a host."
    );
    assert_eq!(
        told(HELIOS, "CIC", "production", vec![("version", "2020 R1")]).await,
        "CIC 2020 R1 does not know the virtual cloud. Choose 2020 R2 or later."
    );
    assert_eq!(
        told(HELIOS, "CIC", "trial", vec![]).await,
        "Only production files are for a virtual cloud, and this one is: Trial. Bind it to a host."
    );
    assert_eq!(
        told(HELIOS, "CIC", "production", vec![("ramp_date", "soon"), ("grace_days", "0")]).await,
        "“soon” is not a date. Enter year, month and day, such as 2027-01-31. The grace period is a number of days from 1 to 365."
    );
    assert_eq!(
        told(HELIOS, "CIC", "production", vec![("ramp_date", "2026-11-21"), ("grace_days", "366")]).await,
        "Enforcement can start between 22 Nov 2026 and 22 Nov 2027. Choose a day of that year. \
         The grace period is a number of days from 1 to 365."
    );
    assert_eq!(told(HELIOS, "CIC", "production", vec![("ramp_date", "")]).await, "Enter the date, such as 2027-01-31.");
    server.execute("UPDATE accounts SET cloud_connected = FALSE").await;
    assert_eq!(
        told(HELIOS, "CIC", "production", vec![]).await,
        "The account’s connection to its cloud organisation is not set up. Record it under Cloud connection once it is."
    );
    server.execute("UPDATE accounts SET cloud_organization = NULL").await;
    assert_eq!(
        told(HELIOS, "CIC", "production", vec![]).await,
        "No cloud organisation is known of this account. Enter its id under Cloud connection first."
    );
    // A usage key in a file that reports none.
    let trial = sent(&lena, ACME, "CIC", "trial", &[("usage_tracking", "upload")]).await;
    assert_eq!(said(&trial), "A file of this type (Trial) carries no usage tracking. Leave it out.");
}
