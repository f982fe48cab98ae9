use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Timelike, Utc};
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::sync::{Arc, Mutex, PoisonError};

/// The clock and the random source, the only ones there are: tests freeze the one and seed the other.
#[derive(Clone)]
pub struct Ctx {
    failpoint: Option<Arc<dyn Fn(&'static str) + Send + Sync>>,
    clock: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    random: Arc<Mutex<StdRng>>,
}

impl Ctx {
    /// The machine's clock, and a generator seeded by the operating system.
    ///
    /// # Panics
    /// When the operating system has no random numbers; nothing safe could be done then.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place where the clock and the random source are taken")]
    pub fn system() -> Self {
        let random = StdRng::try_from_rng(&mut rand::rngs::SysRng).expect("the operating system gives random numbers");
        Self { failpoint: None, clock: Arc::new(Utc::now), random: Arc::new(Mutex::new(random)) }
    }

    /// A clock and a seed of the test's own.
    #[must_use]
    pub fn fixed(clock: impl Fn() -> DateTime<Utc> + Send + Sync + 'static, seed: u64) -> Self {
        Self { failpoint: None, clock: Arc::new(clock), random: Arc::new(Mutex::new(StdRng::seed_from_u64(seed))) }
    }

    /// Calls `reached` with the name of every failpoint on the way: a place where tests end the program, and look at what is left.
    #[must_use]
    pub fn with_failpoints(self, reached: impl Fn(&'static str) + Send + Sync + 'static) -> Self {
        Self { failpoint: Some(Arc::new(reached)), ..self }
    }

    /// Records that the failpoint of this name was reached. Nothing happens outside of tests.
    pub fn reach(&self, failpoint: &'static str) {
        if let Some(reached) = &self.failpoint {
            reached(failpoint);
        }
    }

    /// Now, in whole microseconds: what every database can keep.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let now = (self.clock)();
        now.with_nanosecond(now.nanosecond() / 1000 * 1000).unwrap_or(now)
    }

    /// A passphrase that nobody has to remember: 43 characters.
    #[must_use]
    pub fn random_passphrase(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.random::<32>())
    }

    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.random.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
        bytes
    }
}
