//! `i3lic`: the command of a licensed server for its activation files. It needs no network, and trusts no key that a file brings along.

mod host_id;
mod input;
mod load;

use anyhow::{Context, Result, anyhow, ensure};
use chrono::{Local, NaiveDate, Utc};
use clap::{Args, CommandFactory, Parser, Subcommand};
use host_id::Interface;
use licensing::{
    HostId,
    activation_file::{ActivationFile, Expected, KeyRing, Note, Repair, RevocationList, Verdict, damage, undo_transport},
};
use serde_json::{Value, json};
use std::{
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Shows, verifies, compares and loads activation files.
#[derive(Parser)]
#[command(
    name = "i3lic",
    version,
    after_help = "Exit status: 0 when the answer is yes (for verify and load: the file is valid), 1 when it is no, 2 when the question could not be answered.\n\n\
    Examples:\n  i3lic host-id\n  i3lic verify AF-0000123.I3Lic --keys keys.txt --product CIC\n  i3lic load AF-0000123.I3Lic --keys keys.txt --product CIC --dir /var/lib/cic/licence"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Answer as JSON, for programs.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Print the host ids of this machine, one for each network interface, in a stable order.
    #[command(name = "host-id", after_help = "Example:\n  i3lic host-id")]
    HostId,
    /// Show what a file says. Its signature is not checked.
    #[command(after_help = "Example:\n  i3lic show AF-0000123.I3Lic")]
    Show {
        /// The activation file; - reads it from standard input.
        file: PathBuf,
    },
    /// Check a file's signature and whether it may be used here and now.
    #[command(
        after_help = "The public keys of an issuer are served under /.well-known/activation-file-keys: fetch them once, over a way that you trust.\n\n\
        Examples:\n  i3lic verify AF-0000123.I3Lic --keys keys.txt\n  i3lic verify AF-0000123.I3Lic --keys keys.txt --host-id 6300270E26DF --product CIC --on 2027-01-31\n  i3lic verify - --keys keys.txt --json <AF-0000123.I3Lic"
    )]
    Verify {
        /// The activation file; - reads it from standard input.
        file: PathBuf,
        #[command(flatten)]
        question: Question,
        /// The file must be for this host.
        #[arg(long, value_parser = HostId::typed)]
        host_id: Option<HostId>,
    },
    /// Tell what a second file says differently. Signatures are not checked.
    #[command(
        after_help = "Exit status 0 when both say the same, 1 when they differ.\n\nExample:\n  i3lic diff AF-0000123-1.I3Lic AF-0000123-2.I3Lic"
    )]
    Diff { before: PathBuf, after: PathBuf },
    /// Verify a file and put it into the folder from which the server reads its licence. The file that was there is kept.
    #[command(
        after_help = "The folder holds activation.I3Lic, previous.I3Lic, which was loaded before it, and the number of the latest revocation list that was used.\n\n\
        Examples:\n  i3lic load AF-0000123.I3Lic --keys keys.txt --product CIC --dir /var/lib/cic/licence\n  i3lic load /var/lib/cic/licence/previous.I3Lic --keys keys.txt --product CIC --dir /var/lib/cic/licence --go-back"
    )]
    Load {
        /// The activation file.
        file: PathBuf,
        #[command(flatten)]
        question: Question,
        /// File that the server reads its licence from.
        #[arg(long)]
        dir: PathBuf,
        /// The host that the file must be for, instead of this machine.
        #[arg(long, value_parser = HostId::typed)]
        host_id: Option<HostId>,
        /// Load it although it is an older revision than the one that is loaded.
        #[arg(long)]
        go_back: bool,
    },
    /// Print the man page.
    #[command(hide = true)]
    Man,
}

/// Facts that a file is checked against.
#[derive(Args)]
struct Question {
    /// Verifier keys that are trusted, one a line.
    #[arg(long, value_name = "FILE")]
    keys: PathBuf,
    /// The file must be for this product, such as CIC.
    #[arg(long)]
    product: Option<String>,
    /// The day on which it must be valid; today by this machine's date.
    #[arg(long, value_name = "DATE")]
    on: Option<NaiveDate>,
    /// The issuer's signed list of what it has taken back.
    #[arg(long, value_name = "FILE")]
    revocations: Option<PathBuf>,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut out = std::io::stdout().lock();
    match run(cli, &mut out) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error:#}");
            ExitCode::from(2)
        }
    }
}

