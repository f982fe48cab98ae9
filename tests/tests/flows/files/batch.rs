use crate::{allocated, downloaded, generated};
use chrono::TimeDelta;
use reqwest::StatusCode;
use tests::{
    AMELIA, Answer, BATCHES, Backend, Browser, HANNA, JONAS, LENA, MEDIA_SERVERS, OWEN, PETRA, RUTH, Server, UNUSED_KEY,
    send_table, send_table_with,
};

/// The page of the batch that was planned.
async fn planned(browser: &Browser, kind: &str, table: &str, fields: &[(&'static str, &str)]) -> (String, Answer) {
    let answer = send_table(browser, kind, table, fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{:?} {:?}", answer.problems(), answer.all(".note"));
    let address = answer.header("location").to_owned();
    let page = browser.get(&address).await;
    (address, page)
}

/// Begins a batch, and waits until it was worked on.
async fn begin(server: &Server, browser: &Browser, address: &str, fields: &[(&str, &str)]) -> Answer {
    let begun = browser.post(address, fields).await;
    assert_eq!((begun.status, begun.header("location")), (StatusCode::SEE_OTHER, address), "{:?}", begun.problems());
    tests::finish_batches(server.portal()).await;
    browser.get(address).await
}

/// The lines of a batch: machines, file, what it comes to.
fn lines(page: &Answer) -> Vec<String> {
    page.all("section[aria-labelledby=lines-title] tbody tr")
}

#[tokio::test]
async fn many_files_are_generated_from_a_table_of_machines() {
    let server = Server::durable(Backend::of_run()).await;
    let amelia = server.signed_in(AMELIA).await;
    // The form that is filled in once carries over what all files have in common.
    let query =
        "product=MediaServer&version=2020+R2&type=production&site=1&server_item=SW-002-4.0-SV01&assigned.SW-002-4.0-SE01=10";
    let form = amelia.get(&format!("{BATCHES}?kind=generate&{query}&machine_name=MS-9")).await;
    let common = form.all("#common-title ~ dl dd");
    assert_eq!(common[..3], ["Media Server 2020 R2", "Production", "Indianapolis DC 1"]);
    assert_eq!(form.value("assigned.SW-002-4.0-SE01").as_deref(), Some("10"));
    assert_eq!(form.value("machine_name"), None);

    let pattern = [&MEDIA_SERVERS[..], &[("assigned.SW-002-4.0-SE01", "10")]].concat();
    let table = "Machine name;Host ID;Site;assigned.SW-002-4.0-SE01\r\nMS-PRD-01;005056A00001;;\r\nMS-PRD-02;00-50-56-A0-00-02;Columbus DR;25\r\nMS-PRD-03;005056A0000;;\r\n";
    let (address, plan) = planned(&amelia, "generate", table, &pattern).await;
    assert_eq!(address, "/accounts/ACME-1001/batches/BT-0000001");
    assert_eq!(plan.all("h1"), ["BT-0000001: generate 2 files"]);
    assert_eq!(
        lines(&plan),
        [
            "1MS-PRD-01 005056A00001ready",
            "2MS-PRD-02 00-50-56-A0-00-02ready",
            "3MS-PRD-03 005056A0000refusedHost id: A host id has 12 hexadecimal digits; this one has 11."
        ]
    );
    let moves = plan.all("section[aria-labelledby=moves-title] tbody tr");
    assert_eq!(moves, ["Media Server SessionsSW-002-4.0-SE013504000", "Media ServerSW-002-4.0-SV012040"]);
    assert_eq!(server.rows("SELECT id FROM activation_files").await.len(), 0);

    // All or nothing does nothing with a line that is refused.
    let before = server.contents().await;
    let refused = amelia.post(&address, &[("mode", "all-or-nothing")]).await;
    let said = "1 line is refused, and all or nothing does nothing then. Correct it in the table and send that again, or choose line by line.";
    assert_eq!(
        (refused.status, refused.problems()),
        (StatusCode::UNPROCESSABLE_ENTITY, vec![("mode".to_owned(), said.to_owned())])
    );
    assert_eq!(server.contents().await, before);

    let done = begin(&server, &amelia, &address, &[("mode", "line-by-line")]).await;
    assert_eq!(done.all("h1"), ["BT-0000001: generate 2 files – done"]);
    assert_eq!(done.all(".note.warn strong"), ["Lines: 2 generated, 1 refused."]);
    assert_eq!(
        lines(&done)[..2],
        ["1MS-PRD-01 005056A00001AF-0000001generated", "2MS-PRD-02 00-50-56-A0-00-02AF-0000002generated"]
    );
    let second = downloaded(&amelia, "/accounts/ACME-1001/files/AF-0000002").await;
    assert!(second.contains("005056A00002") && second.contains("Columbus DR"), "{second}");
    let sql = "SELECT arguments ->> 'recipient' AS recipient, arguments ->> 'subject' AS subject FROM jobs WHERE kind = 'mail'";
    assert_eq!(server.rows(sql).await[0]["subject"], "Batch BT-0000001: 2 activation files generated");
    server.assert_healthy().await;

    // Begun once more it does nothing more.
    let after = server.contents().await;
    begin(&server, &amelia, &address, &[("mode", "line-by-line")]).await;
    assert_eq!(server.contents().await, after);

    // The results of all lines can be corrected and sent again: only refused lines are worked on.
    let results = amelia.get(&format!("{address}/lines.csv")).await;
    let text = results.text();
    assert_eq!(
        text.lines().collect::<Vec<_>>(),
        [
            "\u{FEFF}line,state,reason,file,revision,assigned.SW-002-4.0-SE01,host_id,machine_name,site",
            "1,done,,AF-0000001,1,,00:50:56:A0:00:01,MS-PRD-01,",
            "2,done,,AF-0000002,1,25,00:50:56:A0:00:02,MS-PRD-02,Columbus DR",
            "3,refused,Host id: A host id has 12 hexadecimal digits; this one has 11.,,,,005056A0000,MS-PRD-03,"
        ]
    );
    let corrected = text.replace("005056A0000,", "005056A00003,");
    let (again, plan) = planned(&amelia, "generate", &corrected, &pattern).await;
    assert_eq!(
        lines(&plan),
        [
            "1MS-PRD-01 00:50:56:A0:00:01skippedAF-0000001 is for host 005056A00001 already.",
            "2MS-PRD-02 00:50:56:A0:00:02skippedAF-0000002 is for host 005056A00002 already.",
            "3MS-PRD-03 005056A00003ready"
        ]
    );
    let done = begin(&server, &amelia, &again, &[("mode", "all-or-nothing")]).await;
    assert_eq!(done.all(".note.ok strong"), ["Lines: 1 generated, 2 skipped."]);
    assert_eq!(server.rows("SELECT id FROM activation_files").await.len(), 3);
    let list = amelia.get(BATCHES).await;
    assert_eq!(list.all("section[aria-labelledby=latest-title] tbody th"), ["BT-0000002", "BT-0000001"]);
    server.assert_healthy().await;
}

#[tokio::test]
async fn a_zip_has_the_exact_bytes_of_each_file_and_a_table_of_them() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let table = "machine_name,host_id\nMS-PRD-01,005056A00001\nMS-PRD-02,005056A00002\n";
    let (address, _) = planned(&amelia, "generate", table, &MEDIA_SERVERS).await;
    assert_eq!(amelia.get(&format!("{address}/files.zip")).await.status, StatusCode::NOT_FOUND);
    begin(&server, &amelia, &address, &[("mode", "all-or-nothing")]).await;
    let zipped = amelia.get(&format!("{address}/files.zip")).await;
    assert_eq!(
        (zipped.header("content-type"), zipped.header("content-disposition")),
        ("application/zip", "attachment; filename=\"BT-0000001.zip\"")
    );
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(zipped.body)).expect("a ZIP");
    let mut unpacked = |name: &str| {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut archive.by_name(name).expect(name), &mut text).expect("a text");
        text
    };
    for serial in ["AF-0000001", "AF-0000002"] {
        assert_eq!(
            unpacked(&format!("{serial}.I3Lic")),
            downloaded(&amelia, &format!("/accounts/ACME-1001/files/{serial}")).await
        );
    }
    let files = unpacked("files.csv");
    let lines: Vec<_> = files.lines().collect();
    assert_eq!(lines[0], "\u{FEFF}file,revision,machine,switchover machine,host ids,sha256");
    assert!(lines[1].starts_with("AF-0000001.I3Lic,1,MS-PRD-01,,00:50:56:A0:00:01,"), "{files}");
    assert_eq!(lines.len(), 3);
}

