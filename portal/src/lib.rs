//! The backend: who may do what, and one function for each thing that can be done.
//!
//! Rights are types. [`Portal::authenticate`] gives a [`Caller`], the caller gives an [`AccountAccess`], and only that reaches an account:
//!
//! ```
//! async fn files(access: portal::AccountAccess) -> Result<Vec<portal::FileRow>, portal::Error> {
//!     access.recent_files(5).await
//! }
//! ```
//!
//! ```compile_fail,E0599
//! async fn files(access: portal::Portal) -> Result<Vec<portal::FileRow>, portal::Error> {
//!     access.recent_files(5).await
//! }
//! ```
//!
//! A write is committed together with its audit event, or not at all:
//!
//! ```
//! async fn finish(write: portal::Write, event: portal::AuditEvent) -> Result<(), portal::Error> {
//!     write.commit(event).await
//! }
//! ```
//!
//! ```compile_fail,E0061
//! async fn finish(write: portal::Write, event: portal::AuditEvent) -> Result<(), portal::Error> {
//!     write.commit().await
//! }
//! ```
//!
//! Tables stay inside:
//!
//! ```
//! use portal::Caller;
//! ```
//!
//! ```compile_fail,E0603
//! use portal::entity;
//! ```

mod account;
mod activity;
mod audit;
pub mod batch;
mod caller;
mod catalogue;
mod cloud;
mod copy;
mod ctx;
mod database;
mod deactivate;
mod demo;
mod doctor;
mod entity;
mod error;
mod file;
mod generate;
mod observe;
mod offer;
mod outbox;
mod parts;
mod password;
mod revision;
mod session;
mod signing_key;
mod site;
mod submission;
mod summary;
pub mod table;
mod update;
mod upgrade;

pub use account::{AccountRow, Attention, MOST_ACCOUNTS, Overview, OwnedPart};
pub use activity::{Activity, ActivityChoices, Cursor, MOST_COUNTED, MOST_FOUND};
pub use audit::AuditEvent;
pub use batch::{BatchState, NewBatch, NotBegun, NotPlanned};
pub use caller::{AccountAccess, Caller, Person, Role};
pub use cloud::{CloudConnection, CloudNotChanged};
pub use copy::{CopyError, copy_database};
pub use ctx::{Ctx, Failpoint};
pub use database::{DatabaseAddress, NotADatabaseUrl, PostgresAddress, Write};
pub use deactivate::NotDeactivated;
pub use demo::{DEMO_PASSWORD, DemoPerson};
pub use doctor::{Finding, examine};
pub use error::Error;
pub use file::{Download, Ended, FileEvent, FileRow, FileState, FileView, Machine, PageSize, PartRow, Revision};
pub use generate::{Checked, Generated, NotGenerated};
pub use offer::Start;
pub use outbox::{Mailer, MailerError, OutboxDepth};
pub use password::PasswordCost;
pub use session::{SignIn, SignInRefused, SignedIn, Token};
pub use signing_key::{KeyFile, PublicKey, SigningKeyError, use_signing_key, write_private};
pub use site::{NotSaved, Site};
pub use submission::{NoSubmissionKey, SubmissionKey};
pub use summary::{OwnedLine, OwnedProduct, ProductDetails};
pub use update::{CheckedUpdate, NotUpdatable, Updatable, Updated};
pub use upgrade::{BroughtUp, NotUpgraded, PlannedUpgrade, UpgradeDone, UpgradeOptions, UpgradeStep};

use database::Database;
use observe::Observed;
use password::Passwords;
use signing_key::{Rotation, Signer};
use std::{ops::Deref, sync::Arc, time::Duration};

/// What the portal is told once, when it starts.
pub struct Settings {
    pub database: DatabaseAddress,
    /// Where people reach the portal, without a slash at the end. Links in mail begin with it.
    pub public_url: String,
    /// Who sells the licences, as people read it.
    pub vendor: String,
    pub password_cost: PasswordCost,
    /// Queries that take longer are logged, by name.
    pub slow_query: Duration,
}

/// The portal of one vendor. Cloning shares it.
#[derive(Clone)]
pub struct Portal(Arc<shared::Shared>);

mod shared {
    /// What a portal consists of; for this crate only.
    pub struct Shared {
        pub(crate) ctx: super::Ctx,
        pub(crate) database: super::Database,
        pub(crate) observed: std::sync::Arc<super::Observed>,
        pub(crate) passwords: super::Passwords,
        pub(crate) signer: super::Signer,
        pub(crate) settings: super::Settings,
        /// Somebody began a batch.
        pub(crate) batch_begun: tokio::sync::Notify,
        pub(crate) turns: super::batch::Turns,
    }
}

impl Deref for Portal {
    type Target = shared::Shared;
    fn deref(&self) -> &shared::Shared {
        &self.0
    }
}

/// Why the portal does not start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("The database {address} cannot be opened.")]
    Database { address: DatabaseAddress, source: Error },
    #[error(transparent)]
    Key(#[from] SigningKeyError),
}

impl Portal {
    /// Opens the database, brings its schema up to date and takes the signing key into use.
    ///
    /// # Errors
    /// [`OpenError`]: the database cannot be opened, or it knows another signing key than `key`.
    pub async fn open(settings: Settings, key: &KeyFile, ctx: Ctx) -> Result<Self, OpenError> {
        let observed = Arc::new(Observed::new(settings.slow_query));
        let database = Database::open(&settings.database, &ctx, &observed)
            .await
            .map_err(|source| OpenError::Database { address: settings.database.clone(), source })?;
        let signer = Signer::open(&database, key, Rotation::Refuse, &ctx).await?;
        let passwords = Passwords::new(settings.password_cost, &ctx);
        Ok(Self(Arc::new(shared::Shared {
            ctx,
            database,
            observed,
            passwords,
            signer,
            settings,
            batch_begun: tokio::sync::Notify::new(),
            turns: batch::Turns::default(),
        })))
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn ready(&self) -> Result<(), Error> {
        self.database.ping().await
    }

    /// Adds what the portal counts to what `/metrics` shows.
    pub fn register_metrics(&self, registry: &mut prometheus_client::registry::Registry) {
        self.observed.register(registry);
    }

    #[must_use]
    pub fn vendor(&self) -> &str {
        &self.settings.vendor
    }

    /// Now, by the portal's one clock.
    #[must_use]
    pub fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.ctx.now()
    }

    /// A name for one request, of 12 characters. It says nothing about it.
    #[must_use]
    pub fn new_reference(&self) -> String {
        self.ctx.random::<6>().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// What stands in logs for `text`, of 12 characters: the same for the same, and of no use without the signing key.
    #[must_use]
    pub fn pseudonym(&self, text: &str) -> String {
        self.signer.pseudonym(text)
    }

    /// A key that makes one submission of a form recognisable when it is sent twice.
    #[must_use]
    pub fn new_submission_key(&self) -> SubmissionKey {
        SubmissionKey::random(&self.ctx)
    }
}
