//! The server's process is killed. This proves what the death of a process leaves, not what the loss of power does.

use crate::EXECUTABLE;
use portal::Failpoint;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use reqwest::StatusCode;
use sea_orm::{ConnectionTrait, Database, FromQueryResult, Statement};
use server::Secret;
use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tests::{AMELIA, Backend, Browser, Home, NEW, PATIENCE, PETRA, Size, changed, form, fresh_key, lasting, report, seed};
use tokio::{sync::Mutex, task::JoinSet};

/// The database of `home`, opened by the test itself.
pub(crate) async fn database(home: &Home) -> sea_orm::DatabaseConnection {
    let url = match &home.settings.database_url {
        Some(Secret(url)) => url.clone(),
        None => format!("sqlite://{}", home.data().join("demo.sqlite").display()),
    };
    Database::connect(lasting(url)).await.expect("the database opens")
}

#[derive(FromQueryResult)]
struct Number {
    number: i64,
}

/// How many rows there are of `what`.
async fn number(home: &Home, what: &str) -> i64 {
    let database = database(home).await;
    let statement = Statement::from_string(database.get_database_backend(), format!("SELECT COUNT(*) AS number FROM {what}"));
    let row = Number::find_by_statement(statement).one(&database).await.expect(what).expect("a row");
    database.close().await.expect("closed");
    row.number
}

/// As an order would: more of everything than any harness needs.
pub(crate) async fn order_more(home: &Home) {
    let database = database(home).await;
    database.execute_unprepared("UPDATE entitlements SET owned_assigned = 1000000").await.expect("ordered");
    database.close().await.expect("closed");
}

/// Everything that one submission leaves is there once: its file, its event and its mail.
pub(crate) async fn assert_files(home: &Home, files: i64) {
    assert_eq!(number(home, "activation_files").await, files);
    assert_eq!(number(home, "audit_events WHERE action = 'generate'").await, files);
    assert_eq!(number(home, "jobs WHERE kind = 'mail'").await, files);
    home.assert_healthy().await;
}

/// One machine of its own for each submission, so that nothing but the kill can keep a file from being generated.
pub(crate) fn fields(key: &str, machine: u64) -> Vec<(String, String)> {
    form(
        key,
        &[
            ("machine_name", &format!("IC-{machine}")),
            ("host_id", &format!("02{:010X}", 2 * machine)),
            ("switchover_machine_name", &format!("IC-{machine}-B")),
            ("switchover_host_id", &format!("02{:010X}", 2 * machine + 1)),
            ("assigned.SW-001-4.0-AL02", "1"),
        ],
    )
}

/// Sends `fields` until there is an answer: the file's address.
async fn resubmit(browser: &Browser, fields: &[(String, String)]) -> String {
    resubmit_to(browser, NEW, fields).await
}

async fn resubmit_to(browser: &Browser, path: &str, fields: &[(String, String)]) -> String {
    let answer = browser.post(path, fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{:?}", answer.problems());
    answer.header("location").to_owned()
}

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

async fn killed_on_its_first_start(backend: Backend) {
    let (times, began) = (Size::of_run().pick(1, 20), Instant::now());
    for _ in 0..times {
        for failpoint in Failpoint::FIRST_START {
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
    let (points, seconds) = (Failpoint::FIRST_START.len(), began.elapsed().as_secs());
    report(&format!(
        "kills, {backend:?}: {times} × SIGKILL at each of {points} steps of a first start: the next start finishes it, a file is \
         generated, doctor clean, {seconds} s"
    ));
}

async fn killed_on_the_way_of_generate(backend: Backend) {
    let (times, began) = (Size::of_run().pick(1, 20), Instant::now());
    let home = Home::new(EXECUTABLE, backend).await;
    let mut running = home.start();
    order_more(&home).await;
    let amelia = home.browser();
    amelia.sign_in(AMELIA).await;
    let mut files = 0i64;
    for _ in 0..times {
        for failpoint in Failpoint::GENERATE {
            let key = fresh_key(&amelia).await;
            files += 1;
            let fields = fields(&key, files.unsigned_abs());
            running.arm(failpoint);
            let answer = amelia.try_post(NEW, &fields).await;
            assert!(answer.is_err(), "{failpoint:?}: nobody was told");
            running.assert_killed();
            let left = number(&home, "activation_files").await;
            assert_eq!(left, if failpoint == Failpoint::Committed { files } else { files - 1 }, "{failpoint:?}");
            home.assert_healthy().await;
            running = home.start();
            let first = resubmit(&amelia, &fields).await;
            assert_eq!(resubmit(&amelia, &fields).await, first, "{failpoint:?}");
            assert_files(&home, files).await;
        }
    }
    running.terminate();
    let (points, seconds) = (Failpoint::GENERATE.len(), began.elapsed().as_secs());
    report(&format!(
        "kills, {backend:?}: {times} × SIGKILL at each of {points} steps of generate: {files} submissions sent again, {files} files, \
         doctor clean after every kill, {seconds} s"
    ));
}

/// Operation on an existing file.
#[derive(Clone, Copy, Debug)]
enum Change {
    Update,
    Deactivate,
}

impl Change {
    const fn steps(self) -> &'static [Failpoint] {
        match self {
            Self::Update => &Failpoint::UPDATE,
            Self::Deactivate => &Failpoint::DEACTIVATE,
        }
    }

    /// Address and fields of a form that changes `file`, complete.
    async fn form(self, browser: &Browser, file: &str, machine: u64) -> (String, Vec<(String, String)>) {
        let (path, changes) = match self {
            Self::Update => {
                (format!("{file}/update"), vec![("assigned.SW-001-4.0-AL02", "3"), ("assigned.SW-001-4.0-AL04", "2")])
            }
            Self::Deactivate => (format!("{file}/deactivate"), vec![("reason", "reallocation")]),
        };
        let page = browser.get(&path).await;
        let mut fields = changed(page.fields("generate"), &changes);
        if matches!(self, Self::Deactivate) {
            fields = changed(fields, &[("machine", &format!("IC-{machine}"))]);
        }
        (path, fields)
    }

    /// Files that the change was made to.
    const fn done(self) -> &'static str {
        match self {
            Self::Update => "activation_files WHERE revision = 2",
            Self::Deactivate => "activation_files WHERE state = 'deactivated'",
        }
    }

    const fn events(self) -> &'static str {
        match self {
            Self::Update => "audit_events WHERE action = 'update'",
            Self::Deactivate => "audit_events WHERE action = 'deactivate'",
        }
    }
}

