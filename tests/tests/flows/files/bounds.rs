//! The worst that a signed-in person can send: refused early, in words, and nobody else waits.

use crate::generated;
use chrono::TimeDelta;
use reqwest::StatusCode;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tests::{AMELIA, Answer, BATCHES, Backend, Browser, LENA, MEDIA_SERVERS, Server, send_table_with};

async fn send(browser: &Browser, table: &str) -> Answer {
    tests::send_table(browser, "generate", table, &MEDIA_SERVERS).await
}

/// The one problem of a table.
fn problem(answer: &Answer) -> (StatusCode, String) {
    let problems = answer.problems();
    assert_eq!(problems.len(), 1, "{problems:?} {:?}", answer.all(".note"));
    (answer.status, problems[0].1.clone())
}

/// A table of machines with further columns, each line ending with `rest`.
fn machines(count: usize, columns: &str, rest: &str) -> String {
    let lines = (0..count).map(|line| format!("MS-{line},0050{line:08X}{rest}\n"));
    format!("machine_name,host_id{columns}\n{}", lines.collect::<String>())
}

#[tokio::test]
async fn a_table_with_a_column_that_is_no_part_of_the_offer_is_refused_at_once() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let before = server.contents().await;
    let columns: String = (0..200).map(|column| format!(",assigned.X-{column}")).collect();
    let refused = problem(&send(&amelia, &machines(500, &columns, &",1".repeat(200))).await);
    let said = "The column assigned.X-0 is for a part that these files cannot have. Remove it, or name a part of this product and version.";
    assert_eq!(refused, (StatusCode::UNPROCESSABLE_ENTITY, said.to_owned()));
    // A part of another product is none of theirs either, nor is one that the form itself carries.
    let refused = problem(&send(&amelia, &machines(2, ",assigned.SW-001-4.0-AL02", ",1")).await);
    assert!(refused.1.starts_with("The column assigned.SW-001-4.0-AL02 is for a part"), "{refused:?}");
    let key = amelia.get(BATCHES).await.value("key").expect("a key");
    let fields = [&MEDIA_SERVERS[..], &[("assigned.X-1", "1")]].concat();
    let refused = problem(&send_table_with(&amelia, &key, "generate", &machines(2, "", ""), &fields).await);
    assert!(refused.1.starts_with("The column assigned.X-1 is for a part"), "{refused:?}");
    assert_eq!(server.contents().await, before);
}

#[tokio::test]
async fn cells_lines_and_words_of_a_table_are_bounded() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let before = server.contents().await;
    let long = format!("machine_name,host_id\nMS-1,0050568A0001\n{},0050568A0002\n", "M".repeat(201));
    let said = "Line 2, column machine_name: the cell has 201 characters; at most 200 are possible.";
    assert_eq!(problem(&send(&amelia, &long).await), (StatusCode::UNPROCESSABLE_ENTITY, said.to_owned()));
    let columns = ["switchover_machine_name", "switchover_host_id", "site", "version", "type", "server_item", "mail_connector"];
    let columns: String = columns.iter().map(|name| format!(",{name}")).collect();
    let wide: String = (0..40).map(|column| format!(",assigned.SW-002-4.0-SE{column:02}")).collect();
    let many = machines(5_000, &format!("{columns}{wide}"), &",1".repeat(47));
    let said = "The table has more than 200,000 filled cells. Send it in parts.";
    assert_eq!(problem(&send(&amelia, &many).await), (StatusCode::PAYLOAD_TOO_LARGE, said.to_owned()));
    let versions: String = (0..60).map(|line| format!("MS-{line},0050{line:08X},{line} R1\n")).collect();
    let said = "The table asks for more than 50 combinations of product, version and licence type. Send it in parts.";
    let sent = send(&amelia, &format!("machine_name,host_id,version\n{versions}")).await;
    assert_eq!(problem(&sent), (StatusCode::UNPROCESSABLE_ENTITY, said.to_owned()));
    assert_eq!(server.contents().await, before);

    // Everything is wrong with this line: its words name the first things.
    let wrong = "machine_name,host_id,site,server_item,assigned.SW-002-4.0-SE01,pooled.SW-002-4.0-SE01\n\
                 \u{202E},nothing,Columbus DR,none,some,others\n";
    let sent = send(&amelia, wrong).await;
    let page = amelia.get(sent.header("location")).await;
    let words = &page.all("section[aria-labelledby=lines-title] tbody tr")[0];
    assert!(words.ends_with("2 more problems.") || words.ends_with("3 more problems."), "{words}");
    assert!(words.chars().count() < 800 && !words.contains('\u{202E}'), "{words}");
}

/// Number of times that the server asked the database by this name.
async fn asked(browser: &Browser, name: &str) -> u64 {
    let metrics = browser.get("/metrics").await.text();
    let line = format!("_count{{query=\"{name}\"}} ");
    metrics.lines().find_map(|metric| metric.split_once(&line)).map_or(0, |(_, count)| count.parse().expect("a count"))
}

