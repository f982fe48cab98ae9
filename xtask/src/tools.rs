//! Tools that the machine needs besides Rust.

use crate::{cargo, report, root, run};
use anyhow::{Context, Result, bail};
use std::{
    path::Path,
    process::{Command, Stdio},
};

pub const WASM: &str = "wasm32-unknown-unknown";

/// A target of the compiler, such as the one that the islands are compiled to.
pub fn target(name: &str) -> Result<()> {
    let output =
        Command::new("rustc").args(["--print", "target-libdir", "--target", name]).output().context("rustc is needed")?;
    if Path::new(String::from_utf8(output.stdout)?.trim()).is_dir() {
        return Ok(());
    }
    run(Command::new("rustup").args(["target", "add", name])).with_context(|| format!("the target {name} is added with rustup"))
}

/// Chromium, openssl, curl and the npm packages of the browser tests.
pub fn browser() -> Result<()> {
    let needed = [("chromium", "chromium"), ("openssl", "openssl"), ("curl", "curl"), ("node", "nodejs"), ("npm", "npm")];
    let missing: Vec<_> = needed.into_iter().filter(|(program, _)| !answers(program)).map(|(_, package)| package).collect();
    if !missing.is_empty() {
        install(&missing)?;
    }
    let folder = root().join("tests/e2e");
    let installed = folder.join("node_modules/.package-lock.json");
    let lock = folder.join("package-lock.json");
    let modified = |path: &Path| std::fs::metadata(path).and_then(|m| m.modified()).ok();
    if modified(&installed).is_none_or(|at| modified(&lock).is_none_or(|lock| at < lock)) {
        run(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(folder))?;
    }
    Ok(())
}

/// Python with an Ed25519 of its own, which runs the verifier of the specification.
pub fn python() -> Result<()> {
    let importable = |python| Command::new(python).args(["-c", "import cryptography"]).stderr(Stdio::null()).status();
    let installed =
        ["python3", "/usr/bin/python3"].into_iter().any(|python| importable(python).is_ok_and(|status| status.success()));
    if installed { Ok(()) } else { install(&["python3", "python3-cryptography"]) }
}

/// PostgreSQL, of which the tests start servers of their own. Debian keeps it off the path.
pub fn postgres() -> Result<()> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let installed = versions.into_iter().any(|version| version.path().join("bin/initdb").exists());
    if installed || answers("initdb") { Ok(()) } else { install(&["postgresql"]) }
}

/// Mail servers: one that takes mail, and one that shows it.
pub fn mail() -> Result<()> {
    let dovecot = Path::new("/usr/sbin/dovecot").exists() && Path::new("/usr/lib/dovecot/imap").exists();
    let taking = Command::new("/usr/bin/python3").args(["-c", "import aiosmtpd"]).stderr(Stdio::null()).status();
    let installed = dovecot && taking.is_ok_and(|status| status.success());
    if installed { Ok(()) } else { install(&["dovecot-imapd", "python3-aiosmtpd"]) }
}

/// The virus scanner.
pub fn clamd() -> Result<()> {
    if Path::new("/usr/sbin/clamd").exists() { Ok(()) } else { install(&["clamav-daemon"]) }
}

/// Rules for dependencies (`deny.toml`), checked where cargo-deny is installed. Advisories are left out: they change with the day, and no build depends
/// on that.
pub fn deny() -> Result<()> {
    if !answers("cargo-deny") {
        return Ok(());
    }
    cargo(&["deny", "--locked", "check", "bans", "licenses", "sources"])
}

fn answers(program: &str) -> bool {
    let version = if program == "openssl" { "version" } else { "--version" };
    Command::new(program).arg(version).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

fn install(packages: &[&str]) -> Result<()> {
    let list = packages.join(" ");
    let root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    if !root || !answers("apt-get") {
        bail!("The tests need these programs: {list}. Install them, on Debian with: sudo apt-get install {list}");
    }
    report(&format!("Installing {list}"));
    run(Command::new("apt-get").args(["update", "--quiet"]))?;
    run(Command::new("apt-get")
        .args(["install", "--quiet", "--yes", "--no-install-recommends"])
        .args(packages)
        .env("DEBIAN_FRONTEND", "noninteractive"))
}
