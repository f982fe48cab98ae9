use crate::{
    Portal,
    audit::AuditEvent,
    ctx::{Ctx, Failpoint},
    error::Error,
    observe::Observed,
    people::password::PasswordCost,
    store::{
        database::{Database, DatabaseAddress},
        entity::signing_key::{ActiveModel, Column, Entity, Model},
    },
};
use ed25519_dalek::{SigningKey, VerifyingKey};
use licensing::activation_file::{ActivationFile, Expected, KeyError, KeyName, KeyRing, Verdict, VerifierKey, sign};
use pkcs8::{
    DecodePrivateKey, EncodePrivateKey, EncodePublicKey, EncryptedPrivateKeyInfoRef, LineEnding, PrivateKeyInfoRef,
    SecretDocument,
    der::pem::PemLabel,
    pkcs5::{pbes2, scrypt},
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use sha2::{Digest, Sha256};
use std::{
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

/// The file that holds the private key: PKCS#8, encrypted with a passphrase.
pub struct KeyFile {
    pub name: String,
    pub path: PathBuf,
    pub passphrase: Zeroizing<String>,
}

/// Why there is no signing key.
#[derive(Debug, thiserror::Error)]
pub enum SigningKeyError {
    #[error("There is no signing key at {0}. Make one with “afmt keys generate”.")]
    Missing(PathBuf),
    #[error("{0} is there already. A signing key is never overwritten.")]
    Exists(PathBuf),
    #[error("The signing key at {path} cannot be read or written: {source}.")]
    File { path: PathBuf, source: std::io::Error },
    #[error("The signing key at {0} does not open with this passphrase.")]
    Passphrase(PathBuf),
    #[error("The passphrase has {0} characters. Take one of at least {SHORTEST_PASSPHRASE}.")]
    ShortPassphrase(usize),
    #[error(
        "Others than its owner can read the signing key at {path}: it has mode {mode:03o}. Give it 600, and if somebody may have read it, take another key into use."
    )]
    OpenToOthers { path: PathBuf, mode: u32 },
    #[error(
        "The database knows {name} as another key than the one at {path}. Restore the file that belongs to this database, or name the new key differently."
    )]
    Other { name: String, path: PathBuf },
    #[error(
        "The database signs with {current}, not with {name}. Start with that key, or take {name} into use with “afmt keys use”."
    )]
    NotCurrent { name: String, current: String },
    #[error(transparent)]
    Name(#[from] KeyError),
    #[error("The signing key cannot be noted in the database.")]
    Database(#[from] Error),
}

/// A public key that signed files, as anybody may have it.
#[derive(Clone, Debug)]
pub struct PublicKey {
    /// In use for new files, or kept because files carry it.
    pub current: bool,
    pub name: String,
    /// One line for signed-note tools.
    pub verifier_key: String,
    /// For openssl.
    pub pem: String,
}

impl KeyFile {
    /// Makes a new private key. Nobody else may read the file.
    ///
    /// # Errors
    /// [`SigningKeyError`]: the name has not the shape of one, the file is there already or cannot be written.
    pub fn generate(&self, ctx: &Ctx, cost: PasswordCost) -> Result<(), SigningKeyError> {
        let _: KeyName = self.name.parse()?;
        if self.path.exists() {
            return Err(SigningKeyError::Exists(self.path.clone()));
        }
        let key = SigningKey::from_bytes(&Zeroizing::new(ctx.random::<32>()));
        let pem = self.sealed(&key, &self.passphrase, cost, ctx)?;
        write_private(&self.path, pem.as_bytes()).map_err(|e| self.file_error(e))?;
        ctx.reach(Failpoint::KeyWritten);
        Ok(())
    }

    /// Encrypts the key anew, with `passphrase` if there is one. The file is there whole, as before or as it is then.
    ///
    /// # Errors
    /// [`SigningKeyError`]: the key does not open, or cannot be written.
    pub fn seal(&self, passphrase: Option<&Zeroizing<String>>, ctx: &Ctx) -> Result<(), SigningKeyError> {
        let Opened { key, .. } = self.read()?;
        let pem = self.sealed(&key, passphrase.unwrap_or(&self.passphrase), PasswordCost::Full, ctx)?;
        private(&self.path, pem.as_bytes())
            .and_then(|file| Ok(file.persist(&self.path)?))
            .and_then(|_| sync_folder(&self.path))
            .map_err(|e| self.file_error(e))
    }

    /// The key as it is written: PKCS#8, encrypted with a key that scrypt derives from the passphrase.
    fn sealed(
        &self,
        key: &SigningKey,
        passphrase: &str,
        cost: PasswordCost,
        ctx: &Ctx,
    ) -> Result<Zeroizing<String>, SigningKeyError> {
        let characters = passphrase.chars().count();
        if characters < SHORTEST_PASSPHRASE {
            return Err(SigningKeyError::ShortPassphrase(characters));
        }
        let log_n = match cost {
            PasswordCost::Full => LOG_N,
            PasswordCost::Least => 4,
        };
        let seal = || {
            let cost = scrypt::Params::new(log_n, 8, 1).map_err(|_| pkcs8::Error::ParametersMalformed)?;
            let parameters = pbes2::Parameters::generate_scrypt_aes256cbc(cost, &ctx.random::<16>(), ctx.random::<16>())?;
            let plain = key.to_pkcs8_der()?;
            let sealed = PrivateKeyInfoRef::try_from(plain.as_bytes())?.encrypt_with_params(parameters, passphrase)?;
            Ok::<_, pkcs8::Error>(sealed.to_pem(EncryptedPrivateKeyInfoRef::PEM_LABEL, LineEnding::LF)?)
        };
        seal().map_err(|e| self.file_error(std::io::Error::other(e.to_string())))
    }

    /// Refuses a file that others than its owner can read.
    ///
    /// # Errors
    /// [`SigningKeyError::OpenToOthers`]
    pub fn check(&self) -> Result<(), SigningKeyError> {
        #[cfg(unix)]
        if let Ok(metadata) = std::fs::metadata(&self.path) {
            let mode = std::os::unix::fs::MetadataExt::mode(&metadata) & 0o777;
            if mode & 0o077 != 0 {
                return Err(SigningKeyError::OpenToOthers { path: self.path.clone(), mode });
            }
        }
        Ok(())
    }

    fn file_error(&self, source: std::io::Error) -> SigningKeyError {
        SigningKeyError::File { path: self.path.clone(), source }
    }

    pub(crate) fn read(&self) -> Result<Opened, SigningKeyError> {
        self.check()?;
        let pem = std::fs::read_to_string(&self.path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => SigningKeyError::Missing(self.path.clone()),
            _ => self.file_error(e),
        })?;
        let does_not_open = |_| SigningKeyError::Passphrase(self.path.clone());
        let (_, sealed) = SecretDocument::from_pem(&pem).map_err(|e| does_not_open(e.into()))?;
        let sealed = EncryptedPrivateKeyInfoRef::try_from(sealed.as_bytes()).map_err(does_not_open)?;
        let scrypt = sealed.encryption_algorithm.pbes2().and_then(|parameters| parameters.kdf.scrypt());
        let work = scrypt.map_or(0, |scrypt| scrypt.cost_parameter);
        let weak = work < 1 << LOG_N || self.passphrase.chars().count() < SHORTEST_PASSPHRASE;
        let plain = sealed.decrypt(self.passphrase.as_bytes()).map_err(does_not_open)?;
        let key = SigningKey::from_pkcs8_der(plain.as_bytes()).map_err(does_not_open)?;
        let sha256 = Sha256::digest(Zeroizing::new(key.to_bytes()).as_slice()).to_vec();
        Ok(Opened { key, sha256, weak })
    }
}

