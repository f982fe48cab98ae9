//! Mail servers on loopback, ended with the process that started them: one that takes mail (aiosmtpd), and one that shows it (Dovecot).

use crate::{
    free_port,
    keeper::{answers, keep},
};
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tempfile::TempDir;

/// Domain of the mailbox that is ours.
const OWN: &str = "licences.example";
const USER: &str = "requests";
const PASSWORD: &str = "a/b c";
/// The password as it stands in an address.
const PASSWORD_IN_ADDRESS: &str = "a%2Fb%20c";

/// Both servers, with one mailbox of ours and one for everybody else.
pub struct MailServers {
    folder: TempDir,
    smtp: u16,
    imap: u16,
    imaps: u16,
    /// They end with their input.
    taking: Option<Child>,
    _showing: Child,
}

impl MailServers {
    /// Starts both.
    ///
    /// # Panics
    /// When one is not installed or does not start.
    #[must_use]
    pub fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("afmt-mail-").tempdir().expect("a folder");
        // Dovecot's own processes pass through it.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("opened");
        let made = Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=localhost",
            ])
            .args([
                "-addext",
                "subjectAltName=DNS:localhost",
                "-addext",
                "basicConstraints=critical,CA:FALSE",
                "-keyout",
                "key.pem",
                "-out",
                "cert.pem",
            ])
            .current_dir(folder.path())
            .output()
            .expect("openssl starts");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        for name in ["ours", "others"] {
            for part in ["cur", "new", "tmp"] {
                fs::create_dir_all(folder.path().join(name).join(part)).expect("a mailbox");
            }
        }
        let (smtp, imap, imaps) = (free_port(), free_port(), free_port());
        fs::write(folder.path().join("dovecot.conf"), configuration(folder.path(), imap, imaps)).expect("configured");
        fs::write(folder.path().join("users"), format!("{USER}:{{PLAIN}}{PASSWORD}\n")).expect("configured");
        let showing =
            keep(&["/usr/sbin/dovecot".as_ref(), "-F".as_ref(), "-c".as_ref(), folder.path().join("dovecot.conf").as_ref()]);
        let mut servers = Self { folder, smtp, imap, imaps, taking: None, _showing: showing };
        servers.resume();
        answers(imap, || servers.log());
        servers
    }

    /// Takes mail again.
    ///
    /// # Panics
    /// When aiosmtpd is not installed or does not start.
    pub fn resume(&mut self) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/smtp_server.py");
        let mut taking = Command::new("/usr/bin/python3");
        taking.arg(script).arg(self.smtp.to_string()).args(["cert.pem", "key.pem", USER, PASSWORD, OWN, "ours", "others"]);
        taking.current_dir(self.folder.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut taking = taking.spawn().expect("python3 starts");
        let mut line = String::new();
        BufReader::new(taking.stdout.take().expect("its output")).read_line(&mut line).expect("its line");
        assert_eq!(line.trim(), "ready", "python3-aiosmtpd is needed");
        self.taking = Some(taking);
    }

    /// Takes no more mail until [`Self::resume`].
    ///
    /// # Panics
    /// When aiosmtpd does not end.
    pub fn stop(&mut self) {
        if let Some(mut taking) = self.taking.take() {
            drop(taking.stdin.take());
            taking.wait().expect("its end");
        }
    }

    /// What Dovecot logged.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// File of the certificate of both.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    /// Address of the server that takes mail.
    #[must_use]
    pub fn smtp_url(&self) -> String {
        format!("smtp://{USER}:{PASSWORD_IN_ADDRESS}@localhost:{}?tls=required", self.smtp)
    }

    /// Address of our mailbox, encrypted.
    #[must_use]
    pub fn imaps_url(&self) -> String {
        format!("imaps://{USER}:{PASSWORD_IN_ADDRESS}@localhost:{}/INBOX", self.imaps)
    }

    /// The same in the clear, at `port` of a proxy or at its own.
    #[must_use]
    pub fn imap_url(&self, port: Option<u16>) -> String {
        format!("imap://{USER}:{PASSWORD_IN_ADDRESS}@127.0.0.1:{}/INBOX", port.unwrap_or(self.imap))
    }

    /// Port of Dovecot in the clear.
    #[must_use]
    pub fn imap_port(&self) -> u16 {
        self.imap
    }

    /// The command that sends its input, without sender and recipient.
    #[must_use]
    pub fn sending(&self) -> Command {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--ssl-reqd", "--cacert"]).arg(self.certificate());
        curl.args(["--url", &format!("smtp://localhost:{}", self.smtp), "--user", &format!("{USER}:{PASSWORD}")]);
        curl.args(["--upload-file", "-"]);
        curl
    }

    /// Folder that mail for everybody else arrives in.
    #[must_use]
    pub fn arrived_in(&self) -> PathBuf {
        self.folder.path().join("others/new")
    }

    /// Sends a mail as somebody's mail program does.
    ///
    /// # Panics
    /// When it is not taken.
    pub fn send(&self, from: &str, to: &str, mail: &str) {
        let mut curl = self.sending();
        curl.args(["--mail-from", from, "--mail-rcpt", to]).stdin(Stdio::piped()).stderr(Stdio::piped());
        let mut curl = curl.spawn().expect("curl starts");
        curl.stdin.take().expect("its input").write_all(mail.replace('\n', "\r\n").as_bytes()).expect("it reads");
        let ended = curl.wait_with_output().expect("its end");
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    }

    /// Mails that have arrived for everybody else, in no order.
    ///
    /// # Panics
    /// When the mailbox cannot be read.
    #[must_use]
    pub fn arrived(&self) -> Vec<String> {
        let files = fs::read_dir(self.arrived_in()).expect("a mailbox");
        files.flatten().map(|entry| fs::read_to_string(entry.path()).expect("a mail")).collect()
    }

    /// Number of mails of ours that are marked as read.
    ///
    /// # Panics
    /// When the mailbox cannot be read.
    #[must_use]
    pub fn seen(&self) -> usize {
        let files = fs::read_dir(self.folder.path().join("ours/cur")).expect("a mailbox");
        files
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().rsplit_once(":2,").is_some_and(|(_, flags)| flags.contains('S')))
            .count()
    }
}

