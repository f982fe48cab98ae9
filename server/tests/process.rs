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

/// Writes a file that only its owner can read.
fn secret(folder: &Path, name: &str, text: &str) {
    portal::write_private(&folder.join(name), text.as_bytes()).expect("written");
}

fn refused(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8_lossy(&output.stderr).trim().to_owned()
}

#[test]
fn sigterm_lets_a_request_under_way_finish_and_takes_no_new_ones() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut running, address, _) = Running::demo(folder.path());
    let body = "theme=dark";
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
    assert!(answer.starts_with("HTTP/1.1 204 No Content\r\n") && answer.contains("set-cookie: theme=dark;"), "{answer}");
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
    secret(folder.path(), "passphrase", "correct horse\n");
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
        "afmt-data/licensing.meridian.example_2026a.key exists already. A signing key is never overwritten."
    );
    secret(folder.path(), "wrong", "wrong");
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
    secret(folder.path(), "passphrase", "correct horse");
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

/// (path below the folder, mode) of everything in it, and of itself.
fn modes(folder: &Path) -> Vec<(String, u32)> {
    let mut modes = vec![(folder.to_owned(), mode(folder))];
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            modes.push((path.clone(), mode(&path)));
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    let mut modes: Vec<_> =
        modes.into_iter().map(|(path, mode)| (path.strip_prefix(folder).expect("below").display().to_string(), mode)).collect();
    modes.sort();
    modes
}

fn mode(path: &Path) -> u32 {
    std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(path).expect("it is there")) & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).expect("its mode is set");
}

#[test]
fn data_mail_and_keys_are_their_owners_alone_whatever_the_umask() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("afmt-data");
    let (first, address, _) = Running::demo(folder.path());
    let mut stream = connect(address);
    write!(stream, "GET /readyz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").expect("sent");
    stream.read_to_string(&mut String::new()).expect("an answer");
    let found = modes(&data);
    let names: Vec<&str> = found.iter().map(|(path, _)| path.as_str()).collect();
    for expected in ["", "demo.sqlite", "demo.sqlite-start", "demo.sqlite-wal", "demo-passphrase", "mail"] {
        assert!(names.contains(&expected), "{expected}: {names:?}");
    }
    let open: Vec<_> = found.iter().filter(|(_, mode)| mode & 0o077 != 0).collect();
    assert!(open.is_empty(), "{open:?}");
    first.terminate();
    drop(first);
    // What others opened since is closed at the next start, and named by doctor before.
    for name in ["", "demo.sqlite", "mail"] {
        set_mode(&data.join(name), if name == "demo.sqlite" { 0o644 } else { 0o755 });
    }
    let doctor = afmt(folder.path()).args(["doctor", "--demo"]).output().expect("afmt runs");
    let said = String::from_utf8_lossy(&doctor.stdout).into_owned();
    let rule = "BROKEN  data and secrets are readable by their owner only: afmt-data";
    for named in [" has mode 755; give it 700", "/demo.sqlite has mode 644; give it 600", "/mail has mode 755; give it 700"] {
        assert!(said.contains(&format!("{rule}{named}")), "{said}");
    }
    let (_second, ..) = Running::demo(folder.path());
    let open: Vec<_> = modes(&data).into_iter().filter(|(_, mode)| mode & 0o077 != 0).collect();
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn a_key_or_a_passphrase_that_others_can_read_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    secret(folder.path(), "passphrase", "correct horse\n");
    let keys =
        |words: &[&str]| afmt(folder.path()).args(words).args(["--passphrase-file", "passphrase"]).output().expect("afmt runs");
    assert!(keys(&["keys", "generate"]).status.success());
    let passphrase = folder.path().join("passphrase");
    set_mode(&passphrase, 0o640);
    for words in [&["--listen", "127.0.0.1:0"][..], &["keys", "use"]] {
        let said = "Others than its owner can read the passphrase: passphrase has mode 640; give it 600.";
        assert_eq!(refused(&keys(words)), said, "{words:?}");
    }
    set_mode(&passphrase, 0o600);
    set_mode(&folder.path().join("afmt-data/licensing.meridian.example_2026a.key"), 0o604);
    for words in [&["--listen", "127.0.0.1:0"][..], &["keys", "use"], &["keys", "seal"]] {
        let said = "Others than its owner can read the signing key at afmt-data/licensing.meridian.example_2026a.key: it has mode 604. \
                    Give it 600, and if somebody may have read it, take another key into use.";
        assert_eq!(refused(&keys(words)), said, "{words:?}");
    }
}