#[tokio::test]
async fn lines_take_what_the_lines_before_leave() {
    let server = Server::durable(Backend::of_run()).await;
    let amelia = server.signed_in(AMELIA).await;
    let hosts: String = (1..=6).map(|host| format!("MS-{host},005056A0000{host}\n")).collect();
    // The fourth machine stands there twice, and four are owned.
    let table = format!("machine_name,host_id\n{}{hosts}", "MS-4,005056A00004\n");
    let (address, plan) = planned(&amelia, "generate", &table, &MEDIA_SERVERS).await;
    let said = lines(&plan);
    assert_eq!(said[4], "5MS-4 005056A00004refusedLine 1 is for host 005056A00004, too. One file is enough for a host.");
    assert!(said[5].contains("are available; you asked for 1."), "{said:?}");
    let chips = plan.all("section[aria-labelledby=lines-title] .chip");
    assert_eq!(chips, ["All 7", "4 ready", "3 refused"]);
    assert_eq!(lines(&amelia.get(&format!("{address}?show=refused&after=5")).await).len(), 2);
    let done = begin(&server, &amelia, &address, &[("mode", "line-by-line")]).await;
    assert_eq!(done.all(".note.warn strong"), ["Lines: 4 generated, 3 refused."]);
    server.assert_healthy().await;
}

