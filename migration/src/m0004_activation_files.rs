//! Activation files with their revisions, the exact bytes of each, and the ledger of what each revision holds.
super::step!(
    "
    CREATE TABLE signing_keys (
        name TEXT NOT NULL PRIMARY KEY,
        public_key {bytes} NOT NULL UNIQUE,
        private_key_sha256 {bytes} NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('current', 'next', 'retired')),
        created_at {instant} NOT NULL
    );
    CREATE UNIQUE INDEX signing_keys_one_current ON signing_keys (state) WHERE state = 'current';

    {sequence serial_numbers};

    CREATE TABLE activation_files (
        id {id},
        serial TEXT NOT NULL UNIQUE,
        account_id {ref} NOT NULL REFERENCES accounts (id),
        product_id {ref} NOT NULL REFERENCES products (id),
        licence_type TEXT NOT NULL,
        revision BIGINT NOT NULL CHECK (revision >= 1),
        state TEXT NOT NULL CHECK (state IN ('active', 'deactivated', 'revoked'))
    );
    CREATE INDEX activation_files_by_account ON activation_files (account_id, id);

    CREATE TABLE file_revisions (
        id {id},
        file_id {ref} NOT NULL REFERENCES activation_files (id),
        revision BIGINT NOT NULL CHECK (revision >= 1),
        site_id {ref} NOT NULL REFERENCES install_sites (id),
        version_id {ref} NOT NULL REFERENCES product_versions (id),
        system_type TEXT,
        mail_connector TEXT,
        primary_machine TEXT NOT NULL,
        primary_host TEXT,
        switchover_machine TEXT,
        switchover_host TEXT,
        valid_through {date} NOT NULL,
        updates_through {date},
        generated_by {ref} NOT NULL REFERENCES people (id),
        generated_at {instant} NOT NULL,
        signing_key TEXT NOT NULL REFERENCES signing_keys (name),
        bytes {bytes} NOT NULL,
        sha256 {bytes} NOT NULL,
        UNIQUE (file_id, revision),
        CHECK (primary_host <> switchover_host),
        CHECK ((switchover_machine IS NULL) = (switchover_host IS NULL) OR primary_host IS NULL)
    );
    CREATE INDEX file_revisions_by_host ON file_revisions (primary_host);
    CREATE INDEX file_revisions_by_switchover_host ON file_revisions (switchover_host);

    CREATE TABLE allocations (
        revision_id {ref} NOT NULL REFERENCES file_revisions (id),
        entitlement_id {ref} NOT NULL REFERENCES entitlements (id),
        assigned BIGINT NOT NULL CHECK (assigned >= 0),
        pooled BIGINT NOT NULL CHECK (pooled >= 0),
        PRIMARY KEY (revision_id, entitlement_id),
        CHECK (assigned + pooled > 0)
    );
    CREATE INDEX allocations_by_entitlement ON allocations (entitlement_id);

    CREATE TABLE submissions (
        person_id {ref} NOT NULL REFERENCES people (id),
        key TEXT NOT NULL,
        request_sha256 {bytes} NOT NULL,
        file_id {ref} NOT NULL REFERENCES activation_files (id),
        PRIMARY KEY (person_id, key)
    );
    "
);
