//! The benchmark: everything that is compared is measured in the same run, by turns. `cargo xtask bench` runs it.
//!
//! Arguments: the executable `afmt` as released, the file that the tables are written to, and the name of one group
//! of figures where only those are wanted: `signatures`, `served`, `batches`, `lists`, `requests` or `worst`.

mod batches;
mod lists;
mod requests;
mod worst;

use anyhow::{Context, Result};
use ed25519_dalek::{Signer, SigningKey, Verifier};
use licensing::activation_file::{ActivationFile, Expected, KeyName, KeyRing, Note, Verdict, VerifierKey, sign};
use sea_orm::{
    ConnectionTrait, Database, DatabaseConnection, SqliteTransactionMode, TransactionOptions, TransactionTrait,
    sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous},
};
use server::Secret;
use std::{
    env,
    fmt::Write as _,
    fs,
    hint::black_box,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tests::{Backend, Connection, Home, LENA, Process, lasting};
use tokio::task::JoinSet;

/// The allocator of the product, for what is measured in this process.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Each figure is the median of so many turns; its spread is the least and the most of them.
const TURNS: usize = 5;
/// One turn of signing and verifying, and one of requests.
const SHORT: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_secs(3);
/// Before a turn counts.
const WARM_UP: Duration = Duration::from_millis(500);
/// Encodings that browsers accept.
const BROWSERS_TAKE: &str = "accept-encoding: gzip, deflate, br, zstd\r\n";
/// Connections that ask for pages.
const READERS: usize = 16;
/// Writing clients at the same time, each for an account of its own.
const WRITERS: [usize; 3] = [1, 8, 32];

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let afmt = arguments.next().context("the executable to be measured is missing")?;
    let report = arguments.next().context("the file for the tables is missing")?;
    let only = arguments.next();
    let wanted = |what: &str| only.as_deref().is_none_or(|only| only == what);
    let mut tables = if wanted("signatures") { signatures()? } else { String::new() };
    if wanted("worst") {
        let home = Home::new(&afmt, Backend::Sqlite).await;
        let running = home.start();
        tables += &worst::measure(&home, &running).await?;
        running.terminate();
    }
    for backend in Backend::BOTH {
        if wanted("served") {
            tables += &served(&afmt, backend).await?;
        }
        if wanted("batches") {
            tables += &batched(&afmt, backend).await?;
        }
        if wanted("lists") {
            tables += &listed(&afmt, backend).await?;
        }
        if wanted("requests") {
            tables += &requested(&afmt, backend).await?;
        }
        // What was measured stands also when the rest is ended.
        fs::write(&report, &tables)?;
    }
    Ok(())
}

/// Figures of one thing, a turn each.
#[derive(Default)]
struct Figures(Vec<f64>);

impl Figures {
    fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or_default()
    }

    /// `median (least–most)`, in whole numbers.
    fn show(&self) -> String {
        let least = self.0.iter().copied().fold(f64::INFINITY, f64::min);
        let most = self.0.iter().copied().fold(0.0, f64::max);
        format!("{:.0} ({least:.0}–{most:.0})", self.median())
    }

    /// Share of `other`, in percent.
    fn of(&self, other: &Self) -> String {
        format!("{:.0} %", 100.0 * self.median() / other.median())
    }
}

/// Runs of `work` per second by this thread.
fn rate(work: &mut dyn FnMut()) -> f64 {
    let began = Instant::now();
    let mut done = 0u32;
    while began.elapsed() < SHORT {
        for _ in 0..20 {
            work();
        }
        done += 20;
    }
    f64::from(done) / began.elapsed().as_secs_f64()
}

