//! `afmt` for tests that end it: the same server, which kills itself at the failpoint that it is told.
//!
//! `AFMT_FAILPOINT` names one from the start on; a line on standard input names one later, and is answered with the same line. For the name [`TRACE`]
//! the server goes on, and says each failpoint on a line of its own when it first reaches it. With `--receive` it is what mail is piped to.

use anyhow::Result;
use clap::Parser;
use portal::{Ctx, people::PasswordCost};
use server::Settings;
use std::{
    collections::BTreeSet,
    io::{BufRead, Write, stdin, stdout},
    sync::{Arc, Mutex, PoisonError},
};
use tests::{REACHED, RECEIVED, TRACE};

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    settings: Settings,
    /// Receive one mail from standard input, and end.
    #[arg(long)]
    receive: bool,
}

#[tokio::main]
async fn main() -> Result<()> {
    server::log();
    server::log_panics();
    let armed = Arc::new(Mutex::new(std::env::var("AFMT_FAILPOINT").ok()));
    let ctx = Ctx::system().with_failpoints({
        let armed = Arc::clone(&armed);
        let said = Mutex::new(BTreeSet::new());
        move |reached| match armed.lock().unwrap_or_else(PoisonError::into_inner).as_deref() {
            Some(TRACE) if said.lock().unwrap_or_else(PoisonError::into_inner).insert(reached) => {
                say(&format!("{REACHED}{reached}"));
            }
            Some(armed) if armed == reached => die(),
            _ => {}
        }
    });
    let Cli { settings, receive } = Cli::parse();
    if receive {
        let receipt = server::receive_mail(&settings, ctx, PasswordCost::Least, stdin()).await?;
        say(&format!("{RECEIVED}{receipt:?}"));
        return Ok(());
    }
    let running = server::start(&settings, ctx, PasswordCost::Least).await?;
    // A test that has read the line may end the process at once.
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    say(&format!("AFMT answers at {}", running.url));
    std::thread::spawn(move || {
        for line in stdin().lock().lines().map_while(Result::ok) {
            *armed.lock().unwrap_or_else(PoisonError::into_inner) = Some(line.clone());
            say(&line);
        }
    });
    running
        .run_until(async move {
            terminate.recv().await;
        })
        .await
}

/// Tells the test a line. A test that is gone hears nothing.
fn say(line: &str) {
    let mut out = stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// As when the power of the process is cut: nothing is finished, nothing is closed.
fn die() {
    let killed = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    unreachable!("the process goes on after SIGKILL: {killed:?}");
}