#[tokio::test]
async fn all_or_nothing_does_nothing_when_things_have_changed_and_says_so() {
    let server = Server::durable(Backend::of_run()).await;
    let amelia = server.signed_in(AMELIA).await;
    let table = "machine_name,host_id\nMS-1,005056A00001\nMS-2,005056A00002\nMS-3,005056A00003\nMS-4,005056A00004\n";
    let (address, _) = planned(&amelia, "generate", table, &MEDIA_SERVERS).await;
    // Meanwhile somebody takes one of the four.
    let (other, _) = planned(&amelia, "generate", "machine_name,host_id\nMS-9,005056A00009\n", &MEDIA_SERVERS).await;
    begin(&server, &amelia, &other, &[("mode", "all-or-nothing")]).await;
    let stopped = begin(&server, &amelia, &address, &[("mode", "all-or-nothing")]).await;
    assert_eq!(stopped.all("h1"), ["BT-0000001: generate 3 files"]);
    assert_eq!(
        stopped.all(".note.bad"),
        ["Nothing was done: some lines that were ready when it was planned would now be refused."]
    );
    assert!(lines(&stopped)[3].contains("refusedServer item: Only 0 of 4 assigned"), "{:?}", lines(&stopped));
    assert_eq!(server.rows("SELECT id FROM activation_files").await.len(), 1);
    server.assert_healthy().await;
    // Room is made, and the plan says so when it is made again.
    server.execute("UPDATE entitlements SET owned_assigned = owned_assigned + 1 WHERE owned_assigned = 4").await;
    let again = amelia.post(&format!("{address}/plan"), &[("", "")]).await;
    assert_eq!(again.header("location"), address);
    let plan = amelia.get(&address).await;
    assert_eq!((plan.all("h1"), plan.all(".note.bad").len()), (vec!["BT-0000001: generate 4 files".to_owned()], 0));
    let done = begin(&server, &amelia, &address, &[("mode", "all-or-nothing")]).await;
    assert_eq!(done.all(".note.ok strong"), ["Lines: 4 generated."]);
    server.assert_healthy().await;
}

