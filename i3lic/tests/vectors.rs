//! Every attack and every form of a good file, held against all that can verify one: this command, the checker's code, the thirty lines of
//! Python of the specification, openssl and Node. The files are committed in `licensing/vectors`, for anybody who writes a verifier.

use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::{
    SigningKey, VerifyingKey,
    pkcs8::{EncodePublicKey, spki::der::pem::LineEnding},
};
use licensing::activation_file::{Expected, KeyRing, RevocationList, VerifierKey, sign};
use sha2::{Digest, Sha256};
use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../licensing/vectors");
const KEY: &str = "licensing.example/2026a";

/// A file, what a verifier must answer, and what its signature alone says.
struct Vector {
    name: &'static str,
    about: &'static str,
    bytes: Vec<u8>,
    verdict: &'static str,
    /// Whether the last line by the key is a signature of the text. `None`: where the text ends is not clear, so that tools differ.
    signature: Option<bool>,
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn signed(text: &str) -> String {
    sign(text, &KEY.parse().expect("a key name"), &key(7))
}

fn public(seed: u8) -> VerifierKey {
    VerifierKey::new(KEY.parse().expect("a key name"), key(seed).verifying_key().as_bytes()).expect("a good key")
}

/// The text of a note.
fn text(note: &str) -> &str {
    &note[..note.rfind("\n\n").expect("signatures") + 1]
}

/// The last line of a note.
fn signature_line(note: &str) -> &str {
    note.trim_end().rsplit('\n').next().expect("a line")
}

/// A signature line of a point of small order under the key that is that point, which verifies any text for those who do not refuse it.
fn of_small_order() -> String {
    let identity = [&[1][..], &[0; 31]].concat();
    let id = Sha256::digest([KEY.as_bytes(), b"\n\x01", &identity].concat());
    format!("— {KEY} {}", STANDARD.encode([&id[..4], &identity, &[0; 32]].concat()))
}

/// The same signature with its number S written as S + L.
fn with_another_s(line: &str) -> String {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let (head, code) = line.rsplit_once(' ').expect("a signature line");
    let mut bytes = STANDARD.decode(code).expect("base64");
    let mut carry = 0;
    for (byte, of_order) in bytes[36..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(of_order) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    format!("{head} {}", STANDARD.encode(bytes))
}

fn vectors() -> Vec<Vector> {
    let golden = |name: &str| {
        fs::read_to_string(format!("{}/../licensing/src/activation_file/golden/{name}.I3Lic", env!("CARGO_MANIFEST_DIR")))
            .expect("a golden file")
    };
    let (production, development, cloud) = (golden("production"), golden("development"), golden("virtual-cloud"));
    let (host, dev, vc) = (text(&production).to_owned(), text(&development).to_owned(), text(&cloud).to_owned());
    let line = signature_line(&production);
    let mut vectors = Vec::new();
    let mut add = |name, about, bytes: &[u8], verdict, signature: bool| {
        // What follows the signatures is text to one tool and not to the other.
        let signature = Some(signature).filter(|_| name != "trailing-text");
        vectors.push(Vector { name, about, bytes: bytes.to_vec(), verdict, signature });
    };
    add("production", "for a switchover pair", production.as_bytes(), "valid", true);
    add("virtual-cloud", "bound to a cloud organisation", cloud.as_bytes(), "valid", true);
    let lasting = dev.replace("valid_through = 2026-12-22", "valid_through = 2099-12-22");
    add("development", "disconnects hourly", signed(&lasting).as_bytes(), "valid", true);
    let evaluation =
        lasting.replace("development-partner", "evaluation").replace("[restrictions]\ndisconnect_hourly = true\n\n", "");
    add("evaluation", "no restrictions", signed(&evaluation).as_bytes(), "valid", true);
    let witness = format!("{production}{}\n", line.replace(KEY, "witness.example"));
    add("signature-of-a-stranger", "a second line by an unknown key", witness.as_bytes(), "valid", true);
    add("crlf", "line ends changed by mail", production.replace('\n', "\r\n").as_bytes(), "valid", false);
    add("byte-order-mark", "put in front by an editor", format!("\u{FEFF}{production}").as_bytes(), "valid", false);
    add("byte-order-mark-and-crlf", "both", format!("\u{FEFF}{production}").replace('\n', "\r\n").as_bytes(), "valid", false);
    add("expired", "last day in the past", signed(&dev.replace("2026-12-22", "2020-02-29")).as_bytes(), "expired", true);
    add("newer-format", "format activation-file/2", signed(&host.replace("file/1", "file/2")).as_bytes(), "newer format", true);

    add("changed-count", "one digit", production.replace("CLIENT = 5\n", "CLIENT = 6\n").as_bytes(), "altered", false);
    let swapped = format!("{host}\n{}\n", signature_line(&cloud));
    add("swapped-signature", "of another file", swapped.as_bytes(), "altered", false);
    let both = format!("{host}\n{line}\n{}\n", signature_line(&cloud));
    add("right-and-wrong-signature", "one of two lines by the key is wrong", both.as_bytes(), "altered", false);
    let (head, code) = line.rsplit_once(' ').expect("a line");
    let short = format!("{head} {}", STANDARD.encode(&STANDARD.decode(code).expect("base64")[..67]));
    add("short-signature", "63 bytes", format!("{host}\n{short}\n").as_bytes(), "altered", false);
    add("s-not-reduced", "S + L instead of S", format!("{host}\n{}\n", with_another_s(line)).as_bytes(), "altered", false);
    let namesake = sign(&host, &KEY.parse().expect("a key name"), &key(8));
    add("key-of-the-same-name", "another key", namesake.as_bytes(), "unknown key", false);
    add(
        "small-order-key",
        "a key for which anything verifies",
        format!("{host}\n{}\n", of_small_order()).as_bytes(),
        "unknown key",
        false,
    );
    let unknown = sign(&host, &"elsewhere.example/1".parse().expect("a key name"), &key(7));
    add("unknown-key", "the right key under another name", unknown.as_bytes(), "unknown key", false);

    let none = "not an activation file";
    add("stripped-signature", "the text alone", host.as_bytes(), none, false);
    add("trailing-text", "after the signature", format!("{production}more\n").as_bytes(), none, false);
    add("no-final-line-end", "the last line is not ended", production.trim_end().as_bytes(), none, true);
    add(
        "signature-with-loose-bits",
        "base64 that is not the one form",
        production.replace(line, &format!("{line}=")).as_bytes(),
        none,
        true,
    );
    add("minus-for-dash", "the line begins with another dash", production.replace("— ", "- ").as_bytes(), none, false);
    add("not-utf-8", "a byte that is no text", &[production.as_bytes(), &[0xFF, b'\n']].concat(), none, true);
    let seventeen = format!("{production}{}", format!("{}\n", line.replace(KEY, "witness.example")).repeat(16));
    add("seventeen-signatures", "more than 16", seventeen.as_bytes(), none, true);

    // What follows is signed by the trusted key, and breaks a rule of the text.
    let mut text = |name, about, text: String| add(name, about, signed(&text).as_bytes(), none, true);
    let changed = |from: &str, to: &str| {
        assert!(host.contains(from), "{from}");
        host.replacen(from, to, 1)
    };
    text("oversized", "a text of more than 64 KiB", format!("{host}{}", "I3_ACCESS_ZZZZ = 1\n".repeat(4000)));
    text("duplicate-key", "revision twice", changed("revision = 2\n", "revision = 2\nrevision = 2\n"));
    text("duplicate-licence-key", "a licence key twice", changed("CLIENT = 5\n", "CLIENT = 5\nI3_ACCESS_CLIENT = 5\n"));
    text("extra-field", "a field that the format does not know", changed("revision = 2\n", "revision = 2\nnote = \"x\"\n"));
    text("missing-field", "no product", changed("product = \"CIC\"\n", ""));
    text(
        "reordered-fields",
        "two fields change places",
        changed("product = \"CIC\"\nproduct_version = \"2020 R2\"\n", "product_version = \"2020 R2\"\nproduct = \"CIC\"\n"),
    );
    text(
        "unsorted-keys",
        "two licence keys change places",
        changed(
            "I3_ACCESS_CLIENT = 5\nI3_ACCESS_CLIENT_CONCURRENT = 25\n",
            "I3_ACCESS_CLIENT_CONCURRENT = 25\nI3_ACCESS_CLIENT = 5\n",
        ),
    );
    text("number-hexadecimal", "0x2", changed("revision = 2\n", "revision = 0x2\n"));
    text("number-plus", "+2", changed("revision = 2\n", "revision = +2\n"));
    text("number-float", "2.0", changed("revision = 2\n", "revision = 2.0\n"));
    text("number-underscore", "3_0", changed("STATION = 30\n", "STATION = 3_0\n"));
    text("number-leading-zero", "05", changed("CLIENT = 5\n", "CLIENT = 05\n"));
    text("revision-zero", "revisions begin with 1", changed("revision = 2\n", "revision = 0\n"));
    text("count-zero", "a key that gives nothing", changed("CLIENT = 5\n", "CLIENT = 0\n"));
    text("count-too-large", "1,000,001", changed("CLIENT = 5\n", "CLIENT = 1000001\n"));
    text("key-alias", "another name of a licence key", changed("I3_ACCESS_CLIENT = 5\n", "I3_CLIENT_ACCESS = 5\n"));
    text("key-quoted", "a quoted licence key", changed("I3_ACCESS_CLIENT = 5\n", "\"I3_ACCESS_CLIENT\" = 5\n"));
    text("literal-string", "'CIC'", changed("\"CIC\"", "'CIC'"));
    text("escaped-letter", "a letter by its number", changed("\"CIC\"", "\"C\\u0049C\""));
    text("comment", "a comment in front", format!("# note\n{host}"));
    text("blank-line", "one more at the end", format!("{host}\n"));
    text("no-day", "30 February", changed("2027-06-30", "2027-02-30"));
    text("instant-for-a-day", "a last day with a time", changed("2100-01-01", "2100-01-01T00:00:00Z"));
    text("offset", "a time with an offset", changed("10:15:30Z", "10:15:30+00:00"));
    text("fraction-of-a-second", "a time with half a second", changed("10:15:30Z", "10:15:30.5Z"));
    text("lower-case-host-id", "6300270e26df", changed("6300270E26DF", "6300270e26df"));
    text("one-host-twice", "both servers on one host", changed("A3155D1E8B32", "6300270E26DF"));
    text("host-without-id", "bound to nothing", changed("host_id = \"6300270E26DF\"\n", ""));
    text("bidirectional", "a name that reads in two directions", changed("Indianapolis", "India\u{202E}napolis"));
    text("zero-width", "a name with a character that nobody sees", changed("Indianapolis", "India\u{200B}napolis"));
    text("blank-at-the-end", "a name that ends with a blank", changed("\"CIC\"", "\"CIC \""));
    text("long-name", "101 characters", changed("Indianapolis DC 1", &"é".repeat(101)));
    text("updates-without-key", "updates_through without I3_FEATURE_SU_ALLOWED", changed("I3_FEATURE_SU_ALLOWED = 1\n", ""));
    text("key-without-updates", "I3_FEATURE_SU_ALLOWED without updates_through", changed("updates_through = 2027-06-30\n", ""));
    text(
        "cloud-key-on-a-host",
        "I3_FEATURE_VIRTUAL_CLOUD in a file for a host",
        changed("SU_ALLOWED = 1\n", "SU_ALLOWED = 1\nI3_FEATURE_VIRTUAL_CLOUD = 1\n"),
    );
    text("cloud-without-enforcement", "kind changed alone", changed("\"host\"", "\"virtual-cloud\""));
    text(
        "cloud-with-host-id",
        "a virtual cloud bound to a host",
        vc.replacen("machine_name", "host_id = \"6300270E26DF\"\nmachine_name", 1),
    );
    text("cloud-without-key", "no I3_FEATURE_VIRTUAL_CLOUD", vc.replace("I3_FEATURE_VIRTUAL_CLOUD = 1\n", ""));
    text("no-grace", "a grace period of no day", vc.replace("grace_days = 7", "grace_days = 0"));
    text(
        "unrestricted-development",
        "a development file without its restriction",
        lasting.replace("[restrictions]\ndisconnect_hourly = true\n\n", ""),
    );
    text(
        "restricted-production",
        "a production file with one",
        changed("[keys]\n", "[restrictions]\ndisconnect_hourly = true\n\n[keys]\n"),
    );
    text("unknown-type", "a licence type that there is not", changed("\"production\"", "\"permanent\""));
    text("other-format", "a format of somebody else", changed("activation-file/1", "licence/1"));
    vectors
}

/// A list by the same key, which takes a file and a key back.
fn revocations() -> RevocationList {
    RevocationList {
        number: 7,
        issued_at: "2026-12-01T08:00:00Z".parse().expect("an instant"),
        valid_through: "2026-12-31".parse().expect("a day"),
        serials: [("AF-0000007".parse().expect("a serial"), "2026-11-20".parse().expect("a day"))].into(),
        keys: [("licensing.example/2025a+9f3a6c21".parse().expect("a key"), "2026-10-01".parse().expect("a day"))].into(),
    }
}

/// The words that a program prints first.
fn answer(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap_or_else(|error| panic!("{program}: {error}"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    said.lines().last().unwrap_or_default().split(':').next().unwrap_or_default().to_owned()
}

/// Whether openssl, by the lines of the specification, finds the signature right.
fn openssl(folder: &Path, file: &Path) -> bool {
    let script = format!(
        "set -e; grep -v '^— ' \"$1\" | sed '$d' >text; grep '^— {KEY} ' \"$1\" | sed 's/.* //' | base64 -d | tail -c 64 >sig
         openssl pkeyutl -verify -pubin -inkey public.pem -rawin -in text -sigfile sig"
    );
    let status = Command::new("bash").args(["-c", &script, "bash"]).arg(file).current_dir(folder).output().expect("bash runs");
    status.status.success()
}

/// All files at once, because Node starts slowly: names of those whose signature it finds right.
fn node(folder: &Path, files: &[PathBuf]) -> Vec<String> {
    let script = format!(
        "const fs=require('fs'),c=require('crypto'),pem=fs.readFileSync('public.pem');
         for(const f of process.argv.slice(1)){{
           const n=fs.readFileSync(f),i=n.lastIndexOf('\\n\\n')+1,l=n.subarray(i+1).toString().split('\\n').filter(l=>l.startsWith('— {KEY} ')).pop();
           if(l&&c.verify(null,n.subarray(0,i),pem,Buffer.from(l.split(' ')[2],'base64').subarray(-64)))console.log(f);
         }}"
    );
    let output =
        Command::new("node").arg("-e").arg(script).arg("--").args(files).current_dir(folder).output().expect("node runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

fn readme(table: &str) -> String {
    format!(
        "# Vectors\n\n\
         Files for whoever writes a verifier of activation files: good ones, and every attack that the rules of\n\
         [the specification](../../docs/activation-file.md) speak of. `keys.txt` has the trusted verifier key, `public.pem` the same key for openssl.\n\
         The private key is 32 bytes of 7. `revocations.txt` is a revocation list. `weak-key.txt` has a key that no verifier may trust.\n\n\
         The test `i3lic/tests/vectors.rs` makes the files, and this table from what each tool answered; with `AFMT_WRITE_EXPECTED=1` it writes them.\n\
         `i3lic` is the command, *checker* the code of the page `/check`, *Python* the lines of the specification. openssl and Node know no rule of the\n\
         text: they see whether the signature is right. They are given the trusted key; that the weak one is refused is up to whoever reads the keys.\n\n\
         {table}"
    )
}

#[test]
#[expect(clippy::print_stdout, reason = "the table is what the test shows")]
fn every_tool_gives_the_answer_that_the_rules_ask_for() {
    let work = tempfile::tempdir().expect("a folder");
    let vectors = vectors();
    let keys = format!("{}\n", public(7));
    let write = std::env::var_os("AFMT_WRITE_EXPECTED").is_some();
    let folder = work.path();
    let pem = key(7).verifying_key().to_public_key_pem(LineEnding::LF).expect("a public key");
    let weak = of_small_order();
    let weak_line = STANDARD.decode(weak.rsplit(' ').next().expect("base64")).expect("base64");
    let weak_id: String = weak_line[..4].iter().map(|byte| format!("{byte:02x}")).collect();
    let weak_key = format!("{KEY}+{weak_id}+AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n");
    let mut files = vec![
        ("keys.txt".to_owned(), keys.clone().into_bytes()),
        ("public.pem".into(), pem.into_bytes()),
        ("weak-key.txt".into(), weak_key.into_bytes()),
        ("revocations.txt".into(), signed(&revocations().encode()).into_bytes()),
    ];
    files.extend(vectors.iter().map(|vector| (format!("{}.I3Lic", vector.name), vector.bytes.clone())));
    for (name, bytes) in &files {
        fs::write(folder.join(name), bytes).expect("written");
        if write {
            fs::write(Path::new(FOLDER).join(name), bytes).expect("written");
        }
        assert_eq!(fs::read(Path::new(FOLDER).join(name)).ok().as_ref(), Some(bytes), "{name} is not the committed one");
    }

    let path = |vector: &Vector| folder.join(format!("{}.I3Lic", vector.name));
    let imports =
        |python: &&str| Command::new(python).args(["-c", "import cryptography"]).output().is_ok_and(|o| o.status.success());
    let python = ["python3", "/usr/bin/python3"].into_iter().find(imports).expect("Python with the package cryptography");
    let script = format!("{}/../docs/verify.py", env!("CARGO_MANIFEST_DIR"));
    let paths: Vec<PathBuf> = vectors.iter().map(path).collect();
    let by_node = node(folder, &paths);
    let ring: KeyRing = keys.parse().expect("a key ring");
    let keys = folder.join("keys.txt").display().to_string();
    let mut table = String::from(
        "| file | what it is | i3lic | checker | Python | openssl | Node |\n| --- | --- | --- | --- | --- | --- | --- |\n",
    );
    let mut wrong = Vec::new();
    for vector in &vectors {
        let file = path(vector).display().to_string();
        let command = answer(env!("CARGO_BIN_EXE_i3lic"), &["verify", &file, "--keys", &keys]);
        let checker =
            ring.examine(&vector.bytes, &Expected { on: "2026-11-22".parse().ok(), ..Expected::default() }).verdict.word();
        let python = answer(python, &[&script, &file, &keys]);
        let openssl = openssl(folder, &path(vector));
        let node = by_node.contains(&file);
        let right = |holds: bool| if holds { "right" } else { "wrong" };
        let _ = writeln!(
            table,
            "| `{}` | {} | {command} | {checker} | {python} | {} | {} |",
            vector.name,
            vector.about,
            right(openssl),
            right(node)
        );
        if [command.as_str(), checker, &python] != [vector.verdict; 3]
            || vector.signature.is_some_and(|right| [openssl, node] != [right; 2])
        {
            wrong.push(format!("{}: {} wanted, i3lic {command}, checker {checker}, Python {python}; signature {:?} wanted, openssl {openssl}, Node {node}", vector.name, vector.verdict, vector.signature));
        }
    }
    println!("{table}");
    let readme = readme(&table);
    if write {
        fs::write(Path::new(FOLDER).join("README.md"), &readme).expect("written");
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(fs::read_to_string(format!("{FOLDER}/README.md")).ok(), Some(readme), "the table is not the committed one");
    let known = fs::read_dir(FOLDER).expect("the folder").count();
    assert_eq!(known, files.len() + 1, "the folder has a file that nobody makes");
    // Given the weak key, openssl and Node take what anybody can make.
    let small = path(vectors.iter().find(|vector| vector.name == "small-order-key").expect("the vector"));
    let identity = VerifyingKey::from_bytes(&[&[1][..], &[0; 31]].concat().try_into().expect("32 bytes")).expect("a point");
    fs::write(folder.join("public.pem"), identity.to_public_key_pem(LineEnding::LF).expect("a public key")).expect("written");
    assert!(openssl(folder, &small), "openssl refuses weak keys by now: say so in the specification");
    assert_eq!(node(folder, std::slice::from_ref(&small)), [small.display().to_string()]);
    let refused = fs::read_to_string(folder.join("weak-key.txt")).expect("the weak key").parse::<KeyRing>().map(drop);
    assert_eq!(
        refused.map_err(|error| error.to_string()),
        Err("Line 1 is not a verifier key. This public key is weak: signatures by anybody would pass for it.".into())
    );
}

#[test]
fn a_file_cut_off_anywhere_is_not_valid() {
    let ring: KeyRing = public(7).to_string().parse().expect("a key ring");
    for vector in vectors().into_iter().filter(|vector| vector.verdict == "valid") {
        for end in 0..vector.bytes.len() {
            let verdict = ring.examine(&vector.bytes[..end], &Expected::default()).verdict;
            // All that a strange line may lose is the whole of it, with its line end.
            let whole = vector.name == "signature-of-a-stranger" && vector.bytes[..end].ends_with(b"=\n");
            assert_eq!(verdict.word() == "valid", whole, "{} cut off at {end}", vector.name);
        }
    }
}

#[test]
fn the_specification_shows_the_verifier_that_was_tried() {
    let read = |name| fs::read_to_string(format!("{}/../docs/{name}", env!("CARGO_MANIFEST_DIR"))).expect(name);
    let shown = read("activation-file.md");
    let shown = shown.split("```python\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a block of Python");
    let verifier = read("verify.py");
    assert_eq!(shown, verifier);
    let lines =
        verifier.lines().filter(|line| !line.starts_with('#') && !line.starts_with("import") && !line.starts_with("from"));
    assert_eq!(lines.count(), 30);
}
