//! The harness: a real server on a free port of loopback, a frozen clock, a seeded random source, and a browser without script.

mod browser;
mod clamd;
mod connection;
mod form;
mod keeper;
mod mail_servers;
mod postgres;
mod process;
mod report;
mod s3;
mod second_factor;
mod workbook;

pub use browser::{Answer, Browser, client};
use chrono::{DateTime, TimeDelta, Utc};
pub use clamd::{Clamd, VIRUS};
pub use connection::{Connection, Head};
pub use form::{
    BATCHES, MEDIA_SERVERS, NEW, QUESTION, UNUSED_KEY, ask, changed, form, fresh_key, question, question_of, send_table,
    send_table_with,
};
pub use mail_servers::{BreakingLine, MailServers};
use portal::{
    Ctx,
    jobs::{self, JobCounts, Lane, Stop},
    people::PasswordCost,
    store::{DatabaseAddress, PostgresAddress, TABLES},
};
pub use postgres::{Cluster, Durability, free_port, lasting};
pub use process::{Home, PATIENCE, Process, REACHED, RECEIVED, TRACE};
pub use report::{Size, report, seed};
use reqwest::header::HOST;
pub use s3::S3;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, FromQueryResult, JsonValue, Statement};
pub use second_factor::{code_of, signed_in};
use server::{Running, Secret, Settings};
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tempfile::TempDir;
pub use workbook::workbook;

/// The day on which every test begins.
pub const NOW: &str = "2026-11-22T10:15:30Z";

pub const AMELIA: &str = "amelia.hart@acme.example";
pub const OWEN: &str = "owen.blake@acme.example";
pub const RUTH: &str = "ruth.vance@acme.example";
pub const THEO: &str = "theo.lind@acme.example";
pub const HANNA: &str = "hanna.vogt@helios.example";
pub const PETRA: &str = "petra.novak@brightwater.example";
pub const JONAS: &str = "jonas.moe@brightwater.example";
pub const LENA: &str = "lena.fischer@meridian.example";
pub const SAM: &str = "sam.okafor@meridian.example";

/// The database that a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

impl Backend {
    pub const BOTH: [Self; 2] = [Self::Sqlite, Self::Postgres];

    /// Database of this run of the tests: `AFMT_TEST_DATABASE=postgres`, or SQLite.
    #[must_use]
    pub fn of_run() -> Self {
        match std::env::var("AFMT_TEST_DATABASE").as_deref() {
            Ok("postgres") => Self::Postgres,
            _ => Self::Sqlite,
        }
    }
}

/// An empty database: a file in `folder`, or one of the shared cluster.
///
/// # Panics
/// When PostgreSQL does not start.
pub async fn new_database(backend: Backend, folder: &Path) -> DatabaseAddress {
    match backend {
        Backend::Sqlite => DatabaseAddress::Sqlite(folder.join("afmt.sqlite")),
        Backend::Postgres => {
            let url = Cluster::shared(Durability::Off).new_database().await;
            DatabaseAddress::Postgres(url.parse().expect("a database URL"))
        }
    }
}

/// A server with the demo's data, gone with this value.
pub struct Server {
    running: Running,
    backend: Backend,
    settings: Settings,
    ctx: Ctx,
    _folder: TempDir,
    clock: Arc<Mutex<DateTime<Utc>>>,
}

impl Server {
    /// On the database that this run is about.
    ///
    /// # Panics
    /// When the server does not start: the test fails with its words.
    pub async fn start() -> Self {
        Self::on(Backend::of_run()).await
    }

    /// # Panics
    /// When the server does not start.
    pub async fn on(backend: Backend) -> Self {
        Self::with(backend, |settings| settings.demo = true).await
    }

    /// On a database at `url`.
    ///
    /// # Panics
    /// When the server does not start.
    pub async fn on_postgres(url: String) -> Self {
        Self::with(Backend::Postgres, |settings| {
            settings.demo = true;
            settings.database_url = Some(Secret(url));
        })
        .await
    }

    /// On a database whose commits are on the disk when they return, as the product's own are.
    ///
    /// # Panics
    /// When the server does not start.
    pub async fn durable(backend: Backend) -> Self {
        Self::durable_with(backend, |_| {}).await
    }

