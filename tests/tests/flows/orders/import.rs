use crate::{address, form, fresh_key, generated};
use portal::jobs::Lane;
use portal::people::PasswordCost;
use reqwest::StatusCode;
use serde_json::json;
use tests::{AMELIA, Backend, LENA, NEW, Server, finished, workbook};

/// Imports a table from the terminal; what was said, or the refusal behind it.
async fn import(server: &Server, table: &[u8], applies: bool) -> (Vec<String>, Option<String>) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("orders.csv");
    std::fs::write(&file, table).expect("written");
    let mut out = Vec::new();
    let (settings, ctx) = (server.settings(), server.ctx().clone());
    let imported = server::import_orders(settings, &file, applies, ctx, PasswordCost::Least, &mut out).await;
    let said = String::from_utf8(out).expect("a text").lines().map(str::to_owned).collect();
    (said, imported.err().map(|error| format!("{error:#}").replace(&format!("{}: ", file.display()), "")))
}

const HEAD: &str = "garn,account,licence_model,time_zone,sales_order,line,changes,purchase_order,ordered_on,part,assigned,pooled,maintenance_end,term_days,site,site_country\n";

/// A new account with a site and two lines, and a line of an account that is there.
const TABLE: &str =
    "FJORD-1,Fjord Kundesenter AS,perpetual,Europe/Oslo,SO-300001,1,,PO-7,2019-05-06,SW-001-4.0-SV02,1,,2027-05-05,,Bergen,Norway
FJORD-1,,,,SO-300001,2,,PO-7,2019-05-06,SW-001-4.0-AL02,25,5,2027-05-05,,,
ACME-1001,,,,SO-300002,1,,PO-8,2019-06-07,SW-001-4.0-AL01,10,,,,,
";

fn table(lines: &str) -> Vec<u8> {
    format!("{HEAD}{lines}").into_bytes()
}

#[tokio::test]
async fn a_table_is_compared_applied_whole_and_changes_nothing_the_second_time() {
    let server = Server::durable(Backend::of_run()).await;
    let before = server.contents().await;
    let (said, refused) = import(&server, &table(TABLE), false).await;
    assert_eq!(refused, None);
    assert_eq!(
        said,
        [
            "Line 1, new: New account: Fjord Kundesenter AS. New order line: 1 assigned and 0 pooled of SW-001-4.0-SV02. New install site: Bergen.",
            "Line 2, new: New order line: 25 assigned and 5 pooled of SW-001-4.0-AL02.",
            "Line 3, new: New order line: 10 assigned and 0 pooled of SW-001-4.0-AL01.",
            "Lines: 3 new, 0 changed, 0 there already, 0 refused. Nothing was changed; --apply does it.",
        ]
    );
    let owned = |contents: Vec<serde_json::Value>| contents.into_iter().filter(|row| row.get("sales_order").is_some()).count();
    assert_eq!(owned(server.contents().await), owned(before));
    let (said, refused) = import(&server, &table(TABLE), true).await;
    assert_eq!(
        (said.last().expect("a line").as_str(), refused),
        ("Lines: 3 new, 0 changed, 0 there already, 0 refused. All of it is applied.", None)
    );
    let (said, refused) = import(&server, &table(TABLE), true).await;
    assert_eq!(
        (said, refused),
        (vec!["Lines: 0 new, 0 changed, 3 there already, 0 refused. All of it is applied.".to_owned()], None)
    );
    // What came in is owned, and a file is generated from it.
    let lena = server.signed_in(LENA).await;
    let page = lena.get("/accounts/FJORD-1/files/new?product=CIC&version=2020+R2&type=production").await;
    let key = page.value("key").expect("a key");
    let site = server.rows("SELECT id FROM install_sites WHERE name = 'Bergen' AND account_id NOT IN (SELECT id FROM accounts WHERE garn = 'NORDIC-3003')").await;
    let site = site[0]["id"].to_string();
    let fields = form(
        &key,
        &[
            ("site", &site),
            ("server_item", "SW-001-4.0-SV02"),
            ("switchover", "later"),
            ("switchover_item", ""),
            ("switchover_host_id", ""),
            ("switchover_machine_name", ""),
        ],
    );
    let made = lena.post("/accounts/FJORD-1/files/new", &fields).await;
    assert_eq!(address(&made), "/accounts/FJORD-1/files/AF-0000001");
    let events = server.rows("SELECT actor, subject FROM audit_events WHERE action = 'orders imported' ORDER BY id").await;
    assert_eq!(
        events,
        [
            json!({ "actor": "command line", "subject": "IM-0000002" }),
            json!({ "actor": "command line", "subject": "IM-0000002" })
        ]
    );
    server.assert_healthy().await;
}