/// (a) Bare signatures against whole files.
fn signatures() -> Result<String> {
    let name: KeyName = "licensing.meridian.example/2026a".parse()?;
    let key = SigningKey::from_bytes(&[7; 32]);
    let public = key.verifying_key();
    let ring: KeyRing = [VerifierKey::new(name.clone(), public.as_bytes())?].into_iter().collect();
    let golden = include_str!("../../../../licensing/src/activation_file/golden/production.I3Lic");
    let file = ActivationFile::decode(Note::parse(golden.as_bytes())?.text)?;
    let text = file.encode();
    let note = sign(&text, &name, &key).into_bytes();
    let signature = key.sign(text.as_bytes());
    let mut figures: [Figures; 6] = std::array::from_fn(|_| Figures::default());
    for _ in 0..TURNS {
        let turns: [&mut dyn FnMut(); 6] = [
            &mut || _ = black_box(key.sign(black_box(text.as_bytes()))),
            &mut || drop(black_box(sign(&black_box(&file).encode(), &name, &key))),
            &mut || assert!(public.verify(black_box(text.as_bytes()), &signature).is_ok()),
            &mut || assert!(public.verify_strict(black_box(text.as_bytes()), &signature).is_ok()),
            &mut || assert!(matches!(ring.verify(black_box(&note), &Expected::default()), Verdict::Valid(_))),
            &mut || drop(black_box(ActivationFile::decode(black_box(&text)))),
        ];
        for (figures, turn) in figures.iter_mut().zip(turns) {
            figures.0.push(rate(turn));
        }
    }
    let [bare_sign, make, bare_verify, strict, whole, decode] = &figures;
    let mut table = format!(
        "### Signatures and files\n\nOne thread, a file of {} bytes with {} keys. Per second: median of {TURNS} turns (least–most).\n\n\
         | | per second | of the bare one |\n| --- | --- | --- |\n",
        note.len(),
        file.keys.iter().count()
    );
    writeln!(table, "| bare Ed25519 sign | {} | |", bare_sign.show())?;
    writeln!(table, "| make a whole file: encode, sign, write the note | {} | {} |", make.show(), make.of(bare_sign))?;
    writeln!(table, "| bare Ed25519 verify | {} | |", bare_verify.show())?;
    writeln!(table, "| bare Ed25519 verify, strict | {} | {} |", strict.show(), strict.of(bare_verify))?;
    writeln!(
        table,
        "| verify a whole file: note, canonical text, strict signature | {} | {} |",
        whole.show(),
        whole.of(bare_verify)
    )?;
    writeln!(table, "| decode the text alone | {} | |\n", decode.show())?;
    Ok(table)
}

/// (e) on one database.
async fn listed(afmt: &str, backend: Backend) -> Result<String> {
    let home = Home::new(afmt, backend).await;
    let running = home.start();
    let table = lists::measure(&home, &running, backend, title(backend)).await?;
    running.terminate();
    Ok(table)
}

/// (g) on one database.
async fn requested(afmt: &str, backend: Backend) -> Result<String> {
    let home = Home::new(afmt, backend).await;
    let running = home.start();
    let table = requests::measure(&home, &running, backend, title(backend)).await?;
    running.terminate();
    Ok(table)
}

/// (f) on one database.
async fn batched(afmt: &str, backend: Backend) -> Result<String> {
    let home = Home::new(afmt, backend).await;
    home.start().terminate();
    batches::measure(&home, title(backend)).await
}

const fn title(backend: Backend) -> &'static str {
    match backend {
        Backend::Sqlite => "SQLite",
        Backend::Postgres => "PostgreSQL",
    }
}

/// (b), (c) and (d) on one database.
async fn served(afmt: &str, backend: Backend) -> Result<String> {
    let home = Home::new(afmt, backend).await;
    let running = home.start();
    let resting = resident_mebibytes(&running)?;
    let database = connect(&home, 1).await?;
    database.execute_unprepared(&bench_accounts(backend)).await?;
    let sites = sites(&database).await?;
    let mut clients = Vec::new();
    for _ in 0..WRITERS[WRITERS.len() - 1] {
        clients.push(Client::sign_in(&home).await?);
    }
    for number in 0..60 {
        clients[0].generate("BENCH-0001", &sites[0], number).await?;
    }
    let title = title(backend);
    let mut tables = pages(&home, &running, title, resting).await?;
    tables += &commits(&home, title, clients, &sites).await?;
    running.terminate();
    Ok(tables)
}

