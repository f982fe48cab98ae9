//! One submission of a form, however often it arrives, has one effect.

use crate::{
    access::account::AccountAccess,
    ctx::Failpoint,
    error::Error,
    store::{
        entity::submission,
        statement::{parsed, row},
        write::Write,
    },
    submission::key::SubmissionKey,
};
use licensing::{
    Garn,
    files::request::{NewFileForm, field},
};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, FromQueryResult, TryInsertResult};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What a submission asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Generate,
    Update,
    Deactivate,
    Upgrade,
    Batch,
}

impl Action {
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Generate => "generate",
            Self::Update => "update",
            Self::Deactivate => "deactivate",
            Self::Upgrade => "upgrade",
            Self::Batch => "batch",
        }
    }
}

/// What is asked for, told apart from every other request by its digest.
pub(crate) struct Asked<'a> {
    action: Action,
    key: &'a SubmissionKey,
    sha256: Vec<u8>,
}

/// What a submission led to before.
#[derive(Clone, Debug)]
pub(crate) enum Before {
    /// The same request: what it led to.
    Same(String),
    /// Another request, of this account, that led to this file, batch or upgrade.
    Other(Garn, String),
}

impl<'a> Asked<'a> {
    /// `subject` is what is acted on, empty where that is still to be made. The digest covers what is asked for, as typed, and not what the
    /// account owns meanwhile.
    pub(crate) fn new(
        access: &AccountAccess,
        action: Action,
        subject: &str,
        form: &NewFileForm,
        key: &'a SubmissionKey,
    ) -> Result<Self, Error> {
        let mut asked = BTreeMap::new();
        for (name, value) in form.fields().filter(|(name, _)| field::quantity_part(name).is_some() || field::is_choice(name)) {
            // Of a field that was sent twice the first counts, here as in the parser.
            asked.entry(name).or_insert(value.trim());
        }
        asked.retain(|_, value| !value.is_empty());
        Self::of(access, action, subject, &asked, key)
    }

    /// The same for what is no such form.
    pub(crate) fn of(
        access: &AccountAccess,
        action: Action,
        subject: &str,
        asked: &BTreeMap<&str, &str>,
        key: &'a SubmissionKey,
    ) -> Result<Self, Error> {
        let garn = access.garn.as_str();
        // Digests of generations are as they were when nothing else could be asked for.
        let asked = match action {
            Action::Generate => serde_json::to_vec(&(garn, asked)),
            _ => serde_json::to_vec(&(garn, action.code(), subject, asked)),
        };
        Ok(Self { action, key, sha256: Sha256::digest(asked.map_err(Error::internal)?).to_vec() })
    }
}

/// What this submission led to before.
pub(crate) async fn submitted(
    access: &AccountAccess,
    on: &impl ConnectionTrait,
    asked: &Asked<'_>,
) -> Result<Option<Before>, Error> {
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
        [access.caller().person_id().into(), asked.key.as_str().into()],
    )
    .await?;
    let Some(Submitted { request_sha256, subject, garn }) = found else { return Ok(None) };
    let same = request_sha256 == asked.sha256;
    if same {
        return Ok(Some(Before::Same(subject)));
    }
    // Of a file it is said which one, not which revision.
    let reference = subject.split('/').next().unwrap_or_default();
    Ok(Some(Before::Other(parsed(&garn)?, reference.to_owned())))
}

/// Notes what the submission leads to; `false` when its key was taken meanwhile.
pub(crate) async fn note_submission(
    access: &AccountAccess,
    write: &Write,
    asked: Asked<'_>,
    subject: String,
) -> Result<bool, Error> {
    let submitted = submission::ActiveModel {
        person_id: Set(access.caller().person_id()),
        key: Set(asked.key.as_str().to_owned()),
        request_sha256: Set(asked.sha256),
        account_id: Set(access.account_id()),
        action: Set(asked.action.code().to_owned()),
        subject: Set(subject),
    };
    let submitted = submission::Entity::insert(submitted).on_conflict_do_nothing();
    let first = submitted.exec_without_returning(write.on()).await?;
    access.portal().ctx.reach(Failpoint::SubmissionStored);
    // Nothing inserted is told as a count, not as a conflict.
    Ok(matches!(first, TryInsertResult::Inserted(1)))
}