/// log₂ of scrypt's N: 2¹⁷ of 8 blocks take 128 MiB and a third of a second.
const LOG_N: u8 = 17;
/// Minimum length of a passphrase, in characters.
const SHORTEST_PASSPHRASE: usize = 12;

/// A signing key that was opened.
pub(crate) struct Opened {
    pub(crate) key: SigningKey,
    /// Of the private key.
    pub(crate) sha256: Vec<u8>,
    /// Its passphrase is guessed with less work than that of a key which is made today.
    pub(crate) weak: bool,
}

/// Writes a new file that only its owner can read. It is there whole or not at all.
///
/// # Errors
/// Those of the file system; also when the file is there already.
pub fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    private(path, bytes)?.persist_noclobber(path)?;
    sync_folder(path)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A file beside `path` that only its owner can read, on the disk.
fn private(path: &Path, bytes: &[u8]) -> std::io::Result<NamedTempFile> {
    let mut file = NamedTempFile::new_in(folder_of(path))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// The name of a file is part of its folder.
fn sync_folder(path: &Path) -> std::io::Result<()> {
    if cfg!(unix) { std::fs::File::open(folder_of(path))?.sync_all() } else { Ok(()) }
}

/// Whether another key than the current one may take its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rotation {
    Refuse,
    Allow,
}

/// Makes the key of `file` the one that signs, in the database at `database`. The one before stays known.
///
/// # Errors
/// [`SigningKeyError`].
pub async fn use_signing_key(database: &DatabaseAddress, file: &KeyFile, ctx: &Ctx) -> Result<(), SigningKeyError> {
    let database = Database::open(database, ctx, &Arc::new(Observed::new(Duration::MAX))).await?;
    Signer::open(&database, file, Rotation::Allow, ctx).await.map(drop)
}

/// Signs activation files with the current key.
pub(crate) struct Signer {
    name: KeyName,
    key: SigningKey,
    ring: KeyRing,
}

