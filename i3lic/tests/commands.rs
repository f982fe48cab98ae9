//! The command as an operator uses it: what it prints, its exit status, and what it leaves in the folder.

use ed25519_dalek::SigningKey;
use licensing::activation_file::{KeyName, RevocationList, VerifierKey, sign};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};
use tempfile::TempDir;

const HOST: &str = "6300270E26DF";

fn key(generation: &str) -> (KeyName, SigningKey) {
    let seed = generation.bytes().last().expect("a generation");
    (format!("licensing.example/{generation}").parse().expect("a key name"), SigningKey::from_bytes(&[seed; 32]))
}

/// A folder with a key ring of two keys, `2026a` and `2026b`.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let ring: String = ["2026a", "2026b"]
        .map(|generation| {
            let (name, key) = key(generation);
            format!("{}\n", VerifierKey::new(name, key.verifying_key().as_bytes()).expect("a good key"))
        })
        .concat();
    fs::write(folder.path().join("keys.txt"), ring).expect("written");
    folder
}

/// The golden production file with `changes`, signed by `2026a`, in the folder under `name`.
fn file(folder: &TempDir, name: &str, changes: &[(&str, &str)]) -> PathBuf {
    let golden =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../licensing/src/activation_file/golden/production.I3Lic"))
            .expect("a golden file");
    let text = changes.iter().fold(golden[..=golden.rfind("\n\n").expect("signatures")].to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    });
    let (key_name, key) = key("2026a");
    let path = folder.path().join(name);
    fs::write(&path, sign(&text, &key_name, &key)).expect("written");
    path
}

fn i3lic(folder: &TempDir, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_i3lic")).args(arguments).current_dir(folder.path()).output().expect("i3lic runs")
}

/// (exit status, what it printed, what it complained about)
fn said(folder: &TempDir, arguments: &[&str]) -> (i32, String, String) {
    let output = i3lic(folder, arguments);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("a text");
    (output.status.code().expect("a status"), text(output.stdout), text(output.stderr))
}

fn json(folder: &TempDir, arguments: &[&str]) -> serde_json::Value {
    let output = i3lic(folder, &[arguments, &["--json"]].concat());
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn only_a_valid_file_has_exit_status_0() {
    let folder = folder();
    file(&folder, "good.I3Lic", &[]);
    file(&folder, "short.I3Lic", &[("2100-01-01", "2027-01-31")]);
    let ask = |file: &str, more: &[&str]| said(&folder, &[&["verify", file, "--keys", "keys.txt"], more].concat());
    let valid = "valid: Signed by licensing.example/2026a and unchanged.\n".to_owned();
    assert_eq!(ask("good.I3Lic", &[]), (0, valid.clone(), String::new()));
    assert_eq!(ask("good.I3Lic", &["--host-id", "63:00:27:0e:26:df", "--product", "CIC", "--on", "2099-12-31"]).0, 0);
    assert_eq!(ask("short.I3Lic", &["--on", "2027-01-31"]), (0, valid, String::new()));
    for (file, more, answer) in [
        (
            "good.I3Lic",
            ["--host-id", "0123456789AB"],
            "other host: The file is for 6300270E26DF and A3155D1E8B32, not for host 0123456789AB.\n",
        ),
        ("good.I3Lic", ["--product", "MediaServer"], "other product: The file is for CIC, not for MediaServer.\n"),
        ("short.I3Lic", ["--on", "2027-02-01"], "expired: The file was valid through 31 Jan 2027.\n"),
    ] {
        assert_eq!(ask(file, &more), (1, answer.to_owned(), String::new()));
    }
    let (status, answer, complaint) = ask("none.I3Lic", &[]);
    assert_eq!((status, answer.as_str()), (2, ""));
    assert!(complaint.starts_with("none.I3Lic cannot be read"), "{complaint}");
    fs::write(folder.path().join("weak.txt"), "licensing.example/2026a+00000000+AQ==\n").expect("written");
    let (status, _, complaint) = said(&folder, &["verify", "good.I3Lic", "--keys", "weak.txt"]);
    assert_eq!(status, 2);
    assert!(complaint.starts_with("The keys weak.txt cannot be trusted: Line 1 is not a verifier key."), "{complaint}");
    assert_eq!(said(&folder, &["verify", "good.I3Lic"]).0, 2, "keys are never taken from the file");
}

#[test]
fn standard_input_is_read_and_programs_get_json() {
    let folder = folder();
    let path = file(&folder, "good.I3Lic", &[]);
    let crlf = fs::read_to_string(&path).expect("the file").replace('\n', "\r\n");
    fs::write(folder.path().join("mailed.I3Lic"), crlf).expect("written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_i3lic"));
    command.args(["verify", "-", "--keys", "keys.txt", "--json"]).current_dir(folder.path());
    let input = fs::File::open(folder.path().join("mailed.I3Lic")).expect("the file");
    let output = command.stdin(Stdio::from(input)).output().expect("i3lic runs");
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(answer["verdict"], "valid");
    assert_eq!(answer["repairs"], serde_json::json!(["Line ends that were changed to CR LF on the way were changed back."]));
    assert_eq!(answer["file"]["keys"]["I3_ACCESS_CLIENT"], 5);
    assert_eq!(answer["file"]["binding"]["primary"]["host_id"], HOST);
    let refused = json(&folder, &["verify", "mailed.I3Lic", "--keys", "keys.txt", "--product", "X"]);
    assert_eq!((&refused["verdict"], &refused["file"]), (&"other product".into(), &serde_json::Value::Null));
}