#[tokio::test]
async fn selected_files_are_refreshed_and_those_that_say_all_of_it_are_left() {
    let server = Server::durable(Backend::of_run()).await;
    let amelia = server.signed_in(AMELIA).await;
    generated(&amelia, &[]).await;
    let table = "machine_name,host_id\nMS-1,005056A00001\nMS-2,005056A00002\n";
    let (address, _) = planned(&amelia, "generate", table, &MEDIA_SERVERS).await;
    begin(&server, &amelia, &address, &[("mode", "all-or-nothing")]).await;
    // Maintenance of the media servers is renewed.
    server.advance(TimeDelta::minutes(1));
    server
        .execute(
            "UPDATE entitlements SET maintenance_end = '2028-06-30' WHERE part_id IN (SELECT id FROM parts WHERE number = 'SW-002-4.0-SV01')",
        )
        .await;
    let list = amelia.get("/accounts/ACME-1001/files").await;
    assert_eq!(list.attributes("td input[name=serial]", "aria-label").len(), 3);
    let mut fields = list.fields("");
    fields.push(("kind".to_owned(), "refresh".to_owned()));
    let nothing = amelia.post(&format!("{BATCHES}/selection"), &fields).await;
    assert_eq!(
        (nothing.status, nothing.problems()),
        (StatusCode::UNPROCESSABLE_ENTITY, vec![("selection".to_owned(), "Select at least one file.".to_owned())])
    );
    fields.push(("all".to_owned(), "yes".to_owned()));
    let planned = amelia.post(&format!("{BATCHES}/selection"), &fields).await;
    let address = planned.header("location").to_owned();
    let plan = amelia.get(&address).await;
    assert_eq!(plan.all("h1"), ["BT-0000002: refresh 2 files"]);
    assert_eq!(
        lines(&plan),
        [
            "1MS-2AF-0000003readyUpdates may be installed until: 6 Jan 2027 → 30 Jun 2028",
            "2MS-1AF-0000002readyUpdates may be installed until: 6 Jan 2027 → 30 Jun 2028",
            "3IC-PRD-01IC-PRD-02AF-0000001skippedNothing has changed in AF-0000001."
        ]
    );
    let done = begin(&server, &amelia, &address, &[("mode", "all-or-nothing")]).await;
    assert_eq!(done.all(".note.ok strong"), ["Lines: 2 refreshed, 1 skipped."]);
    assert_eq!(lines(&done)[0], "1MS-2AF-0000003 revision 2refreshedUpdates may be installed until: 6 Jan 2027 → 30 Jun 2028");
    let view = amelia.get("/accounts/ACME-1001/files/AF-0000003").await;
    assert_eq!(view.all(".plate .revision"), ["Revision 2"]);
    assert!(downloaded(&amelia, "/accounts/ACME-1001/files/AF-0000003").await.contains("2028-06-30"));
    server.assert_healthy().await;
}

