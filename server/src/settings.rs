use crate::{http::origin::PublicUrl, private};
use anyhow::{Context, Result, ensure};
use chrono::TimeDelta;
use clap::Args;
use licensing::{EmailAddress, value::encoding};
use portal::{
    Ctx, MailSettings,
    people::PasswordCost,
    requests::{ImapMailbox, Keep, ScannerAddress},
    signing::KeyFile,
    store::{BlobAddress, DatabaseAddress, PostgresAddress},
};
use std::{
    convert::Infallible,
    fmt,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};
use zeroize::Zeroizing;

/// A setting that holds a password. It is never shown.
#[derive(Clone)]
pub struct Secret(pub String);

impl FromStr for Secret {
    type Err = Infallible;
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// Settings of the server: on the command line, or in the environment.
#[derive(Args, Clone, Debug)]
pub struct Settings {
    /// Folder of the database, the signing key, attachments and, without a mail server, the mail.
    #[arg(long, env = "AFMT_DATA", default_value = "afmt-data")]
    pub data: PathBuf,

    /// Address and port to listen on.
    #[arg(long, env = "AFMT_LISTEN", default_value = "127.0.0.1:3000")]
    pub listen: SocketAddr,

    /// PostgreSQL database, postgres://user:password@host/database. Without one, data is kept in an SQLite file in the folder.
    #[arg(long, env = "AFMT_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<Secret>,

    /// Connections to PostgreSQL that this server may open.
    #[arg(long, env = "AFMT_DATABASE_CONNECTIONS", default_value_t = PostgresAddress::CONNECTIONS,
        value_parser = clap::value_parser!(u32).range(2..=1000))]
    pub database_connections: u32,

    /// Database queries that take longer, in milliseconds, are logged by name.
    #[arg(long, env = "AFMT_SLOW_QUERY_MS", default_value_t = 250)]
    pub slow_query_ms: u64,

    /// Public address of the portal, such as https://licences.example. The listening address when it is left out.
    #[arg(long, env = "AFMT_PUBLIC_URL")]
    pub public_url: Option<PublicUrl>,

    /// Name of the vendor, as people read it.
    #[arg(long, env = "AFMT_VENDOR", default_value = "Meridian Contact Software")]
    pub vendor: String,

    /// Name of the signing key, ISSUER/GENERATION.
    #[arg(long, env = "AFMT_SIGNING_KEY", default_value = "licensing.meridian.example/2026a")]
    pub signing_key: String,

    /// File with the passphrase of the signing key.
    #[arg(long, env = "AFMT_PASSPHRASE_FILE")]
    pub passphrase_file: Option<PathBuf>,

    /// Mail server, such as smtps://user:password@mail.example. Without one, mail is written to files.
    #[arg(long, env = "AFMT_SMTP_URL", hide_env_values = true)]
    pub smtp_url: Option<Secret>,

    /// Address that mail comes from.
    #[arg(long, env = "AFMT_MAIL_FROM", default_value = "AFMT <licensing@meridian.example>")]
    pub mail_from: String,

    /// Address of a mailbox that takes user+detail@ addresses: replies to the mails about a request go there, each to an address of its own.
    #[arg(long, env = "AFMT_REPLIES_TO")]
    pub replies_to: Option<EmailAddress>,

    /// The same mailbox, read by IMAP: imaps://user:password@mail.example/INBOX. Without one, pipe its mail to “afmt mail receive”.
    #[arg(long, env = "AFMT_MAILBOX", hide_env_values = true)]
    pub mailbox: Option<Secret>,

    /// Mail server whose word that a sender is who it says is asked for (Authentication-Results with dmarc=pass).
    #[arg(long, env = "AFMT_MAIL_AUTHORITY")]
    pub mail_authority: Option<String>,

    /// Bucket of S3, or of what speaks like it, that attachments are kept in: s3://bucket/prefix, with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION
    /// and AWS_ENDPOINT in the environment. A folder beside the database when it is left out.
    #[arg(long, env = "AFMT_BLOBS")]
    pub blobs: Option<BlobAddress>,

    /// Virus scanner that attachments wait for: the socket of clamd, or host:port.
    #[arg(long, env = "AFMT_CLAMD")]
    pub clamd: Option<ScannerAddress>,

    /// Days that a request is kept after it has ended.
    #[arg(long, env = "AFMT_KEEP_REQUESTS_DAYS", default_value_t = Keep::default().requests.num_days(),
        value_parser = clap::value_parser!(i64).range(1..=36_500))]
    pub keep_requests_days: i64,

    /// Days that its attachments are kept after it has ended.
    #[arg(long, env = "AFMT_KEEP_ATTACHMENTS_DAYS", default_value_t = Keep::default().attachments.num_days(),
        value_parser = clap::value_parser!(i64).range(1..=36_500))]
    pub keep_attachments_days: i64,

    /// Days after which a person whose sign-in is disabled can be anonymised.
    #[arg(long, env = "AFMT_KEEP_DISABLED_DAYS", default_value_t = 365, value_parser = clap::value_parser!(i64).range(0..=36_500))]
    pub keep_disabled_days: i64,

    /// Proxies whose X-Forwarded-For is believed.
    #[arg(long, env = "AFMT_TRUSTED_PROXIES", value_delimiter = ',')]
    pub trusted_proxy: Vec<IpAddr>,

    /// Addresses that may read /metrics. Without an https:// public URL this machine may, too.
    #[arg(long, env = "AFMT_METRICS_FROM", value_delimiter = ',')]
    pub metrics_from: Vec<IpAddr>,

    /// Fill an empty database with demo data and make a signing key for it. On loopback only.
    #[arg(long, env = "AFMT_DEMO")]
    pub demo: bool,
}

