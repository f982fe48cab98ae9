//! A catalogue is replaced by another: what the other does not have is retired, and each document is kept.
super::step!(
    "
    ALTER TABLE products ADD COLUMN retired BOOLEAN NOT NULL DEFAULT FALSE;
    ALTER TABLE product_versions ADD COLUMN retired BOOLEAN NOT NULL DEFAULT FALSE;
    ALTER TABLE parts ADD COLUMN retired BOOLEAN NOT NULL DEFAULT FALSE;

    CREATE TABLE catalogues (
        id {id},
        document TEXT NOT NULL CHECK (document <> ''),
        proposed_at {instant} NOT NULL,
        proposed_by TEXT NOT NULL,
        person_id {ref} REFERENCES people (id),
        applied_at {instant},
        changes BIGINT CHECK (changes >= 0),
        CHECK ((applied_at IS NULL) = (changes IS NULL))
    );
    CREATE INDEX catalogues_applied ON catalogues (applied_at) WHERE applied_at IS NOT NULL;
    "
);
