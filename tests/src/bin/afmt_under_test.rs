//! `afmt` for tests that end it: the same server, which kills itself at the [`Failpoint`] that it is told.
//!
//! `AFMT_FAILPOINT` names one from the start on; a line on standard input arms one later, and is answered with the same line.

use anyhow::Result;
use clap::Parser;
use portal::{Ctx, Failpoint, people::PasswordCost};
use server::Settings;
use std::{
    io::{BufRead, Write, stdin, stdout},
    sync::{Arc, Mutex, PoisonError},
};

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    settings: Settings,
}

#[tokio::main]
async fn main() -> Result<()> {
    server::log();
    server::log_panics();
    let armed = Arc::new(Mutex::new(std::env::var("AFMT_FAILPOINT").ok()));
    let ctx = Ctx::system().with_failpoints({
        let armed = Arc::clone(&armed);
        move |reached: Failpoint| {
            if armed.lock().unwrap_or_else(PoisonError::into_inner).as_deref() == Some(format!("{reached:?}").as_str()) {
                die();
            }
        }
    });
    let running = server::start(&Cli::parse().settings, ctx, PasswordCost::Least).await?;
    writeln!(stdout(), "AFMT answers at {}", running.url)?;
    stdout().flush()?;
    std::thread::spawn(move || {
        for line in stdin().lock().lines().map_while(Result::ok) {
            *armed.lock().unwrap_or_else(PoisonError::into_inner) = Some(line.clone());
            if writeln!(stdout(), "{line}").and_then(|()| stdout().flush()).is_err() {
                return;
            }
        }
    });
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    running
        .run_until(async move {
            terminate.recv().await;
        })
        .await
}

/// As when the power of the process is cut: nothing is finished, nothing is closed.
fn die() {
    let killed = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    unreachable!("the process goes on after SIGKILL: {killed:?}");
}