#[tokio::test]
async fn a_later_line_renews_grows_and_shrinks_the_line_that_it_names_but_not_below_what_files_hold() {
    let server = Server::durable(Backend::of_run()).await;
    assert_eq!(import(&server, &table(TABLE), true).await.1, None);
    let amelia = server.signed_in(AMELIA).await;
    let key = fresh_key(&amelia).await;
    let file = amelia.post(NEW, &form(&key, &[("assigned.SW-001-4.0-AL01", "45")])).await;
    assert_eq!(file.status, StatusCode::SEE_OTHER, "{:?}", file.problems());
    let line = |rest: &str| table(&format!("ACME-1001,,,,{rest},,\n"));
    // Renewed, and more of it.
    let grows = line("SO-300010,1,SO-300002/1,,2026-01-02,,12,,2028-01-31,");
    let (said, refused) = import(&server, &grows, true).await;
    assert_eq!(refused, None, "{said:?}");
    assert_eq!(said[0], "Line 1, changed: SO-300002/1, SW-001-4.0-AL01: units 10/0 → 12/0, maintenance until none → 2028-01-31.");
    let (said, refused) = import(&server, &grows, true).await;
    assert_eq!(
        (said, refused),
        (vec!["Lines: 0 new, 0 changed, 1 there already, 0 refused. All of it is applied.".to_owned()], None)
    );
    assert_eq!(
        import(&server, &table(TABLE), true).await.0,
        ["Lines: 0 new, 0 changed, 3 there already, 0 refused. All of it is applied."]
    );
    // A return of what a file holds is refused with the file; of what none holds it is taken.
    let rows = server.rows("SELECT o.sales_order, e.line, e.allocated_assigned FROM entitlements e JOIN orders o ON o.id = e.order_id WHERE e.allocated_assigned > 5 ORDER BY e.id").await;
    let (order, at, held) =
        (rows[0]["sales_order"].as_str().expect("an order"), &rows[0]["line"], &rows[0]["allocated_assigned"]);
    let before = server.contents().await;
    let (said, refused) = import(&server, &line(&format!("SO-300011,1,{order}/{at},,2026-01-03,,1,,,")), true).await;
    assert_eq!(
        refused.as_deref(),
        Some("Lines are refused: 1. Correct them in the table, and upload it again: an import is applied whole or not at all.")
    );
    assert!(
        said[0].contains(&format!("files hold {held}/")) && said[0].ends_with("Deactivate or update first: AF-0000001."),
        "{said:?}"
    );
    let owned = |contents: &[serde_json::Value]| {
        contents.iter().filter(|row| row.get("owned_assigned").is_some()).cloned().collect::<Vec<_>>()
    };
    assert_eq!(owned(&server.contents().await), owned(&before));
    server.assert_healthy().await;
}

