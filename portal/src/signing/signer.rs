//! The signing key in use, and the change to another one.

use crate::{
    audit::AuditEvent,
    ctx::Ctx,
    error::Error,
    event_type::EventType,
    observe::Observed,
    signing::key_file::{KeyFile, Opened, SigningKeyError},
    store::{
        address::DatabaseAddress,
        database::Database,
        entity::signing_key::{ActiveModel, Column, Entity, Model},
    },
};
use ed25519_dalek::SigningKey;
use licensing::activation_file::{ActivationFile, Expected, KeyName, KeyRing, Verdict, VerifierKey, sign};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use sha2::{Digest, Sha256};
use std::{sync::Arc, time::Duration};

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
                "the signing key is encrypted with less work than keys are today, or its passphrase is short: “afmt keys seal” corrects that"
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
                ctx.reach("key noted");
                write.commit(AuditEvent::by_operator(ctx.now(), "server", EventType::SigningKeyInUse, &file.name)).await?;
                ctx.reach("key committed");
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

pub(crate) fn verifier_key(model: &Model) -> Result<VerifierKey, Error> {
    let public = model.public_key.first_chunk::<32>().filter(|_| model.public_key.len() == 32);
    let public = public.ok_or_else(|| Error::internal("a public key has not 32 bytes"))?;
    VerifierKey::new(crate::store::statement::parsed(&model.name)?, public).map_err(Error::internal)
}
