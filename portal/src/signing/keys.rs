//! The public keys that files are verified with.

use crate::{
    error::Error,
    portal::Portal,
    signing::signer::{CURRENT, verifier_key},
    store::entity::signing_key::{Column, Entity, Model},
};
use ed25519_dalek::VerifyingKey;
use licensing::activation_file::KeyRing;
use pkcs8::{EncodePublicKey, LineEnding};
use sea_orm::{EntityTrait, QueryOrder};

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

/// Every key that signed files, the current one first.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn public_keys(portal: &Portal) -> Result<Vec<PublicKey>, Error> {
    let keys = Entity::find().order_by_asc(Column::State).order_by_desc(Column::CreatedAt).all(portal.database.read()).await?;
    keys.into_iter().map(public_key).collect()
}

/// The keys that files are trusted by.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn key_ring(portal: &Portal) -> Result<KeyRing, Error> {
    verifier_keys(portal).await?.parse().map_err(Error::internal)
}

/// The same, one signed-note verifier key a line.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn verifier_keys(portal: &Portal) -> Result<String, Error> {
    Ok(public_keys(portal).await?.into_iter().map(|key| key.verifier_key + "\n").collect())
}

fn public_key(model: Model) -> Result<PublicKey, Error> {
    let verifier = verifier_key(&model)?;
    let pem = VerifyingKey::from_bytes(verifier.public())
        .map_err(|e| Error::internal(e.to_string()))?
        .to_public_key_pem(LineEnding::LF)
        .map_err(|e| Error::internal(e.to_string()))?;
    Ok(PublicKey { current: model.state == CURRENT, name: model.name, verifier_key: verifier.to_string(), pem })
}