async fn killed_on_the_way_of_a_change(backend: Backend, change: Change) {
    let (times, began) = (Size::of_run().pick(1, 20), Instant::now());
    let home = Home::new(EXECUTABLE, backend).await;
    let mut running = home.start();
    order_more(&home).await;
    let amelia = home.browser();
    amelia.sign_in(AMELIA).await;
    let mut files = 0i64;
    for _ in 0..times {
        for failpoint in change.steps() {
            files += 1;
            let machine = files.unsigned_abs();
            let answer = resubmit_to(&amelia, NEW, &fields(&fresh_key(&amelia).await, machine)).await;
            let file = answer.trim_end_matches("?generated");
            let (path, fields) = change.form(&amelia, file, machine).await;
            running.arm(*failpoint);
            let answer = amelia.try_post(&path, &fields).await;
            assert!(answer.is_err(), "{failpoint:?}: nobody was told");
            running.assert_killed();
            let left = number(&home, change.done()).await;
            assert_eq!(left, if *failpoint == Failpoint::Committed { files } else { files - 1 }, "{failpoint:?}");
            home.assert_healthy().await;
            running = home.start();
            let first = resubmit_to(&amelia, &path, &fields).await;
            assert_eq!(resubmit_to(&amelia, &path, &fields).await, first, "{failpoint:?}");
            // Once, with one event and one mail for each change.
            assert_eq!(number(&home, change.done()).await, files);
            assert_eq!(number(&home, change.events()).await, files);
            assert_eq!(number(&home, "jobs WHERE kind = 'mail'").await, 2 * files);
            home.assert_healthy().await;
        }
    }
    running.terminate();
    let (points, seconds) = (change.steps().len(), began.elapsed().as_secs());
    report(&format!(
        "kills, {backend:?}: {times} × SIGKILL at each of {points} steps of {}: {files} submissions sent again, {files} changes, \
         doctor clean after every kill, {seconds} s",
        format!("{change:?}").to_lowercase()
    ));
}

/// Where Nordic's parts are upgraded.
const UPGRADE: &str = "/accounts/NORDIC-3003/upgrade";

async fn killed_on_the_way_of_an_upgrade(backend: Backend) {
    let (times, began) = (Size::of_run().pick(1, 20), Instant::now());
    let mut killed = 0;
    for _ in 0..times {
        for failpoint in Failpoint::UPGRADE {
            // An account upgrades once: each kill has a database of its own.
            let home = Home::new(EXECUTABLE, backend).await;
            let mut running = home.start();
            let petra = home.browser();
            petra.sign_in(PETRA).await;
            let targets = [("to.SW-001-3.0-SV02", "SW-001-4.0-SV03"), ("to.SW-001-3.0-SO02", "SW-001-4.0-SO03")];
            let fields = changed(petra.get(UPGRADE).await.fields("generate"), &targets);
            running.arm(failpoint);
            assert!(petra.try_post(UPGRADE, &fields).await.is_err(), "{failpoint:?}: nobody was told");
            running.assert_killed();
            killed += 1;
            let old = "entitlements e JOIN parts p ON p.id = e.part_id WHERE p.generation = '3.0'";
            let done = failpoint == Failpoint::Committed;
            assert_eq!(
                (number(&home, old).await, number(&home, "upgrades").await),
                if done { (0, 1) } else { (5, 0) },
                "{failpoint:?}"
            );
            home.assert_healthy().await;
            running = home.start();
            let first = resubmit_to(&petra, UPGRADE, &fields).await;
            assert_eq!(resubmit_to(&petra, UPGRADE, &fields).await, first, "{failpoint:?}");
            assert_eq!((number(&home, old).await, number(&home, "upgrade_lines").await), (0, 5));
            assert_eq!(number(&home, "audit_events WHERE action = 'upgrade'").await, 1);
            home.assert_healthy().await;
            running.terminate();
        }
    }
    let (points, seconds) = (Failpoint::UPGRADE.len(), began.elapsed().as_secs());
    report(&format!(
        "kills, {backend:?}: {times} × SIGKILL at each of {points} steps of upgrade: {killed} submissions sent again, each one upgrade, doctor \
         clean after every kill, {seconds} s"
    ));
}