#[tokio::test]
async fn files_are_deactivated_by_the_names_of_their_machines_and_the_number_is_typed() {
    let server = Server::durable(Backend::of_run()).await;
    let amelia = server.signed_in(AMELIA).await;
    generated(&amelia, &[]).await;
    let table = "machine_name,host_id\nMS-1,005056A00001\nMS-2,005056A00002\nms-2,005056A00003\n";
    let (address, _) = planned(&amelia, "generate", table, &MEDIA_SERVERS).await;
    begin(&server, &amelia, &address, &[("mode", "all-or-nothing")]).await;
    let table = "serial,machine_name\n,ic-prd-02\n,MS-2\nAF-0000003,MS-1\nAF-0000002,\nAF-9999999,\nno,\n,nowhere\nAF-0000002,\n";
    let (address, plan) = planned(&amelia, "deactivate", table, &[]).await;
    assert_eq!(plan.all("h1"), ["BT-0000002: deactivate 2 files"]);
    assert_eq!(
        lines(&plan),
        [
            "1IC-PRD-01IC-PRD-02AF-0000001ready",
            "2MS-2refusedMS-2 has several active files: AF-0000003, AF-0000004. Enter the serial of the one you mean.",
            "3MS-2AF-0000003refusedAF-0000003 is not for a machine MS-1.",
            "4MS-1AF-0000002ready",
            "5AF-9999999refusedThis account has no file AF-9999999.",
            "6norefused“no” is not the serial of a file. Enter one such as AF-0000001.",
            "7nowhererefusedNo active file of this account is for a machine nowhere.",
            "8MS-1AF-0000002skippedLine 4 names AF-0000002, too."
        ]
    );
    let before = server.contents().await;
    let fields = [("mode", "line-by-line"), ("reason", "reallocation"), ("count", "3")];
    let refused = amelia.post(&address, &fields).await;
    assert_eq!(
        (refused.status, refused.problems()),
        (
            StatusCode::UNPROCESSABLE_ENTITY,
            vec![("count".to_owned(), "This is not the number of files. Type 2 to deactivate them.".to_owned())]
        )
    );
    assert_eq!(refused.value("count").as_deref(), Some("3"));
    assert_eq!(server.contents().await, before);

    let fields = [("mode", "line-by-line"), ("reason", "reallocation"), ("count", "2"), ("note", "Data centre closed")];
    let done = begin(&server, &amelia, &address, &fields).await;
    assert_eq!(done.all(".note.warn strong"), ["Lines: 2 deactivated, 1 skipped, 5 refused."]);
    assert_eq!(done.all("a[href$='files.zip']").len(), 0);
    assert_eq!(amelia.get("/accounts/ACME-1001/files").await.all("tbody th"), ["AF-0000004", "AF-0000003"]);
    let view = amelia.get("/accounts/ACME-1001/files/AF-0000001").await;
    assert!(view.text().contains("Data centre closed"));
    assert_eq!(allocated(&server, 1).await, (0, 0));
    server.assert_healthy().await;
    // Sent once more, what is deactivated is left.
    let (_, plan) = planned(&amelia, "deactivate", "serial\nAF-0000001\n", &[]).await;
    assert_eq!(lines(&plan), ["1IC-PRD-01IC-PRD-02AF-0000001skippedAF-0000001 is deactivated already."]);
    assert_eq!(
        plan.all(".note.warn"),
        ["No line has anything to do. The lines below say why; correct the table and send it again."]
    );
    let nothing = amelia.post("/accounts/ACME-1001/batches/BT-0000003", &fields).await;
    assert_eq!(nothing.problems()[0].1, "No line has anything to do. Correct the table and send it again.");
}

#[tokio::test]
async fn what_is_no_table_is_refused_with_its_words() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let before = server.contents().await;
    for (table, status, words) in [
        ("", 422, "Choose a table, or paste its lines."),
        ("machine_name,host_id\n", 422, "The table has a head and no lines below it. Add a line for each file."),
        ("host_id\n1\n", 422, "The table has no column machine_name. Its first line names the columns."),
        ("machine_name,colour\na,b\n", 422, "A column \"colour\" is not known. Remove it, or name it as in the template."),
    ] {
        let answer = send_table(&amelia, "generate", table, &[]).await;
        assert_eq!(
            (answer.status.as_u16(), answer.problems()),
            (status, vec![("table".to_owned(), words.to_owned())]),
            "{table:?}"
        );
    }
    let many = format!("serial\n{}", "AF-0000001\n".repeat(10_001));
    let answer = send_table(&amelia, "refresh", &many, &[]).await;
    assert_eq!(
        (answer.status, &*answer.problems()[0].1),
        (StatusCode::PAYLOAD_TOO_LARGE, "The table has more than 10,000 lines. Send it in parts.")
    );
    let huge = "x".repeat(5 * 1024 * 1024);
    let answer = send_table(&amelia, "generate", &huge, &[]).await;
    assert_eq!((answer.status, answer.all("h1")), (StatusCode::PAYLOAD_TOO_LARGE, vec!["Too large".to_owned()]));
    let answer = amelia.post_files(BATCHES, &[("key", UNUSED_KEY.as_bytes()), ("kind", b"generate"), ("lines", b"\xFF")]).await;
    assert_eq!(
        (answer.status, answer.all(".lead")),
        (StatusCode::BAD_REQUEST, vec!["What was sent is not UTF-8 text.".to_owned()])
    );
    let keyless = amelia.post_files(BATCHES, &[("kind", b"generate"), ("table", b"machine_name\na\n")]).await;
    assert_eq!(keyless.status, StatusCode::BAD_REQUEST);
    assert_eq!(server.contents().await, before);
    // Pasted lines come back.
    let pasted = send_table(&amelia, "generate", "", &[("lines", "machine_name,colour\na,b\n")]).await;
    assert_eq!(pasted.all("textarea"), ["machine_name,colour a,b"]);
}