#[tokio::test]
async fn every_line_that_cannot_be_taken_says_why_and_nothing_of_the_table_is_applied() {
    let server = Server::start().await;
    let cases = [
        (
            "NONE-1,,,,SO-1,1,,,2020-01-01,SW-001-4.0-AL01,1,,,,,",
            "There is no account NONE-1. To add it, fill in account with its name.",
        ),
        ("ACME-1001,,,Mars/Olympus,,,,,,,,,,,,", "time_zone: “Mars/Olympus” is no time zone. Write one such as Europe/Berlin."),
        (
            "ACME-1001,,,,SO-201155,9,,4500119873,2020-02-10,SW-001-4.0-AL01,1,,,,,",
            "Sales order SO-201155 is of another account, HELIOS-2002.",
        ),
        (
            "ACME-1001,,,,SO-104417,90,,PO-88121,2018-03-20,SW-001-4.0-AL01,1,,,,,",
            "ordered_on: SO-104417 is of 2018-03-19, not of 2018-03-20.",
        ),
        (
            "ACME-1001,,,,SO-104417,91,,PO-1,2018-03-19,SW-001-4.0-AL01,1,,,,,",
            "purchase_order: that of SO-104417 is PO-88121, not PO-1.",
        ),
        ("ACME-1001,,,,SO-400001,1,,,2020-01-01,SW-001-4.0-XX99,1,,,,,", "part: the catalogue has no part SW-001-4.0-XX99."),
        ("ACME-1001,,,,SO-400001,2,,,2020-01-01,SW-001-4.0-AL01,,,,,,", "assigned, pooled: fill in how many units were ordered."),
        (
            "ACME-1001,,,,SO-400001,3,,,2020-01-01,SW-001-4.0-EV01,1,,,,,",
            "term_days: an evaluation is sold for a number of days. Fill them in.",
        ),
        (
            "ACME-1001,,,,SO-400001,4,,,2020-01-01,SW-001-4.0-AL01,1,,,30,,",
            "term_days: only evaluations have a term. Empty this cell.",
        ),
        (
            "ACME-1001,,,,SO-400001,5,,,03/04/2027,SW-001-4.0-AL01,1,,,,,",
            "ordered_on: “03/04/2027” is one day in some countries and another in others. Write year, month and day, such as 2027-01-31.",
        ),
        (
            "ACME-1001,,,,SO-104417,3,,PO-88121,2018-03-19,SW-001-4.0-AL01,41,25,2027-06-30,,,",
            "SO-104417/3 is there, otherwise: units 40/25 → 41/25. To change it, give a later order line that names SO-104417/3 in the column changes.",
        ),
        (
            "ACME-1001,,,,SO-400002,1,SO-400009/1,,2020-01-01,,1,,,,,",
            "changes: this account has no order line SO-400009/1. A line that it changes must be there before.",
        ),
        (
            "ACME-1001,,,,SO-400002,2,SO-104417/3,,2020-01-01,SW-001-4.0-AL02,1,,,,,",
            "part: SO-104417/3 is of SW-001-4.0-AL01, not of SW-001-4.0-AL02.",
        ),
        (
            "ACME-1001,,,,SO-400002,3,SO-104417/3,,2020-01-01,,40,25,,,,",
            "SO-104417/3 has these units and this maintenance end already: the line changes nothing.",
        ),
        (
            "ACME-1001,,,,,,,,,,,,,,columbus dr,United States",
            "site: Columbus DR is there, with other details. Change it on the page of the account’s install sites.",
        ),
    ];
    let lines: Vec<String> = cases.iter().map(|(line, _)| format!("{line}\n")).collect();
    let good = "ACME-1001,,,,SO-400003,1,,,2020-01-01,SW-001-4.0-AL01,1,,,,,\n";
    let (said, refused) = import(&server, &table(&format!("{good}{}{good}", lines.concat())), true).await;
    assert!(refused.is_some_and(|refused| refused.starts_with("Lines are refused: 16.")), "{said:?}");
    for (at, (line, words)) in cases.iter().enumerate() {
        assert_eq!(said[at + 1], format!("Line {}, refused: {words}", at + 2), "{line}");
    }
    assert_eq!(said[16], "Line 17, refused: SO-400003 line 1 is on line 1 of this table, too. Remove one.");
    assert!(server.rows("SELECT id FROM orders WHERE sales_order LIKE 'SO-4000%'").await.is_empty());
    // What is no such table is refused before any line.
    for (bytes, words) in [
        (&b""[..], "Choose a table: CSV, or a workbook."),
        (&b"garn,part,garn\nA,B,C\n"[..], "The column garn is there twice. Remove one."),
        (&b"garn,colour\nA,B\n"[..], "A column \"colour\" is not known. Remove it, or name it as in the template."),
        (&b"account\nA\n"[..], "The table has no column garn. Its first line names the columns, as in the template."),
        (&b"garn,account\n"[..], "The table has a head and no lines below it."),
        (
            &b"garn,account\nA-1,M\xFCller\n"[..],
            "Line 2 of the table is neither UTF-8 nor UTF-16 text. Save it as “CSV UTF-8”, and send it again.",
        ),
    ] {
        assert_eq!(import(&server, bytes, true).await.1.as_deref(), Some(words));
    }
    // A table that is torn leaves no line behind, however far it was read.
    let torn = format!("{HEAD}{}FJORD-1,torn\n", good.repeat(1500));
    let refused = import(&server, torn.as_bytes(), true).await.1.expect("torn");
    assert!(refused.starts_with("Line 1501 has 2 cells, and the head has 16."), "{refused}");
    assert!(server.rows("SELECT line FROM import_lines").await.is_empty());
    assert!(server.rows("SELECT id FROM imports WHERE state IN ('reading', 'planned', 'applying')").await.is_empty());
}