#[tokio::test]
async fn a_batch_that_is_sent_again_is_found_by_its_key_before_anything_is_worked_out() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let key = amelia.get(BATCHES).await.value("key").expect("a key");
    let table = machines(50, "", "");
    let first = send_table_with(&amelia, &key, "generate", &table, &MEDIA_SERVERS).await;
    let before = asked(&amelia, "offer: parts").await;
    assert!(before > 0);
    let again = send_table_with(&amelia, &key, "generate", &table, &MEDIA_SERVERS).await;
    assert_eq!(again.header("location"), first.header("location"));
    let other = send_table_with(&amelia, &key, "generate", &machines(49, "", ""), &MEDIA_SERVERS).await;
    assert_eq!(other.status, StatusCode::CONFLICT);
    // The page of the conflict reads the offer once, to show what the files have in common.
    assert!(asked(&amelia, "offer: parts").await <= before + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn planning_holds_no_write_lock() {
    let (waiting, wait) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let reached = {
        let (waiting, wait) = (Arc::clone(&waiting), Arc::clone(&wait));
        move |failpoint| {
            if failpoint == "batch planned" && wait.load(Ordering::SeqCst) {
                waiting.store(true, Ordering::SeqCst);
                let began = Instant::now();
                while wait.load(Ordering::SeqCst) && began.elapsed() < Duration::from_secs(20) {
                    std::thread::yield_now();
                }
            }
        }
    };
    let server = Server::with_failpoints(Backend::of_run(), |settings| settings.demo = true, reached).await;
    let (amelia, lena) = (server.signed_in(AMELIA).await, server.signed_in(LENA).await);
    let planned = send(&amelia, &machines(20, "", "")).await;
    let again = format!("{}/plan", planned.header("location"));
    wait.store(true, Ordering::SeqCst);
    let planning = tokio::spawn(async move { amelia.post(&again, &[("", "")]).await });
    while !waiting.load(Ordering::SeqCst) {
        assert!(!planning.is_finished(), "it never came to planning");
        tokio::task::yield_now().await;
    }
    // While the plan is worked out, somebody else generates a file of the same account.
    let file = generated(&lena, &[]).await;
    assert_eq!(file, "/accounts/ACME-1001/files/AF-0000001");
    wait.store(false, Ordering::SeqCst);
    assert_eq!(planning.await.expect("planned").status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn plans_of_a_person_are_capped_and_expire() {
    let server = Server::durable(Backend::of_run()).await;
    let amelia = server.signed_in(AMELIA).await;
    let mut addresses = Vec::new();
    for _ in 0..11 {
        addresses.push(send(&amelia, &machines(3, "", "")).await.header("location").to_owned());
    }
    assert_eq!(server.rows("SELECT batch_id, line FROM batch_lines").await.len(), 30);
    let said = "This plan has expired: the latest 10 plans of each person are kept, for 7 days. Send its table again.";
    let first = amelia.get(&addresses[0]).await;
    assert!(first.all(".note").iter().any(|note| note == said), "{:?}", first.all(".note"));
    assert!(first.all("input[name=mode]").is_empty());
    // One that was begun is none of them.
    server.advance(TimeDelta::days(7) + TimeDelta::seconds(1));
    let amelia = server.signed_in(AMELIA).await;
    amelia.post(&addresses[10], &[("mode", "line-by-line")]).await;
    tests::finish_batches(server.portal()).await;
    let left = server.rows("SELECT DISTINCT batch_id FROM batch_lines").await;
    assert_eq!(left, [serde_json::json!({ "batch_id": 11 })]);
    server.assert_healthy().await;
}

#[tokio::test]
async fn an_address_and_a_filter_are_bounded() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let long = "a".repeat(50_000);
    for path in ["/accounts?q=", "/accounts/ACME-1001/files?machine=", "/sign-in?return_to=/", "/accounts/"] {
        let answer = amelia.get(&format!("{path}{long}")).await;
        let expected = (StatusCode::URI_TOO_LONG, vec!["The address is too long".to_owned()]);
        assert_eq!((answer.status, answer.all("h1")), expected, "{path}");
        assert!(answer.body.len() < 20_000, "{path}");
    }
    // What is longer than a name finds nothing, and is not repeated in every link of the page.
    let long = "a".repeat(5_000);
    let answer = amelia.get(&format!("/accounts?q={long}")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body.len() < 20_000, "{}", answer.body.len());
    for name in ["machine", "by", "line", "site", "from", "active", "type", "sort"] {
        let answer = amelia.get(&format!("/accounts/ACME-1001/files?{name}={long}")).await;
        assert!(answer.status.is_success() || answer.status == StatusCode::UNPROCESSABLE_ENTITY, "{name}: {}", answer.status);
        assert!(answer.body.len() < 60_000, "{name}: {}", answer.body.len());
    }
}
