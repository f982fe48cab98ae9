//! `afmt`: the activation-file portal in one executable.

use anyhow::Result;
use clap::{Parser, Subcommand};
use portal::{
    Ctx,
    demo::{DEMO_PASSWORD, DemoPerson},
    people::PasswordCost,
};
use server::{AdministratorCommand, CatalogueCommand, KeysCommand, MailCommand, Settings};
use std::{io::Write, path::PathBuf, process::ExitCode};

/// The system's own allocator keeps an arena for each thread and gives little back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Activation-file portal: signed activation files from sales orders.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Answer requests. This is what happens without a command, too.
    Serve {
        #[command(flatten)]
        settings: Settings,
    },
    /// Prove that everything is as it must be: database, files, settings. Exit status 1 when something is not.
    Doctor {
        #[command(flatten)]
        settings: Settings,
    },
    /// Copy the SQLite database of the data folder into the empty PostgreSQL database of --database-url.
    CopyDatabase {
        #[command(flatten)]
        settings: Settings,
    },
    /// Administrators of the portal.
    Administrator {
        #[command(subcommand)]
        command: AdministratorCommand,
    },
    /// The catalogue: products, their versions and parts.
    Catalogue {
        #[command(subcommand)]
        command: CatalogueCommand,
    },
    /// Say what each line of a table of accounts and orders would do; with --apply, do it all.
    Import {
        /// The table: CSV, or a workbook.
        file: PathBuf,
        /// Apply the lines, if none of them is refused.
        #[arg(long)]
        apply: bool,
        #[command(flatten)]
        settings: Box<Settings>,
    },
    /// Mail that comes in.
    Mail {
        #[command(subcommand)]
        command: MailCommand,
    },
    /// The key that signs activation files.
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(code) => code,
        Err(error) => {
            // In words, for whoever started it: a backtrace helps nobody here.
            let _ = writeln!(std::io::stderr(), "{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<ExitCode> {
    server::log();
    server::log_panics();
    match cli.command {
        None => serve(&cli.settings).await?,
        Some(Command::Serve { settings }) => serve(&settings).await?,
        Some(Command::Doctor { settings }) => {
            if !server::doctor(&settings, &Ctx::system(), &mut std::io::stdout()).await? {
                return Ok(ExitCode::FAILURE);
            }
        }
        Some(Command::CopyDatabase { settings }) => {
            let rows = server::copy_database(&settings, &Ctx::system()).await?;
            writeln!(std::io::stdout(), "{rows} rows were copied to {}. Verify them with “afmt doctor”.", settings.database()?)?;
        }
        Some(Command::Administrator { command: AdministratorCommand::Invite { email, settings } }) => {
            let link = server::invite_administrator(&settings, &email, Ctx::system(), PasswordCost::Full).await?;
            writeln!(
                std::io::stdout(),
                "{link}\n\nWhoever opens it within 7 days becomes an administrator, once. Pass it on to {email} only."
            )?;
        }
        Some(Command::Administrator { command: AdministratorCommand::ResetFactor { email, settings } }) => {
            server::reset_factor(&settings, &email, Ctx::system(), PasswordCost::Full).await?;
            writeln!(std::io::stdout(), "{email} signs in with the password, and sets up another second factor.")?;
        }
        Some(Command::Catalogue { command: CatalogueCommand::Check { file } }) => {
            writeln!(std::io::stdout(), "{}", server::check_catalogue(&file)?)?;
        }
        Some(Command::Catalogue { command: CatalogueCommand::Apply { file, dry_run, settings } }) => {
            let said = server::apply_catalogue(&settings, &file, dry_run, Ctx::system(), PasswordCost::Full).await?;
            writeln!(std::io::stdout(), "{said}")?;
        }
        Some(Command::Import { file, apply, settings }) => {
            server::import_orders(&settings, &file, apply, Ctx::system(), PasswordCost::Full, &mut std::io::stdout()).await?;
        }
        Some(Command::Mail { command: MailCommand::Receive { settings } }) => {
            let received = server::receive_mail(&settings, Ctx::system(), PasswordCost::Full, std::io::stdin()).await;
            // sysexits.h, EX_TEMPFAIL: a mail server keeps the mail and tries again.
            if let Err(error) = received {
                writeln!(std::io::stderr(), "{error:#}")?;
                return Ok(ExitCode::from(75));
            }
        }
        Some(Command::Keys { command: KeysCommand::Generate { settings } }) => {
            let path = server::generate_key(&settings, &Ctx::system(), PasswordCost::Full)?;
            writeln!(std::io::stdout(), "The signing key is at {}. Keep a copy of it and of its passphrase.", path.display())?;
        }
        Some(Command::Keys { command: KeysCommand::Seal { settings, new_passphrase_file } }) => {
            let path = server::seal_key(&settings, new_passphrase_file.as_deref(), &Ctx::system())?;
            writeln!(
                std::io::stdout(),
                "The signing key at {} was encrypted again. Earlier copies open as before.",
                path.display()
            )?;
        }
        Some(Command::Keys { command: KeysCommand::Use { settings } }) => {
            server::use_key(&settings, &Ctx::system()).await?;
            writeln!(std::io::stdout(), "{} signs from now on.", settings.signing_key)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn serve(settings: &Settings) -> Result<()> {
    let running = server::start(settings, Ctx::system(), PasswordCost::Full).await?;
    // From here on a signal ends what is under way in order; nobody knows of us before.
    let stop = signal()?;
    greet(&running.url, settings.demo)?;
    running.run_until(stop).await
}

fn greet(url: &str, demo: bool) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "AFMT answers at {url}")?;
    if demo {
        writeln!(out, "\nDemo sign-ins, each with the password “{DEMO_PASSWORD}”:")?;
        for person in DemoPerson::ALL {
            writeln!(out, "  {:<34} {}", person.email, person.what)?;
        }
        writeln!(out, "\nTheir second factors, for an authenticator app; the sign-in page shows the codes, too:")?;
        for (person, secret) in DemoPerson::ALL.into_iter().filter_map(|person| Some((person, person.secret()?))) {
            writeln!(out, "  {:<34} {secret}", person.email)?;
        }
        writeln!(out, "\nCtrl-C stops it.")?;
    }
    out.flush()
}

/// Ctrl-C, or SIGTERM from whatever runs us.
#[cfg(unix)]
fn signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ctrl-C.
#[cfg(not(unix))]
fn signal() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
