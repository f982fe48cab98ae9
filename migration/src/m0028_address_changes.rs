//! Another address of a person, which is theirs once both mailboxes have said so; and how long a sign-in has been disabled.
super::step!(
    "
    CREATE TABLE address_changes (
        person_id {ref} NOT NULL PRIMARY KEY REFERENCES people (id),
        email TEXT NOT NULL CHECK (email = lower(email)),
        old_secret_sha256 {bytes} NOT NULL UNIQUE,
        new_secret_sha256 {bytes} NOT NULL UNIQUE,
        old_confirmed_at {instant},
        new_confirmed_at {instant},
        ends_at {instant} NOT NULL
    );
    ALTER TABLE people ADD COLUMN disabled_at {instant};
    "
);