    /// The same, with settings of the test's own.
    ///
    /// # Panics
    /// When the server does not start.
    pub async fn durable_with(backend: Backend, change: impl FnOnce(&mut Settings)) -> Self {
        let url = match backend {
            Backend::Sqlite => None,
            Backend::Postgres => Some(Secret(Cluster::shared(Durability::On).new_database().await)),
        };
        Self::with(backend, |settings| {
            settings.demo = true;
            settings.database_url = url;
            change(settings);
        })
        .await
    }

    /// A server that people reach at `public_url`, through a proxy.
    ///
    /// # Panics
    /// When the server does not start.
    pub async fn behind(public_url: &str) -> Self {
        let server = Self::with(Backend::of_run(), |settings| {
            settings.public_url = Some(public_url.parse().expect("a public URL"));
            settings.passphrase_file = Some(settings.data.join("passphrase"));
            settings.trusted_proxy = vec![[127, 0, 0, 1].into()];
        });
        let server = server.await;
        portal::demo::fill(&server.running.portal).await.expect("the demo's data");
        server
    }

    /// A server that panics in the middle of a generation while `panics` says so, on a durable database.
    ///
    /// # Panics
    /// When the server does not start.
    pub async fn panicking(backend: Backend, panics: Arc<AtomicBool>) -> Self {
        let url = match backend {
            Backend::Sqlite => None,
            Backend::Postgres => Some(Secret(Cluster::shared(Durability::On).new_database().await)),
        };
        let change = |settings: &mut Settings| {
            settings.demo = true;
            settings.database_url = url;
        };
        let reached = move |failpoint| {
            assert!(failpoint != "ledger stored" || !panics.load(Ordering::Relaxed), "a panic of the test");
        };
        Self::with_failpoints(backend, change, reached).await
    }

    /// A server with settings of the test's own.
    ///
    /// # Panics
    /// When the server does not start.
    pub async fn with(backend: Backend, change: impl FnOnce(&mut Settings)) -> Self {
        Self::with_failpoints(backend, change, |_| {}).await
    }

    /// A server with settings of the test's own, that calls `reached` with the name of every failpoint.
    ///
    /// # Panics
    /// When the server does not start.
    pub async fn with_failpoints(
        backend: Backend,
        change: impl FnOnce(&mut Settings),
        reached: impl Fn(&'static str) + Send + Sync + 'static,
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the data");
        let mut settings = settings(folder.path());
        change(&mut settings);
        if backend == Backend::Postgres && settings.database_url.is_none() {
            settings.database_url = Some(Secret(Cluster::shared(Durability::Off).new_database().await));
        }
        let clock = Arc::new(Mutex::new(NOW.parse().expect("an instant")));
        let ctx = Ctx::fixed(
            {
                let clock = Arc::clone(&clock);
                move || *clock.lock().unwrap_or_else(PoisonError::into_inner)
            },
            7,
        )
        .with_failpoints(reached);
        if let Some(passphrase) = &settings.passphrase_file {
            portal::write_private(passphrase, b"correct horse").expect("the passphrase is written");
            server::generate_key(&settings, &ctx, PasswordCost::Least).expect("a signing key");
        }
        let running = server::start(&settings, ctx.clone(), PasswordCost::Least).await.expect("the server starts");
        Self { running, backend, settings, ctx, _folder: folder, clock }
    }

    /// Lines that `afmt doctor` prints with these settings, and `true` when everything holds.
    ///
    /// # Panics
    /// When the database cannot be read.
    pub async fn doctor(&self, settings: &Settings) -> (bool, Vec<String>) {
        let mut said = Vec::new();
        let holds = server::doctor(settings, &self.ctx, &mut said).await.expect("doctor can read the database");
        (holds, String::from_utf8(said).expect("a text").lines().map(str::to_owned).collect())
    }

    /// Fails with what doctor says, unless everything holds.
    ///
    /// # Panics
    /// When something does not hold.
    pub async fn assert_healthy(&self) {
        let (holds, said) = self.doctor(&self.settings).await;
        assert!(holds, "{}", said.join("\n"));
    }

    /// A second server with the clock of `other`, on `settings` that share its folder.
    ///
    /// # Panics
    /// When the server does not start.
    pub async fn over(other: &Self, settings: Settings) -> Self {
        let running = server::start(&settings, other.ctx.clone(), PasswordCost::Least).await.expect("the server starts");
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Arc::clone(&other.clock);
        Self { running, backend: Backend::Postgres, settings, ctx: other.ctx.clone(), _folder: folder, clock }
    }

    #[must_use]
    pub fn portal(&self) -> &portal::Portal {
        &self.running.portal
    }

    /// The server's clock and random source, for what the command line does beside it.
    #[must_use]
    pub fn ctx(&self) -> &Ctx {
        &self.ctx
    }

    #[must_use]
    pub fn backend(&self) -> Backend {
        self.backend
    }

    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Public URL of the server.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.running.url
    }

