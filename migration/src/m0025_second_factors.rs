//! The second factor of a sign-in.
super::step!(
    "
    ALTER TABLE sessions ADD COLUMN factor_at {instant};

    CREATE TABLE second_factors (
        person_id {ref} NOT NULL PRIMARY KEY REFERENCES people (id),
        secret {bytes} NOT NULL,
        since {instant} NOT NULL,
        last_step BIGINT NOT NULL CHECK (last_step >= 0)
    );
    CREATE TABLE recovery_codes (
        person_id {ref} NOT NULL REFERENCES second_factors (person_id) ON DELETE CASCADE,
        code_sha256 {bytes} NOT NULL,
        used_at {instant},
        PRIMARY KEY (person_id, code_sha256)
    );
    CREATE TABLE unfinished_sign_ins (
        token_sha256 {bytes} NOT NULL PRIMARY KEY,
        person_id {ref} NOT NULL REFERENCES people (id),
        began_at {instant} NOT NULL
    );
    CREATE TABLE factor_resets (
        person_id {ref} NOT NULL PRIMARY KEY REFERENCES people (id),
        asked_by {ref} NOT NULL REFERENCES people (id),
        asked_at {instant} NOT NULL,
        CHECK (person_id <> asked_by)
    );
    "
);
