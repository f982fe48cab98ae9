//! The server as a process of its own, which can be killed and started again on the same data.

use crate::{Backend, Browser, Cluster, Durability, client, free_port, second_factor::Codes};
use server::{Secret, Settings};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::SocketAddr,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Longest wait for a condition before a test fails.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// In place of a failpoint: the server says what it reaches instead of killing itself.
pub const TRACE: &str = "trace";
/// Beginning of a line that says a failpoint.
pub const REACHED: &str = "reached ";
/// Beginning of the line that says what a mail became.
pub const RECEIVED: &str = "received ";
/// In place of a failpoint: the server goes on in silence.
const UNARMED: &str = "unarmed";

/// Data and address of a server that is started again and again.
pub struct Home {
    pub settings: Settings,
    executable: PathBuf,
    _folder: TempDir,
}

/// A running server process, killed with this value.
pub struct Process {
    child: Child,
    said: BufReader<ChildStdout>,
    log: Arc<Mutex<String>>,
    logging: Option<JoinHandle<()>>,
}

impl Home {
    /// An empty folder, and an empty database whose commits are on the disk when they return.
    ///
    /// # Panics
    /// When the folder or the database cannot be made.
    pub async fn new(executable: &str, backend: Backend) -> Self {
        match backend {
            Backend::Sqlite => Self::at(executable, None),
            Backend::Postgres => Self::on_postgres(executable, Cluster::shared(Durability::On).new_database().await),
        }
    }

    /// An empty folder, and the database at `url`.
    ///
    /// # Panics
    /// When the folder cannot be made.
    #[must_use]
    pub fn on_postgres(executable: &str, url: String) -> Self {
        Self::at(executable, Some(Secret(url)))
    }

    /// An empty folder with a signing key in it, on SQLite, without the demo.
    ///
    /// # Panics
    /// When the key cannot be made.
    #[must_use]
    pub fn empty(executable: &str) -> Self {
        let mut home = Self::at(executable, None);
        home.settings.demo = false;
        let passphrase = home.settings.data.join("passphrase");
        portal::write_private(&passphrase, b"correct horse").expect("the passphrase is written");
        home.settings.passphrase_file = Some(passphrase);
        server::generate_key(&home.settings, &portal::Ctx::system(), portal::people::PasswordCost::Least).expect("a signing key");
        home
    }

    fn at(executable: &str, database_url: Option<Secret>) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the data");
        let mut settings = crate::settings(folder.path());
        settings.demo = true;
        settings.listen = SocketAddr::from(([127, 0, 0, 1], free_port()));
        settings.database_url = database_url;
        Self { settings, executable: executable.into(), _folder: folder }
    }

    /// The command that starts the server here, through `wrapper` if there is one.
    #[must_use]
    pub fn command(&self, wrapper: &[&str]) -> Command {
        let mut words = wrapper.iter().map(std::ffi::OsString::from).collect::<Vec<_>>();
        words.push(self.executable.clone().into_os_string());
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).arg("--data").arg(&self.settings.data);
        if self.settings.demo {
            command.arg("--demo");
        }
        if let Some(passphrase) = &self.settings.passphrase_file {
            command.env("AFMT_PASSPHRASE_FILE", passphrase);
        }
        command.env("AFMT_LISTEN", self.settings.listen.to_string());
        command.env_remove("AFMT_FAILPOINT").env_remove("RUST_BACKTRACE");
        if let Some(replies_to) = &self.settings.replies_to {
            command.env("AFMT_REPLIES_TO", replies_to.as_str());
        }
        if let Some(Secret(url)) = &self.settings.database_url {
            command.env("AFMT_DATABASE_URL", url);
        }
        command
    }

    /// Starts the server and waits until it answers.
    ///
    /// # Panics
    /// When it ends instead: with what it said.
    #[must_use]
    pub fn start(&self) -> Process {
        self.start_with(self.command(&[]))
    }

    /// As [`Self::start`], with a command of the test's own.
    ///
    /// # Panics
    /// When it ends instead: with what it said.
    #[must_use]
    pub fn start_with(&self, command: Command) -> Process {
        let mut process = Process::spawn(command);
        let line = process.line();
        assert!(line.starts_with("AFMT answers at "), "it did not start: {}", process.ended());
        process
    }

    /// Starts the server with a failpoint on the way of its start, where it kills itself.
    ///
    /// # Panics
    /// When it does not.
    pub fn start_and_die_at(&self, failpoint: &str) {
        let mut command = self.command(&[]);
        command.env("AFMT_FAILPOINT", failpoint);
        let mut process = Process::spawn(command);
        assert_eq!(process.line(), "", "{failpoint:?} is not reached");
        process.assert_killed();
    }

    /// Starts the server: its failpoints until it answers, in their order.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start_and_trace(&self) -> (Process, Vec<String>) {
        let mut command = self.command(&[]);
        command.env("AFMT_FAILPOINT", TRACE);
        let mut process = Process::spawn(command);
        let reached = process.reached("AFMT answers at ");
        (process, reached)
    }

    /// Pipes `mail` to a process that runs beside the server, with a failpoint or [`TRACE`] if there is one.
    ///
    /// # Panics
    /// When the process does not start.
    #[must_use]
    pub fn receive(&self, mail: &[u8], failpoint: Option<&str>) -> Process {
        let mut command = self.command(&[]);
        command.arg("--receive");
        if let Some(failpoint) = failpoint {
            command.env("AFMT_FAILPOINT", failpoint);
        }
        let mut process = Process::spawn(command);
        let mut input = process.child.stdin.take().expect("its input");
        // A process that kills itself does not read on.
        let _ = input.write_all(mail);
        process
    }

    /// A browser without a session.
    ///
    /// # Panics
    /// Never, as long as reqwest can be built.
    #[must_use]
    pub fn browser(&self) -> Browser {
        let client = client().cookie_store(true).build().expect("a client");
        let codes = Codes { database_url: crate::database_url(&self.settings), clock: Arc::new(|| portal::Ctx::system().now()) };
        Browser::new(client, format!("http://{}", self.settings.listen), codes)
    }

    /// The folder of the data.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.settings.data
    }

    /// Fails with what `afmt doctor` says, unless everything holds.
    ///
    /// # Panics
    /// When something does not hold.
    pub async fn assert_healthy(&self) {
        let mut said = Vec::new();
        let holds = server::doctor(&self.settings, &portal::Ctx::system(), &mut said).await.expect("doctor reads the database");
        assert!(holds, "{}", String::from_utf8_lossy(&said));
    }
}

