//! `afmt` as a process of its own: what it says, when it does not start, and how it ends.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

fn afmt(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_afmt"));
    command.current_dir(folder).env_remove("RUST_BACKTRACE");
    command
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    fn demo(folder: &Path) -> (Self, SocketAddr, String) {
        let mut child = afmt(folder)
            .args(["--demo", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("afmt starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let first = lines.next().expect("a line").expect("a text");
        let address = first.strip_prefix("AFMT answers at http://").expect("where it answers").parse().expect("an address");
        let rest = lines.map_while(Result::ok).take_while(|line| !line.starts_with("Ctrl-C")).collect::<Vec<_>>().join("\n");
        (Self(child), address, rest)
    }

    fn terminate(&self) {
        let status = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status().expect("kill starts");
        assert!(status.success());
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
    stream
}

fn refused(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8_lossy(&output.stderr).trim().to_owned()
}

#[test]
fn sigterm_lets_a_request_under_way_finish_and_takes_no_new_ones() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut running, address, _) = Running::demo(folder.path());
    let body = "theme=dark&return_to=/keys";
    let mut slow = connect(address);
    write!(
        slow,
        "POST /theme HTTP/1.1\r\nhost: {address}\r\norigin: http://{address}\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\nexpect: 100-continue\r\n\r\n",
        body.len()
    )
    .expect("the head is sent");
    // Asked for the rest, the server has the request in hand.
    let mut begun = [0; 25];
    slow.read_exact(&mut begun).expect("the server goes on");
    assert_eq!(&begun, b"HTTP/1.1 100 Continue\r\n\r\n");
    running.terminate();
    let mut tries = 0;
    while TcpStream::connect(address).is_ok() {
        tries += 1;
        assert!(tries < 100_000, "new connections are still taken");
        std::thread::yield_now();
    }
    assert!(running.0.try_wait().expect("its state").is_none(), "it waits for the request under way");
    slow.write_all(body.as_bytes()).expect("the rest is sent");
    let mut answer = String::new();
    slow.read_to_string(&mut answer).expect("the whole answer");
    assert!(answer.starts_with("HTTP/1.1 303 See Other\r\n") && answer.contains("location: /keys\r\n"), "{answer}");
    assert!(running.0.wait().expect("it ends").success());
}

#[test]
fn the_demo_says_how_to_sign_in_and_starts_a_second_time_on_the_same_data() {
    let folder = tempfile::tempdir().expect("a folder");
    let (first, _, said) = Running::demo(folder.path());
    assert!(said.contains("amelia.hart@acme.example") && said.contains("walk the ledger"), "{said}");
    first.terminate();
    drop(first);
    let (_second, address, _) = Running::demo(folder.path());
    let mut stream = connect(address);
    write!(stream, "GET /readyz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
}

#[test]
fn without_its_signing_key_the_server_says_so_and_does_not_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let none = afmt(folder.path()).args(["--listen", "127.0.0.1:0"]).output().expect("afmt runs");
    assert_eq!(refused(&none), "The signing key needs its passphrase: name the file that holds it with --passphrase-file.");
    std::fs::write(folder.path().join("passphrase"), "correct horse\n").expect("written");
    let serve = |passphrase: &str| {
        afmt(folder.path()).args(["--listen", "127.0.0.1:0", "--passphrase-file", passphrase]).output().expect("afmt runs")
    };
    assert_eq!(
        refused(&serve("passphrase")),
        "There is no signing key at afmt-data/licensing.meridian.example_2026a.key. Make one with “afmt keys generate”."
    );
    let generate = |data: &str| {
        afmt(folder.path())
            .args(["keys", "generate", "--passphrase-file", "passphrase", "--data", data])
            .output()
            .expect("afmt runs")
    };
    assert!(generate("afmt-data").status.success());
    let key = folder.path().join("afmt-data/licensing.meridian.example_2026a.key");
    assert!(std::fs::read_to_string(&key).expect("the key").starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
    assert_eq!(
        refused(&generate("afmt-data")),
        "afmt-data/licensing.meridian.example_2026a.key is there already. A signing key is never overwritten."
    );
    std::fs::write(folder.path().join("wrong"), "wrong").expect("written");
    assert_eq!(
        refused(&serve("wrong")),
        "The signing key at afmt-data/licensing.meridian.example_2026a.key does not open with this passphrase."
    );
}

#[test]
fn a_database_that_knows_another_key_is_not_served() {
    let folder = tempfile::tempdir().expect("a folder");
    let (running, _, _) = Running::demo(folder.path());
    drop(running);
    let key = folder.path().join("afmt-data/demo_licensing.meridian.example_2026a.key");
    std::fs::remove_file(&key).expect("the key is lost");
    let other = afmt(folder.path()).args(["--demo", "--listen", "127.0.0.1:0"]).output().expect("afmt runs");
    assert_eq!(
        refused(&other),
        "The database knows licensing.meridian.example/2026a as another key than the one at \
         afmt-data/demo_licensing.meridian.example_2026a.key. Restore the file that belongs to this database, or name the new key differently."
    );
}

#[test]
fn another_key_signs_only_after_it_was_taken_into_use() {
    let folder = tempfile::tempdir().expect("a folder");
    let (running, _, _) = Running::demo(folder.path());
    drop(running);
    std::fs::write(folder.path().join("passphrase"), "correct horse").expect("written");
    let next = ["--demo", "--signing-key", "licensing.meridian.example/2027a", "--passphrase-file", "passphrase"];
    let run = |verb: &[&str], rest: &[&str]| afmt(folder.path()).args(verb).args(next).args(rest).output().expect("afmt runs");
    assert!(run(&["keys", "generate"], &[]).status.success());
    assert_eq!(
        refused(&run(&[], &["--listen", "127.0.0.1:0"])),
        "The database signs with licensing.meridian.example/2026a, not with licensing.meridian.example/2027a. \
         Start with that key, or take licensing.meridian.example/2027a into use with “afmt keys use”."
    );
    assert!(run(&["keys", "use"], &[]).status.success());
    let before = afmt(folder.path()).args(["--demo", "--listen", "127.0.0.1:0"]).output().expect("afmt runs");
    assert!(refused(&before).starts_with("The database signs with licensing.meridian.example/2027a, "));
}

#[test]
fn demo_data_is_not_served_without_demo() {
    let folder = tempfile::tempdir().expect("a folder");
    let (running, _, _) = Running::demo(folder.path());
    drop(running);
    let data = folder.path().join("afmt-data");
    // As if somebody had put it into use.
    for log in ["", "-wal"] {
        let from = data.join(format!("demo.sqlite{log}"));
        if from.exists() {
            std::fs::rename(from, data.join(format!("afmt.sqlite{log}"))).expect("renamed");
        }
    }
    std::fs::rename(data.join("demo_licensing.meridian.example_2026a.key"), data.join("licensing.meridian.example_2026a.key"))
        .expect("renamed");
    let served = afmt(folder.path())
        .args(["--listen", "127.0.0.1:0", "--passphrase-file", "afmt-data/demo-passphrase"])
        .output()
        .expect("afmt runs");
    assert_eq!(
        refused(&served),
        "The database afmt-data/afmt.sqlite holds demo data, whose passwords are known. It is served with --demo only."
    );
}

#[test]
fn what_would_be_dangerous_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = afmt(folder.path()).args(["--demo", "--listen", "0.0.0.0:0"]).output().expect("afmt runs");
    assert_eq!(refused(&demo), "--demo is for trying out: it listens on loopback only, such as 127.0.0.1:3000.");
    let plain = afmt(folder.path()).args(["--listen", "0.0.0.0:0"]).output().expect("afmt runs");
    assert!(refused(&plain).starts_with("Passwords would travel in the clear: "));
    let public = afmt(folder.path()).args(["--demo", "--public-url", "https://licences.example"]).output().expect("afmt runs");
    assert_eq!(refused(&public), "--demo is for trying out: its passwords are known. It cannot have an https:// public URL.");
}
