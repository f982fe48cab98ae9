//! Kills on the way of a batch that generates.

use super::{number, order_more};
use crate::EXECUTABLE;
use reqwest::StatusCode;
use std::time::{Duration, Instant};
use tests::{AMELIA, Backend, Browser, Home, MEDIA_SERVERS, PATIENCE, Size, report, send_table};

const MODES: [&str; 2] = ["all-or-nothing", "line-by-line"];

/// Lines of a batch that is killed: two slices of those that are committed together line by line.
const LINES: i64 = 300;

/// A batch of Media Servers with sessions, drawn from orders: its address.
async fn planned_batch(browser: &Browser, kill: u64) -> String {
    let machines = (0..LINES).map(|machine| format!("MS-{kill}-{machine},02{:010X}\n", kill * 1_000 + machine.unsigned_abs()));
    let table = format!("machine_name,host_id\n{}", machines.collect::<String>());
    let fields: Vec<_> = MEDIA_SERVERS.into_iter().chain([("assigned.SW-002-4.0-SE01", "2")]).collect();
    let answer = send_table(browser, "generate", table, &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{:?}", answer.problems());
    answer.header("location").to_owned()
}

/// Steps of a batch that is begun and done in one transaction.
async fn steps(backend: Backend) -> Vec<String> {
    let home = Home::new(EXECUTABLE, backend).await;
    let mut running = home.start();
    order_more(&home).await;
    let amelia = home.browser();
    amelia.sign_in(AMELIA).await;
    let address = planned_batch(&amelia, 0).await;
    let begin = async {
        let answer = amelia.post(&address, &[("mode", MODES[0])]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{:?}", answer.problems());
    };
    let steps = running.trace(begin, "batch committed").await;
    running.terminate();
    assert!(steps.len() >= 12, "steps were lost: {steps:?}");
    steps
}

/// A batch goes on where it was: the next start finishes what is committed as begun, and nothing is made twice.
async fn killed_on_the_way_of_a_batch(backend: Backend) {
    let (times, began) = (Size::of_run().pick(1, 3), Instant::now());
    let steps = steps(backend).await;
    let (mut killed, mut made) = (0, 0);
    for _ in 0..times {
        // Doctor verifies every file after each kill: they must not become too many.
        let home = Home::new(EXECUTABLE, backend).await;
        let mut running = home.start();
        order_more(&home).await;
        let amelia = home.browser();
        amelia.sign_in(AMELIA).await;
        let (mut files, mut kill) = (0, 0);
        for (step, failpoint) in steps.iter().enumerate() {
            // The small size takes the modes by turns.
            for mode in Size::of_run().pick(&MODES[step % 2..][..1], &MODES) {
                kill += 1;
                let address = planned_batch(&amelia, kill).await;
                let fields = [("mode", *mode)];
                running.arm(failpoint);
                // Begun or not, there may be an answer: the batch is worked on beside it.
                let _ = amelia.try_post(&address, &fields).await;
                running.assert_killed();
                let left = number(&home, "activation_files").await - files;
                let whole = left == 0 || left == LINES;
                assert!(whole || (*mode == "line-by-line" && left < LINES), "{failpoint:?} {mode}: {left}");
                home.assert_healthy().await;
                running = home.start();
                let again = amelia.post(&address, &fields).await;
                assert_eq!(
                    (again.status, again.header("location")),
                    (StatusCode::SEE_OTHER, address.as_str()),
                    "{failpoint:?} {mode}"
                );
                until_done(&amelia, &address).await;
                files += LINES;
                assert_eq!(number(&home, "activation_files").await, files, "{failpoint:?} {mode}");
                assert_eq!(number(&home, "audit_events WHERE action = 'generate'").await, files);
                assert_eq!(
                    number(&home, "jobs WHERE kind = 'mail'").await,
                    i64::try_from(kill).expect("a count"),
                    "one mail for each batch"
                );
                home.assert_healthy().await;
            }
        }
        running.terminate();
        (killed, made) = (killed + kill, made + files);
    }
    let (points, seconds) = (steps.len(), began.elapsed().as_secs());
    report(&format!(
        "kills, {backend:?}: {times} × SIGKILL at each of {points} steps of a batch of {LINES} lines, all or nothing or line by line: {killed} \
         batches, {made} files, doctor clean after every kill, {seconds} s"
    ));
}

/// Asks until the page says that the batch is done.
async fn until_done(browser: &Browser, address: &str) {
    let began = Instant::now();
    loop {
        let page = browser.get(address).await;
        if page.all("h1").iter().any(|title| title.ends_with("– done")) {
            return;
        }
        assert_eq!(page.all(".note.bad"), Vec::<String>::new());
        assert!(began.elapsed() < PATIENCE, "{address} does not come to its end");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_was_killed_goes_on_where_it_was_on_sqlite() {
    killed_on_the_way_of_a_batch(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_was_killed_goes_on_where_it_was_on_postgres() {
    killed_on_the_way_of_a_batch(Backend::Postgres).await;
}