#[test]
fn show_and_diff_read_files_in_words() {
    let folder = folder();
    file(&folder, "one.I3Lic", &[]);
    file(&folder, "two.I3Lic", &[("revision = 2", "revision = 3"), ("CLIENT = 5", "CLIENT = 8")]);
    let (status, shown, _) = said(&folder, &["show", "one.I3Lic"]);
    assert_eq!(status, 0);
    assert!(shown.contains("Primary host id                 6300270E26DF\n"), "{shown}");
    assert!(shown.ends_with("The signature was not checked: i3lic verify does that.\n"), "{shown}");
    assert_eq!(said(&folder, &["diff", "one.I3Lic", "one.I3Lic"]), (0, "Both files say the same.\n".into(), String::new()));
    assert_eq!(
        said(&folder, &["diff", "one.I3Lic", "two.I3Lic"]),
        (1, "Revision: 2 → 3\nI3_ACCESS_CLIENT: 5 → 8\n".into(), String::new())
    );
    assert_eq!(
        json(&folder, &["diff", "one.I3Lic", "two.I3Lic"])[1],
        serde_json::json!({ "what": "I3_ACCESS_CLIENT", "before": "5", "after": "8" })
    );
    let (status, _, complaint) = said(&folder, &["show", "keys.txt"]);
    assert_eq!((status, complaint.as_str()), (2, "keys.txt is not an activation file: it carries no signature.\n"));
}

/// Puts the revocation list `number`, which takes `serial` back, into the folder.
fn revoke(folder: &TempDir, number: u32, serial: &str, valid_through: &str) {
    let (name, signing) = key("2026b");
    let list = RevocationList {
        number,
        issued_at: "2026-12-01T08:00:00Z".parse().expect("an instant"),
        valid_through: valid_through.parse().expect("a day"),
        serials: [(serial.parse().expect("a serial"), "2026-11-30".parse().expect("a day"))].into(),
        keys: [].into(),
    };
    fs::write(folder.path().join("revoked.txt"), sign(&list.encode(), &name, &signing)).expect("written");
}