    /// Address that it listens on.
    #[must_use]
    pub fn address(&self) -> String {
        format!("http://{}", self.running.address)
    }

    pub fn advance(&self, by: TimeDelta) {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }

    /// The file of SQLite.
    ///
    /// # Panics
    /// When the server is on PostgreSQL.
    #[must_use]
    pub fn database_file(&self) -> PathBuf {
        match self.settings.database().expect("an address") {
            DatabaseAddress::Sqlite(file) => file,
            DatabaseAddress::Postgres(address) => panic!("{address} is no file"),
        }
    }

    /// A connection of the test's own.
    ///
    /// # Panics
    /// When the database cannot be opened.
    pub async fn database(&self) -> DatabaseConnection {
        Database::connect(lasting(database_url(&self.settings))).await.expect("the database opens")
    }

    /// Rows of a query.
    ///
    /// # Panics
    /// When the query fails.
    pub async fn rows(&self, sql: &str) -> Vec<JsonValue> {
        let database = self.database().await;
        let statement = Statement::from_string(database.get_database_backend(), sql);
        let rows = JsonValue::find_by_statement(statement).all(&database).await.expect(sql);
        database.close().await.expect("closed");
        rows
    }

    /// Runs a statement.
    ///
    /// # Panics
    /// When it fails.
    pub async fn execute(&self, sql: &str) {
        let database = self.database().await;
        database.execute_unprepared(sql).await.expect(sql);
        database.close().await.expect("closed");
    }

    /// Everything that an operation can change: every table but [`APART`], and what counts of those that are told here.
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn contents(&self) -> Vec<JsonValue> {
        // PostgreSQL's sequence is not part of a transaction: numbers of generations that failed are not used again.
        let (hex, numbers) = match self.backend {
            Backend::Sqlite => ("hex(sha256)", "SELECT last FROM serial_numbers"),
            Backend::Postgres => ("encode(sha256, 'hex')", "SELECT 0"),
        };
        let database = self.database().await;
        let mut contents = Vec::new();
        for table in TABLES.iter().filter(|table| !APART.contains(table)) {
            let sql = match *table {
                "file_revisions" => format!("SELECT file_id, revision, {hex} AS sha256 FROM file_revisions ORDER BY id"),
                "submissions" => "SELECT person_id, key, action, subject FROM submissions ORDER BY person_id, key".to_owned(),
                "batches" => "SELECT id, state, mode, told FROM batches ORDER BY id".to_owned(),
                "audit_events" => {
                    "SELECT id, action, subject FROM audit_events WHERE action NOT IN ('sign-in', 'sign-out')".to_owned()
                }
                "jobs" => "SELECT arguments FROM jobs WHERE kind = 'mail' ORDER BY id".to_owned(),
                table => format!("SELECT * FROM {table}"),
            };
            let statement = Statement::from_string(database.get_database_backend(), &sql);
            let mut rows = JsonValue::find_by_statement(statement).all(&database).await.expect(&sql);
            // An updated row may stand elsewhere.
            rows.sort_by_cached_key(ToString::to_string);
            contents.extend(rows);
        }
        database.close().await.expect("closed");
        contents.extend(self.rows(numbers).await);
        contents
    }