#[tokio::test]
async fn an_import_whose_ground_has_changed_is_not_applied_and_of_two_at_once_one_is() {
    let server = Server::start().await;
    let table = table(TABLE);
    let (one, other) = tokio::join!(import_alone(&server, &table, "a.csv"), import_alone(&server, &table, "b.csv"));
    let applied = [&one, &other].iter().filter(|outcome| outcome.is_ok()).count();
    let orders = server.rows("SELECT id FROM orders WHERE sales_order LIKE 'SO-3000%'").await;
    assert_eq!(orders.len(), 2);
    // Both were compared before either was applied, or one after the other.
    for outcome in [one, other] {
        if let Err(words) = outcome {
            assert!(
                words.ends_with(
                    "Accounts or orders were changed after the lines were compared. Nothing was imported. Upload the table again."
                ),
                "{words}"
            );
        }
    }
    assert!(applied >= 1);
}

async fn import_alone(server: &Server, table: &[u8], name: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(name);
    std::fs::write(&file, table).expect("written");
    let (settings, ctx) = (server.settings(), server.ctx().clone());
    let imported = server::import_orders(settings, &file, true, ctx, PasswordCost::Least, &mut Vec::new()).await;
    imported.map_err(|error| format!("{error:#}"))
}

#[tokio::test]
async fn what_is_owned_stays_owned_when_an_import_changes_the_account() {
    let server = Server::durable(Backend::of_run()).await;
    generated(&server.signed_in(AMELIA).await, &[]).await;
    let renamed = b"garn,account,mirrored,billable,tier1_account_id,activated_on,landlord\nACME-1001,Acme Contact Centres,yes,yes,T1-9,2019-10-21,BRIGHTWATER-9001\n";
    let (said, refused) = import(&server, renamed, true).await;
    assert_eq!(refused, None);
    assert_eq!(
        said[0],
        "Line 1, changed: account: Acme Contact Centers → Acme Contact Centres. mirrored: no → yes. activated_on: none → 2019-10-21. billable: no → yes. tier1_account_id: none → T1-9. landlord: none → BRIGHTWATER-9001."
    );
    assert_eq!(
        import(&server, renamed, true).await.0,
        ["Lines: 0 new, 0 changed, 1 there already, 0 refused. All of it is applied."]
    );
    let lena = server.signed_in(LENA).await;
    assert_eq!(lena.get("/accounts?q=contact+centres").await.all("tbody th"), ["Acme Contact Centres"]);
    server.assert_healthy().await;
}

#[tokio::test]
async fn an_analyst_uploads_a_table_sees_each_line_and_applies_all_of_them() {
    let server = Server::durable(Backend::of_run()).await;
    let lena = server.signed_in(LENA).await;
    let upload = async |name: &str, bytes: &[u8]| {
        let answer = lena.post_parts("/imports", &[("table", Some(name), bytes)]).await;
        finished(server.portal(), &Lane::Imports).await;
        answer
    };
    let begun = upload("orders of May.csv", &table(TABLE)).await;
    assert_eq!(
        (begun.status, begun.header("location")),
        (StatusCode::SEE_OTHER, "/imports/IM-0000001"),
        "{:?}",
        begun.problems()
    );
    let page = lena.get("/imports/IM-0000001").await;
    assert_eq!(page.all("p.lead"), ["Nothing is changed yet."]);
    assert_eq!(page.all("main nav a"), ["All lines (3)", "New (3)", "Changed (0)", "There already (0)", "Refused (0)"]);
    assert_eq!(page.all("tbody td:last-child")[2], "New order line: 10 assigned and 0 pooled of SW-001-4.0-AL01.");
    assert!(lena.get("/imports/IM-0000001/lines.csv").await.text().contains("2,new,FJORD-1,SO-300001,2,"));
    assert_eq!(lena.press("/imports/IM-0000001/apply").await.status, StatusCode::SEE_OTHER);
    finished(server.portal(), &Lane::Imports).await;
    assert_eq!(lena.get("/imports/IM-0000001").await.all("p.lead"), ["All lines are applied."]);
    assert_eq!(lena.press("/imports/IM-0000001/apply").await.all("[role=alert]"), ["The import is applied meanwhile."]);
    assert_eq!(lena.press("/imports/IM-0000001/discard").await.status, StatusCode::CONFLICT);
    // Both steps came back by mail.
    let mails = server.rows("SELECT id FROM jobs WHERE kind = 'mail'").await;
    assert_eq!(mails.len(), 2);
    // A refused line keeps the whole from being applied; what is no table says so.
    upload("wrong.csv", b"garn,account\nNEW-1,New one\nNONE-1,\n").await;
    let page = lena.get("/imports/IM-0000002?state=refused").await;
    assert_eq!(page.all("tbody td:last-child"), ["There is no account NONE-1. To add it, fill in account with its name."]);
    let refused = lena.press("/imports/IM-0000002/apply").await;
    assert_eq!(
        refused.all("[role=alert]"),
        ["Lines are refused: 1. Correct them in the table, and upload it again: an import is applied whole or not at all."]
    );
    assert_eq!(lena.press("/imports/IM-0000002/discard").await.status, StatusCode::SEE_OTHER);
    assert!(server.rows("SELECT line FROM import_lines WHERE import_id = 2").await.is_empty());
    upload("picture.png", b"\x89PNG\r\n\x1a\n").await;
    let page = lena.get("/imports/IM-0000003").await;
    assert_eq!(page.all(".badge"), ["Not imported"]);
    let nothing = upload("", b"").await;
    assert_eq!(nothing.problems(), [("table".to_owned(), "Choose a table: CSV, or a workbook.".to_owned())]);
    assert!(lena.get("/imports/template.csv").await.text().contains("garn,account,kind,"));
    server.assert_healthy().await;
}

