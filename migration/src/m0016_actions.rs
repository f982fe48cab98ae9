//! The table of submissions takes every name of an action: each feature knows its own.
super::step!(
    "
    CREATE TABLE submissions_of_any_action (
        person_id {ref} NOT NULL REFERENCES people (id),
        key TEXT NOT NULL,
        request_sha256 {bytes} NOT NULL,
        account_id {ref} NOT NULL REFERENCES accounts (id),
        action TEXT NOT NULL CHECK (action <> ''),
        subject TEXT NOT NULL CHECK (subject <> ''),
        PRIMARY KEY (person_id, key)
    );
    INSERT INTO submissions_of_any_action SELECT person_id, key, request_sha256, account_id, action, subject FROM submissions;
    DROP TABLE submissions;
    ALTER TABLE submissions_of_any_action RENAME TO submissions;
    CREATE INDEX submissions_by_subject ON submissions (subject);
    "
);
