//! Programs that serve tests, and end with the process that started them.

use std::{
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const PATIENCE: Duration = Duration::from_mins(1);

/// Runs a program until its input ends, and then ends it.
const KEEPER: &str = r#"
"$@" & server=$!
read -r _
kill -TERM "$server" 2>/dev/null
wait "$server"
"#;

/// Runs the program of `words`; it ends when the value is dropped.
pub(crate) fn keep(words: &[&std::ffi::OsStr]) -> Child {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", KEEPER, "keeper"]).args(words).stdin(Stdio::piped()).stdout(Stdio::null());
    command.spawn().expect("a shell starts")
}

/// Waits until something answers at `port`.
pub(crate) fn answers(port: u16, log: impl Fn() -> String) {
    let began = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(began.elapsed() < PATIENCE, "it does not answer: {}", log());
        std::thread::sleep(Duration::from_millis(20));
    }
}
