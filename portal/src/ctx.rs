use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Timelike, Utc};
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::sync::{Arc, Mutex, PoisonError};

/// A place that a program reaches on its way. The tests end it there, and look at what is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failpoint {
    PassphraseWritten,
    KeyWritten,
    DatabaseMade,
    /// All tables are made, nothing is committed.
    SchemaMade,
    SchemaCommitted,
    KeyNoted,
    KeyCommitted,
    DemoFilled,
    DemoCommitted,
    GenerateBegun,
    UpdateBegun,
    DeactivateBegun,
    UpgradeBegun,
    /// The results of a batch's lines are worked out, and nothing is locked.
    BatchPlanned,
    /// The lines of a batch are to be worked on.
    BatchBegun,
    /// Each line says what it led to.
    LinesStored,
    /// A part of a batch, or all of it, is committed.
    BatchCommitted,
    /// Owned and allocated quantities have moved to another part.
    PartsMoved,
    UpgradeStored,
    StateStored,
    Numbered,
    Allocated,
    FileStored,
    Signed,
    RevisionStored,
    LedgerStored,
    /// The columns that lists are read from show it.
    Listed,
    SubmissionStored,
    MailQueued,
    /// All is written, nothing is committed.
    Audited,
    /// All is committed, nobody has been told.
    Committed,
}

impl Failpoint {
    /// On the way of a first start with demo data, in the order in which they are reached.
    pub const FIRST_START: [Self; 9] = [
        Self::PassphraseWritten,
        Self::KeyWritten,
        Self::DatabaseMade,
        Self::SchemaMade,
        Self::SchemaCommitted,
        Self::KeyNoted,
        Self::KeyCommitted,
        Self::DemoFilled,
        Self::DemoCommitted,
    ];
    /// On the way of *generate*, in the order in which they are reached.
    pub const GENERATE: [Self; 12] = [
        Self::GenerateBegun,
        Self::Numbered,
        Self::Allocated,
        Self::Signed,
        Self::FileStored,
        Self::RevisionStored,
        Self::LedgerStored,
        Self::Listed,
        Self::MailQueued,
        Self::SubmissionStored,
        Self::Audited,
        Self::Committed,
    ];
    /// On the way of *update*.
    pub const UPDATE: [Self; 10] = [
        Self::UpdateBegun,
        Self::Allocated,
        Self::Signed,
        Self::RevisionStored,
        Self::LedgerStored,
        Self::Listed,
        Self::MailQueued,
        Self::SubmissionStored,
        Self::Audited,
        Self::Committed,
    ];
    /// On the way of *upgrade software*.
    pub const UPGRADE: [Self; 6] =
        [Self::UpgradeBegun, Self::PartsMoved, Self::UpgradeStored, Self::SubmissionStored, Self::Audited, Self::Committed];
    /// On the way of a batch that generates, in one transaction or its last.
    pub const BATCH: [Self; 12] = [
        Self::BatchBegun,
        Self::Numbered,
        Self::Signed,
        Self::Allocated,
        Self::FileStored,
        Self::RevisionStored,
        Self::LedgerStored,
        Self::Listed,
        Self::LinesStored,
        Self::MailQueued,
        Self::Audited,
        Self::BatchCommitted,
    ];
    /// On the way of *deactivate*.
    pub const DEACTIVATE: [Self; 8] = [
        Self::DeactivateBegun,
        Self::Allocated,
        Self::StateStored,
        Self::Listed,
        Self::MailQueued,
        Self::SubmissionStored,
        Self::Audited,
        Self::Committed,
    ];
}

/// The clock and the random source, the only ones there are: tests freeze the one and seed the other.
#[derive(Clone)]
pub struct Ctx {
    failpoint: Option<Arc<dyn Fn(Failpoint) + Send + Sync>>,
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

    /// Calls `reached` at every [`Failpoint`] on the way.
    #[must_use]
    pub fn with_failpoints(self, reached: impl Fn(Failpoint) + Send + Sync + 'static) -> Self {
        Self { failpoint: Some(Arc::new(reached)), ..self }
    }

    /// Records that `failpoint` was reached. Nothing happens outside of tests.
    pub fn reach(&self, failpoint: Failpoint) {
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
