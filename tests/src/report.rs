use std::{env, fs::OpenOptions, io::Write};

/// Amount of work of a harness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// Size that every run of the tests can afford.
    Ci,
    /// Size of the figures in `docs/reliability.md`: `cargo xtask reliability`.
    Full,
}

impl Size {
    /// Size of this run: full with `AFMT_SIZE=full`.
    #[must_use]
    pub fn of_run() -> Self {
        if env::var("AFMT_SIZE").as_deref() == Ok("full") { Self::Full } else { Self::Ci }
    }

    #[must_use]
    pub fn pick<T>(self, ci: T, full: T) -> T {
        match self {
            Self::Ci => ci,
            Self::Full => full,
        }
    }
}

/// The seed of this run's random choices: `AFMT_SEED`, or always the same.
///
/// # Panics
/// When `AFMT_SEED` is no number.
#[must_use]
pub fn seed() -> u64 {
    env::var("AFMT_SEED").map_or(7, |seed| seed.parse().expect("AFMT_SEED is a number"))
}

/// Says what a harness did and saw; a run that writes a report keeps it in the file `AFMT_REPORT`.
///
/// # Panics
/// When the file cannot be written.
#[expect(clippy::print_stdout, reason = "what a harness says to the person who runs it")]
pub fn report(line: &str) {
    println!("{line}");
    if let Some(path) = env::var_os("AFMT_REPORT") {
        let mut file = OpenOptions::new().create(true).append(true).open(path).expect("the report opens");
        writeln!(file, "{line}").expect("the report is written");
    }
}
