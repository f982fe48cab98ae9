//! Mail that comes in, what checks attachments found, files that analysts provide, answers that are kept ready, who reads a request, and the orders that the queue is in.
super::step!(
    "
    CREATE TABLE received_mails (
        id {id},
        mail_sha256 {bytes} NOT NULL UNIQUE,
        received_at {instant} NOT NULL,
        sender TEXT NOT NULL,
        subject TEXT NOT NULL,
        outcome TEXT NOT NULL CHECK (outcome IN ('message', 'unverified', 'automatic', 'bounce', 'unreadable', 'added', 'dismissed')),
        reason TEXT NOT NULL,
        body TEXT NOT NULL,
        request_id {ref} REFERENCES requests (id),
        object TEXT UNIQUE,
        kept_bytes BIGINT NOT NULL CHECK (kept_bytes >= 0),
        settled_by {ref} REFERENCES people (id),
        settled_at {instant},
        CHECK (outcome NOT IN ('message', 'added') OR request_id IS NOT NULL),
        CHECK ((outcome IN ('added', 'dismissed')) = (settled_at IS NOT NULL) AND (settled_by IS NULL) = (settled_at IS NULL)),
        CHECK (object IS NULL OR outcome = 'unverified'),
        CHECK ((object IS NULL) = (kept_bytes = 0))
    );
    CREATE INDEX received_mails_by_outcome ON received_mails (outcome, id);
    CREATE INDEX received_mails_of_request ON received_mails (request_id, id);
    CREATE INDEX received_mails_by_sender ON received_mails (sender, received_at);
    CREATE INDEX received_mails_by_age ON received_mails (received_at);

    ALTER TABLE request_messages ADD COLUMN mail_id {ref} REFERENCES received_mails (id);

    ALTER TABLE request_attachments ADD COLUMN scan TEXT NOT NULL DEFAULT 'none' CHECK (scan IN ('none', 'pending', 'clean', 'infected'));
    ALTER TABLE request_attachments ADD COLUMN provided BOOLEAN NOT NULL DEFAULT FALSE;
    ALTER TABLE request_attachments ADD COLUMN handed_at {instant};
    CREATE INDEX request_attachments_pending ON request_attachments (id) WHERE scan = 'pending' AND removed_at IS NULL;

    CREATE INDEX request_words_of_request ON request_words (request_id, word);
    CREATE INDEX requests_by_category ON requests (category, id);
    CREATE INDEX requests_by_analyst ON requests (assigned_to, id);
    DROP INDEX requests_of_analyst;
    CREATE INDEX requests_open_of_analyst ON requests (assigned_to, id) WHERE ended_at IS NULL;
    CREATE INDEX requests_by_age ON requests (submitted_at);
    CREATE INDEX requests_by_need ON requests (needed_by, id) WHERE ended_at IS NULL;
    CREATE INDEX requests_open_by_id ON requests (id) WHERE ended_at IS NULL;
    CREATE INDEX requests_unassigned ON requests (id) WHERE ended_at IS NULL AND assigned_to IS NULL;
    CREATE INDEX requests_urgent ON requests (id) WHERE ended_at IS NULL AND urgent;
    CREATE INDEX requests_waiting ON requests (id) WHERE state = 'waiting';

    CREATE TABLE canned_answers (
        id {id},
        name TEXT NOT NULL UNIQUE CHECK (name <> ''),
        body TEXT NOT NULL CHECK (body <> ''),
        changed_at {instant} NOT NULL
    );

    CREATE TABLE request_readers (
        request_id {ref} NOT NULL REFERENCES requests (id),
        person_id {ref} NOT NULL REFERENCES people (id),
        seen_at {instant} NOT NULL,
        PRIMARY KEY (request_id, person_id)
    )
    "
);
