//! Measurements too long for every run of the tests; their figures go to `docs/`.

use crate::{cargo, cargo_command, root, run, site, target, tools};
use anyhow::{Context, Result};
use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

/// The harnesses at full size; their words into `docs/reliability.md`.
pub fn reliability() -> Result<()> {
    site::build(false)?;
    tools::postgres()?;
    let report = target().join("reliability.txt");
    let _ = fs::remove_file(&report);
    run(cargo_command()
        .args(["test", "--test", "reliability", "--locked", "--", "--nocapture", "--test-threads=2"])
        .env("AFMT_SIZE", "full")
        .env("AFMT_REPORT", &report))?;
    let said = fs::read_to_string(&report)?;
    let lines: String = said.lines().map(|line| format!("- {line}\n")).collect();
    let said = format!("{}\n{lines}", occasion("test profile", "cargo xtask reliability")?);
    keep(&root().join("docs/reliability.md"), "what was measured", &said)
}

/// The worst that a signed-in person can ask for, of the server as `cargo xtask serve` builds it; the table into `docs/reliability.md`.
pub fn worst() -> Result<()> {
    site::build(false)?;
    cargo(&["build", "--bin", "afmt", "--bin", "benchmark", "--locked"])?;
    let (built, report) = (target().join("debug"), target().join("worst.txt"));
    run(Command::new(built.join("benchmark")).arg(built.join("afmt")).arg(&report).arg("worst").current_dir(root()))?;
    let said = format!("{}\n{}", occasion("dev profile", "cargo xtask worst")?, fs::read_to_string(&report)?);
    keep(&root().join("docs/reliability.md"), "the worst requests", &said)
}

/// The benchmark as released; its tables into `docs/performance.md`.
pub fn bench() -> Result<()> {
    site::build(true)?;
    tools::postgres()?;
    cargo(&["build", "--bin", "afmt", "--bin", "benchmark", "--release", "--locked"])?;
    let release = target().join("release");
    let report = target().join("performance.txt");
    run(Command::new(release.join("benchmark")).arg(release.join("afmt")).arg(&report).current_dir(root()))?;
    let tables = fs::read_to_string(&report)?;
    let said = format!("{}\n{tables}", occasion("release profile", "cargo xtask bench")?);
    keep(&root().join("docs/performance.md"), "what was measured", &said)
}

/// When, where and how something was measured.
fn occasion(profile: &str, command: &str) -> Result<String> {
    let first_line = |output: Output| String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned();
    let says =
        |program: &str, arguments: &[&str]| Ok::<_, anyhow::Error>(first_line(Command::new(program).args(arguments).output()?));
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .and_then(|rest| rest.split(": ").nth(1))
        .unwrap_or("unknown");
    let cores = cpu.lines().filter(|line| line.starts_with("processor")).count();
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kibibytes: u64 = memory.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or_default();
    Ok(format!(
        "{}, {cores} shared cores of {model}, {} GiB, {}, {profile}, {}. Command: `{command}`.\n",
        says("date", &["-u", "+%Y-%m-%d"])?,
        kibibytes.div_ceil(1024 * 1024),
        says("uname", &["-sr"])?,
        says("rustc", &["--version"])?,
    ))
}

/// Replaces what stands between the two marks of the page that are called `name`.
fn keep(page: &Path, name: &str, text: &str) -> Result<()> {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
    let old = fs::read_to_string(page)?;
    let (before, rest) = old.split_once(&begin).with_context(|| format!("{} has no mark", page.display()))?;
    let (_, after) = rest.split_once(&end).with_context(|| format!("{} has no end mark", page.display()))?;
    fs::write(page, format!("{before}{begin}{text}{end}{after}"))?;
    Ok(())
}