#[tokio::test]
async fn a_workbook_is_read_by_its_cells_own_text_and_one_that_unpacks_to_gigabytes_is_refused() {
    let server = Server::start().await;
    let text = |cell: &str| format!("<c t=\"inlineStr\"><is><t>{cell}</t></is></c>");
    let head = ["garn", "sales_order", "line", "ordered_on", "part", "assigned", "maintenance_end"].map(text).concat();
    // A number, a true date, a number that is shown as a date by nothing, a formula with its value.
    let line = |order: &str, ordered_on: &str, end: &str| {
        let cells =
            [text("ACME-1001"), text(order), "<c><v>1</v></c>".to_owned(), ordered_on.to_owned(), text("SW-001-4.0-AL01")];
        format!("<row>{}<c><f>3+4</f><v>7</v></c>{end}</row>", cells.concat())
    };
    let date = "<c s=\"1\"><v>43528</v></c>";
    let sheet = format!("<row>{head}</row>{}", line("0012", date, "<c s=\"1\"><v>46783</v></c>"));
    let (said, refused) = import(&server, &workbook(&sheet), true).await;
    assert_eq!(refused, None, "{said:?}");
    let sql = "SELECT CAST(o.ordered_on AS TEXT) AS ordered_on, CAST(e.maintenance_end AS TEXT) AS ends, CAST(e.owned_assigned AS TEXT) AS owned
               FROM orders o JOIN entitlements e ON e.order_id = o.id WHERE o.sales_order = '0012'";
    assert_eq!(server.rows(sql).await, [json!({ "ordered_on": "2019-03-04", "ends": "2028-01-31", "owned": "7" })]);
    let sheet = format!(
        "<row>{head}</row>{}{}",
        line("0013", "<c><v>43528</v></c>", ""),
        line("0014", "<c s=\"1\"><v>43528.5</v></c>", "")
    );
    let (said, refused) = import(&server, &workbook(&sheet), true).await;
    assert!(refused.is_some());
    for (said, cell) in said.iter().zip(["43528", "2019-03-04 12:00:00"]) {
        assert!(
            said.ends_with(&format!("ordered_on: “{cell}” is not a date. Enter year, month and day, such as 2027-01-31.")),
            "{said}"
        );
    }
    // Merged cells have their text in the first one only: the others are empty.
    let merged = format!("<row>{head}</row><row>{}<c/><c/><c/><c/><c/><c/></row>", text("ACME-1001"));
    let (said, refused) = import(&server, &workbook(&merged), true).await;
    assert_eq!(
        (said, refused),
        (vec!["Lines: 0 new, 0 changed, 1 there already, 0 refused. All of it is applied.".to_owned()], None)
    );
    let bomb = workbook(&" ".repeat(257 * 1024 * 1024));
    let refused = import(&server, &bomb, true).await.1;
    assert_eq!(refused.as_deref(), Some("The workbook is larger than 256 MiB when it is unpacked. Send its lines in parts."));
}
