use crate::{
    ctx::Ctx,
    error::Error,
    observe::Observed,
    people::password::{PasswordCost, Passwords},
    requests::{
        keep::Keep,
        scanner::{Scanner, ScannerAddress},
    },
    signing::{
        key_file::{KeyFile, SigningKeyError},
        signer::{Rotation, Signer},
    },
    store::{
        address::DatabaseAddress,
        blobs::{BlobAddress, Blobs},
        database::Database,
    },
    submission::key::SubmissionKey,
    turns::Turns,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use licensing::EmailAddress;
use std::{ops::Deref, sync::Arc, time::Duration};

/// Settings of a portal, fixed when it starts.
pub struct Settings {
    pub database: DatabaseAddress,
    /// Place of attachments.
    pub blobs: BlobAddress,
    /// Public URL of the portal, without a slash at the end. Links in mail begin with it.
    pub public_url: String,
    /// Name of the vendor, as people read it.
    pub vendor: String,
    pub mail: MailSettings,
    /// Virus scanner that attachments wait for.
    pub scanner: Option<ScannerAddress>,
    /// Time over which requests are kept.
    pub keep: Keep,
    pub password_cost: PasswordCost,
    /// Queries that take longer are logged, by name.
    pub slow_query: Duration,
}

/// Addresses that mail goes out from and comes in by.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// Address that mail comes from.
    pub from: EmailAddress,
    /// Mailbox whose mail is received; each request has an address of its own there. `None`: mail cannot be answered by mail.
    pub replies_to: Option<EmailAddress>,
    /// Name of the mail server whose word about a sender is asked for, as it begins the fields `Authentication-Results`. `None`: nobody's is.
    pub authority: Option<String>,
}

/// The portal of one vendor. Cloning shares it.
#[derive(Clone)]
pub struct Portal(Arc<Shared>);

/// Parts of a portal; for this crate only.
pub struct Shared {
    pub(crate) ctx: Ctx,
    pub(crate) blobs: Blobs,
    pub(crate) database: Database,
    pub(crate) observed: Arc<Observed>,
    pub(crate) passwords: Passwords,
    pub(crate) scanner: Option<Scanner>,
    pub(crate) signer: Signer,
    pub(crate) settings: Settings,
    pub(crate) turns: Turns,
}

impl Deref for Portal {
    type Target = Shared;
    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// Why the portal does not start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("The database {address} cannot be opened.")]
    Database { address: DatabaseAddress, source: Error },
    #[error("The attachments cannot be opened.")]
    Blobs(#[source] Error),
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
        let blobs = Blobs::open(&settings.blobs).map_err(OpenError::Blobs)?;
        let passwords = Passwords::new(settings.password_cost, &ctx);
        let scanner = settings.scanner.clone().map(Scanner::from);
        Ok(Self(Arc::new(Shared {
            ctx,
            blobs,
            database,
            observed,
            passwords,
            scanner,
            signer,
            settings,
            turns: Turns::default(),
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
        let hashed = self.passwords.hashed.clone();
        registry.register("afmt_password_hashes", "Passwords that were hashed, to be stored or compared", hashed);
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

    /// Pseudonym of `text` for logs, 12 characters: equal for equal texts, and of no use without the signing key.
    #[must_use]
    pub fn pseudonym(&self, text: &str) -> String {
        self.signer.pseudonym(text)
    }

    /// Name for a blob. Nobody guesses it.
    pub(crate) fn new_object_name(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.ctx.random::<24>())
    }

    /// A key that makes one submission of a form recognisable when it is sent twice.
    #[must_use]
    pub fn new_submission_key(&self) -> SubmissionKey {
        SubmissionKey::random(&self.ctx)
    }
}