/// (b) and (d): requests answered while [`READERS`] connections ask without pause.
async fn pages(home: &Home, running: &Process, title: &str, resting: f64) -> Result<String> {
    let cookie = Client::sign_in(home).await?.cookie;
    let paths = [
        ("plain text, `/healthz`", "/healthz", ""),
        ("start page of sign-in, rendered, no database", "/sign-in", ""),
        ("files, 50 rows", "/accounts/BENCH-0001/files?rows=50", ""),
        ("files, 50 rows, compressed as browsers ask", "/accounts/BENCH-0001/files?rows=50", BROWSERS_TAKE),
    ];
    let mut rates: [Figures; 4] = std::array::from_fn(|_| Figures::default());
    let mut latencies: [Vec<Duration>; 4] = std::array::from_fn(|_| Vec::new());
    let mut most = 0f64;
    for _ in 0..TURNS {
        for (((_, path, takes), figures), latencies) in paths.iter().zip(&mut rates).zip(&mut latencies) {
            let began = Instant::now();
            let (turn, waited) = ask_for(home, &cookie, path, takes).await?;
            figures.0.push(turn);
            latencies.extend(waited);
            most = most.max(resident_mebibytes(running)?);
            assert!(began.elapsed() < LONG * 4, "a turn took too long");
        }
    }
    let mut table = format!(
        "### Pages, {title}\n\n{READERS} connections without pause, client and server on the same two cores. Median of {TURNS} turns of \
         {} s (least–most); times until an answer was read.\n\n| | requests/s | p50 | p99 | of plain text |\n| --- | --- | --- | --- | --- |\n",
        LONG.as_secs()
    );
    for (((name, ..), figures), latencies) in paths.iter().zip(&rates).zip(&mut latencies) {
        latencies.sort();
        let at = |part: usize| latencies.get(latencies.len() * part / 100).map_or(0.0, |time| time.as_secs_f64() * 1000.0);
        writeln!(
            table,
            "| {name} | {} | {:.2} ms | {:.2} ms | 1/{:.1} |",
            figures.show(),
            at(50),
            at(99),
            rates[0].median() / figures.median()
        )?;
    }
    writeln!(table, "\nResident memory: {resting:.1} MiB after the start, {most:.1} MiB at most under this load.\n")?;
    Ok(table)
}

/// Requests a second, and how long each took.
async fn ask_for(home: &Home, cookie: &str, path: &str, takes: &str) -> Result<(f64, Vec<Duration>)> {
    let request = Arc::new(format!("GET {path} HTTP/1.1\r\nhost: {}\r\ncookie: {cookie}\r\n{takes}\r\n", home.settings.listen));
    let counting = Arc::new(AtomicBool::new(false));
    let stop = Arc::new(AtomicBool::new(false));
    let mut asking = JoinSet::new();
    for _ in 0..READERS {
        let mut connection = Connection::open(home.settings.listen).await?;
        let (request, counting, stop) = (Arc::clone(&request), Arc::clone(&counting), Arc::clone(&stop));
        asking.spawn(async move {
            let mut waited = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                let began = Instant::now();
                let answer = connection.ask(request.as_bytes()).await.expect("an answer");
                assert_eq!(answer.status, 200, "{}", answer.head);
                if counting.load(Ordering::Relaxed) {
                    waited.push(began.elapsed());
                }
            }
            waited
        });
    }
    tokio::time::sleep(WARM_UP).await;
    counting.store(true, Ordering::Relaxed);
    let began = Instant::now();
    tokio::time::sleep(LONG).await;
    counting.store(false, Ordering::Relaxed);
    let seconds = began.elapsed().as_secs_f64();
    stop.store(true, Ordering::Relaxed);
    let waited: Vec<Duration> = asking.join_all().await.into_iter().flatten().collect();
    Ok((waited.len() as f64 / seconds, waited))
}

