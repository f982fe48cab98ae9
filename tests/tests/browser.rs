//! The browser tests of `tests/e2e`, and what openssl says of the files that they downloaded.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};
use tests::Server;

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

#[tokio::test(flavor = "multi_thread")]
async fn people_do_the_main_job_in_a_browser_and_openssl_verifies_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    match env::var_os("AFMT_EXECUTABLE") {
        Some(executable) => {
            let (_running, url) = Executable::start(Path::new(&executable), folder.path());
            drive(&url);
        }
        None => {
            let server = Server::start().await;
            let url = server.url().to_owned();
            tokio::task::spawn_blocking(move || drive(&url)).await.expect("the browser tests end");
        }
    }
}

/// Runs the tests of `e2e` against the server at `url`, then verifies what they downloaded.
fn drive(url: &str) {
    let out = tempfile::tempdir().expect("a folder for downloads");
    let status = Command::new("node")
        .args(["--test", "--test-reporter=spec"])
        .current_dir(e2e())
        .env("AFMT_URL", url)
        .env("AFMT_OUT", out.path())
        .status()
        .expect("node starts");
    assert!(status.success(), "a browser test failed");
    for download in ["script-on", "script-off"] {
        verify_as_printed(out.path(), download);
    }
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
