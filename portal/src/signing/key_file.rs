//! The file that holds the signing key, encrypted.

use crate::{
    ctx::Ctx,
    error::Error,
    people::password::PasswordCost,
    private_file::{private, sync_folder, write_private},
};
use ed25519_dalek::SigningKey;
use licensing::activation_file::{KeyError, KeyName};
use pkcs8::{
    DecodePrivateKey, EncodePrivateKey, EncryptedPrivateKeyInfoRef, LineEnding, PrivateKeyInfoRef, SecretDocument,
    der::pem::PemLabel,
    pkcs5::{pbes2, scrypt},
};
use sha2::{Digest, Sha256};
use std::path::PathBuf;
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
    #[error("{0} exists already. A signing key is never overwritten.")]
    Exists(PathBuf),
    #[error("The signing key at {path} cannot be read or written: {source}.")]
    File { path: PathBuf, source: std::io::Error },
    #[error("The signing key at {0} does not open with this passphrase.")]
    Passphrase(PathBuf),
    #[error("The passphrase has {0} characters. Choose one of at least {SHORTEST_PASSPHRASE}.")]
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
    #[error("The signing key cannot be recorded in the database.")]
    Database(#[from] Error),
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
        ctx.reach("key written");
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
    /// The private key.
    pub(crate) sha256: Vec<u8>,
    /// Its passphrase is guessed with less work than that of a key which is made today.
    pub(crate) weak: bool,
}
