//! The browser tests of `tests/e2e`, and what openssl says of the files that they downloaded.

use portal::people::PasswordCost;
use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};
use tests::{Backend, Home, MailServers, Server};

fn e2e() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("e2e")
}

/// `afmt` as its own process, ended with this value.
struct Executable(Child);

impl Drop for Executable {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Executable {
    /// Copies the executable alone into an empty folder and starts it there; also says where it answers.
    fn start(executable: &Path, folder: &Path) -> (Self, String) {
        let copy = folder.join("afmt");
        fs::copy(executable, &copy).expect("the executable can be copied");
        let mut child = Command::new(&copy)
            .args(["--demo", "--listen", "127.0.0.1:0"])
            .current_dir(folder)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the executable starts");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let url = lines.map_while(Result::ok).find_map(|line| line.strip_prefix("AFMT answers at ").map(str::to_owned));
        (Self(child), url.expect("the executable says where it answers"))
    }
}

/// Runs one file of `e2e` against a server of its own, so that files run beside each other; `then` looks at what they downloaded.
async fn drive(file: &'static str, then: fn(&Path)) {
    let folder = tempfile::tempdir().expect("a folder");
    match env::var_os("AFMT_EXECUTABLE") {
        Some(executable) => {
            let (_running, url) = Executable::start(Path::new(&executable), folder.path());
            node(file, &url, then);
        }
        None => {
            let server = Server::start().await;
            let url = server.url().to_owned();
            tokio::task::spawn_blocking(move || node(file, &url, then)).await.expect("the browser tests end");
        }
    }
}

fn node(file: &str, url: &str, then: fn(&Path)) {
    node_with(file, url, then, "{}");
}

/// `mail` says how mail is sent and received, as JSON.
fn node_with(file: &str, url: &str, then: fn(&Path), mail: &str) {
    let out = tempfile::tempdir().expect("a folder for downloads");
    let status = Command::new("node")
        .args(["--test", "--test-reporter=spec", file])
        .current_dir(e2e())
        .env("AFMT_URL", url)
        .env("AFMT_OUT", out.path())
        .env("AFMT_MAIL", mail)
        .status()
        .expect("node starts");
    assert!(status.success(), "a browser test of {file} failed");
    then(out.path());
}

#[test]
fn every_file_of_browser_tests_is_run() {
    let in_folder = |folder: &str| {
        let files = fs::read_dir(e2e().join(folder)).expect("the folder");
        let files = files.map(|file| file.expect("a file").file_name().into_string().expect("a name"));
        let mut files: Vec<_> = files.filter(|name| name.ends_with(".test.mjs")).collect();
        files.sort();
        files
    };
    let own = [
        "batches.test.mjs",
        "checker.test.mjs",
        "mail.test.mjs",
        "main-job.test.mjs",
        "requests.test.mjs",
        "tabs.test.mjs",
        "vendor.test.mjs",
    ];
    assert_eq!(in_folder("."), own, "each has a test below");
    assert_eq!(in_folder("walks"), ["history.test.mjs", "layout.test.mjs", "typed.test.mjs"], "each has a test below");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_do_the_main_job_in_a_browser_and_openssl_verifies_the_file() {
    drive("main-job.test.mjs", |out| {
        for download in ["script-on", "script-off"] {
            verify_as_printed(out, download);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_go_through_the_tabs_in_a_browser() {
    drive("tabs.test.mjs", |_| {}).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_make_many_files_in_a_browser() {
    drive("batches.test.mjs", |_| {}).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_send_and_answer_requests_in_a_browser() {
    drive("requests.test.mjs", |_| {}).await;
}

/// With servers that take mail and show it, and the executable of the tests, which mail is piped to.
#[tokio::test(flavor = "multi_thread")]
async fn people_answer_requests_by_mail() {
    let servers = tokio::task::spawn_blocking(MailServers::start).await.expect("the mail servers");
    let home = Home::new(env!("CARGO_BIN_EXE_afmt_under_test"), Backend::Sqlite).await;
    let mut command = home.command(&[]);
    command.env("AFMT_SMTP_URL", servers.smtp_url()).env("AFMT_MAILBOX", servers.imaps_url());
    command.env("SSL_CERT_FILE", servers.certificate());
    let running = home.start_with(command);
    let receive = home.command(&[]);
    let words = |command: &Command| -> Vec<String> {
        std::iter::once(command.get_program()).chain(command.get_args()).map(|word| word.to_string_lossy().into_owned()).collect()
    };
    let env = receive
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_string_lossy().into_owned(), value?.to_string_lossy().into_owned())));
    let mail = serde_json::json!({
        "arrived": servers.arrived_in(),
        "curl": words(&servers.sending()),
        "receive": { "words": words(&receive).into_iter().chain(["--receive".to_owned()]).collect::<Vec<_>>(),
                     "env": env.collect::<std::collections::BTreeMap<_, _>>() },
    });
    let url = format!("http://{}", home.settings.listen);
    tokio::task::spawn_blocking(move || node_with("mail.test.mjs", &url, |_| {}, &mail.to_string()))
        .await
        .expect("the browser tests end");
    running.terminate();
}

/// From an empty folder: a key, an administrator who is invited from the terminal, and whatever they do in a browser and by mail.
async fn from_nothing(script: bool) {
    let servers = tokio::task::spawn_blocking(MailServers::start).await.expect("the mail servers");
    let mut home = Home::empty(env!("CARGO_BIN_EXE_afmt_under_test"));
    let mut command = home.command(&[]);
    command.env("AFMT_SMTP_URL", servers.smtp_url()).env("SSL_CERT_FILE", servers.certificate());
    let running = home.start_with(command);
    let url = format!("http://{}", home.settings.listen);
    home.settings.public_url = Some(url.parse().expect("a public URL"));
    let ctx = portal::Ctx::system();
    let link = server::invite_administrator(&home.settings, "sam.okafor@vendor.example", ctx, PasswordCost::Least).await;
    let link = link.expect("a link").strip_prefix(&url).expect("a link to the portal").to_owned();
    let catalogue = Path::new(env!("CARGO_MANIFEST_DIR")).join("../portal/catalogue/pureconnect.toml");
    let told = serde_json::json!({ "arrived": servers.arrived_in(), "link": link, "catalogue": catalogue, "script": script });
    let verify: fn(&Path) = |out| verify_as_printed(out, "first");
    tokio::task::spawn_blocking(move || node_with("vendor.test.mjs", &url, verify, &told.to_string()))
        .await
        .expect("the browser tests end");
    running.terminate();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_comes_from_nothing_to_the_first_file() {
    from_nothing(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_comes_from_nothing_to_the_first_file_without_script() {
    from_nothing(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_check_files_in_a_browser() {
    drive("checker.test.mjs", |_| {}).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_walk_through_every_page() {
    drive("walks/layout.test.mjs", |_| {}).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_lose_nothing_that_they_typed() {
    drive("walks/typed.test.mjs", |_| {}).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_go_back_and_forward_at_every_step() {
    drive("walks/history.test.mjs", |_| {}).await;
}

/// The commands of the page, to the letter, in a folder that has only the file.
fn verify_as_printed(out: &Path, download: &str) {
    let name = fs::read_to_string(out.join(format!("{download}.name"))).expect("the file's name");
    let bytes = fs::read(out.join(format!("{download}.I3Lic"))).expect("the downloaded file");
    let mut changed = bytes.clone();
    let position = changed.windows(4).position(|w| w == b"= 30").expect("a count") + 2;
    changed[position] = b'9';
    for (tool, right, wrong) in [
        ("openssl", (true, "Signature Verified Successfully\n"), (false, "Signature Verification Failure\n")),
        ("python", (true, "valid\n"), (true, "altered\n")),
        ("node", (true, "true\n"), (true, "false\n")),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let commands = fs::read_to_string(out.join(format!("{download}.{tool}"))).expect("the page's commands");
        for (bytes, (success, said)) in [(&bytes, right), (&changed, wrong)] {
            fs::write(folder.path().join(&name), bytes).expect("the file is written");
            let mut shell = Command::new("sh");
            shell.args(["-c", &commands]).current_dir(folder.path());
            if tool == "python" {
                shell.env("PATH", path_to_python());
            }
            let output = shell.output().expect("sh starts");
            let answer = (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned());
            assert_eq!(answer, (success, said.to_owned()), "{commands}\n{}", String::from_utf8_lossy(&output.stderr));
        }
    }
}

/// A path whose `python3` has the package cryptography: the system's own, where another one stands in front without it.
fn path_to_python() -> String {
    let path = env::var("PATH").unwrap_or_default();
    let imports = Command::new("python3").args(["-c", "import cryptography"]).output();
    if imports.is_ok_and(|output| output.status.success()) { path } else { format!("/usr/bin:{path}") }
}