#[tokio::test]
async fn the_same_table_sent_twice_is_one_batch_and_another_with_its_key_a_conflict() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let key = amelia.get(BATCHES).await.value("key").expect("a key");
    let table = "machine_name,host_id\nMS-1,005056A00001\n";
    let first = send_table_with(&amelia, &key, "generate", table, &MEDIA_SERVERS).await;
    let after = server.contents().await;
    let again = send_table_with(&amelia, &key, "generate", table, &MEDIA_SERVERS).await;
    assert_eq!((again.status, again.header("location")), (StatusCode::SEE_OTHER, first.header("location")));
    let other = send_table_with(&amelia, &key, "generate", "machine_name,host_id\nMS-2,005056A00002\n", &MEDIA_SERVERS).await;
    assert_eq!(
        (other.status, other.all(".note.bad")),
        (StatusCode::CONFLICT, vec!["This form was already used for BT-0000001.".to_owned()])
    );
    assert_eq!(server.contents().await, after);
}

#[tokio::test]
async fn only_who_planned_a_batch_begins_it_and_others_see_it_as_far_as_they_see_the_account() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let (address, _) = planned(&amelia, "generate", "machine_name,host_id\nMS-1,005056A00001\n", &MEDIA_SERVERS).await;
    let owen = server.signed_in(OWEN).await;
    let page = owen.get(&address).await;
    assert_eq!((page.status, page.all("#begin-title").len()), (StatusCode::OK, 0));
    for path in [address.clone(), format!("{address}/plan")] {
        let refused = owen.post(&path, &[("mode", "all-or-nothing")]).await;
        assert_eq!(
            (refused.status, refused.all(".note.bad")),
            (
                StatusCode::FORBIDDEN,
                vec!["Amelia Hart planned this batch, and nobody else can begin it. Plan one of your own.".to_owned()]
            )
        );
    }
    assert_eq!(server.rows("SELECT id FROM batches WHERE state = 'planned'").await.len(), 1);
    for (email, address) in
        [(HANNA, &*address), (HANNA, "/accounts/HELIOS-2002/batches/BT-0000001"), (AMELIA, "/accounts/ACME-1001/batches/BT-1x")]
    {
        assert_eq!(server.signed_in(email).await.get(address).await.status, StatusCode::NOT_FOUND, "{email} {address}");
    }
}

#[tokio::test]
async fn who_may_not_do_it_once_may_not_do_it_many_times() {
    let server = Server::start().await;
    let table = "machine_name,host_id\nMS-1,005056A00001\n";
    let (_, plan) = planned(&server.signed_in(RUTH).await, "generate", table, &MEDIA_SERVERS).await;
    assert_eq!(lines(&plan), ["1MS-1 005056A00001refusedYour certification for Media Server ended on 23 Oct 2026."]);
    // Customers of a subscription account neither generate nor deactivate themselves.
    let hanna = server.signed_in(HANNA).await;
    let batches = "/accounts/HELIOS-2002/batches";
    let form = hanna.get(batches).await;
    assert_eq!(form.all("input[name=kind] + label > span:first-child"), ["Generate a file for each machine", "Refresh files"]);
    let key = form.value("key").expect("a key");
    let sent = [("key", key.as_bytes()), ("kind", b"deactivate".as_slice()), ("table", b"serial\nAF-0000001\n")];
    let refused = hanna.post_files(batches, &sent).await;
    assert_eq!(
        (refused.status, refused.all(".note.bad")),
        (
            StatusCode::FORBIDDEN,
            vec!["This is a subscription account. Customers and partners deactivate files of perpetual accounts only. Licensing analysts do it: send them an activation file request.".to_owned()]
        )
    );
    assert_eq!(hanna.get("/accounts/HELIOS-2002/files").await.all("td input[name=serial]").len(), 0);
}