/// Whether the answer is yes.
fn run(Cli { command, json }: Cli, out: &mut impl Write) -> Result<bool> {
    match command {
        Command::HostId => {
            let ids = host_id::of_this_machine();
            ensure!(
                !ids.is_empty(),
                "This machine has no network interface of its own. Ask whoever runs the virtual machines for its host id."
            );
            if json {
                let told = |found: &Interface| json!({ "interface": found.name, "host_id": found.host_id, "may_leave": found.may_leave });
                let ids: Vec<_> = ids.iter().map(told).collect();
                writeln!(out, "{}", json!(ids))?;
            } else {
                for found in ids {
                    writeln!(out, "{found}")?;
                }
            }
            Ok(true)
        }
        Command::Show { file } => {
            let received = Received::read(&file)?;
            let shown = received.decode(&file)?;
            if json {
                writeln!(out, "{}", json!({ "file": shown, "repairs": received.repairs(), "signature": "not checked" }))?;
            } else {
                received.tell(out)?;
                contents(&shown, out)?;
                writeln!(out, "\nThe signature was not checked: i3lic verify does that.")?;
            }
            Ok(true)
        }
        Command::Verify { file, question, host_id } => {
            let received = Received::read(&file)?;
            let (ring, expected) = question.expected()?;
            let verdict = ring.verify(&received.bytes, &Expected { host_id, ..expected });
            if json {
                writeln!(out, "{}", received.answer(&verdict))?;
            } else {
                received.tell(out)?;
                writeln!(out, "{}: {verdict}", verdict.word())?;
            }
            Ok(matches!(verdict, Verdict::Valid(_)))
        }
        Command::Diff { before, after } => {
            let (first, second) = (Received::read(&before)?, Received::read(&after)?);
            let changes = first.decode(&before)?.changes(&second.decode(&after)?);
            if json {
                writeln!(out, "{}", json!(changes))?;
            } else if changes.is_empty() {
                writeln!(out, "Both files say the same.")?;
            }
            for change in changes.iter().filter(|_| !json) {
                writeln!(out, "{change}")?;
            }
            Ok(changes.is_empty())
        }
        Command::Load { file, question, dir, host_id, go_back } => {
            let received = Received::read(&file)?;
            let (ring, expected) = question.expected()?;
            #[expect(clippy::disallowed_methods, reason = "a file that was issued later than now tells of a clock that is wrong")]
            let now = Utc::now();
            let loaded = load::load(&received.bytes, &ring, expected, host_id, &dir, go_back, now)?;
            if json {
                let mut answer = received.answer(&loaded.verdict);
                answer["changes"] = json!(loaded.changes);
                answer["go_back"] = json!(loaded.go_back);
                answer["advice"] = json!(loaded.advice);
                writeln!(out, "{answer}")?;
            } else {
                received.tell(out)?;
                loaded.tell(out)?;
            }
            Ok(matches!(loaded.verdict, Verdict::Valid(_)))
        }
        Command::Man => {
            clap_mangen::Man::new(Cli::command()).render(out)?;
            Ok(true)
        }
    }
}

impl Question {
    /// The trusted keys, and what is known about where and when the file is to be used.
    fn expected(self) -> Result<(KeyRing, Expected)> {
        let keys = input::text(&self.keys).context("The keys cannot be read")?;
        let ring: KeyRing = keys.parse().with_context(|| format!("The keys {} cannot be trusted", self.keys.display()))?;
        #[expect(clippy::disallowed_methods, reason = "a file is valid by the date of the server that it is loaded on")]
        let on = self.on.unwrap_or_else(|| Local::now().date_naive());
        let revocations = self.revocations.map(|path| {
            let list = input::bytes(&path).context("The revocation list cannot be read")?;
            let (list, _) = undo_transport(&list);
            RevocationList::open(&list, &ring, on)
                .with_context(|| format!("The revocation list {} cannot be used", path.display()))
        });
        let revocations = revocations.transpose()?;
        Ok((ring, Expected { product: self.product, on: Some(on), revocations, ..Expected::default() }))
    }
}

/// A file as it came, without what its way did to it.
struct Received {
    bytes: Vec<u8>,
    repairs: Vec<Repair>,
}

impl Received {
    fn read(path: &Path) -> Result<Self> {
        let bytes = input::bytes(path)?;
        let (undone, repairs) = undo_transport(&bytes);
        Ok(Self { bytes: undone.into_owned(), repairs })
    }

    fn decode(&self, path: &Path) -> Result<ActivationFile> {
        let not_one = |fact: String| {
            let damage = damage(&self.bytes).map(|damage| format!("{damage}; download it again"));
            anyhow!("{} is not an activation file: {}.", path.display(), damage.unwrap_or(fact))
        };
        let note = Note::parse(&self.bytes).map_err(|error| not_one(error.to_string()))?;
        ActivationFile::decode(note.text).map_err(|error| not_one(error.to_string()))
    }

    fn repairs(&self) -> Vec<String> {
        self.repairs.iter().map(ToString::to_string).collect()
    }

    fn tell(&self, out: &mut impl Write) -> Result<()> {
        for repair in self.repairs() {
            writeln!(out, "{repair}")?;
        }
        Ok(())
    }

    fn answer(&self, verdict: &Verdict) -> Value {
        let mut answer = json!({ "verdict": verdict.word(), "fact": verdict.to_string(), "repairs": self.repairs() });
        if let Verdict::Valid(verified) = verdict {
            answer["signed_by"] = json!(verified.signed_by.as_str());
            answer["file"] = json!(verified.file);
        }
        answer
    }
}

/// Contents of a file in words; each column is as wide as its longest name.
fn contents(file: &ActivationFile, out: &mut impl Write) -> Result<()> {
    let facts = file.facts();
    let wide = |names: &mut dyn Iterator<Item = usize>| names.max().unwrap_or(0) + 2;
    let names = wide(&mut facts.iter().map(|fact| fact.name.len()));
    for fact in &facts {
        writeln!(out, "{:<names$}{}", fact.name, fact.value)?;
    }
    writeln!(out)?;
    let keys = wide(&mut file.keys.iter().map(|(key, _)| key.as_str().len()));
    for (key, count) in file.keys.iter() {
        writeln!(out, "{:<keys$}{count:>7}", key.as_str())?;
    }
    Ok(())
}