impl Settings {
    /// Address of the database. The demo has an SQLite file of its own: its known passwords never open another one.
    ///
    /// # Errors
    /// The database URL is none.
    pub fn database(&self) -> Result<DatabaseAddress> {
        let Some(Secret(url)) = &self.database_url else { return Ok(self.database_file()) };
        let mut address: PostgresAddress = url.parse()?;
        address.connections = self.database_connections;
        Ok(DatabaseAddress::Postgres(address))
    }

    /// Settings of the portal behind the server at `public_url`.
    pub(crate) fn portal(&self, public_url: &PublicUrl, password_cost: PasswordCost) -> Result<portal::Settings> {
        let blobs = if let Some(bucket) = &self.blobs {
            bucket.clone()
        } else {
            let folder = self.data.join("attachments");
            private::make_folder(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
            BlobAddress::Folder(folder)
        };
        Ok(portal::Settings {
            database: self.database()?,
            blobs,
            public_url: public_url.origin(),
            vendor: self.vendor.clone(),
            mail: MailSettings {
                from: portal::mail::address_in(&self.mail_from)?,
                replies_to: self.replies_to.clone(),
                authority: self.mail_authority.clone(),
            },
            scanner: self.clamd.clone(),
            keep: Keep {
                requests: TimeDelta::days(self.keep_requests_days),
                attachments: TimeDelta::days(self.keep_attachments_days),
                people: TimeDelta::days(self.keep_disabled_days),
            },
            password_cost,
            slow_query: Duration::from_millis(self.slow_query_ms),
        })
    }

    /// Mailbox that is read by IMAP.
    pub(crate) fn imap_mailbox(&self) -> Result<Option<ImapMailbox>> {
        self.mailbox.as_ref().map(|Secret(url)| Ok(url.parse()?)).transpose()
    }

    /// Public address, with `listening` in place of one that was left out.
    pub(crate) fn public_url_or(&self, listening: SocketAddr) -> Result<PublicUrl> {
        match &self.public_url {
            Some(url) => Ok(url.clone()),
            None => Ok(format!("http://{listening}").parse()?),
        }
    }

    pub(crate) fn database_file(&self) -> DatabaseAddress {
        DatabaseAddress::Sqlite(self.data.join(if self.demo { "demo.sqlite" } else { "afmt.sqlite" }))
    }

    /// The key file is named after the key. The demo's is one of its own, too.
    pub(crate) fn key_path(&self) -> PathBuf {
        let demo = if self.demo { "demo_" } else { "" };
        self.data.join(format!("{demo}{}.key", self.signing_key.replace('/', "_")))
    }

    /// The key file with its passphrase.
    ///
    /// # Errors
    /// The passphrase cannot be read, or none is named.
    pub fn key_file(&self) -> Result<KeyFile> {
        let passphrase = match &self.passphrase_file {
            Some(path) => read_passphrase(path)?,
            None if self.demo => read_passphrase(&self.demo_passphrase())?,
            None => anyhow::bail!("The signing key needs its passphrase: name the file that holds it with --passphrase-file."),
        };
        Ok(KeyFile { name: self.signing_key.clone(), path: self.key_path(), passphrase })
    }

    pub(crate) fn demo_passphrase(&self) -> PathBuf {
        self.data.join("demo-passphrase")
    }

    /// The demo's own key, made at its first start.
    pub(crate) fn prepare_demo_key(&self, ctx: &Ctx, cost: PasswordCost) -> Result<()> {
        let passphrase = self.demo_passphrase();
        if self.passphrase_file.is_none() && !passphrase.exists() {
            portal::write_private(&passphrase, ctx.random_passphrase().as_bytes())
                .with_context(|| format!("{} cannot be written", passphrase.display()))?;
            ctx.reach("passphrase written");
        }
        if !self.key_path().exists() {
            self.key_file()?.generate(ctx, cost)?;
        }
        Ok(())
    }

    /// Dangerous settings are refused before anything is opened.
    pub(crate) fn check(&self) -> Result<()> {
        let loopback = self.listen.ip().is_loopback();
        ensure!(loopback || !self.demo, "--demo is for trying out: it listens on loopback only, such as 127.0.0.1:3000.");
        let https = self.public_url.as_ref().is_some_and(PublicUrl::is_https);
        ensure!(
            !https || !self.demo,
            "--demo is for trying out: its passwords are known. It cannot have an https:// public URL."
        );
        ensure!(
            self.replies_to.is_some() || self.mailbox.is_none(),
            "Nobody writes to a mailbox that no mail names: give its address with --replies-to."
        );
        ensure!(
            loopback || https,
            "Passwords would travel in the clear: name the https:// address of the proxy in front with --public-url, or listen on loopback."
        );
        Ok(())
    }
}

pub(crate) fn read_passphrase(path: &Path) -> Result<Zeroizing<String>> {
    let open = private::open_to_others(path);
    ensure!(open.is_empty(), "Others than its owner can read the passphrase: {}.", open.join(", "));
    let bytes = std::fs::read(path).with_context(|| format!("The passphrase at {} cannot be read", path.display()))?;
    let bytes = Zeroizing::new(bytes);
    let text = encoding::read(&bytes).with_context(|| format!("The passphrase at {} cannot be read", path.display()))?;
    let text = Zeroizing::new(text.into_owned());
    let passphrase = text.trim_end_matches(['\r', '\n']);
    ensure!(!passphrase.is_empty(), "The passphrase at {} is empty.", path.display());
    Ok(Zeroizing::new(passphrase.to_owned()))
}
