use super::key::SubmissionKey;
use crate::{
    access::account::AccountAccess,
    audit::AuditEvent,
    error::Error,
    store::{
        entity::submission,
        statement::{parsed, row},
        write::Write,
    },
};
use licensing::Garn;
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, FromQueryResult, TryInsertResult};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// The key came with another request before.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("This form was already used for {reference}.")]
pub struct KeyReused {
    /// Account of the other request.
    pub garn: Garn,
    /// The file, batch or upgrade that it led to.
    pub reference: String,
}

/// Request of one submission, told apart from every other by its digest.
pub(crate) struct Asked<'a> {
    access: &'a AccountAccess,
    /// As it is stored and as events call it.
    action: &'static str,
    key: &'a SubmissionKey,
    sha256: Vec<u8>,
}

/// State in which a submission finds its key.
pub(crate) enum Submission<'a> {
    /// It is the first of its key.
    First(First<'a>),
    /// The same came before and led to this.
    Again(String),
}

/// The first submission of a key, with the write that it acts in.
pub(crate) struct First<'a> {
    asked: Asked<'a>,
    pub(crate) write: Write,
}

impl<'a> Asked<'a> {
    /// `subject` is what is acted on, empty where that is still to be made. The digest covers what is asked for, not what the account owns meanwhile.
    pub(crate) fn new(
        access: &'a AccountAccess,
        action: &'static str,
        subject: &str,
        request: &impl Serialize,
        key: &'a SubmissionKey,
    ) -> Result<Self, Error> {
        let asked = serde_json::to_vec(&(access.garn.as_str(), action, subject, request)).map_err(Error::internal)?;
        Ok(Self { access, action, key, sha256: Sha256::digest(asked).to_vec() })
    }

    /// Result of this submission, if it was made before. Reads only, locks nothing.
    pub(crate) async fn earlier<E: From<Error> + From<KeyReused>>(&self) -> Result<Option<String>, E> {
        self.find(self.access.portal().database.read()).await
    }

    async fn find<E: From<Error> + From<KeyReused>>(&self, on: &impl ConnectionTrait) -> Result<Option<String>, E> {
        #[derive(FromQueryResult)]
        struct Submitted {
            request_sha256: Vec<u8>,
            subject: String,
            garn: String,
        }
        let found: Option<Submitted> = row(
            on,
            "submission",
            "SELECT s.request_sha256, s.subject, a.garn FROM submissions s JOIN accounts a ON a.id = s.account_id
             WHERE s.person_id = $1 AND s.key = $2",
            [self.access.caller().person_id().into(), self.key.as_str().into()],
        )
        .await?;
        let Some(Submitted { request_sha256, subject, garn }) = found else { return Ok(None) };
        if request_sha256 == self.sha256 {
            return Ok(Some(subject));
        }
        // Of a file it is said which one, not which revision.
        let reference = subject.split('/').next().unwrap_or_default().to_owned();
        Err(KeyReused { garn: parsed(&garn)?, reference }.into())
    }
}

/// Begins what a submission asks for: its write, which holds the account, unless the submission came before.
pub(crate) async fn once<E: From<Error> + From<KeyReused>>(asked: Asked<'_>) -> Result<Submission<'_>, E> {
    let write = asked.access.write().await?;
    let earlier = asked.find::<E>(write.on()).await?;
    Ok(match earlier {
        Some(subject) => Submission::Again(subject),
        None => {
            write.reach("begun");
            Submission::First(First { asked, write })
        }
    })
}

impl First<'_> {
    /// Commits the write with what the submission led to and the event that tells of it.
    ///
    /// When its key was taken meanwhile nothing is kept: [`KeyReused`], or what the same submission led to.
    pub(crate) async fn commit<E: From<Error> + From<KeyReused>>(
        self,
        subject: String,
        event: AuditEvent,
    ) -> Result<Option<String>, E> {
        let Self { asked, write } = self;
        let submitted = submission::ActiveModel {
            person_id: Set(asked.access.caller().person_id()),
            key: Set(asked.key.as_str().to_owned()),
            request_sha256: Set(asked.sha256.clone()),
            account_id: Set(asked.access.account_id()),
            action: Set(asked.action.to_owned()),
            subject: Set(subject),
        };
        let submitted = submission::Entity::insert(submitted).on_conflict_do_nothing();
        let inserted = submitted.exec_without_returning(write.on()).await.map_err(Error::from)?;
        write.reach("submission stored");
        // Nothing inserted is told as a count, not as a conflict.
        if matches!(inserted, TryInsertResult::Inserted(1)) {
            write.commit(event).await?;
            return Ok(None);
        }
        drop(write);
        match asked.earlier::<E>().await? {
            Some(subject) => Ok(Some(subject)),
            None => Err(Error::internal("the submission key is taken and cannot be found").into()),
        }
    }
}
