//! Devices that somebody has signed in on: attempts from them are counted apart from those of strangers.
super::step!(
    "
    CREATE TABLE devices (
        token_sha256 {bytes} NOT NULL,
        person_id {ref} NOT NULL REFERENCES people (id),
        seen_at {instant} NOT NULL,
        PRIMARY KEY (token_sha256, person_id)
    );
    CREATE INDEX devices_by_person ON devices (person_id, seen_at);
    "
);