#[tokio::test]
async fn a_batch_of_somebody_who_may_no_longer_act_for_the_account_is_stopped() {
    let server = Server::durable(Backend::of_run()).await;
    let petra = server.signed_in(PETRA).await;
    let batches = "/accounts/NORDIC-3003/batches";
    let key = petra.get(batches).await.value("key").expect("a key");
    let table = b"product,version,type,site,system_type,mail_connector,server_item,machine_name,host_id\n\
        CIC,2018 R5,production,Bergen,media-server-based,exchange,SW-001-4.0-SV02,IC-1,005056A00001\n";
    let sent = [("key", key.as_bytes()), ("kind", b"generate".as_slice()), ("table", table.as_slice())];
    let answer = petra.post_files(batches, &sent).await;
    let address = answer.header("location").to_owned();
    let plan = petra.get(&address).await;
    assert_eq!(plan.all("h1"), ["BT-0000001: generate 1 file"], "{:?}", lines(&plan));
    server.execute("UPDATE batches SET state = 'running', mode = 'all-or-nothing', begun_at = made_at").await;
    server.execute("DELETE FROM partner_grants").await;
    let job = "INSERT INTO jobs (kind, arguments, queued_at, attempts, due_at, state)
               SELECT 'batch', '{\"batch\":1}', begun_at, 0, begun_at, 'queued' FROM batches";
    server.execute(job).await;
    tests::finish_batches(server.portal()).await;
    let seen = server.signed_in(LENA).await.get(&address).await;
    assert_eq!(
        seen.all(".note.bad"),
        ["The person who began it may no longer act for this account. Somebody else can plan the remaining lines."]
    );
    assert_eq!(server.signed_in(JONAS).await.get(&address).await.status, StatusCode::NOT_FOUND);
    server.assert_healthy().await;
}

#[tokio::test]
async fn templates_have_the_columns_that_a_table_needs() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    for (kind, columns) in [
        ("generate", "\u{FEFF}machine_name,host_id,switchover_machine_name,switchover_host_id,site\r\n"),
        ("refresh", "\u{FEFF}serial,machine_name\r\n"),
        ("deactivate", "\u{FEFF}serial,machine_name\r\n"),
    ] {
        assert_eq!(amelia.get(&format!("{BATCHES}/template.csv?kind={kind}")).await.text(), columns);
    }
}

#[tokio::test]
async fn a_pair_is_made_of_a_line_with_two_machines_and_development_licences_run_out() {
    let server = Server::durable(Backend::of_run()).await;
    let amelia = server.signed_in(AMELIA).await;
    let pattern = [
        ("site", "1"),
        ("product", "CIC"),
        ("version", "2020 R2"),
        ("type", "production"),
        ("system_type", "media-server-based"),
        ("mail_connector", "exchange"),
        ("server_item", "SW-001-4.0-SV03"),
        ("switchover_item", "SW-001-4.0-SO03"),
    ];
    let table = "machine_name,host_id,switchover_machine_name,switchover_host_id,type\n\
                 IC-1,005056A00001,IC-2,005056A00002,\nIC-3,005056A00003,,,\nIC-4,005056A00004,IC-5,,\n";
    let (address, plan) = planned(&amelia, "generate", table, &pattern).await;
    let said = lines(&plan);
    assert_eq!(said[..2], ["1IC-1 005056A00001IC-2 005056A00002ready", "2IC-3 005056A00003ready"]);
    assert!(said[2].ends_with("Enter the host id: 12 hexadecimal digits, such as 6300270E26DF."), "{said:?}");
    begin(&server, &amelia, &address, &[("mode", "line-by-line")]).await;
    assert_eq!(allocated(&server, 1).await, (2, 0));
    // One development licence comes with each server.
    let bundled = [
        ("site", "1"),
        ("product", "CIC"),
        ("version", "2020 R2"),
        ("type", "development-bundled"),
        ("system_type", "media-server-based"),
        ("mail_connector", "exchange"),
        ("server_item", "SW-001-4.0-SV03"),
    ];
    let table = "machine_name,host_id\nD-1,005056A00011\nD-2,005056A00012\nD-3,005056A00013\n";
    let (address, plan) = planned(&amelia, "generate", table, &bundled).await;
    assert_eq!(plan.all("section[aria-labelledby=lines-title] .chip"), ["All 3", "2 ready", "1 refused"], "{:?}", lines(&plan));
    let done = begin(&server, &amelia, &address, &[("mode", "line-by-line")]).await;
    assert_eq!(done.all(".note.warn strong"), ["Lines: 2 generated, 1 refused."]);
    server.assert_healthy().await;
}