impl Signer {
    /// Opens the key of `file`. The first start notes it; later ones must bring the same key, or say that another one is wanted.
    pub(crate) async fn open(
        database: &Database,
        file: &KeyFile,
        rotation: Rotation,
        ctx: &Ctx,
    ) -> Result<Self, SigningKeyError> {
        let name: KeyName = file.name.parse()?;
        let Opened { key, sha256: private_key_sha256, weak } = file.read()?;
        if weak {
            tracing::warn!(
                "the signing key is encrypted with less work than keys are today, or its passphrase is short: “afmt keys seal” mends that"
            );
        }
        let verifier = VerifierKey::new(name.clone(), key.verifying_key().as_bytes())?;
        // Alone: of two servers that start at once on an empty database, one notes the key and the other finds it.
        let write = database.write_alone().await?;
        let known = Entity::find_by_id(&file.name).one(write.on()).await.map_err(Error::from)?;
        match known {
            Some(known) if known.private_key_sha256 != private_key_sha256 || known.public_key != verifier.public() => {
                return Err(SigningKeyError::Other { name: file.name.clone(), path: file.path.clone() });
            }
            Some(known) if known.state == CURRENT => {}
            _ => {
                let current = Entity::find().filter(Column::State.eq(CURRENT)).one(write.on()).await.map_err(Error::from)?;
                if let (Some(current), Rotation::Refuse) = (current, rotation) {
                    return Err(SigningKeyError::NotCurrent { name: file.name.clone(), current: current.name });
                }
                let retired = ActiveModel { state: Set("retired".to_owned()), ..Default::default() };
                Entity::update_many()
                    .set(retired)
                    .filter(Column::State.eq(CURRENT))
                    .exec(write.on())
                    .await
                    .map_err(Error::from)?;
                let model = ActiveModel {
                    name: Set(file.name.clone()),
                    public_key: Set(verifier.public().to_vec()),
                    private_key_sha256: Set(private_key_sha256),
                    state: Set(CURRENT.to_owned()),
                    created_at: Set(ctx.now()),
                };
                let noted = if known.is_some() { model.update(write.on()).await } else { model.insert(write.on()).await };
                noted.map_err(Error::from)?;
                ctx.reach(Failpoint::KeyNoted);
                write.commit(AuditEvent::by_operator(ctx.now(), "server", "signing key in use", &file.name)).await?;
                ctx.reach(Failpoint::KeyCommitted);
            }
        }
        Ok(Self { name, key, ring: [verifier].into_iter().collect() })
    }

    /// The signed file, verified as anybody would before it is given out.
    pub(crate) fn make(&self, file: &ActivationFile) -> Result<Vec<u8>, Error> {
        let note = sign(&file.encode(), &self.name, &self.key).into_bytes();
        match self.ring.verify(&note, &Expected::default()) {
            Verdict::Valid(verified) if verified.file == *file => Ok(note),
            verdict => Err(Error::internal(format!("{} was made but is not valid: {verdict}", file.serial))),
        }
    }

    pub(crate) fn pseudonym(&self, text: &str) -> String {
        let keyed = Sha256::new().chain_update(b"pseudonym").chain_update(self.key.as_bytes()).chain_update(text).finalize();
        keyed.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
    }

    pub(crate) fn key_name(&self) -> String {
        self.name.to_string()
    }
}

pub(crate) const CURRENT: &str = "current";

impl Portal {
    /// Every key that signed files, the current one first.
    ///
    /// # Errors
    /// [`Error::Unavailable`] and [`Error::Internal`].
    pub async fn public_keys(&self) -> Result<Vec<PublicKey>, Error> {
        let keys = Entity::find().order_by_asc(Column::State).order_by_desc(Column::CreatedAt).all(self.database.read()).await?;
        keys.into_iter().map(public_key).collect()
    }

    /// The keys that files are trusted by.
    ///
    /// # Errors
    /// [`Error::Unavailable`] and [`Error::Internal`].
    pub async fn key_ring(&self) -> Result<KeyRing, Error> {
        self.verifier_keys().await?.parse().map_err(Error::internal)
    }

    /// The same, one signed-note verifier key a line.
    ///
    /// # Errors
    /// [`Error::Unavailable`] and [`Error::Internal`].
    pub async fn verifier_keys(&self) -> Result<String, Error> {
        Ok(self.public_keys().await?.into_iter().map(|key| key.verifier_key + "\n").collect())
    }
}

pub(crate) fn verifier_key(model: &Model) -> Result<VerifierKey, Error> {
    let public = model.public_key.first_chunk::<32>().filter(|_| model.public_key.len() == 32);
    let public = public.ok_or_else(|| Error::internal("a public key has not 32 bytes"))?;
    VerifierKey::new(crate::store::database::parsed(&model.name)?, public).map_err(Error::internal)
}

fn public_key(model: Model) -> Result<PublicKey, Error> {
    let verifier = verifier_key(&model)?;
    let pem = VerifyingKey::from_bytes(verifier.public())
        .map_err(|e| Error::internal(e.to_string()))?
        .to_public_key_pem(LineEnding::LF)
        .map_err(|e| Error::internal(e.to_string()))?;
    Ok(PublicKey { current: model.state == CURRENT, name: model.name, verifier_key: verifier.to_string(), pem })
}