/// (c) Bare commits of two rows against whole generations, by turns.
async fn commits(home: &Home, title: &str, clients: Vec<Client>, sites: &[String]) -> Result<String> {
    let bare = Arc::new(connect(home, u32::try_from(WRITERS[WRITERS.len() - 1])?).await?);
    bare.execute_unprepared("CREATE TABLE bench_rows (id BIGINT NOT NULL, what TEXT NOT NULL)").await?;
    let clients: Vec<_> = clients.into_iter().map(|client| Arc::new(tokio::sync::Mutex::new(client))).collect();
    let number = Arc::new(AtomicU64::new(1_000));
    let mut table = format!(
        "### Durable writes, {title}\n\nA bare commit writes two rows through the same driver. A generation is posted over HTTP, each client \
         for an account of its own. Per second, median of {TURNS} turns of {} s (least–most).\n\n\
         | clients | bare commits/s | generations/s | of bare | of one client |\n| --- | --- | --- | --- | --- |\n",
        LONG.as_secs()
    );
    let mut of_one = None;
    for writers in WRITERS {
        let (mut bares, mut generations) = (Figures::default(), Figures::default());
        for _ in 0..TURNS {
            let commit = |_| {
                let bare = Arc::clone(&bare);
                move || {
                    let bare = Arc::clone(&bare);
                    async move { bare_commit(&bare).await }
                }
            };
            bares.0.push(by_clients(writers, commit).await?);
            let generate = |writer: usize| {
                let (client, number) = (Arc::clone(&clients[writer]), Arc::clone(&number));
                let (garn, site) = (format!("BENCH-{:04}", writer + 1), sites[writer].clone());
                move || {
                    let (client, garn, site) = (Arc::clone(&client), garn.clone(), site.clone());
                    let number = number.fetch_add(1, Ordering::Relaxed);
                    async move { client.lock().await.generate(&garn, &site, number).await }
                }
            };
            generations.0.push(by_clients(writers, generate).await?);
        }
        let one = *of_one.get_or_insert(generations.median());
        let times = generations.median() / one;
        writeln!(table, "| {writers} | {} | {} | {} | {times:.1} × |", bares.show(), generations.show(), generations.of(&bares))?;
    }
    table.push('\n');
    Ok(table)
}

/// `median / 95 % / most`, in milliseconds.
fn percentiles(mut times: Vec<Duration>) -> String {
    times.sort();
    let at = |part: usize| {
        times.get((times.len() * part / 100).min(times.len().saturating_sub(1))).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
    };
    if times.is_empty() { "–".to_owned() } else { format!("{:.1} / {:.1} / {:.1}", at(50), at(95), at(100)) }
}

/// Runs per second, by `writers` clients together, of what `work` gives for each of them.
async fn by_clients<W, F>(writers: usize, work: impl Fn(usize) -> W) -> Result<f64>
where
    W: Fn() -> F + Send + 'static,
    F: Future<Output = Result<()>> + Send,
{
    let done = Arc::new(AtomicU64::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    let mut working = JoinSet::new();
    for writer in 0..writers {
        let (work, done, stop) = (work(writer), Arc::clone(&done), Arc::clone(&stop));
        working.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                work().await?;
                done.fetch_add(1, Ordering::Relaxed);
            }
            anyhow::Ok(())
        });
    }
    tokio::time::sleep(WARM_UP).await;
    let (before, began) = (done.load(Ordering::Relaxed), Instant::now());
    tokio::time::sleep(LONG).await;
    let after = done.load(Ordering::Relaxed);
    let seconds = began.elapsed().as_secs_f64();
    stop.store(true, Ordering::Relaxed);
    for worked in working.join_all().await {
        worked?;
    }
    Ok((after - before) as f64 / seconds)
}

async fn bare_commit(database: &DatabaseConnection) -> Result<()> {
    let immediate = SqliteTransactionMode::Immediate;
    let options = TransactionOptions { sqlite_transaction_mode: Some(immediate), ..TransactionOptions::default() };
    let transaction = database.begin_with_options(options).await?;
    for row in [1, 2] {
        let values = [i64::from(row).into(), "what a row holds".into()];
        let sql = "INSERT INTO bench_rows (id, what) VALUES ($1, $2)";
        transaction.execute_raw(sea_orm::Statement::from_sql_and_values(database.get_database_backend(), sql, values)).await?;
    }
    Ok(transaction.commit().await?)
}

/// The database of `home`, with the settings that the product has: SQLite by one connection that writes.
async fn connect(home: &Home, connections: u32) -> Result<DatabaseConnection> {
    let file = home.data().join("demo.sqlite");
    let mut options = match &home.settings.database_url {
        Some(Secret(url)) => lasting(url.clone()),
        None => {
            let mut options = lasting(format!("sqlite://{}", file.display()));
            options.map_sqlx_sqlite_opts(|sqlite| {
                let patience = Duration::from_secs(30);
                sqlite.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full).busy_timeout(patience)
            });
            options
        }
    };
    let connections = if home.settings.database_url.is_some() { connections } else { 1 };
    options.max_connections(connections).acquire_timeout(Duration::from_secs(60)).sqlx_logging(false);
    Ok(Database::connect(options).await?)
}