impl Process {
    fn spawn(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the server's process starts");
        let said = BufReader::new(child.stdout.take().expect("its output"));
        let log = Arc::new(Mutex::new(String::new()));
        let mut errors = child.stderr.take().expect("its log");
        let logging = std::thread::spawn({
            let log = Arc::clone(&log);
            move || {
                let mut buffer = [0; 8192];
                while let Ok(read @ 1..) = errors.read(&mut buffer) {
                    log.lock().unwrap_or_else(PoisonError::into_inner).push_str(&String::from_utf8_lossy(&buffer[..read]));
                }
            }
        });
        Self { child, said, log, logging: Some(logging) }
    }

    /// What a mail became, and the failpoints on the way if they are traced.
    ///
    /// # Panics
    /// When the process ends without saying it.
    pub fn received(mut self) -> (String, Vec<String>) {
        let mut reached = Vec::new();
        loop {
            let line = self.line();
            match (line.strip_prefix(RECEIVED), line.strip_prefix(REACHED)) {
                (Some(receipt), _) => return (receipt.to_owned(), reached),
                (_, Some(failpoint)) => reached.push(failpoint.to_owned()),
                _ => panic!("it says “{line}”: {}", self.ended()),
            }
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.said.read_line(&mut line).expect("its output");
        line.trim_end().to_owned()
    }

    /// Arms a failpoint: reaching it kills the process.
    ///
    /// # Panics
    /// When the process is gone.
    pub fn arm(&mut self, failpoint: &str) {
        writeln!(self.child.stdin.as_ref().expect("its input"), "{failpoint}").expect("it listens");
        assert_eq!(self.line(), failpoint);
    }

    /// Failpoints on the way of `work` up to `last`, in the order in which each is reached first. A process is traced once.
    ///
    /// # Panics
    /// When the process is gone, or does not reach `last`.
    pub async fn trace(&mut self, work: impl Future<Output = ()>, last: &str) -> Vec<String> {
        self.arm(TRACE);
        work.await;
        let mut reached = self.reached(&format!("{REACHED}{last}"));
        reached.push(last.to_owned());
        writeln!(self.child.stdin.as_ref().expect("its input"), "{UNARMED}").expect("it listens");
        self.reached(UNARMED);
        reached
    }

    /// Failpoints that it says to have reached before the line that begins with `end`.
    fn reached(&mut self, end: &str) -> Vec<String> {
        let mut reached = Vec::new();
        loop {
            let line = self.line();
            if line.starts_with(end) {
                return reached;
            }
            match line.strip_prefix(REACHED) {
                Some(failpoint) => reached.push(failpoint.to_owned()),
                None => panic!("it does not come to “{end}”, but says “{line}”: {}", self.ended()),
            }
        }
    }

    /// Waits for the end that the failpoint makes.
    ///
    /// # Panics
    /// When it ended otherwise, or goes on: then the failpoint is not on its way.
    pub fn assert_killed(mut self) {
        let began = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("its state") {
                break status;
            }
            assert!(began.elapsed() < PATIENCE, "it does not reach its failpoint: {}", self.ended());
            std::thread::sleep(Duration::from_millis(2));
        };
        assert_eq!(status.signal(), Some(9), "{}", self.ended());
    }

    /// SIGKILL, now.
    ///
    /// # Panics
    /// When the process cannot be killed.
    pub fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("its end");
    }

    /// SIGTERM; waits until it has ended in order.
    ///
    /// # Panics
    /// When it does not end with success.
    pub fn terminate(mut self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it can be signalled");
        let status = self.child.wait().expect("its end");
        assert!(status.success(), "{status}: {}", self.ended());
    }

    /// Everything that it has logged until its end.
    ///
    /// # Panics
    /// When the log cannot be read.
    #[must_use]
    pub fn ended(&mut self) -> String {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(logging) = self.logging.take() {
            logging.join().expect("the log is read to its end");
        }
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
