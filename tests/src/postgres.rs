//! A throw-away PostgreSQL on loopback, ended with the process that started it, whatever ends that process.

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

/// Whether a commit is on the disk when it returns. Tests that end processes need not wait for that, measurements must.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    Off,
    On,
}

/// Longest wait for the server to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// One PostgreSQL server with a folder of its own.
pub struct Cluster {
    port: u16,
    /// File that the server logs to.
    log: PathBuf,
    keeper: Child,
    said: BufReader<ChildStdout>,
    databases: AtomicU32,
}

/// Keeps the server: it ends with the end of its input, which comes when the process at the other side is gone.
const KEEPER: &str = r#"
up() { "$1" -D "$2/data" -p "$3" -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200 -c fsync="$4" \
    -c synchronous_commit="$4" -c full_page_writes="$4" -c logging_collector=off >>"$2/log" 2>&1 & server=$!; }
up "$@"
while read -r word; do
    case $word in
        stop) kill -INT "$server"; wait "$server" ;;
        start) up "$@" ;;
    esac
    echo "$word"
done
kill -QUIT "$server" 2>/dev/null
wait "$server"
rm -rf "$2"
"#;

impl Cluster {
    /// Makes a cluster and starts its server.
    ///
    /// # Panics
    /// When PostgreSQL is not installed or does not start.
    #[must_use]
    pub fn start(durability: Durability) -> Self {
        let programs = programs();
        let folder = tempfile::Builder::new().prefix("afmt-postgres-").tempdir().expect("a folder for the cluster").keep();
        let owner = owner();
        if let Some((user, group)) = owner {
            std::os::unix::fs::chown(&folder, Some(user), Some(group)).expect("the folder is given away");
        }
        let command = |program: &Path| {
            let mut command = Command::new(program);
            command.current_dir(&folder).env("LC_ALL", "C.UTF-8");
            if let Some((user, group)) = owner {
                std::os::unix::process::CommandExt::uid(&mut command, user);
                std::os::unix::process::CommandExt::gid(&mut command, group);
            }
            command
        };
        let made = command(&programs.join("initdb"))
            .args(["--username=afmt", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", "--pgdata"])
            .arg(folder.join("data"))
            .output()
            .expect("initdb starts");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let port = free_port();
        let switch = if durability == Durability::On { "on" } else { "off" };
        let mut keeper = command(Path::new("/bin/sh"))
            .args(["-c", KEEPER, "keeper"])
            .arg(programs.join("postgres"))
            .arg(&folder)
            .args([&port.to_string(), switch])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the keeper starts");
        let said = BufReader::new(keeper.stdout.take().expect("its output"));
        Self { port, log: folder.join("log"), keeper, said, databases: AtomicU32::new(0) }
    }

    /// The one cluster of this process for tests that do not stop it.
    pub fn shared(durability: Durability) -> &'static Self {
        static OFF: OnceLock<Cluster> = OnceLock::new();
        static ON: OnceLock<Cluster> = OnceLock::new();
        let shared = if durability == Durability::On { &ON } else { &OFF };
        shared.get_or_init(|| Self::start(durability))
    }

    /// The URL of a new, empty database.
    ///
    /// # Panics
    /// When the server does not answer within half a minute: with the end of its log.
    pub async fn new_database(&self) -> String {
        let name = format!("afmt_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let server = self.connection().await;
        server.execute_unprepared(&format!("CREATE DATABASE {name} TEMPLATE template0")).await.expect("a new database");
        server.close().await.expect("closed");
        self.url(&name)
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://afmt:unused@127.0.0.1:{}/{database}", self.port)
    }

    async fn connection(&self) -> DatabaseConnection {
        let mut options = lasting(self.url("postgres"));
        // The driver itself goes on trying for so long.
        options.connect_timeout(PATIENCE).acquire_timeout(PATIENCE);
        match Database::connect(options).await {
            Ok(connection) => connection,
            Err(error) => {
                let log = fs::read_to_string(&self.log).unwrap_or_default();
                let end = log.lines().count().saturating_sub(20);
                let end: Vec<_> = log.lines().skip(end).collect();
                panic!("PostgreSQL does not answer on port {}: {error}. Its log ends:\n{}", self.port, end.join("\n"));
            }
        }
    }

    /// Stops the server as its operator would: sessions are ended at once.
    pub fn stop(&mut self) {
        self.tell("stop");
    }

    /// Starts it again; it answers a little later.
    pub fn start_again(&mut self) {
        self.tell("start");
    }

    fn tell(&mut self, word: &str) {
        writeln!(self.keeper.stdin.as_ref().expect("its input"), "{word}").expect("the keeper listens");
        let mut done = String::new();
        self.said.read_line(&mut done).expect("the keeper answers");
        assert_eq!(done.trim(), word);
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// How a test connects to the database at `url`. Connections are kept, as the product keeps its own: the driver's task that ends old ones can go round
/// for ever.
#[must_use]
pub fn lasting(url: String) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options.max_lifetime(None).idle_timeout(None);
    options
}

/// Debian's folders of `initdb` and `postgres`, the latest version first; elsewhere they are on the path.
fn programs() -> PathBuf {
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, programs)| programs.join("initdb").exists())
        .collect();
    versions.sort();
    if let Some((_, programs)) = versions.pop() {
        return programs;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).find(|folder| folder.join("initdb").exists());
    found.expect("PostgreSQL is installed: “cargo xtask test” does that")
}

/// PostgreSQL refuses to run as root: who runs it then.
fn owner() -> Option<(u32, u32)> {
    let me = std::os::unix::fs::MetadataExt::uid(&fs::metadata("/proc/self").ok()?);
    if me != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").expect("the users of this machine");
    let ids = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    ids("postgres").or_else(|| ids("nobody"))
}

/// A port of loopback on which nobody listens.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}
