use crate::generated;
use chrono::TimeDelta;
use reqwest::StatusCode;
use tests::{AMELIA, Browser, LENA, Server, changed};

const FILES: &str = "/accounts/ACME-1001/files";

/// Six files: two sites, two products, two people, three days, two types, one of them given back, one pair.
async fn server() -> (Server, Browser) {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let alone =
        [("switchover_later", "yes"), ("switchover_host_id", ""), ("switchover_machine_name", ""), ("switchover_item", "")];
    generated(&amelia, &[]).await;
    let columbus = [
        &alone[..],
        &[("site", "2"), ("host_id", "00505684E9A1"), ("machine_name", "Col-DR-1"), ("server_item", "SW-001-4.0-SV01")],
    ];
    generated(&amelia, &columbus.concat()).await;
    server.advance(TimeDelta::days(1));
    let amelia = server.signed_in(AMELIA).await;
    let media =
        [("product", "MediaServer"), ("server_item", "SW-002-4.0-SV01"), ("host_id", "00505684E9A2"), ("machine_name", "MS-1")];
    generated(&amelia, &[&alone[..], &media].concat()).await;
    let second = [
        ("product", "MediaServer"),
        ("server_item", "SW-002-4.0-SV01"),
        ("host_id", "00505684E9A3"),
        ("machine_name", "MS-2"),
        ("site", "2"),
    ];
    let given_back = generated(&amelia, &[&alone[..], &second].concat()).await;
    let page = amelia.get(&format!("{given_back}/deactivate")).await;
    let typed = changed(page.fields(""), &[("reason", "wrongly-generated"), ("machine", "MS-2")]);
    assert_eq!(amelia.post(&format!("{given_back}/deactivate"), &typed).await.status, StatusCode::SEE_OTHER);
    server.advance(TimeDelta::days(1));
    let lena = server.signed_in(LENA).await;
    let trial = [("type", "trial"), ("host_id", "00505684E9A4"), ("machine_name", "IC-TRY")];
    generated(&lena, &[&alone[..], &trial].concat()).await;
    let development = [("type", "development-bundled"), ("host_id", "00505684E9A5"), ("machine_name", "IC-DEV")];
    generated(&lena, &[&alone[..], &development].concat()).await;
    let amelia = server.signed_in(AMELIA).await;
    (server, amelia)
}

async fn serials(browser: &Browser, query: &str) -> Vec<String> {
    let page = browser.get(&format!("{FILES}{query}")).await;
    assert_eq!(page.status, StatusCode::OK, "{query}");
    let serial = |text: String| text.trim_start_matches("AF-000000").chars().take(1).collect();
    page.all("tbody th").into_iter().map(serial).collect()
}

