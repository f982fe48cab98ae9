use crate::{
    access::caller::{AccountAccess, Caller},
    error::Error,
    store::{
        database::{self, Write},
        entity::audit_event,
    },
};
use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, NotSet};
use serde_json::Value;

/// Who did what, when, and on whose behalf, with what was before and after. Domain §6.9.
pub struct AuditEvent {
    at: DateTime<Utc>,
    person: Option<i64>,
    actor: String,
    account: Option<i64>,
    action: &'static str,
    subject: String,
    before: Option<Value>,
    after: Option<Value>,
}

impl AuditEvent {
    /// By a signed-in person, on behalf of an account, at the time that the changed rows bear.
    pub(crate) fn on_account(
        at: DateTime<Utc>,
        access: &AccountAccess,
        action: &'static str,
        subject: impl Into<String>,
    ) -> Self {
        Self { at, account: Some(access.account_id()), ..Self::by_person(access.caller(), action, subject) }
    }

    /// By a signed-in person.
    pub(crate) fn by_person(caller: &Caller, action: &'static str, subject: impl Into<String>) -> Self {
        Self::by_operator(caller.portal().now(), &caller.person().name, action, subject).of_person(caller.person_id())
    }

    /// By the command line or the server itself, under the name `actor`.
    pub(crate) fn by_operator(at: DateTime<Utc>, actor: &str, action: &'static str, subject: impl Into<String>) -> Self {
        Self {
            at,
            person: None,
            actor: actor.to_owned(),
            account: None,
            action,
            subject: subject.into(),
            before: None,
            after: None,
        }
    }

    pub(crate) fn of_person(self, person: i64) -> Self {
        Self { person: Some(person), ..self }
    }

    pub(crate) fn changing(self, before: Value, after: Value) -> Self {
        Self { before: Some(before), after: Some(after), ..self }
    }
}

pub(crate) async fn insert(write: &Write, events: Vec<AuditEvent>) -> Result<(), Error> {
    let events = events.into_iter().map(|event| {
        let AuditEvent { at, person, actor, account, action, subject, before, after } = event;
        audit_event::ActiveModel {
            id: NotSet,
            at: Set(at),
            person_id: Set(person),
            actor: Set(actor),
            account_id: Set(account),
            action: Set(action.to_owned()),
            subject: Set(subject),
            before: Set(before),
            after: Set(after),
        }
    });
    database::insert::<audit_event::Entity>(write, events.collect()).await
}
