//! Ends of files, tables that lists are read from, results of submissions, and upgrades of parts.
super::step!(
    "
    ALTER TABLE activation_files ADD COLUMN ended_at {instant} CHECK ((state = 'active') = (ended_at IS NULL));
    ALTER TABLE activation_files ADD COLUMN ended_by {ref} REFERENCES people (id);
    ALTER TABLE activation_files ADD COLUMN end_reason TEXT
        CHECK (end_reason IN ('wrongly-generated', 'reallocation', 'servers-changed', 'other'));
    ALTER TABLE activation_files ADD COLUMN end_note TEXT;

    CREATE TABLE listed_files (
        file_id BIGINT NOT NULL PRIMARY KEY REFERENCES activation_files (id),
        account_id {ref} NOT NULL REFERENCES accounts (id),
        facet {ordered} NOT NULL,
        site_id {ref} NOT NULL REFERENCES install_sites (id),
        generated_by {ref} NOT NULL REFERENCES people (id),
        generated_at {instant} NOT NULL,
        valid_through {date} NOT NULL,
        machine {ordered} NOT NULL,
        switchover_machine {ordered},
        server_line {ref} REFERENCES entitlements (id),
        updates_through {date} NOT NULL
    );
    INSERT INTO listed_files
        SELECT f.id, f.account_id, f.state || '/' || f.licence_type || '/' || p.code, r.site_id, r.generated_by, r.generated_at,
            r.valid_through, lower(r.primary_machine {by bytes}), lower(r.switchover_machine {by bytes}),
            CASE WHEN f.state = 'active' AND f.licence_type IN ('production', 'evaluation') THEN
                (SELECT MIN(e.id) FROM allocations a JOIN entitlements e ON e.id = a.entitlement_id JOIN parts q ON q.id = e.part_id
                 WHERE a.revision_id = r.id AND q.class IN ('server-item', 'evaluation')) END,
            COALESCE(r.updates_through, '0001-01-01')
        FROM activation_files f JOIN products p ON p.id = f.product_id
        JOIN file_revisions r ON r.file_id = f.id AND r.revision = f.revision;
    CREATE INDEX listed_files_by_time ON listed_files (account_id, facet, generated_at, file_id, site_id, generated_by);
    CREATE INDEX listed_files_by_machine ON listed_files (account_id, facet, machine, file_id, generated_at, site_id, generated_by);
    CREATE INDEX listed_files_by_site_time ON listed_files (site_id, facet, generated_at, file_id, generated_by);
    CREATE INDEX listed_files_by_site_machine ON listed_files (site_id, facet, machine, file_id, generated_at, generated_by);
    CREATE INDEX listed_files_by_person_time ON listed_files (account_id, generated_by, facet, generated_at, file_id, site_id);
    CREATE INDEX listed_files_by_person_machine ON listed_files (account_id, generated_by, facet, machine, file_id, generated_at, site_id);

    CREATE INDEX listed_files_ending ON listed_files (account_id, valid_through) WHERE valid_through < '2100-01-01';
    CREATE INDEX listed_files_by_server_line ON listed_files (server_line, updates_through) WHERE server_line IS NOT NULL;

    CREATE TABLE file_machines (
        account_id {ref} NOT NULL REFERENCES accounts (id),
        facet {ordered} NOT NULL,
        name {ordered} NOT NULL,
        file_id BIGINT NOT NULL REFERENCES activation_files (id),
        other {ordered},
        PRIMARY KEY (file_id, name)
    );
    INSERT INTO file_machines
        SELECT account_id, facet, machine, file_id, CASE WHEN switchover_machine <> machine THEN switchover_machine END FROM listed_files;
    INSERT INTO file_machines SELECT account_id, facet, switchover_machine, file_id, machine FROM listed_files
        WHERE switchover_machine <> machine;
    CREATE INDEX file_machines_by_name ON file_machines (account_id, facet, name, file_id, other);

    CREATE TABLE submissions_with_action (
        person_id {ref} NOT NULL REFERENCES people (id),
        key TEXT NOT NULL,
        request_sha256 {bytes} NOT NULL,
        account_id {ref} NOT NULL REFERENCES accounts (id),
        action TEXT NOT NULL CHECK (action IN ('generate', 'update', 'deactivate', 'upgrade')),
        subject TEXT NOT NULL,
        PRIMARY KEY (person_id, key)
    );
    INSERT INTO submissions_with_action
        SELECT s.person_id, s.key, s.request_sha256, f.account_id, 'generate', f.serial
        FROM submissions s JOIN activation_files f ON f.id = s.file_id;
    DROP TABLE submissions;
    ALTER TABLE submissions_with_action RENAME TO submissions;
    CREATE INDEX submissions_by_subject ON submissions (subject);

    ALTER TABLE accounts ADD COLUMN mirrored BOOLEAN NOT NULL DEFAULT FALSE;
    CREATE TABLE part_upgrades (
        part_id {ref} NOT NULL REFERENCES parts (id),
        target_part_id {ref} NOT NULL REFERENCES parts (id),
        PRIMARY KEY (part_id, target_part_id),
        CHECK (part_id <> target_part_id)
    );
    CREATE TABLE upgrades (
        id {id},
        account_id {ref} NOT NULL REFERENCES accounts (id),
        person_id {ref} NOT NULL REFERENCES people (id),
        at {instant} NOT NULL
    );
    CREATE INDEX upgrades_by_account ON upgrades (account_id, id);
    CREATE TABLE upgrade_lines (
        upgrade_id {ref} NOT NULL REFERENCES upgrades (id),
        entitlement_id {ref} NOT NULL REFERENCES entitlements (id),
        part_id {ref} NOT NULL REFERENCES parts (id),
        target_part_id {ref} NOT NULL REFERENCES parts (id),
        PRIMARY KEY (upgrade_id, entitlement_id)
    );
    CREATE INDEX upgrade_lines_by_entitlement ON upgrade_lines (entitlement_id);

    CREATE TABLE allocations_with_part (
        revision_id {ref} NOT NULL REFERENCES file_revisions (id),
        entitlement_id {ref} NOT NULL REFERENCES entitlements (id),
        part_id {ref} NOT NULL REFERENCES parts (id),
        assigned BIGINT NOT NULL CHECK (assigned >= 0),
        pooled BIGINT NOT NULL CHECK (pooled >= 0),
        PRIMARY KEY (revision_id, entitlement_id),
        CHECK (assigned + pooled > 0)
    );
    INSERT INTO allocations_with_part
        SELECT a.revision_id, a.entitlement_id, e.part_id, a.assigned, a.pooled
        FROM allocations a JOIN entitlements e ON e.id = a.entitlement_id;
    DROP TABLE allocations;
    ALTER TABLE allocations_with_part RENAME TO allocations;
    CREATE INDEX allocations_by_entitlement ON allocations (entitlement_id);
    "
);