#[tokio::test]
async fn each_filter_narrows_and_all_of_them_together() {
    let (_server, amelia) = server().await;
    for (query, expected) in [
        ("", vec!["6", "5", "3", "2", "1"]),
        ("?active=all", vec!["6", "5", "4", "3", "2", "1"]),
        ("?active=no", vec!["4"]),
        ("?site=2", vec!["2"]),
        ("?site=2&active=all", vec!["4", "2"]),
        ("?from=2026-11-23", vec!["6", "5", "3"]),
        ("?to=2026-11-22", vec!["2", "1"]),
        ("?from=2026-11-23&to=2026-11-23&active=all", vec!["4", "3"]),
        ("?line=CIC+products", vec!["6", "5", "2", "1"]),
        ("?line=SIP+products", vec!["3"]),
        ("?line=nothing", vec![]),
        ("?type=trial", vec!["5"]),
        ("?by=lena*", vec!["6", "5"]),
        ("?by=AMELIA+H*", vec!["3", "2", "1"]),
        ("?by=nobody", vec![]),
        ("?machine=ic-*", vec!["6", "5", "1"]),
        ("?machine=IC-PRD-02", vec!["1"]),
        ("?machine=C-PRD", vec![]),
        ("?machine=%25", vec![]),
        ("?machine=ms*&active=all&site=2&by=amelia*&type=production&from=2026-11-23", vec!["4"]),
        ("?machine=ms*&site=1&by=lena*", vec![]),
        ("?site=999", vec![]),
        ("?site=4", vec![]),
        ("?sort=oldest", vec!["1", "2", "3", "5", "6"]),
        ("?sort=machine", vec!["2", "6", "1", "5", "3"]),
        ("?sort=machine-down", vec!["3", "5", "1", "6", "2"]),
        ("?sort=end", vec!["5", "6", "1", "2", "3"]),
        ("?sort=end-down", vec!["3", "2", "1", "6", "5"]),
        ("?sort=machine&machine=ic-*", vec!["6", "1", "5"]),
        ("?sort=machine-down&machine=ic-prd*&active=all", vec!["1"]),
        ("?sort=end&site=1&by=a*", vec!["1", "3"]),
        ("?sort=product", vec!["1", "2", "5", "6", "3"]),
        ("?sort=product-down", vec!["3", "6", "5", "2", "1"]),
        ("?sort=type&active=all", vec!["6", "1", "2", "3", "4", "5"]),
        ("?sort=type-down&site=1", vec!["5", "3", "1", "6"]),
        ("?sort=site", vec!["2", "1", "3", "5", "6"]),
        ("?sort=site-down", vec!["6", "5", "3", "1", "2"]),
        ("?sort=by", vec!["1", "2", "3", "5", "6"]),
        ("?sort=by-down&machine=ic-*", vec!["6", "5", "1"]),
        ("?sort=state&active=all", vec!["1", "2", "3", "5", "6", "4"]),
        ("?sort=state-down&active=all", vec!["4", "6", "5", "3", "2", "1"]),
        // A trial for two months, a development file for a year.
        ("?ends_to=2027-12-31", vec!["6", "5"]),
        ("?ends_to=2027-12-31&sort=end", vec!["5", "6"]),
        ("?ends_from=2027-06-01&ends_to=2027-12-31", vec!["6"]),
        ("?ends_from=2027-06-01&sort=oldest", vec!["1", "2", "3", "6"]),
        ("?ends_to=2027-12-31&site=2", vec![]),
        ("?ends_to=2027-12-31&machine=ic-t*&by=lena*", vec!["5"]),
        ("?ends_to=2200-12-31&type=production", vec!["3", "2", "1"]),
        ("?part=SW-001-4.0-SV01", vec!["2"]),
        ("?part=sw-002-4.0-sv01&active=all&sort=oldest", vec!["3", "4"]),
        ("?part=SW-002-4.0-SV01&active=no", vec!["4"]),
        ("?part=SW-001-4.0-SV03", vec!["6", "5", "1"]),
        ("?part=SW-001-4.0-SV03&sort=machine", vec!["6", "1", "5"]),
        ("?part=SW-001-4.0-SV03&machine=ic-prd*&site=1&ends_from=2027-01-01", vec!["1"]),
        ("?part=SW-001-4.0-AL04", vec![]),
        ("?part=X-1", vec![]),
    ] {
        assert_eq!(serials(&amelia, query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn the_days_of_a_filter_begin_and_end_where_the_reader_is() {
    let server = Server::start().await;
    // In Indianapolis it is still the 22nd, in Berlin it is the 23rd.
    server.advance(TimeDelta::hours(14));
    let amelia = server.signed_in(AMELIA).await;
    generated(&amelia, &[]).await;
    assert_eq!(serials(&amelia, "?to=2026-11-22").await, ["1"]);
    let lena = server.signed_in(LENA).await;
    assert!(serials(&lena, "?to=2026-11-22").await.is_empty());
    assert_eq!(serials(&lena, "?from=2026-11-23").await, ["1"]);
}

#[tokio::test]
async fn filters_in_effect_can_be_taken_away_one_by_one() {
    let (_server, amelia) = server().await;
    let page = amelia.get(&format!("{FILES}?site=2&machine=col*&sort=machine")).await;
    assert_eq!(
        page.all(".chips li"),
        ["Remove the filter Install site: Columbus DR", "Remove the filter Active: Yes", "Remove the filter Machine name: col*"]
    );
    assert_eq!(
        page.attribute(".chips li:first-child a", "href").as_deref(),
        Some("/accounts/ACME-1001/files?machine=col*&sort=machine")
    );
    assert_eq!(
        page.attribute(".chips li:nth-child(2) a", "href").as_deref(),
        Some("/accounts/ACME-1001/files?site=2&active=all&machine=col*&sort=machine")
    );
    assert_eq!(page.all(".count"), ["1 activation file, machine, A to Z"]);
    assert_eq!(page.all("th[aria-sort=ascending]"), ["Machines, sort: machine, Z to A"]);
    let none = amelia.get(&format!("{FILES}?machine=nothing")).await;
    assert_eq!(none.all(".empty p"), ["No activation file matches these filters.", "Show all files, active or not"]);
}

#[tokio::test]
async fn a_filter_that_cannot_be_read_is_named_at_its_field() {
    let (_server, amelia) = server().await;
    let page = amelia.get(&format!("{FILES}?ends_from=2027-02-01&ends_to=2027-01-31&part=a+b")).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        page.problems(),
        [
            (
                "ends_to".to_owned(),
                "The last day lies before the first, 1 Feb 2027. Enter a later one, or leave it empty.".to_owned()
            ),
            (
                "part".into(),
                "“a b” is not a part number. Enter one as the account summary has it, such as SW-001-4.0-AL04.".into()
            )
        ]
    );
    let page = amelia.get(&format!("{FILES}?from=yesterday&type=free")).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        page.problems(),
        [
            ("from".to_owned(), "“yesterday” is not a date. Enter year, month and day, such as 2027-01-31.".to_owned()),
            ("type".into(), "What was sent is not among this account's choices. Select a licence type from the list.".into())
        ]
    );
    assert!(page.all("tbody tr").is_empty(), "nothing is shown that was not asked for");
    assert_eq!(amelia.get(&format!("{FILES}.csv?from=yesterday")).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn every_order_goes_through_all_pages_without_a_gap() {
    let server = Server::start().await;
    server.execute("UPDATE entitlements SET owned_assigned = 1000 WHERE id IN (1, 2)").await;
    let amelia = server.signed_in(AMELIA).await;
    for number in 0..60 {
        let (host, second) = (format!("0A0B0C0D0E{number:02X}"), format!("0A0B0C0D0F{number:02X}"));
        let machine = format!("IC-{:02}", (number * 37) % 60);
        let pair = format!("IC-{:02}-B", (number * 11) % 60);
        let mut fields = vec![
            ("host_id", host.as_str()),
            ("machine_name", &machine),
            ("switchover_host_id", &second),
            ("switchover_machine_name", &pair),
        ];
        if number % 3 == 0 {
            fields.extend([
                ("switchover_later", "yes"),
                ("switchover_host_id", ""),
                ("switchover_machine_name", ""),
                ("switchover_item", ""),
            ]);
        }
        generated(&amelia, &fields).await;
        if number % 7 == 0 {
            server.advance(TimeDelta::hours(1));
        }
    }
    for query in [
        "sort=latest",
        "sort=oldest",
        "sort=machine",
        "sort=machine-down",
        "sort=end",
        "sort=end-down",
        "sort=machine&machine=ic-*",
        "machine=ic-*",
        "sort=end&site=1",
        "sort=product",
        "sort=type-down",
        "sort=site&part=SW-001-4.0-SV03",
        "sort=by-down&machine=ic-*",
        "sort=state&ends_from=2027-01-01",
        "part=SW-001-4.0-SV03",
        "sort=machine-down&by=amelia*",
    ] {
        let whole = serial_column(&amelia, &format!("{FILES}?rows=100&{query}")).await;
        assert_eq!(whole.len(), 60, "{query}");
        let mut paged = Vec::new();
        let mut next = Some(format!("{FILES}?{query}"));
        let mut last = None;
        while let Some(path) = next {
            let page = amelia.get(&path).await;
            let (from, to) = (paged.len() + 1, (paged.len() + 25).min(60));
            assert!(page.all(".count")[0].starts_with(&format!("{from}–{to} of 60 activation files")), "{path}");
            paged.extend(page.all("tbody th"));
            next = page.attribute("nav.pages a[rel=next]", "href");
            last = page.attribute("nav.pages a[rel=prev]", "href");
        }
        assert_eq!(paged, whole, "{query}");
        // Back again, a page at a time.
        let mut before = paged.len() - 10;
        while let Some(path) = last {
            let page = amelia.get(&path).await;
            assert!(page.all(".count")[0].starts_with(&format!("{}–{before} of 60 activation files", before - 24)), "{path}");
            assert_eq!(page.all("tbody th"), whole[before - 25..before], "{path}");
            before -= 25;
            last = page.attribute("nav.pages a[rel=prev]", "href");
        }
        assert_eq!(before, 0, "{query}");
    }
    // A place in another order, or of a file that is not there, is none in this one.
    for (query, after) in
        [("machine=ic-*&sort=machine", "na~AF-0000001"), ("from=2026-11-22", "t2026-11-01T00:00:00Z~AF-0000001")]
    {
        assert_eq!(amelia.get(&format!("{FILES}?{query}&after={after}")).await.status, StatusCode::NOT_FOUND, "{query}");
    }
    for after in [
        "tomorrow",
        "t+262142-12-31T23:59:59Z~AF-0000001",
        "d2027-01-01~AF-0000001",
        "t2026-11-22T10:15:30Z~AF-0009999",
        "ncic~AF-0000001",
        "nic-01~AF-0000001",
    ] {
        assert_eq!(amelia.get(&format!("{FILES}?after={after}")).await.status, StatusCode::NOT_FOUND, "{after}");
    }
}

async fn serial_column(browser: &Browser, path: &str) -> Vec<String> {
    browser.get(path).await.all("tbody th")
}

#[tokio::test]
async fn the_whole_filtered_set_is_a_table_for_spreadsheets() {
    let (server, amelia) = server().await;
    server.execute("UPDATE install_sites SET name = '=HYPERLINK(\"x\"), \"quoted\"' WHERE id = 2").await;
    let answer = amelia.get(&format!("{FILES}.csv?active=all&sort=oldest")).await;
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"activation-files-ACME-1001.csv\"");
    let text = answer.text();
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert_eq!(
        lines[0],
        "\u{FEFF}Serial,Revision,State,Licence type,Product,Product version,Install site,Machine,Host id,Switchover machine,Switchover host id,Generated at,Generated by,Updated at,Updated by,Valid through"
    );
    assert_eq!(
        lines[1],
        "AF-0000001,1,active,Production,CIC,2020 R2,Indianapolis DC 1,IC-PRD-01,63:00:27:0E:26:DF,IC-PRD-02,A3:15:5D:1E:8B:32,2026-11-22T05:15:30-05:00,Amelia Hart,,,2100-01-01"
    );
    assert!(
        lines[2].starts_with(
            "AF-0000002,1,active,Production,CIC,2020 R2,\"'=HYPERLINK(\"\"x\"\"), \"\"quoted\"\"\",Col-DR-1,00:50:56:84:E9:A1,,,"
        ),
        "{}",
        lines[2]
    );
    assert_eq!(lines.len(), 8, "a head, six files, and the end of the last line");
}
