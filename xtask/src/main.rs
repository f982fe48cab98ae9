//! The project's commands: `cargo xtask run`, `test` and `dist`. Each installs what it needs and can be run again.

mod circles;
mod measure;
mod site;
mod tools;
mod words;

use anyhow::{Context, Result, bail, ensure};
use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

const HELP: &str = "cargo xtask run         start the server with demo data on http://127.0.0.1:3000
cargo xtask test        run every test: unit, property, doc, flow (on both databases), harness and browser
cargo xtask test e2e    run the browser tests only; --executable PATH runs them against that executable
cargo xtask walks       walk through every page at all widths, at 200 % zoom and with forced colours
cargo xtask words       print every text that people read, with its place
cargo xtask reliability run the harnesses of docs/reliability.md at full size, and write what they saw there
cargo xtask bench       measure, and write the figures to docs/performance.md
cargo xtask worst       ask for the worst that a signed-in person can, and write what it took to docs/reliability.md
cargo xtask lint        formatting, circles of files, clippy with warnings denied, and deny.toml where cargo-deny is installed
cargo xtask dist        make the one executable, target/release/afmt, and i3lic; print the sizes of the site
cargo xtask pictures    take the pictures of the README anew";

/// Widths at which the walks look at every page, in pixels.
const WIDTHS: &str = "320,375,640,768,960,1280,1440,1920";

fn main() -> ExitCode {
    match command() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn command() -> Result<()> {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["run", rest @ ..] => {
            site::build(false)?;
            cargo(&["build", "--bin", "afmt", "--locked"])?;
            run(Command::new(target().join("debug/afmt")).arg("--demo").args(rest).current_dir(root()))
        }
        ["test"] => {
            site::build(false)?;
            tools::browser()?;
            tools::postgres()?;
            tools::python()?;
            tools::mail()?;
            tools::clamd()?;
            cargo(&["test", "--locked"])?;
            cargo(&["test", "--package", "xtask", "--locked"])?;
            // The same flows once more, on the other database.
            run(cargo_command().args(["test", "--test", "flows", "--locked"]).env("AFMT_TEST_DATABASE", "postgres"))
        }
        ["test", "e2e"] => e2e(&[]),
        ["test", "e2e", "--executable", path] => {
            let path = Path::new(path).canonicalize().with_context(|| format!("there is no {path}"))?;
            e2e(&[("AFMT_EXECUTABLE", path.as_os_str().to_owned())])
        }
        ["words"] => words::print(&root()),
        ["walks"] => {
            site::build(false)?;
            tools::browser()?;
            run(cargo_command().args(["test", "--test", "browser", "--locked", "people_walk"]).env("AFMT_WIDTHS", WIDTHS))
        }
        ["reliability"] => measure::reliability(),
        ["bench"] => measure::bench(),
        ["worst"] => measure::worst(),
        ["pictures"] => pictures(),
        ["lint"] => lint(),
        ["dist"] => {
            site::build(true)?;
            cargo(&["build", "--package", "server", "--release", "--locked"])?;
            report(&format!("{} needs nothing beside it.", target().join("release/afmt").display()));
            i3lic()
        }
        _ => bail!("{HELP}"),
    }
}

/// The command for licensed servers: on Linux without a library beside it, so that any distribution of any age runs it.
fn i3lic() -> Result<()> {
    let musl = format!("{}-unknown-linux-musl", env::consts::ARCH);
    let (arguments, folder) = if cfg!(target_os = "linux") {
        tools::target(&musl)?;
        (vec!["--target", &musl], target().join(&musl).join("release"))
    } else {
        (Vec::new(), target().join("release"))
    };
    cargo(&[&["build", "--package", "i3lic", "--release", "--locked"], &arguments[..]].concat())?;
    let executable = folder.join(format!("i3lic{}", env::consts::EXE_SUFFIX));
    let page = Command::new(&executable).arg("man").output().context("i3lic starts")?;
    ensure!(page.status.success(), "i3lic prints no man page");
    std::fs::write(folder.join("i3lic.1"), page.stdout)?;
    let size = std::fs::metadata(&executable)?.len();
    report(&format!("{} ({size} bytes) and its man page i3lic.1 beside it.", executable.display()));
    Ok(())
}

/// The browser tests alone, with settings in the environment.
fn e2e(settings: &[(&str, std::ffi::OsString)]) -> Result<()> {
    site::build(false)?;
    tools::browser()?;
    tools::mail()?;
    run(cargo_command().args(["test", "--test", "browser", "--locked"]).envs(settings.iter().cloned()))
}

/// Takes pictures of every page into `target/pictures`, and keeps those that the README shows.
fn pictures() -> Result<()> {
    let taken = target().join("pictures");
    // A page of help fails until its picture is there: what was taken is kept, whatever the tests say.
    let tried = e2e(&[("AFMT_PICTURES", taken.clone().into_os_string())]);
    let readme = std::fs::read_to_string(root().join("README.md"))?;
    let kept = root().join("docs/pictures");
    std::fs::create_dir_all(&kept)?;
    for name in readme.split("](docs/pictures/").skip(1).filter_map(|rest| rest.split(')').next()) {
        std::fs::copy(taken.join(name), kept.join(name)).with_context(|| format!("no picture {name} was taken"))?;
    }
    tried
}

fn lint() -> Result<()> {
    tools::target(tools::WASM)?;
    cargo(&["fmt", "--all", "--check"])?;
    circles::refuse(&root(), &["licensing", "migration", "portal", "islands", "app", "server", "i3lic"])?;
    tools::deny()?;
    cargo(&["clippy", "--all-targets", "--locked", "--", "--deny", "warnings"])?;
    cargo(&["clippy", "--package", "xtask", "--all-targets", "--locked", "--", "--deny", "warnings"])?;
    // `hydrate` and `ssr` exclude each other, so the browser's half is linted by itself.
    let islands = ["--package", "islands", "--features", "hydrate checker", "--target", tools::WASM, "--profile", "wasm"];
    cargo(&[&["clippy"], &islands[..], &["--locked", "--", "--deny", "warnings"]].concat())
}

#[expect(clippy::print_stdout, reason = "what a command tells the person who runs it")]
fn report(line: &str) {
    println!("{line}");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Cargo in the root of the workspace. What cargo says about xtask itself is left out: build scripts that look at it would run again each time.
fn cargo_command() -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(root());
    let of_xtask =
        |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name == "CARGO_CRATE_NAME";
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_str().is_some_and(of_xtask)) {
        command.env_remove(name);
    }
    command
}

fn cargo(arguments: &[&str]) -> Result<()> {
    run(cargo_command().args(arguments))
}

fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("{} cannot be started", command.get_program().display()))?;
    ensure!(status.success(), "{} ended with {status}", command.get_program().display());
    Ok(())
}
