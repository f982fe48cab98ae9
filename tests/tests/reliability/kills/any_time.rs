//! Kills at any time, under load.

use super::{assert_files, fields, order_more};
use crate::EXECUTABLE;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use reqwest::StatusCode;
use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tests::{AMELIA, Backend, Browser, Home, NEW, Size, report, seed};
use tokio::{sync::Mutex, task::JoinSet};

/// Clients that go on generating whatever happens to the server.
const CLIENTS: u64 = 4;

async fn killed_at_any_time(backend: Backend) {
    let (kills, seed, began) = (Size::of_run().pick(6, 200), seed(), Instant::now());
    let mut random = StdRng::seed_from_u64(seed);
    let home = Arc::new(Home::new(EXECUTABLE, backend).await);
    let mut running = home.start();
    order_more(&home).await;
    let stop = Arc::new(AtomicBool::new(false));
    let addresses = Arc::new(Mutex::new(Vec::new()));
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let browser = home.browser();
        browser.sign_in(AMELIA).await;
        let (stop, addresses) = (Arc::clone(&stop), Arc::clone(&addresses));
        clients.spawn(async move { generate_on(&browser, client, &stop, &addresses).await });
    }
    for _ in 0..kills {
        tokio::time::sleep(Duration::from_millis(random.random_range(0..150))).await;
        running.kill();
        running = home.start();
    }
    stop.store(true, Ordering::Relaxed);
    let interrupted: u64 = clients.join_all().await.into_iter().sum();
    running.terminate();
    let addresses = addresses.lock().await;
    let unique: BTreeSet<&String> = addresses.iter().collect();
    assert_eq!(unique.len(), addresses.len(), "each submission has a file of its own");
    let files = addresses.len();
    assert_files(&home, i64::try_from(files).expect("a count")).await;
    let seconds = began.elapsed().as_secs();
    report(&format!(
        "kills, {backend:?}: {kills} × SIGKILL at random times under {CLIENTS} clients, seed {seed}: {interrupted} answers were lost, \
         {files} submissions, {files} files, doctor clean, {seconds} s"
    ));
}

/// Generates one file after the other. What was not answered is sent again, the same, until it is; how often that was needed.
pub(crate) async fn generate_on(browser: &Browser, client: u64, stop: &AtomicBool, addresses: &Mutex<Vec<String>>) -> u64 {
    let mut interrupted = 0;
    let mut machine = 0;
    while !stop.load(Ordering::Relaxed) {
        // A key has the shape of one that the form would have given.
        let key = format!("client{client:04}-f{machine:010}");
        let fields = fields(&key, client + CLIENTS * machine);
        machine += 1;
        let answer = loop {
            match browser.try_post(NEW, &fields).await {
                Ok(answer) if answer.status == StatusCode::SERVICE_UNAVAILABLE => interrupted += 1,
                Ok(answer) => break answer,
                Err(_) => interrupted += 1,
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{:?}", answer.problems());
        addresses.lock().await.push(answer.header("location").to_owned());
    }
    interrupted
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_at_any_time_lose_nothing_on_sqlite() {
    killed_at_any_time(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_at_any_time_lose_nothing_on_postgres() {
    killed_at_any_time(Backend::Postgres).await;
}
