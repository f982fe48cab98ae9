//! Kills on the way of a first start, and two starts at once.

use super::{assert_files, fields, number, resubmit, times};
use crate::EXECUTABLE;
use std::time::Instant;
use tests::{AMELIA, Backend, Browser, Home, NEW, Size, report};

/// Generates a file as a person would: for a site that the form offers, whatever its number.
async fn generate_one(browser: &Browser) {
    let page = browser.get(&format!("{NEW}?product=CIC&version=2020+R2")).await;
    let key = page.value("key").expect("a key");
    let site = page.attribute("select[name=site] option:not([value=\"\"])", "value").expect("a site");
    let mut fields = fields(&key, 1);
    fields.retain(|(name, _)| name != "site");
    fields.push(("site".into(), site));
    resubmit(browser, &fields).await;
}

/// Minimum number of steps of a first start with demo data, passphrase and key.
const LEAST: usize = 9;

async fn killed_on_its_first_start(backend: Backend) {
    let (times, began) = (times(), Instant::now());
    let (running, steps) = Home::new(EXECUTABLE, backend).await.start_and_trace();
    running.terminate();
    assert!(steps.len() >= LEAST, "steps were lost: {steps:?}");
    for _ in 0..times {
        for failpoint in &steps {
            let home = Home::new(EXECUTABLE, backend).await;
            home.start_and_die_at(failpoint);
            let running = home.start();
            let amelia = home.browser();
            amelia.sign_in(AMELIA).await;
            generate_one(&amelia).await;
            assert_files(&home, 1).await;
            running.terminate();
        }
    }
    let (points, seconds) = (steps.len(), began.elapsed().as_secs());
    report(&format!(
        "kills, {backend:?}: {times} × SIGKILL at each of {points} steps of a first start: the next start finishes it, a file is \
         generated, doctor clean, {seconds} s"
    ));
}

/// Two servers that start at once on a fresh database both come up, on one schema, one key and one demo.
async fn two_start_at_once(backend: Backend) {
    let times = Size::of_run().pick(3, 20);
    for _ in 0..times {
        let home = Home::new(EXECUTABLE, backend).await;
        // The key is made before: both servers must have the same one.
        home.start_and_die_at("key written");
        let mut other = home.command(&[]);
        other.env("AFMT_LISTEN", "127.0.0.1:0");
        let (first, second) = std::thread::scope(|scope| {
            let second = scope.spawn(|| home.start_with(other));
            (home.start(), second.join().expect("the second one starts"))
        });
        let amelia = home.browser();
        amelia.sign_in(AMELIA).await;
        generate_one(&amelia).await;
        assert_files(&home, 1).await;
        assert_eq!(number(&home, "audit_events WHERE action = 'demo'").await, 1);
        assert_eq!(number(&home, "audit_events WHERE action = 'signing key in use'").await, 1);
        first.terminate();
        second.terminate();
    }
    report(&format!("kills, {backend:?}: {times} × two servers starting at once on a fresh database: both answer, doctor clean"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_that_was_killed_is_finished_by_the_next_on_sqlite() {
    killed_on_its_first_start(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_that_was_killed_is_finished_by_the_next_on_postgres() {
    killed_on_its_first_start(Backend::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_start_at_once_on_a_fresh_sqlite() {
    two_start_at_once(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_start_at_once_on_a_fresh_postgres() {
    two_start_at_once(Backend::Postgres).await;
}
