//! Events: who did what, when, and on whose behalf.

use crate::{event_type::EventType, store::entity::audit_event};
use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, NotSet};
use serde_json::Value;

/// One event: who did what, when, and on whose behalf, with the state before and after. Domain §6.9.
pub struct AuditEvent {
    at: DateTime<Utc>,
    person: Option<i64>,
    actor: String,
    account: Option<i64>,
    event_type: EventType,
    subject: String,
    before: Option<Value>,
    after: Option<Value>,
}

impl AuditEvent {
    /// By the command line or the server itself, under the name `actor`.
    pub(crate) fn by_operator(at: DateTime<Utc>, actor: &str, event_type: EventType, subject: impl Into<String>) -> Self {
        Self {
            at,
            person: None,
            actor: actor.to_owned(),
            account: None,
            event_type,
            subject: subject.into(),
            before: None,
            after: None,
        }
    }

    /// By the person with this row id.
    pub(crate) fn of_person(self, person: i64) -> Self {
        Self { person: Some(person), ..self }
    }

    /// On behalf of the account with this row id.
    pub(crate) fn on_account(self, account: i64) -> Self {
        Self { account: Some(account), ..self }
    }

    /// State before, and state after.
    pub(crate) fn changing(self, before: Value, after: Value) -> Self {
        Self { before: Some(before), after: Some(after), ..self }
    }

    /// The row that keeps it.
    pub(crate) fn row(self) -> audit_event::ActiveModel {
        let Self { at, person, actor, account, event_type, subject, before, after } = self;
        audit_event::ActiveModel {
            id: NotSet,
            at: Set(at),
            person_id: Set(person),
            actor: Set(actor),
            account_id: Set(account),
            action: Set(event_type.code().to_owned()),
            subject: Set(subject),
            before: Set(before),
            after: Set(after),
        }
    }
}
