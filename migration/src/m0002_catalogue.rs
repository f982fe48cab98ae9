//! Tables of the catalogue and of certifications.
super::step!(
    "
    CREATE TABLE products (
        id {id},
        code TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        line TEXT NOT NULL,
        switchover BOOLEAN NOT NULL,
        mail_connector BOOLEAN NOT NULL
    );

    CREATE TABLE product_versions (
        id {id},
        product_id {ref} NOT NULL REFERENCES products (id),
        name TEXT NOT NULL,
        released_on {date} NOT NULL,
        generation TEXT NOT NULL,
        subscription BOOLEAN NOT NULL,
        UNIQUE (product_id, name)
    );

    CREATE TABLE parts (
        id {id},
        number TEXT NOT NULL UNIQUE,
        description TEXT NOT NULL,
        product_id {ref} NOT NULL REFERENCES products (id),
        generation TEXT NOT NULL,
        class TEXT NOT NULL
    );

    CREATE TABLE part_requirements (
        part_id {ref} NOT NULL REFERENCES parts (id),
        required_part_id {ref} NOT NULL REFERENCES parts (id),
        PRIMARY KEY (part_id, required_part_id),
        CHECK (part_id <> required_part_id)
    );

    CREATE TABLE key_mappings (
        part_id {ref} NOT NULL REFERENCES parts (id),
        key TEXT NOT NULL,
        per_assigned BIGINT NOT NULL CHECK (per_assigned >= 0),
        per_pooled BIGINT NOT NULL CHECK (per_pooled >= 0),
        PRIMARY KEY (part_id, key)
    );

    CREATE TABLE certifications (
        id {id},
        person_id {ref} NOT NULL REFERENCES people (id),
        product_id {ref} NOT NULL REFERENCES products (id),
        valid_from {date} NOT NULL,
        valid_through {date} NOT NULL,
        CHECK (valid_from <= valid_through)
    );
    CREATE INDEX certifications_by_person ON certifications (person_id, product_id);
    "
);
