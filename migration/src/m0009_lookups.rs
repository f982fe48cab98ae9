//! Lookups that take as long in a large account as in a small one. SQLite, which has no statistics, takes an index of all files of an account for a
//! narrow one, so there is none; what was done to one thing has an index that begins with account and subject.
super::step!(
    "
    DROP INDEX activation_files_by_account;
    DROP INDEX audit_events_by_subject;
    CREATE INDEX audit_events_by_subject ON audit_events (account_id, subject, id);
    "
);
