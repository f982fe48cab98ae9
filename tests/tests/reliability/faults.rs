//! Faults of the machine and of the network: for each, what people see, and that nothing is lost.

use crate::{
    EXECUTABLE,
    kills::{assert_files, fields, generate_on, order_more},
};
use chrono::TimeDelta;
use reqwest::StatusCode;
use server::Secret;
use std::{
    collections::BTreeSet,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tests::{AMELIA, Backend, Browser, Cluster, Durability, Home, NEW, Server, Size, fresh_key, report};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Mutex,
    task::JoinSet,
};

/// Waits until `path` answers `status`, at most half a minute.
async fn until_answered(browser: &Browser, path: &str, status: StatusCode) {
    let began = Instant::now();
    while browser.try_get(path).await.map(|answer| answer.status).ok() != Some(status) {
        assert!(began.elapsed() < Duration::from_secs(30), "{path} does not answer {status}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Clients that go on generating through a fault.
struct Load {
    stop: Arc<AtomicBool>,
    addresses: Arc<Mutex<Vec<String>>>,
    clients: JoinSet<u64>,
}

impl Load {
    async fn on(home: &Home) -> Self {
        let (stop, addresses) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let mut clients = JoinSet::new();
        for client in 0..4 {
            let browser = home.browser();
            browser.sign_in(AMELIA).await;
            let (stop, addresses) = (Arc::clone(&stop), Arc::clone(&addresses));
            clients.spawn(async move { generate_on(&browser, client, &stop, &addresses).await });
        }
        Self { stop, addresses, clients }
    }

    /// Waits until `more` files were generated.
    async fn until_generated(&self, more: usize) {
        let (before, began) = (self.addresses.lock().await.len(), Instant::now());
        while self.addresses.lock().await.len() < before + more {
            assert!(began.elapsed() < Duration::from_secs(60), "nothing is generated any more");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Ends the load; how many files were generated, and how many answers were refusals or none at all.
    async fn end(self) -> (usize, u64) {
        self.stop.store(true, Ordering::Relaxed);
        let interrupted = self.clients.join_all().await.into_iter().sum();
        let addresses = self.addresses.lock().await;
        assert_eq!(addresses.iter().collect::<BTreeSet<_>>().len(), addresses.len(), "each submission has a file of its own");
        (addresses.len(), interrupted)
    }
}

/// While it is stopped every page says 503 with a time to come back, programs learn it too, and when it is back all goes on by itself.
#[tokio::test(flavor = "multi_thread")]
async fn postgres_is_stopped_and_started_under_load() {
    let times = Size::of_run().pick(1, 10);
    let mut cluster = Cluster::start(Durability::On);
    let home = Home::on_postgres(EXECUTABLE, cluster.new_database().await);
    let running = home.start();
    order_more(&home).await;
    let watcher = home.browser();
    watcher.sign_in(AMELIA).await;
    let load = Load::on(&home).await;
    for _ in 0..times {
        load.until_generated(5).await;
        cluster.stop();
        until_answered(&watcher, "/readyz", StatusCode::SERVICE_UNAVAILABLE).await;
        let page = watcher.get("/accounts/ACME-1001").await;
        assert_eq!((page.status, page.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "5"));
        assert_eq!(page.all("h1"), ["Not available right now"]);
        assert_eq!(watcher.get("/healthz").await.status, StatusCode::OK);
        // As Prometheus asks: without a session.
        assert!(home.browser().get("/metrics").await.text().contains("afmt_database_up 0"));
        cluster.start_again();
        until_answered(&watcher, "/readyz", StatusCode::OK).await;
        load.until_generated(5).await;
    }
    let (files, interrupted) = load.end().await;
    running.terminate();
    assert_files(&home, i64::try_from(files).expect("a count")).await;
    report(&format!(
        "faults: PostgreSQL stopped and started {times} × under load: 503 with Retry-After meanwhile ({interrupted} answers), then it goes \
         on by itself, {files} submissions, {files} files, doctor clean"
    ));
}

/// Graceful restarts: what was begun is answered, what was not is sent again, nothing is done twice.
async fn restarted_under_load(backend: Backend) {
    let times = Size::of_run().pick(3, 20);
    let home = Home::new(EXECUTABLE, backend).await;
    let mut running = home.start();
    order_more(&home).await;
    let load = Load::on(&home).await;
    for _ in 0..times {
        load.until_generated(3).await;
        running.terminate();
        running = home.start();
    }
    let (files, interrupted) = load.end().await;
    running.terminate();
    assert_files(&home, i64::try_from(files).expect("a count")).await;
    report(&format!(
        "faults, {backend:?}: {times} restarts under load: {interrupted} connections were refused meanwhile, {files} submissions, \
         {files} files, doctor clean"
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn restarts_under_load_lose_nothing_on_sqlite() {
    restarted_under_load(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn restarts_under_load_lose_nothing_on_postgres() {
    restarted_under_load(Backend::Postgres).await;
}

pub(crate) fn prlimit(process: u32, limit: &str) {
    let set = Command::new("prlimit").args(["--pid", &process.to_string(), limit]).status().expect("prlimit starts");
    assert!(set.success());
}

/// Files that may not grow are to the database what a full disk is: reading goes on, writing is 503, and with room it goes on.
#[tokio::test(flavor = "multi_thread")]
async fn the_disk_is_full_under_sqlite() {
    let home = Home::new(EXECUTABLE, Backend::Sqlite).await;
    // The limit's signal is ignored, so that a write answers with an error, as on a full disk.
    let running = home.start_with(home.command(&["/bin/sh", "-c", "trap '' XFSZ; exec \"$@\"", "sh"]));
    order_more(&home).await;
    let amelia = home.browser();
    amelia.sign_in(AMELIA).await;
    let key = fresh_key(&amelia).await;
    let fields = fields(&key, 1);
    prlimit(running.id(), "--fsize=4096:unlimited");
    let answer = amelia.post(NEW, &fields).await;
    assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "5"), "{}", answer.text());
    assert_eq!(amelia.get("/accounts/ACME-1001").await.status, StatusCode::OK, "reading goes on");
    prlimit(running.id(), "--fsize=unlimited:unlimited");
    assert_eq!(amelia.post(NEW, &fields).await.status, StatusCode::SEE_OTHER);
    running.terminate();
    assert_files(&home, 1).await;
    report(
        "faults: disk full under SQLite: writing is 503 with Retry-After, reading goes on, with room the same form is generated, doctor clean",
    );
}

/// PostgreSQL says that it could not write for want of room: simulated by a trigger, since a cluster on a full disk ends itself.
#[tokio::test(flavor = "multi_thread")]
async fn the_disk_is_full_under_postgres() {
    let server = Server::durable(Backend::Postgres).await;
    let amelia = server.signed_in(AMELIA).await;
    let fields = fields(&fresh_key(&amelia).await, 1);
    let before = server.contents().await;
    server
        .execute(
            "CREATE FUNCTION fail() RETURNS trigger AS 'BEGIN RAISE ''no space left on device'' USING ERRCODE = ''disk_full''; END'
                 LANGUAGE plpgsql;
             CREATE TRIGGER fails BEFORE INSERT ON file_revisions FOR EACH ROW EXECUTE FUNCTION fail()",
        )
        .await;
    let answer = amelia.post(NEW, &fields).await;
    assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "5"));
    assert_eq!(server.contents().await, before);
    server.execute("DROP FUNCTION fail CASCADE").await;
    assert_eq!(amelia.post(NEW, &fields).await.status, StatusCode::SEE_OTHER);
    server.assert_healthy().await;
    report(
        "faults: disk full as PostgreSQL reports it (simulated): 503 with Retry-After, nothing changed, then generated, doctor clean",
    );
}

/// Connected clients are answered, others wait, and all are answered as soon as descriptors are free again.
#[tokio::test(flavor = "multi_thread")]
async fn file_descriptors_run_out() {
    let home = Home::new(EXECUTABLE, Backend::Sqlite).await;
    let running = home.start_with(home.command(&["/bin/sh", "-c", "ulimit -n 64; exec \"$@\"", "sh"]));
    order_more(&home).await;
    let amelia = home.browser();
    amelia.sign_in(AMELIA).await;
    let first = fields(&fresh_key(&amelia).await, 1);
    let second = fields(&fresh_key(&amelia).await, 2);
    let mut idle = Vec::new();
    for _ in 0..100 {
        idle.push(TcpStream::connect(home.settings.listen).await.expect("the system's queue takes it"));
    }
    // The connection that this browser keeps open is answered, pages and writes alike.
    assert_eq!(amelia.get("/accounts/ACME-1001").await.status, StatusCode::OK);
    assert_eq!(amelia.post(NEW, &first).await.status, StatusCode::SEE_OTHER);
    drop(idle);
    until_answered(&home.browser(), "/readyz", StatusCode::OK).await;
    assert_eq!(amelia.post(NEW, &second).await.status, StatusCode::SEE_OTHER);
    running.terminate();
    assert_files(&home, 2).await;
    report(
        "faults: file descriptors exhausted (64, 100 connections): open connections are answered, others wait and are answered, doctor clean",
    );
}

/// Files and sessions of a time that has not come yet do no harm; who guessed too often is not shut out until then.
#[tokio::test(flavor = "multi_thread")]
async fn the_clock_is_set_back() {
    for backend in Backend::BOTH {
        let server = Server::durable(backend).await;
        let amelia = server.signed_in(AMELIA).await;
        assert_eq!(amelia.post(NEW, &fields(&fresh_key(&amelia).await, 1)).await.status, StatusCode::SEE_OTHER);
        let stranger = server.browser();
        while stranger.post("/sign-in", &[("email", AMELIA), ("password", "wrong")]).await.status != StatusCode::TOO_MANY_REQUESTS
        {
        }
        server.advance(-TimeDelta::days(30));
        // The session began in what is now the future: it has ended, and signing in again is possible at once.
        assert_eq!(amelia.get("/accounts").await.status, StatusCode::SEE_OTHER);
        let amelia = server.signed_in(AMELIA).await;
        assert_eq!(amelia.post(NEW, &fields(&fresh_key(&amelia).await, 2)).await.status, StatusCode::SEE_OTHER);
        let list = amelia.get("/accounts/ACME-1001/files").await;
        assert_eq!(list.all("tbody th").len(), 2, "both files are listed");
        let (holds, said) = server.doctor(server.settings()).await;
        let broken: Vec<_> = said.iter().filter(|line| line.starts_with("BROKEN")).collect();
        assert!(!holds && broken.len() == 1, "{broken:?}");
        assert!(
            broken[0].starts_with("BROKEN  the clock has not been set back: the latest event is of 2026-11-22T"),
            "{broken:?}"
        );
        server.advance(TimeDelta::days(30) + TimeDelta::minutes(1));
        server.assert_healthy().await;
    }
    report(
        "faults: clock set back by 30 days, both databases: sessions end, signing in and generating go on, doctor names the clock and nothing else",
    );
}

/// Reads until the server closes the connection.
async fn rest(mut stream: TcpStream) -> String {
    let mut said = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(50), stream.read_to_end(&mut said)).await;
    // A connection that is reset is closed, too.
    let _ = read.expect("the server gives up");
    String::from_utf8_lossy(&said).into_owned()
}

/// Slow clients are given up, after 10 seconds for the head and 30 for the whole; others are answered meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn clients_that_send_slowly_are_given_up_and_keep_nobody_waiting() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let address = server.address().trim_start_matches("http://").to_owned();
    let began = Instant::now();
    let mut heads = JoinSet::new();
    for _ in 0..200 {
        let mut stream = TcpStream::connect(&address).await.expect("connected");
        stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: ").await.expect("the beginning of a head");
        heads.spawn(rest(stream));
    }
    // Who says nothing at all is given up, too.
    heads.spawn(rest(TcpStream::connect(&address).await.expect("connected")));
    let mut body = TcpStream::connect(&address).await.expect("connected");
    let head = format!(
        "POST /theme HTTP/1.1\r\nhost: {address}\r\norigin: http://{address}\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         content-length: 26\r\n\r\ntheme=dark"
    );
    body.write_all(head.as_bytes()).await.expect("the beginning of a body");
    assert_eq!(amelia.get("/accounts/ACME-1001").await.status, StatusCode::OK);
    heads.join_all().await;
    let heads_ms = began.elapsed().as_millis();
    assert!(heads_ms >= 10_000, "a slow head has ten seconds");
    let answer = rest(body).await;
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("What was already done is not done twice."), "{answer}");
    assert_eq!(amelia.get("/accounts/ACME-1001").await.status, StatusCode::OK);
    report(
        "faults: 200 clients that send a head slowly are given up after 10 s, one that sends a body slowly is answered 503 after 30 s; others are answered meanwhile",
    );
}

/// More half-sent heads from one address than there are connections: probes are answered, and so is whoever is connected.
#[tokio::test(flavor = "multi_thread")]
async fn one_address_does_not_silence_the_probes() {
    const HALF_SENT: usize = 905;
    let home = Home::new(EXECUTABLE, Backend::Sqlite).await;
    let running = home.start();
    let amelia = home.browser();
    amelia.sign_in(AMELIA).await;
    let mut half_sent = Vec::new();
    for _ in 0..HALF_SENT {
        let mut stream = TcpStream::connect(home.settings.listen).await.expect("connected");
        // A connection that was closed at once cannot be written to.
        let _ = stream.write_all(b"GET /keys HTTP/1.1\r\nhost: x\r\nx-slow: ").await;
        half_sent.push(stream);
    }
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(home.browser().get(path).await.status, StatusCode::OK, "{path}");
    }
    assert_eq!(amelia.get("/accounts/ACME-1001").await.status, StatusCode::OK);
    // The address has as many connections as it may have.
    let refused = home.browser().get("/keys").await;
    assert_eq!((refused.status, refused.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "5"));
    let mut open = 0;
    for stream in &mut half_sent {
        open +=
            usize::from(matches!(stream.try_read(&mut [0; 1024]), Err(error) if error.kind() == std::io::ErrorKind::WouldBlock));
    }
    assert!((200..=256).contains(&open), "{open} are open");
    drop(half_sent);
    until_answered(&home.browser(), "/keys", StatusCode::OK).await;
    running.terminate();
    report("faults: 905 half-sent heads from one address: 256 are kept, probes and open connections are answered");
}

/// A panic in the middle of a write: a page with a reference, nothing is left, and the next request is answered.
#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_a_page_and_leaves_nothing() {
    for backend in Backend::BOTH {
        let panics = Arc::new(AtomicBool::new(false));
        let server = Server::panicking(backend, Arc::clone(&panics)).await;
        let amelia = server.signed_in(AMELIA).await;
        let fields = fields(&fresh_key(&amelia).await, 1);
        let before = server.contents().await;
        panics.store(true, Ordering::Relaxed);
        let answer = amelia.post(NEW, &fields).await;
        assert_eq!((answer.status, answer.all("h1")), (StatusCode::INTERNAL_SERVER_ERROR, vec!["Internal error".to_owned()]));
        let reference = format!("Reference: {}.", answer.header("x-request-id"));
        assert!(answer.all("main .lead")[0].ends_with(&reference), "{:?}", answer.all("main .lead"));
        panics.store(false, Ordering::Relaxed);
        assert_eq!(server.contents().await, before);
        assert_eq!(amelia.post(NEW, &fields).await.status, StatusCode::SEE_OTHER);
        server.assert_healthy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_cannot_be_reached_at_the_start_is_named_without_its_password() {
    let mut home = Home::new(EXECUTABLE, Backend::Sqlite).await;
    let closed = tests::free_port();
    home.settings.database_url = Some(Secret(format!("postgres://afmt:canary-password@127.0.0.1:{closed}/afmt")));
    let output = home.command(&[]).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(said.contains(&format!("The database postgres://127.0.0.1:{closed}/afmt cannot be opened.")), "{said}");
    assert!(!said.contains("canary-password"), "{said}");
}