#[test]
fn what_the_issuer_took_back_is_refused_while_its_list_can_be_relied_on() {
    let folder = folder();
    file(&folder, "good.I3Lic", &[]);
    let list = |serial: &str, valid_through: &str| {
        revoke(&folder, 3, serial, valid_through);
        said(&folder, &["verify", "good.I3Lic", "--keys", "keys.txt", "--revocations", "revoked.txt", "--on", "2026-12-31"])
    };
    assert_eq!(list("AF-0000999", "2026-12-31").0, 0);
    let answer = "revoked: AF-0000123 was revoked by its issuer on 30 Nov 2026.\n".to_owned();
    assert_eq!(list("AF-0000123", "2026-12-31"), (1, answer, String::new()));
    let (status, _, complaint) = list("AF-0000123", "2026-12-30");
    assert_eq!(status, 2);
    assert_eq!(
        complaint,
        "The revocation list revoked.txt cannot be used: The revocation list could be relied on through 30 Dec 2026. Fetch the current one.\n"
    );
}

fn loaded(folder: &TempDir, file: &str, more: &[&str]) -> (i32, String, String) {
    said(folder, &[&["load", file, "--keys", "keys.txt", "--dir", "licence", "--host-id", HOST], more].concat())
}

fn in_folder(folder: &TempDir, name: &str) -> Option<Vec<u8>> {
    fs::read(folder.path().join("licence").join(name)).ok()
}

#[test]
fn loading_keeps_the_file_before_and_refuses_an_older_revision() {
    let folder = folder();
    let two = fs::read(file(&folder, "two.I3Lic", &[])).expect("a file");
    let three = fs::read(file(&folder, "three.I3Lic", &[("revision = 2", "revision = 3"), ("CLIENT = 5", "CLIENT = 8")]))
        .expect("a file");
    let (status, first, _) = loaded(&folder, "two.I3Lic", &["--product", "CIC"]);
    assert_eq!(status, 0, "{first}");
    assert!(first.contains("I3_ACCESS_CLIENT ") && !first.contains("To go back"), "{first}");
    assert_eq!((in_folder(&folder, "activation.I3Lic"), in_folder(&folder, "previous.I3Lic")), (Some(two.clone()), None));
    let (status, second, _) = loaded(&folder, "three.I3Lic", &[]);
    assert_eq!(status, 0, "{second}");
    assert!(second.contains("  Revision: 2 → 3\n  I3_ACCESS_CLIENT: 5 → 8\n"), "{second}");
    assert!(second.contains("To go back to it: i3lic load licence/previous.I3Lic --go-back"), "{second}");
    let both = (Some(three.clone()), Some(two.clone()));
    let now = || (in_folder(&folder, "activation.I3Lic"), in_folder(&folder, "previous.I3Lic"));
    assert_eq!(now(), both);
    // The same again changes nothing, least of all what was before.
    assert_eq!(loaded(&folder, "three.I3Lic", &[]).0, 0);
    assert_eq!(now(), both);
    let (status, older, _) = loaded(&folder, "two.I3Lic", &[]);
    assert_eq!(
        (status, older.as_str()),
        (
            1,
            "older revision: This is revision 2; revision 3 was loaded before.\n\
             Nothing was loaded; what was loaded before stays.\n\
             To load it all the same, say --go-back.\n"
        )
    );
    assert_eq!(now(), both);
    assert_eq!(loaded(&folder, "licence/previous.I3Lic", &["--go-back"]).0, 0);
    assert_eq!(now(), (Some(two), Some(three)));
}

#[test]
fn what_is_not_valid_is_never_loaded() {
    let folder = folder();
    let good = file(&folder, "good.I3Lic", &[]);
    assert_eq!(loaded(&folder, "good.I3Lic", &[]).0, 0);
    let before = in_folder(&folder, "activation.I3Lic");
    let altered = fs::read_to_string(&good).expect("the file").replace("CLIENT = 5", "CLIENT = 9");
    fs::write(folder.path().join("altered.I3Lic"), altered).expect("written");
    let (status, said_of_it, _) = loaded(&folder, "altered.I3Lic", &[]);
    assert_eq!(
        (status, said_of_it.as_str()),
        (1, "altered: The text was changed after it was signed.\nNothing was loaded; what was loaded before stays.\n")
    );
    file(&folder, "other.I3Lic", &[(HOST, "0123456789AB")]);
    assert_eq!(loaded(&folder, "other.I3Lic", &[]).0, 1);
    assert_eq!(loaded(&folder, "good.I3Lic", &["--product", "MediaServer"]).0, 1);
    assert_eq!((in_folder(&folder, "activation.I3Lic"), in_folder(&folder, "previous.I3Lic")), (before, None));
    // Line ends that mail changed are loaded as they were signed.
    let crlf = fs::read_to_string(&good).expect("the file").replace('\n', "\r\n");
    fs::write(folder.path().join("mailed.I3Lic"), crlf).expect("written");
    assert_eq!(loaded(&folder, "mailed.I3Lic", &[]).0, 0);
    assert_eq!(in_folder(&folder, "activation.I3Lic"), fs::read(&good).ok());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(folder.path().join("licence/activation.I3Lic")).expect("the file").permissions().mode();
        assert_eq!(mode & 0o777, 0o644, "the server may run as another user");
    }
}

