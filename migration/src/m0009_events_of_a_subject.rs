//! What was done to one thing of an account is found without reading everything that was done in the account.
super::step!(
    "
    DROP INDEX audit_events_by_subject;
    CREATE INDEX audit_events_by_subject ON audit_events (account_id, subject, id);
    "
);
