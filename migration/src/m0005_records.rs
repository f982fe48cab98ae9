//! Tables of events, sessions and outgoing mail.
super::step!(
    "
    CREATE TABLE audit_events (
        id {id},
        at {instant} NOT NULL,
        person_id {ref} REFERENCES people (id),
        actor TEXT NOT NULL,
        account_id {ref} REFERENCES accounts (id),
        action TEXT NOT NULL,
        subject TEXT NOT NULL,
        before {json},
        after {json}
    );
    CREATE INDEX audit_events_by_account ON audit_events (account_id, id);
    CREATE INDEX audit_events_by_subject ON audit_events (subject, id);

    CREATE TABLE sessions (
        token_sha256 {bytes} NOT NULL PRIMARY KEY,
        person_id {ref} NOT NULL REFERENCES people (id),
        began_at {instant} NOT NULL,
        seen_at {instant} NOT NULL
    );
    CREATE INDEX sessions_by_age ON sessions (began_at);

    CREATE TABLE sign_in_attempts (
        subject_sha256 {bytes} NOT NULL PRIMARY KEY,
        window_began_at {instant} NOT NULL,
        attempts BIGINT NOT NULL CHECK (attempts >= 0)
    );

    CREATE TABLE outbox (
        id {id},
        recipient TEXT NOT NULL,
        subject TEXT NOT NULL,
        body TEXT NOT NULL,
        queued_at {instant} NOT NULL,
        attempts BIGINT NOT NULL DEFAULT 0,
        next_attempt_at {instant} NOT NULL,
        last_error TEXT,
        state TEXT NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sent', 'parked'))
    );
    CREATE INDEX outbox_due ON outbox (state, next_attempt_at);
    "
);