    /// A browser that is not signed in.
    ///
    /// # Panics
    /// Never, as long as reqwest can be built.
    #[must_use]
    pub fn browser(&self) -> Browser {
        let mut client = client().cookie_store(true);
        if self.url() != self.address() {
            // A proxy in front passes on the host that people ask for.
            let host = self.url().split("://").nth(1).expect("a host").parse().expect("a header");
            client = client.default_headers([(HOST, host)].into_iter().collect());
        }
        let codes = second_factor::Codes {
            database_url: database_url(&self.settings),
            clock: {
                let clock = Arc::clone(&self.clock);
                Arc::new(move || *clock.lock().unwrap_or_else(PoisonError::into_inner))
            },
        };
        Browser::new(client.build().expect("a client"), self.address(), codes)
    }

    /// A browser in which `email` has signed in.
    ///
    /// # Panics
    /// When signing in fails.
    pub async fn signed_in(&self, email: &str) -> Browser {
        let browser = self.browser();
        browser.sign_in(email).await;
        browser
    }
}

/// Where the database of `settings` is.
fn database_url(settings: &Settings) -> String {
    match (&settings.database_url, settings.database().expect("an address")) {
        (Some(Secret(url)), _) => url.clone(),
        (None, DatabaseAddress::Sqlite(file)) => format!("sqlite://{}", file.display()),
        (None, DatabaseAddress::Postgres(address)) => panic!("{address} is not in the settings"),
    }
}

fn settings(folder: &Path) -> Settings {
    Settings {
        data: folder.to_owned(),
        database_url: None,
        database_connections: PostgresAddress::CONNECTIONS,
        slow_query_ms: 60_000,
        metrics_from: Vec::new(),
        listen: ([127, 0, 0, 1], 0).into(),
        public_url: None,
        vendor: "Meridian Contact Software".into(),
        signing_key: "licensing.meridian.example/2026a".into(),
        passphrase_file: None,
        smtp_url: None,
        mail_from: "AFMT <licensing@meridian.example>".into(),
        replies_to: Some("requests@licences.example".parse().expect("an address")),
        mailbox: None,
        mail_authority: None,
        blobs: None,
        clamd: None,
        keep_requests_days: 365,
        keep_attachments_days: 30,
        keep_disabled_days: 365,
        trusted_proxy: Vec::new(),
        demo: false,
    }
}

/// Tables that [`Server::contents`] leaves out: the catalogue, which nobody changes, keys, and what signing in and reading leave.
const APART: [&str; 11] = [
    "request_readers",
    "products",
    "product_versions",
    "parts",
    "part_requirements",
    "part_upgrades",
    "key_mappings",
    "signing_keys",
    "second_factors",
    "sessions",
    "devices",
];

/// Waits until the server's own worker has done all jobs of `lane`.
///
/// # Panics
/// When the database does not answer, or jobs are left after [`PATIENCE`].
pub async fn finished(portal: &portal::Portal, lane: &Lane) {
    let began = Instant::now();
    while jobs::unfinished(portal, lane).await.expect("counted") != JobCounts::default() {
        assert!(began.elapsed() < PATIENCE, "jobs are not done");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Waits until the server's own worker has sent all mail.
///
/// # Panics
/// When the database does not answer, or mail is left after [`PATIENCE`].
pub async fn sent_mail(portal: &portal::Portal) {
    let began = Instant::now();
    while jobs::unsent_mail(portal).await.expect("counted") != JobCounts::default() {
        assert!(began.elapsed() < PATIENCE, "mail is not sent");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Works on the batches that were begun until all of them are done, here or by the server's own worker.
///
/// # Panics
/// When the database does not answer, or they are not done within [`PATIENCE`].
pub async fn finish_batches(portal: &portal::Portal) {
    let began = Instant::now();
    loop {
        jobs::run_due(portal, &Lane::Batches, &Stop::default()).await.expect("worked on");
        let JobCounts { queued, running, .. } = jobs::unfinished(portal, &Lane::Batches).await.expect("counted");
        if queued + running == 0 {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "batches are not done");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
