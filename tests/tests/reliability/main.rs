//! Harnesses that try to make quantities go wrong: many at once, killed processes, faults of the machine, random sequences.
//!
//! Here they run at a size that every run of the tests can afford; `cargo xtask reliability` runs them at full size.

mod concurrency;
mod faults;
mod kills;
mod logs;
mod model;
mod requests;

/// The server that can be killed at a failpoint.
const EXECUTABLE: &str = env!("CARGO_BIN_EXE_afmt_under_test");