const MODES: [&str; 2] = ["all-or-nothing", "line-by-line"];

/// Lines of a batch that is killed: two slices of those that are committed together line by line.
const LINES: i64 = 300;

/// A batch of Media Servers with sessions, drawn from orders: its address.
async fn planned_batch(browser: &Browser, kill: u64) -> String {
    let batches = "/accounts/ACME-1001/batches";
    let key = browser.get(batches).await.value("key").expect("a key");
    let machines = (0..LINES).map(|machine| format!("MS-{kill}-{machine},02{:010X}\n", kill * 1_000 + machine.unsigned_abs()));
    let table = format!("machine_name,host_id\n{}", machines.collect::<String>());
    let fields = [
        ("key", key.as_str()),
        ("kind", "generate"),
        ("product", "MediaServer"),
        ("version", "2020 R2"),
        ("type", "production"),
        ("site", "1"),
        ("server_item", "SW-002-4.0-SV01"),
        ("assigned.SW-002-4.0-SE01", "2"),
        ("table", &table),
    ];
    let answer = browser.post_files(batches, &fields.map(|(name, value)| (name, value.as_bytes()))).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{:?}", answer.problems());
    answer.header("location").to_owned()
}

/// A batch goes on where it was: the next start finishes what is committed as begun, and nothing is made twice.
async fn killed_on_the_way_of_a_batch(backend: Backend) {
    let (times, began) = (Size::of_run().pick(1, 3), Instant::now());
    let (mut killed, mut made) = (0, 0);
    for _ in 0..times {
        // Doctor verifies every file after each kill: they must not become too many.
        let home = Home::new(EXECUTABLE, backend).await;
        let mut running = home.start();
        order_more(&home).await;
        let amelia = home.browser();
        amelia.sign_in(AMELIA).await;
        let (mut files, mut kill) = (0, 0);
        for (step, failpoint) in Failpoint::BATCH.into_iter().enumerate() {
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
    let (points, seconds) = (Failpoint::BATCH.len(), began.elapsed().as_secs());
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

/// Two servers that start at once on a fresh database both come up, on one schema, one key and one demo.
async fn two_start_at_once(backend: Backend) {
    let times = Size::of_run().pick(3, 20);
    for _ in 0..times {
        let home = Home::new(EXECUTABLE, backend).await;
        // The key is made before: both servers must have the same one.
        home.start_and_die_at(Failpoint::KeyWritten);
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
async fn a_generation_that_was_killed_leaves_all_or_nothing_on_sqlite() {
    killed_on_the_way_of_generate(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generation_that_was_killed_leaves_all_or_nothing_on_postgres() {
    killed_on_the_way_of_generate(Backend::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_was_killed_leaves_all_or_nothing_on_sqlite() {
    killed_on_the_way_of_a_change(Backend::Sqlite, Change::Update).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_was_killed_leaves_all_or_nothing_on_postgres() {
    killed_on_the_way_of_a_change(Backend::Postgres, Change::Update).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deactivation_that_was_killed_leaves_all_or_nothing_on_sqlite() {
    killed_on_the_way_of_a_change(Backend::Sqlite, Change::Deactivate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deactivation_that_was_killed_leaves_all_or_nothing_on_postgres() {
    killed_on_the_way_of_a_change(Backend::Postgres, Change::Deactivate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_that_was_killed_leaves_all_or_nothing_on_sqlite() {
    killed_on_the_way_of_an_upgrade(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_that_was_killed_leaves_all_or_nothing_on_postgres() {
    killed_on_the_way_of_an_upgrade(Backend::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_was_killed_goes_on_where_it_was_on_sqlite() {
    killed_on_the_way_of_a_batch(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_was_killed_goes_on_where_it_was_on_postgres() {
    killed_on_the_way_of_a_batch(Backend::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_at_any_time_lose_nothing_on_sqlite() {
    killed_at_any_time(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_at_any_time_lose_nothing_on_postgres() {
    killed_at_any_time(Backend::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_start_at_once_on_a_fresh_sqlite() {
    two_start_at_once(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_start_at_once_on_a_fresh_postgres() {
    two_start_at_once(Backend::Postgres).await;
}
