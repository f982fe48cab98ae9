use std::panic;
use tracing_subscriber::EnvFilter;

/// Logs to standard error, a JSON object a line: what `AFMT_LOG` says, or our own words and the warnings of others.
pub fn log() {
    let filter = EnvFilter::try_from_env("AFMT_LOG").unwrap_or_else(|_| EnvFilter::new("warn,portal=info,server=info"));
    tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).with_span_list(false).init();
}

/// Logs where a panic happened. What it says may repeat what somebody sent, so that is left out.
pub fn log_panics() {
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "panicked");
    }));
}