/// An account for each writer, with a site and more server items and access licences than are used up.
fn bench_accounts(backend: Backend) -> String {
    let numbers = match backend {
        Backend::Sqlite => "(WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 32) SELECT i FROM n)",
        Backend::Postgres => "(SELECT generate_series(1, 32) AS i)",
    };
    let garn = match backend {
        Backend::Sqlite => "printf('BENCH-%04d', n.i)",
        Backend::Postgres => "'BENCH-' || lpad(n.i::text, 4, '0')",
    };
    format!(
        "INSERT INTO accounts (garn, name, kind, licence_model, time_zone, folded)
             SELECT {garn}, 'Northern Lights Customer Operations and Shared Services ' || n.i, 'customer', 'perpetual', 'Europe/Berlin', 'northern lights ' || n.i
             FROM {numbers} n;
         INSERT INTO install_sites (account_id, name, country)
             SELECT id, 'Frankfurt am Main, data centre 2, hall B', 'Germany' FROM accounts WHERE garn LIKE 'BENCH-%';
         INSERT INTO orders (account_id, sales_order, ordered_on) SELECT id, 'SO-' || garn, '2020-02-10' FROM accounts WHERE garn LIKE 'BENCH-%';
         INSERT INTO entitlements (account_id, order_id, line, part_id, owned_assigned, owned_pooled, unlimited, maintenance_end)
             SELECT o.account_id, o.id, p.id, p.id, 1000000, 1000000, FALSE, '2099-12-31'
             FROM orders o JOIN parts p ON p.number IN ('SW-001-4.0-SV03', 'SW-001-4.0-SO03', 'SW-001-4.0-AL02', 'SW-001-4.0-AL04')
             WHERE o.sales_order LIKE 'SO-BENCH-%'"
    )
}

/// The install site of each account, in the order of the accounts.
async fn sites(database: &DatabaseConnection) -> Result<Vec<String>> {
    let sql =
        "SELECT s.id FROM install_sites s JOIN accounts a ON a.id = s.account_id WHERE a.garn LIKE 'BENCH-%' ORDER BY a.garn";
    let rows = database.query_all_raw(sea_orm::Statement::from_string(database.get_database_backend(), sql)).await?;
    rows.iter().map(|row| Ok(row.try_get::<i64>("", "id")?.to_string())).collect()
}

/// A signed-in analyst on a connection of their own.
struct Client {
    connection: Connection,
    address: SocketAddr,
    host: String,
    cookie: String,
}

impl Client {
    async fn sign_in(home: &Home) -> Result<Self> {
        let connection = Connection::open(home.settings.listen).await?;
        let host = home.settings.listen.to_string();
        let signed_in = home.browser().sign_in(LENA).await;
        let cookie = signed_in.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
        Ok(Self { connection, address: home.settings.listen, host, cookie })
    }

    async fn generate(&mut self, garn: &str, site: &str, number: u64) -> Result<()> {
        let body = format!(
            "key=benchmark{number:013}&site={site}&product=CIC&version=2020+R2&type=production&host_id=02{:010X}&machine_name=IC-{number}\
             &system_type=media-server-based&mail_connector=exchange&server_item=SW-001-4.0-SV03&switchover_host_id=02{:010X}\
             &switchover_machine_name=IC-{number}-B&switchover_item=SW-001-4.0-SO03&assigned.SW-001-4.0-AL02=1\
             &assigned.SW-001-4.0-AL04=2&pooled.SW-001-4.0-AL04=1&step=generate",
            2 * number,
            2 * number + 1
        );
        let request = post(&self.host, &self.cookie, &format!("/accounts/{garn}/files/new"), &body);
        let answer = match self.connection.ask(request.as_bytes()).await {
            Ok(answer) => answer,
            // The server has closed the connection, which was not used for a while.
            Err(_) => {
                self.connection = Connection::open(self.address).await?;
                self.connection.ask(request.as_bytes()).await?
            }
        };
        anyhow::ensure!(answer.status == 303, "generating: {}", answer.head);
        Ok(())
    }
}

fn post(host: &str, cookie: &str, path: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: {host}\r\norigin: http://{host}\r\ncookie: {cookie}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// (d) What the server's process holds in memory.
fn resident_mebibytes(running: &Process) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{}/status", running.id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("its memory")?;
    Ok(line.split_whitespace().next().unwrap_or_default().parse::<f64>()? / 1024.0)
}