fn configuration(folder: &Path, imap: u16, imaps: u16) -> String {
    let here = folder.display();
    let owner = fs::metadata(folder).expect("a folder");
    let (user, group, internal) = match dovecot_user(&owner) {
        Some((user, group)) => {
            for name in ["ours", "ours/cur", "ours/new", "ours/tmp"] {
                std::os::unix::fs::chown(folder.join(name), Some(user), Some(group)).expect("given away");
            }
            (user, group, String::new())
        }
        None => {
            let name = std::env::var("USER").expect("a user");
            (owner.uid(), owner.gid(), format!("default_internal_user = {name}\ndefault_login_user = {name}\n"))
        }
    };
    format!(
        "base_dir = {here}/run\nlog_path = {here}/log\nlisten = 127.0.0.1\nprotocols = imap\n{internal}\
         ssl = yes\nssl_cert = <{here}/cert.pem\nssl_key = <{here}/key.pem\ndisable_plaintext_auth = no\nauth_mechanisms = plain login\n\
         mail_location = maildir:{here}/ours\nfirst_valid_uid = 0\nfirst_valid_gid = 0\nmail_max_userip_connections = 50\n\
         passdb {{\n  driver = passwd-file\n  args = {here}/users\n}}\n\
         userdb {{\n  driver = static\n  args = uid={user} gid={group} home={here}/ours\n}}\n\
         service imap-login {{\n  chroot =\n  inet_listener imap {{\n    port = {imap}\n  }}\n  inet_listener imaps {{\n    port = {imaps}\n    ssl = yes\n  }}\n}}\n\
         service anvil {{\n  chroot =\n}}\nservice stats {{\n  unix_listener stats-writer {{\n    mode = 0666\n  }}\n}}\n"
    )
}

/// User and group whose mailbox Dovecot opens. It opens none for root, and as somebody else it opens only that one's own.
fn dovecot_user(owner: &fs::Metadata) -> Option<(u32, u32)> {
    if owner.uid() != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").expect("the users");
    let line = users.lines().find(|line| line.starts_with("dovecot:")).expect("a user dovecot");
    let mut numbers = line.split(':').skip(2).map(|number| number.parse().expect("a number"));
    numbers.next().zip(numbers.next())
}

/// A line to another port that breaks once, after a number of bytes from there.
pub struct BreakingLine {
    pub port: u16,
    breaks: Arc<AtomicU64>,
}

impl BreakingLine {
    /// A line to `port` that breaks after `bytes`; those after it hold.
    ///
    /// # Panics
    /// When nothing can be listened on.
    #[must_use]
    pub fn to(port: u16, bytes: u64) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let own = listener.local_addr().expect("an address").port();
        let breaks = Arc::new(AtomicU64::new(bytes));
        std::thread::spawn({
            let breaks = Arc::clone(&breaks);
            move || {
                for client in listener.incoming().flatten() {
                    let server = TcpStream::connect(("127.0.0.1", port)).expect("the server answers");
                    let (mut up, mut down) = (client.try_clone().expect("cloned"), server.try_clone().expect("cloned"));
                    std::thread::spawn(move || std::io::copy(&mut up, &mut { server }));
                    let breaks = Arc::clone(&breaks);
                    std::thread::spawn(move || {
                        use std::io::Read;
                        let left = breaks.load(Ordering::Relaxed);
                        let mut client = client;
                        if left > 0 {
                            let passed = std::io::copy(&mut (&mut down).take(left), &mut client).unwrap_or_default();
                            if passed == left {
                                breaks.store(0, Ordering::Relaxed);
                                let _ = client.shutdown(std::net::Shutdown::Both);
                                return;
                            }
                        }
                        let _ = std::io::copy(&mut down, &mut client);
                    });
                }
            }
        });
        Self { port: own, breaks }
    }

    /// Whether it has broken.
    #[must_use]
    pub fn has_broken(&self) -> bool {
        self.breaks.load(Ordering::Relaxed) == 0
    }
}
