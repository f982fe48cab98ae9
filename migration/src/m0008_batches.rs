//! Batches: the same done to many files at once, and what each of their lines led to.
super::step!(
    "
    CREATE TABLE batches (
        id {id},
        account_id {ref} NOT NULL REFERENCES accounts (id),
        person_id {ref} NOT NULL REFERENCES people (id),
        made_at {instant} NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('generate', 'refresh', 'deactivate')),
        pattern {json} NOT NULL,
        repeats BOOLEAN NOT NULL,
        moves {json} NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('planned', 'running', 'done')),
        mode TEXT CHECK (mode IN ('all-or-nothing', 'line-by-line')),
        end_reason TEXT CHECK (end_reason IN ('wrongly-generated', 'reallocation', 'servers-changed', 'other')),
        end_note TEXT,
        begun_at {instant},
        ended_at {instant},
        told TEXT,
        CHECK ((state = 'planned') = (begun_at IS NULL)),
        CHECK ((state = 'done') = (ended_at IS NOT NULL)),
        CHECK (state = 'planned' OR mode IS NOT NULL)
    );
    CREATE INDEX batches_by_account ON batches (account_id, id);
    CREATE INDEX batches_running ON batches (id) WHERE state = 'running';

    CREATE TABLE batch_lines (
        batch_id {ref} NOT NULL REFERENCES batches (id),
        line BIGINT NOT NULL CHECK (line >= 1),
        asked {json} NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('ready', 'left', 'refused', 'done')),
        words TEXT,
        file_id {ref} REFERENCES activation_files (id),
        revision BIGINT,
        PRIMARY KEY (batch_id, line),
        CHECK ((state = 'done') = (file_id IS NOT NULL)),
        CHECK ((file_id IS NULL) = (revision IS NULL)),
        CHECK ((state IN ('left', 'refused')) = (words IS NOT NULL))
    );
    CREATE INDEX batch_lines_by_state ON batch_lines (batch_id, state, line);
    CREATE INDEX batch_lines_by_file ON batch_lines (file_id) WHERE file_id IS NOT NULL;

    CREATE TABLE submissions_with_batches (
        person_id {ref} NOT NULL REFERENCES people (id),
        key TEXT NOT NULL,
        request_sha256 {bytes} NOT NULL,
        account_id {ref} NOT NULL REFERENCES accounts (id),
        action TEXT NOT NULL CHECK (action IN ('generate', 'update', 'deactivate', 'upgrade', 'batch')),
        subject TEXT NOT NULL,
        PRIMARY KEY (person_id, key)
    );
    INSERT INTO submissions_with_batches SELECT person_id, key, request_sha256, account_id, action, subject FROM submissions;
    DROP TABLE submissions;
    ALTER TABLE submissions_with_batches RENAME TO submissions;
    CREATE INDEX submissions_by_subject ON submissions (subject);
    "
);
