//! Somebody who has signed in.

use crate::{audit::AuditEvent, event_type::EventType, portal::Portal};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

/// A password or a second factor that was proved counts as fresh this long.
const FRESH: TimeDelta = TimeDelta::minutes(10);

/// Role of a person, over all accounts. Domain §1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Customer,
    Partner,
    Analyst,
    Administrator,
}

/// A signed-in person as pages show them.
#[derive(Clone, Debug)]
pub struct Person {
    pub name: String,
    pub email: String,
    /// Instants are shown in this zone.
    pub time_zone: Tz,
}

/// The session of a request.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) token_sha256: Vec<u8>,
    pub(crate) began_at: DateTime<Utc>,
    /// Instant at which the second factor was proved last.
    pub(crate) factor_at: Option<DateTime<Utc>>,
    /// The person's role with the vendor counts only once they have a second factor.
    pub(crate) needs_factor: bool,
}

/// Somebody who has signed in. What they may do follows from here.
#[derive(Clone)]
pub struct Caller {
    portal: Portal,
    person_id: i64,
    person: Person,
    role: Role,
    /// `None`: a job goes on for them.
    session: Option<Session>,
}

impl Caller {
    pub(crate) fn new(portal: Portal, person_id: i64, person: Person, role: Role) -> Self {
        Self { portal, person_id, person, role, session: None }
    }

    pub(crate) fn in_session(self, session: Session) -> Self {
        Self { session: Some(session), ..self }
    }

    pub(crate) fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    /// Whether this person has a role with the vendor that counts only once they have set up a second factor.
    #[must_use]
    pub fn needs_second_factor(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.needs_factor)
    }

    /// Whether the second factor was proved a short while ago: roles and the catalogue are changed only then.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        self.session.as_ref().and_then(|session| session.factor_at).is_some_and(|at| self.is_fresh(at))
    }

    /// Whether the person signed in a short while ago.
    #[must_use]
    pub fn has_just_signed_in(&self) -> bool {
        self.session.as_ref().is_some_and(|session| self.is_fresh(session.began_at))
    }

    fn is_fresh(&self, at: DateTime<Utc>) -> bool {
        self.portal.now() < at + FRESH
    }

    #[must_use]
    pub fn person(&self) -> &Person {
        &self.person
    }

    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    #[must_use]
    pub fn portal(&self) -> &Portal {
        &self.portal
    }

    /// The number that logs and events know this person by.
    #[must_use]
    pub fn number(&self) -> i64 {
        self.person_id
    }

    /// Event by this person.
    pub(crate) fn event(&self, at: DateTime<Utc>, event_type: EventType, subject: impl Into<String>) -> AuditEvent {
        AuditEvent::by_operator(at, &self.person.name, event_type, subject).of_person(self.person_id)
    }

    pub(crate) fn person_id(&self) -> i64 {
        self.person_id
    }

    /// Whether the account of this alias is one of this person, `$1`: all of them for a licensing analyst, else their own, or one that granted their
    /// partner access. Two texts, because PostgreSQL plans a condition that only its parameter decides anew each time.
    pub(crate) fn visible(&self, account: &str) -> String {
        if self.role == Role::Analyst {
            return "TRUE".to_owned();
        }
        format!(
            "(EXISTS (SELECT 1 FROM memberships m WHERE m.account_id = {account}.id AND m.person_id = $1)
                OR EXISTS (SELECT 1 FROM partner_grants g JOIN memberships m ON m.account_id = g.partner_id
                           WHERE g.customer_id = {account}.id AND m.person_id = $1))"
        )
    }
}
