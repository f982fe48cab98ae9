//! Many clients, one unit.

use rand::{RngExt, SeedableRng, rngs::StdRng};
use reqwest::StatusCode;
use std::{collections::BTreeSet, sync::Arc, time::Instant};
use tests::{AMELIA, Answer, Backend, Browser, LENA, NEW, Server, Size, form, report, seed};
use tokio::{sync::Barrier, task::JoinSet};

const CLIENTS: usize = 64;
/// Number of clients that repeat the request of another one.
const REPEATING: usize = 16;

/// Form that one client sends: a file for a server of its own, with the one server item of which one is left.
fn fields(round: usize, client: usize) -> Vec<(String, String)> {
    form(
        // In the shape of a key that a form would have.
        &format!("round{round:08}-{client:08}"),
        &[
            ("server_item", "SW-001-4.0-SV01"),
            ("switchover_later", "yes"),
            ("machine_name", &format!("IC-{round:03}-{client:02}")),
            ("host_id", &format!("02{:010X}", round * CLIENTS + client)),
        ],
    )
}

async fn round(server: &Server, clients: &[Arc<Browser>], round: usize, seed: u64) {
    server
        .execute(
            "UPDATE entitlements SET owned_assigned = allocated_assigned + 1
             WHERE part_id = (SELECT id FROM parts WHERE number = 'SW-001-4.0-SV01')",
        )
        .await;
    let mut random = StdRng::seed_from_u64(seed.wrapping_add(round as u64));
    let barrier = Arc::new(Barrier::new(CLIENTS));
    let mut sending = JoinSet::new();
    for (client, browser) in clients.iter().enumerate() {
        // Who sends the same as somebody else sends it from a session of its own, as a second tab would.
        let sender = if client < CLIENTS - REPEATING { client } else { random.random_range(0..CLIENTS - REPEATING) };
        let fields = fields(round, sender);
        let (browser, barrier) = (Arc::clone(browser), Arc::clone(&barrier));
        sending.spawn(async move {
            barrier.wait().await;
            (sender, browser.post(NEW, &fields).await)
        });
    }
    let answers = sending.join_all().await;
    let winners: BTreeSet<usize> =
        answers.iter().filter(|(_, answer)| answer.status == StatusCode::SEE_OTHER).map(|(sender, _)| *sender).collect();
    assert_eq!(winners.len(), 1, "round {round}: one submission wins, not those of {winners:?}");
    let addresses: BTreeSet<&str> =
        answers.iter().filter(|(sender, _)| winners.contains(sender)).map(|(_, answer)| answer.header("location")).collect();
    assert_eq!(addresses.len(), 1, "round {round}: the same submission leads to the same file, not to {addresses:?}");
    for (sender, answer) in answers.iter().filter(|(sender, _)| !winners.contains(sender)) {
        assert_shortfall(answer, round, *sender);
    }
}

/// The loser's page: 422, the shortfall with its figures, and everything that was typed. Read as text: parsing thousands of pages takes longer
/// than making them.
fn assert_shortfall(answer: &Answer, round: usize, sender: usize) {
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "round {round}, client {sender}");
    let page = answer.text();
    let owned = round + 1;
    for expected in [
        format!(">Only 0 of {owned} assigned "),
        format!("value=\"IC-{round:03}-{sender:02}\""),
        format!("value=\"02{:010X}\"", round * CLIENTS + sender),
    ] {
        assert!(page.contains(&expected), "round {round}, client {sender}: {expected} is missing in {:?}", answer.problems());
    }
}

async fn at_the_last_unit(backend: Backend) {
    let (rounds, seed, began) = (Size::of_run().pick(3, 200), seed(), Instant::now());
    let server = Server::durable(backend).await;
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        clients.push(Arc::new(server.signed_in(AMELIA).await));
    }
    for number in 0..rounds {
        round(&server, &clients, number, seed).await;
    }
    server.assert_healthy().await;
    let files = server.rows("SELECT id FROM activation_files").await.len();
    assert_eq!(files, rounds);
    let seconds = began.elapsed().as_secs();
    report(&format!(
        "concurrency, {backend:?}: {rounds} rounds of {CLIENTS} clients at the last unit ({REPEATING} of them repeating another's \
         submission), seed {seed}: {files} files, every loser saw the shortfall and its input, doctor clean, {seconds} s"
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_clients_at_the_last_unit_one_gets_it_on_sqlite() {
    at_the_last_unit(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_clients_at_the_last_unit_one_gets_it_on_postgres() {
    at_the_last_unit(Backend::Postgres).await;
}

/// The same key at the same time for two accounts: one file, and the other form is told which. Nothing but the key stands between them.
async fn one_key_for_two_accounts(backend: Backend) {
    let rounds = Size::of_run().pick(20, 200);
    let server = Server::durable(backend).await;
    server.execute("UPDATE entitlements SET owned_assigned = 1000000 WHERE NOT unlimited").await;
    let (first, second) = (server.signed_in(LENA).await, server.signed_in(LENA).await);
    for round in 0..rounds {
        let key = format!("accounts{round:014}");
        let machine = [("switchover_later", "yes"), ("host_id", &format!("02{:010X}", round + 1))];
        let acme = form(&key, &machine);
        let nordic = form(&key, &[&machine[..], &[("site", "5"), ("server_item", "SW-001-4.0-SV02")]].concat());
        let (acme, nordic) = tokio::join!(first.post(NEW, &acme), second.post("/accounts/NORDIC-3003/files/new", &nordic));
        let mut statuses = [acme.status.as_u16(), nordic.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 409], "round {round}: {:?} {:?}", acme.problems(), nordic.problems());
    }
    assert_eq!(server.rows("SELECT id FROM activation_files").await.len(), rounds);
    server.assert_healthy().await;
    report(&format!(
        "concurrency, {backend:?}: {rounds} × the same key at once for two accounts: one file each time, doctor clean"
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_sent_at_once_for_two_accounts_gives_one_file_on_sqlite() {
    one_key_for_two_accounts(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_sent_at_once_for_two_accounts_gives_one_file_on_postgres() {
    one_key_for_two_accounts(Backend::Postgres).await;
}