#[test]
fn a_key_that_was_made_before_works_with_a_warning_and_is_sealed_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("afmt-data");
    std::fs::create_dir(&data).expect("a folder");
    secret(folder.path(), "short", "horse\n");
    secret(folder.path(), "passphrase", "correct horse\n");
    let path = data.join("licensing.meridian.example_2026a.key");
    // As keys were made before: scrypt with N = 2^14, and a passphrase of any length.
    let script = format!(
        "openssl genpkey -algorithm ed25519 | openssl pkcs8 -topk8 -scrypt -scrypt_N 16384 -passout file:short -out {0} && chmod 600 {0}",
        path.display()
    );
    let made = Command::new("sh").args(["-c", &script]).current_dir(folder.path()).status().expect("openssl runs");
    assert!(made.success());
    let keys = |words: &[&str]| afmt(folder.path()).args(words).output().expect("afmt runs");
    let warned = |output: &Output| String::from_utf8_lossy(&output.stderr).contains("afmt keys seal");
    let used = keys(&["keys", "use", "--passphrase-file", "short"]);
    assert!(used.status.success() && warned(&used), "{}", String::from_utf8_lossy(&used.stderr));
    let short = keys(&["keys", "seal", "--passphrase-file", "short"]);
    assert_eq!(refused(&short), "The passphrase has 5 characters. Choose one of at least 12.");
    let sealed = keys(&["keys", "seal", "--passphrase-file", "short", "--new-passphrase-file", "passphrase"]);
    assert!(sealed.status.success(), "{}", String::from_utf8_lossy(&sealed.stderr));
    assert_eq!(mode(&path), 0o600);
    // It is the same key, encrypted as RFC 8018 says, with N = 2^17.
    let used = keys(&["keys", "use", "--passphrase-file", "passphrase"]);
    assert!(used.status.success() && !warned(&used), "{}", String::from_utf8_lossy(&used.stderr));
    let script = format!("openssl asn1parse -in {}", path.display());
    let parsed = Command::new("sh").args(["-c", &script]).output().expect("openssl runs");
    let parsed = String::from_utf8_lossy(&parsed.stdout).into_owned();
    assert!(parsed.contains("INTEGER           :020000\n"), "{parsed}");
    let wrong = keys(&["keys", "use", "--passphrase-file", "short"]);
    assert!(refused(&wrong).ends_with("does not open with this passphrase."));
    // A new key needs a long passphrase from the start.
    let next = keys(&["keys", "generate", "--signing-key", "licensing.meridian.example/2027a", "--passphrase-file", "short"]);
    assert_eq!(refused(&next), "The passphrase has 5 characters. Choose one of at least 12.");
}

#[test]
fn a_catalogue_is_checked_before_anybody_uses_it() {
    const SHIPPED: &str = include_str!("../../portal/catalogue/pureconnect.toml");
    let folder = tempfile::tempdir().expect("a folder");
    let check = |bytes: &[u8]| {
        std::fs::write(folder.path().join("catalogue.toml"), bytes).expect("written");
        afmt(folder.path()).args(["catalogue", "check", "catalogue.toml"]).output().expect("afmt runs")
    };
    let fine = check(SHIPPED.as_bytes());
    assert!(fine.status.success(), "{}", String::from_utf8_lossy(&fine.stderr));
    let said = String::from_utf8_lossy(&fine.stdout).into_owned();
    assert!(said.starts_with("catalogue.toml is a catalogue. Products: 4; versions: 109; parts: 80; "), "{said}");
    let part = "\n[[part]]\nnumber = \"XX-1\"\ndescription = \"d\"\nproduct = \"Nothing\"\ngeneration = \"4.0\"\nclass = \"access\"\nkeys = []\n";
    assert_eq!(
        refused(&check(format!("{SHIPPED}{part}").as_bytes())),
        "catalogue.toml: Part XX-1 names product Nothing, which the catalogue does not have."
    );
    let torn = refused(&check(&SHIPPED.as_bytes()[..SHIPPED.len() / 2]));
    assert!(torn.starts_with("catalogue.toml: The catalogue cannot be read at line "), "{torn}");
    assert!(refused(&check(b"\xFF\xFE")).starts_with("catalogue.toml is no text in UTF-8"));
    assert_eq!(refused(&check(&vec![b'#'; 4 * 1024 * 1024 + 1])), "catalogue.toml is larger than 4 MiB, which no catalogue is");
    let nowhere = afmt(folder.path()).args(["catalogue", "check", "nowhere.toml"]).output().expect("afmt runs");
    assert!(refused(&nowhere).starts_with("nowhere.toml cannot be opened"));
}
