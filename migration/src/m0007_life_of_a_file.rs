//! How files end, what their lists are read from, and what each submission led to.
super::step!(
    "
    ALTER TABLE activation_files ADD COLUMN ended_at {instant} CHECK ((state = 'active') = (ended_at IS NULL));
    ALTER TABLE activation_files ADD COLUMN ended_by {ref} REFERENCES people (id);
    ALTER TABLE activation_files ADD COLUMN end_reason TEXT
        CHECK (end_reason IN ('wrongly-generated', 'reallocation', 'servers-changed', 'other'));
    ALTER TABLE activation_files ADD COLUMN end_note TEXT;

    CREATE TABLE listed_files (
        file_id {ref} NOT NULL PRIMARY KEY REFERENCES activation_files (id),
        account_id {ref} NOT NULL REFERENCES accounts (id),
        facet {ordered} NOT NULL,
        site_id {ref} NOT NULL REFERENCES install_sites (id),
        generated_by {ref} NOT NULL REFERENCES people (id),
        generated_at {instant} NOT NULL,
        valid_through {date} NOT NULL,
        machine {ordered} NOT NULL,
        switchover_machine {ordered}
    );
    INSERT INTO listed_files
        SELECT f.id, f.account_id, f.state || '/' || f.licence_type || '/' || p.code, r.site_id, r.generated_by, r.generated_at,
            r.valid_through, lower(r.primary_machine {by bytes}), lower(r.switchover_machine {by bytes})
        FROM activation_files f JOIN products p ON p.id = f.product_id
        JOIN file_revisions r ON r.file_id = f.id AND r.revision = f.revision;
    CREATE INDEX listed_files_by_time ON listed_files (account_id, facet, generated_at, file_id, site_id, generated_by);
    CREATE INDEX listed_files_by_machine ON listed_files (account_id, facet, machine, file_id);
    CREATE INDEX listed_files_by_end ON listed_files (account_id, facet, valid_through, file_id);
    CREATE INDEX listed_files_by_site_time ON listed_files (site_id, facet, generated_at, file_id, generated_by);
    CREATE INDEX listed_files_by_site_machine ON listed_files (site_id, facet, machine, file_id);
    CREATE INDEX listed_files_by_person_time ON listed_files (account_id, generated_by, facet, generated_at, file_id, site_id);
    CREATE INDEX listed_files_by_person_machine ON listed_files (account_id, generated_by, facet, machine, file_id);

    CREATE TABLE file_machines (
        account_id {ref} NOT NULL REFERENCES accounts (id),
        name {ordered} NOT NULL,
        file_id {ref} NOT NULL REFERENCES activation_files (id),
        PRIMARY KEY (account_id, name, file_id)
    );
    INSERT INTO file_machines SELECT account_id, machine, file_id FROM listed_files;
    INSERT INTO file_machines SELECT account_id, switchover_machine, file_id FROM listed_files
        WHERE switchover_machine IS NOT NULL AND switchover_machine <> machine;
    CREATE INDEX file_machines_by_file ON file_machines (file_id);

    CREATE TABLE submissions_with_action (
        person_id {ref} NOT NULL REFERENCES people (id),
        key TEXT NOT NULL,
        request_sha256 {bytes} NOT NULL,
        account_id {ref} NOT NULL REFERENCES accounts (id),
        action TEXT NOT NULL CHECK (action IN ('generate', 'update', 'deactivate')),
        subject TEXT NOT NULL,
        PRIMARY KEY (person_id, key)
    );
    INSERT INTO submissions_with_action
        SELECT s.person_id, s.key, s.request_sha256, f.account_id, 'generate', f.serial
        FROM submissions s JOIN activation_files f ON f.id = s.file_id;
    DROP TABLE submissions;
    ALTER TABLE submissions_with_action RENAME TO submissions;
    CREATE INDEX submissions_by_subject ON submissions (subject);
    "
);