#[test]
fn a_virtual_cloud_file_is_loaded_on_any_machine() {
    let folder = folder();
    fs::copy(
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../licensing/src/activation_file/golden/virtual-cloud.I3Lic")),
        folder.path().join("vc.I3Lic"),
    )
    .expect("copied");
    fs::copy(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../licensing/vectors/keys.txt")), folder.path().join("vectors.txt"))
        .expect("copied");
    let (status, answer, _) = said(&folder, &["load", "vc.I3Lic", "--keys", "vectors.txt", "--dir", "licence"]);
    assert_eq!(status, 0, "{answer}");
    assert!(answer.contains("\nBound to               a virtual cloud\n"), "{answer}");
}

#[test]
fn host_ids_have_their_shape_and_one_order() {
    let folder = folder();
    let (status, first, complaint) = said(&folder, &["host-id"]);
    if status == 0 {
        assert!(
            first.lines().all(|line| line.split("  ").next().is_some_and(|id| id.parse::<licensing::HostId>().is_ok())),
            "{first}"
        );
        assert_eq!(said(&folder, &["host-id"]).1, first);
        let first_id = json(&folder, &["host-id"])[0]["host_id"].as_str().map(str::to_owned);
        assert_eq!(first_id.as_deref(), first.split("  ").next());
    } else {
        assert_eq!(
            (status, complaint.as_str()),
            (2, "This machine has no network interface of its own. Ask whoever runs the virtual machines for its host id.\n")
        );
    }
}

#[test]
fn help_and_man_page_have_examples() {
    let folder = folder();
    for command in ["verify", "load", "diff", "show", "host-id"] {
        let (status, help, _) = said(&folder, &[command, "--help"]);
        assert_eq!(status, 0);
        assert!(help.contains(&format!("  i3lic {command}")), "{help}");
    }
    let (status, man, _) = said(&folder, &["man"]);
    assert_eq!(status, 0);
    assert!(man.starts_with(".ie") && man.contains("i3lic load"), "{man}");
}

#[test]
fn an_older_revocation_list_than_was_used_is_refused() {
    let folder = folder();
    file(&folder, "good.I3Lic", &[]);
    let load = |number| {
        revoke(&folder, number, "AF-0000999", "2099-12-31");
        loaded(&folder, "good.I3Lic", &["--revocations", "revoked.txt"])
    };
    assert_eq!(load(7).0, 0);
    assert_eq!(load(7).0, 0);
    let (status, _, complaint) = load(6);
    assert_eq!(
        (status, complaint.as_str()),
        (2, "The revocation list is number 6; number 7 was used here before. Fetch the current one.\n")
    );
    assert_eq!(load(8).0, 0);
    assert_eq!(in_folder(&folder, "revocations.number"), Some(b"8\n".to_vec()));
}

/// Ends a command that hangs, so that the test fails instead.
fn within(folder: &TempDir, arguments: &[&str]) -> (i32, String, String) {
    let seconds = ["60", env!("CARGO_BIN_EXE_i3lic")];
    let output = Command::new("timeout").args(seconds).args(arguments).current_dir(folder.path()).output().expect("timeout runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("a text");
    (output.status.code().expect("a status"), text(output.stdout), text(output.stderr))
}

#[cfg(unix)]
#[test]
fn a_link_a_pipe_or_a_device_in_its_folder_is_neither_followed_nor_waited_for() {
    let folder = folder();
    file(&folder, "good.I3Lic", &[]);
    let secret = folder.path().join("secret");
    fs::write(&secret, "not for everybody\n").expect("written");
    let licence = folder.path().join("licence");
    let load = || within(&folder, &["load", "good.I3Lic", "--keys", "keys.txt", "--dir", "licence", "--host-id", HOST]);
    let places = ["activation.I3Lic", ".lock"];
    for (name, target) in places.iter().flat_map(|name| [(*name, secret.as_path()), (*name, Path::new("/dev/zero"))]) {
        fs::create_dir(&licence).expect("a folder");
        std::os::unix::fs::symlink(target, licence.join(name)).expect("a link");
        let (status, _, complaint) = load();
        assert_eq!(status, 2, "{name} to {}: {complaint}", target.display());
        assert!(!licence.join("previous.I3Lic").exists(), "{name}");
        assert_eq!(fs::read_to_string(&secret).expect("it is there"), "not for everybody\n");
        fs::remove_dir_all(&licence).expect("removed");
    }
    fs::create_dir(&licence).expect("a folder");
    let made = Command::new("mkfifo").arg(licence.join("activation.I3Lic")).status().expect("mkfifo runs");
    assert!(made.success());
    let (status, _, complaint) = load();
    assert_eq!((status, complaint.as_str()), (2, "licence/activation.I3Lic is no regular file. Take it away.\n"));
    fs::remove_dir_all(&licence).expect("removed");
    // A list's number that is a link is not read either.
    fs::create_dir(&licence).expect("a folder");
    std::os::unix::fs::symlink(&secret, licence.join("revocations.number")).expect("a link");
    revoke(&folder, 1, "AF-0000999", "2099-12-31");
    let (status, _, complaint) = loaded(&folder, "good.I3Lic", &["--revocations", "revoked.txt"]);
    assert_eq!((status, complaint.as_str()), (2, "licence/revocations.number is a link. Put the file itself there.\n"));
}

#[test]
fn what_was_no_activation_file_is_not_kept_as_the_one_before() {
    let folder = folder();
    file(&folder, "good.I3Lic", &[]);
    fs::create_dir(folder.path().join("licence")).expect("a folder");
    fs::write(folder.path().join("licence/activation.I3Lic"), "root:x:0:0\n").expect("written");
    let (status, answer, _) = loaded(&folder, "good.I3Lic", &[]);
    assert_eq!(status, 0, "{answer}");
    assert_eq!(in_folder(&folder, "previous.I3Lic"), None);
    assert!(!answer.contains("To go back"), "{answer}");
}

#[test]
fn of_two_loads_at_once_the_newer_revision_stays() {
    let folder = folder();
    file(&folder, "old.I3Lic", &[]);
    let new = fs::read(file(&folder, "new.I3Lic", &[("revision = 2", "revision = 3")])).expect("a file");
    for _ in 0..30 {
        let _ = fs::remove_dir_all(folder.path().join("licence"));
        let start = |name: &str| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_i3lic"));
            command.args(["load", name, "--keys", "keys.txt", "--dir", "licence", "--host-id", HOST]).current_dir(folder.path());
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("i3lic runs")
        };
        let (mut one, mut other) = (start("new.I3Lic"), start("old.I3Lic"));
        one.wait().expect("it ends");
        other.wait().expect("it ends");
        assert_eq!(in_folder(&folder, "activation.I3Lic"), Some(new.clone()));
    }
}

#[test]
fn nothing_that_a_file_says_moves_the_terminal() {
    let folder = folder();
    let escape = "\\u001b[31m\\u202E\\u009b";
    let newer = file(&folder, "newer.I3Lic", &[("activation-file/1", &format!("activation-file/2{escape}"))]);
    file(&folder, "field.I3Lic", &[("revision = 2", &format!("\"x{escape}\" = 2"))]);
    let named =
        fs::read_to_string(&newer).expect("a file").replace("licensing.example/2026a ", "licensing\u{202E}\u{FEFF}/2026a ");
    let named = named.replace(&format!("activation-file/2{escape}"), "activation-file/1");
    fs::write(folder.path().join("signer.I3Lic"), named).expect("written");
    fs::write(folder.path().join("raw.I3Lic"), "format = \"\u{1b}[31m\"\n\n— a b\n").expect("written");
    for name in ["newer.I3Lic", "field.I3Lic", "signer.I3Lic", "raw.I3Lic"] {
        for command in
            [&["show", name][..], &["verify", name, "--keys", "keys.txt"], &["verify", name, "--keys", "keys.txt", "--json"]]
        {
            let (_, answer, complaint) = said(&folder, command);
            let unseen = |c: char| (c.is_control() && c != '\n') || "\u{202E}\u{FEFF}".contains(c);
            assert!(!answer.contains(unseen) && !complaint.contains(unseen), "{command:?}: {answer:?} {complaint:?}");
            assert!(!answer.contains("u001b") && !answer.contains("u202"), "{command:?}: {answer:?}");
        }
    }
}

#[test]
fn text_files_are_read_as_shells_and_editors_write_them() {
    let folder = folder();
    file(&folder, "good.I3Lic", &[]);
    let keys = fs::read_to_string(folder.path().join("keys.txt")).expect("the keys");
    let utf_16: Vec<u8> = format!("\u{FEFF}{}", keys.replace('\n', "\r\n")).encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [format!("\u{FEFF}{keys}").into_bytes(), utf_16.clone(), utf_16[2..].to_vec()] {
        fs::write(folder.path().join("shell.txt"), bytes).expect("written");
        assert_eq!(said(&folder, &["verify", "good.I3Lic", "--keys", "shell.txt"]).0, 0);
    }
    fs::write(folder.path().join("latin.txt"), b"# Schl\xFCssel\n").expect("written");
    let (status, _, complaint) = said(&folder, &["verify", "good.I3Lic", "--keys", "latin.txt"]);
    let told =
        "The keys cannot be read: latin.txt cannot be read: line 1 is neither UTF-8 nor UTF-16 text; save the file as UTF-8\n";
    assert_eq!((status, complaint.as_str()), (2, told));
    fs::write(folder.path().join("wrong.txt"), "licensing.example/2026a\n").expect("written");
    let told = "The keys wrong.txt cannot be trusted: Line 1 is not a verifier key. A verifier key is written NAME+ID+KEY: the name, eight \
                hexadecimal digits, and base64.\n";
    assert_eq!(said(&folder, &["verify", "good.I3Lic", "--keys", "wrong.txt"]).2, told, "it is told once");
    // A revocation list that an editor has saved with a mark and other line ends is the same list.
    revoke(&folder, 1, "AF-0000999", "2099-12-31");
    let list = fs::read_to_string(folder.path().join("revoked.txt")).expect("the list");
    fs::write(folder.path().join("revoked.txt"), format!("\u{FEFF}{}", list.replace('\n', "\r\n"))).expect("written");
    assert_eq!(said(&folder, &["verify", "good.I3Lic", "--keys", "keys.txt", "--revocations", "revoked.txt"]).0, 0);
}

#[test]
fn what_the_way_did_to_a_file_is_said_and_the_verdict_once() {
    let folder = folder();
    let good = fs::read_to_string(file(&folder, "good.I3Lic", &[])).expect("a file");
    let utf_16: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let again = "; download it again.\n";
    for (bytes, fact) in [
        (utf_16, "A shell or an editor has stored it as UTF-16"),
        (format!("Subject: x\n\n{good}").into_bytes(), "It is a whole mail, and not the file that was attached to it"),
        (good.replace('=', "=3D").into_bytes(), "Mail has written it as quoted-printable"),
        (good.replace("— ", "- ").into_bytes(), "The long dash at the beginning of its last line was replaced on the way"),
        (good.trim_end().as_bytes().to_vec(), "The end of its last line was lost on the way"),
    ] {
        fs::write(folder.path().join("mailed.I3Lic"), bytes).expect("written");
        let (status, answer, _) = said(&folder, &["verify", "mailed.I3Lic", "--keys", "keys.txt"]);
        assert_eq!((status, answer), (1, format!("not an activation file: {fact}{again}")));
        let (_, _, complaint) = said(&folder, &["show", "mailed.I3Lic"]);
        assert!(complaint.starts_with("mailed.I3Lic is not an activation file: ") && complaint.ends_with(again), "{complaint}");
    }
    fs::write(folder.path().join("none.I3Lic"), "format = 7\n\n— a/b AAAAAAAA\n").expect("written");
    let (_, answer, _) = said(&folder, &["verify", "none.I3Lic", "--keys", "keys.txt"]);
    assert_eq!(answer, "not an activation file: Its text is not written as that of an activation file is.\n");
}

#[test]
fn a_file_for_another_host_lists_the_host_ids_of_this_machine() {
    let folder = folder();
    file(&folder, "good.I3Lic", &[]);
    let (status, ids, _) = said(&folder, &["host-id"]);
    let (_, answer, complaint) = said(&folder, &["load", "good.I3Lic", "--keys", "keys.txt", "--dir", "licence"]);
    if status == 0 {
        let first = ids.lines().next().expect("a host id");
        let listed = format!("\nHost ids of this machine:\n  {first}\n");
        assert!(
            answer.starts_with("other host: ") && answer.contains(&listed) && answer.contains("name its host id with --host-id."),
            "{answer}"
        );
    } else {
        assert!(complaint.contains("name it with --host-id"), "{complaint}");
    }
}

#[test]
fn a_file_from_the_future_of_this_clock_is_loaded_with_a_warning() {
    let folder = folder();
    file(&folder, "future.I3Lic", &[("2026-11-22T10:15:30Z", "2098-11-22T10:15:30Z")]);
    let (status, answer, _) = loaded(&folder, "future.I3Lic", &["--on", "2099-01-01"]);
    assert_eq!(status, 0, "{answer}");
    let told = "The file was issued at 22 Nov 2098, 10:15:30 UTC, and this machine’s clock says ";
    assert!(answer.contains(told) && answer.ends_with(" UTC: set it right.\n"), "{answer}");
    assert!(in_folder(&folder, "activation.I3Lic").is_some());
}

#[test]
fn counts_of_keys_line_up_whatever_they_are_called() {
    let folder = folder();
    let long = "I3_ACCESS_RECORDER_QUALITYMONITORING_AGENT_WITH_A_LONG_NAME_0001";
    file(&folder, "long.I3Lic", &[("I3_ACCESS_CLIENT = 5\n", &format!("I3_ACCESS_CLIENT = 5\n{long} = 1000000\n"))]);
    let golden = fs::read_to_string(folder.path().join("long.I3Lic")).expect("a file");
    // Keys are sorted by byte.
    let sorted = golden.replace(&format!("I3_ACCESS_CLIENT = 5\n{long} = 1000000\n"), "I3_ACCESS_CLIENT = 5\n");
    let text = &sorted[..=sorted.rfind("\n\n").expect("signatures")];
    let (before, keys) = text.split_once("[keys]\n").expect("keys");
    let mut keys: Vec<String> = keys.lines().map(str::to_owned).chain([format!("{long} = 1000000")]).collect();
    keys.sort();
    let (name, key) = key("2026a");
    fs::write(folder.path().join("long.I3Lic"), sign(&format!("{before}[keys]\n{}\n", keys.join("\n")), &name, &key))
        .expect("written");
    let (status, shown, complaint) = said(&folder, &["show", "long.I3Lic"]);
    assert_eq!(status, 0, "{complaint}");
    let widths: Vec<usize> = shown.lines().filter(|line| line.starts_with("I3_")).map(str::len).collect();
    assert!(widths.len() > 2 && widths.iter().all(|width| *width == widths[0]), "{shown}");
}
