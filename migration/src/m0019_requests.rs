//! Activation file requests: the form, drafts of strangers, what was sent, and the conversation about it.
super::step!(
    "
    CREATE TABLE request_forms (
        id {id},
        document TEXT NOT NULL CHECK (document <> ''),
        changed_at {instant} NOT NULL
    );

    CREATE TABLE request_drafts (
        key TEXT NOT NULL PRIMARY KEY,
        browser_sha256 {bytes} NOT NULL,
        network TEXT NOT NULL,
        fields {json} NOT NULL,
        saved_at {instant} NOT NULL
    );
    CREATE INDEX request_drafts_of_network ON request_drafts (network);
    CREATE INDEX request_drafts_of_browser ON request_drafts (browser_sha256, saved_at);
    CREATE INDEX request_drafts_by_age ON request_drafts (saved_at);

    CREATE TABLE requests (
        id {id},
        draft_key TEXT NOT NULL UNIQUE,
        browser_sha256 {bytes} NOT NULL,
        request_sha256 {bytes} NOT NULL,
        link TEXT NOT NULL UNIQUE,
        mailbox_key TEXT NOT NULL UNIQUE,
        mailbox_confirmed_at {instant},
        held BOOLEAN NOT NULL,
        network TEXT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('question', 'file')),
        category TEXT,
        file_type TEXT,
        urgent BOOLEAN NOT NULL,
        needed_by {date},
        name TEXT NOT NULL,
        email TEXT NOT NULL,
        domain TEXT NOT NULL,
        copies {json} NOT NULL,
        garn TEXT,
        subject TEXT NOT NULL,
        answers {json} NOT NULL,
        person_id {ref} REFERENCES people (id),
        account_id {ref} REFERENCES accounts (id),
        submitted_at {instant} NOT NULL,
        confirmed_at {instant},
        state TEXT NOT NULL CHECK (state IN ('new', 'in-review', 'waiting', 'fulfilled', 'answered', 'rejected', 'closed')),
        assigned_to {ref} REFERENCES people (id),
        changed_at {instant} NOT NULL,
        answered_at {instant},
        ended_at {instant},
        revision BIGINT NOT NULL CHECK (revision >= 1),
        CHECK ((kind = 'question') = (category IS NULL) AND (category IS NULL) = (file_type IS NULL)),
        CHECK (kind = 'file' OR NOT urgent),
        CHECK (state NOT IN ('in-review', 'waiting') OR assigned_to IS NOT NULL),
        CHECK (state <> 'new' OR assigned_to IS NULL),
        CHECK ((state IN ('new', 'in-review', 'waiting')) = (ended_at IS NULL)),
        CHECK (NOT held OR (state = 'new' AND mailbox_confirmed_at IS NULL))
    );
    CREATE INDEX requests_open ON requests (submitted_at, id) WHERE ended_at IS NULL;
    CREATE INDEX requests_of_analyst ON requests (assigned_to, submitted_at, id) WHERE ended_at IS NULL;
    CREATE INDEX requests_by_email ON requests (email, submitted_at);
    CREATE INDEX requests_by_domain ON requests (domain, submitted_at);
    CREATE INDEX requests_by_network ON requests (network, submitted_at);
    CREATE INDEX requests_by_account ON requests (account_id, id);
    CREATE INDEX requests_by_garn ON requests (garn, id);
    CREATE INDEX requests_by_person ON requests (person_id, id);

    CREATE TABLE request_hosts (
        request_id {ref} NOT NULL REFERENCES requests (id),
        host_id TEXT NOT NULL,
        PRIMARY KEY (request_id, host_id)
    );
    CREATE INDEX request_hosts_by_host ON request_hosts (host_id, request_id);

    CREATE TABLE request_attachments (
        id {id},
        request_id {ref} NOT NULL REFERENCES requests (id),
        name TEXT NOT NULL,
        bytes BIGINT NOT NULL CHECK (bytes > 0),
        sha256 {bytes} NOT NULL,
        about TEXT NOT NULL,
        object TEXT NOT NULL UNIQUE,
        person_id {ref} REFERENCES people (id),
        at {instant} NOT NULL,
        removed_at {instant}
    );
    CREATE INDEX request_attachments_of_request ON request_attachments (request_id, id);

    CREATE TABLE request_files (
        request_id {ref} NOT NULL REFERENCES requests (id),
        file_id {ref} NOT NULL REFERENCES activation_files (id),
        bound_at {instant} NOT NULL,
        handed_at {instant},
        revision BIGINT,
        PRIMARY KEY (request_id, file_id),
        CHECK ((handed_at IS NULL) = (revision IS NULL)),
        FOREIGN KEY (file_id, revision) REFERENCES file_revisions (file_id, revision)
    );

    CREATE TABLE request_words (
        word {ordered} NOT NULL,
        request_id {ref} NOT NULL REFERENCES requests (id),
        PRIMARY KEY (word, request_id)
    );

    CREATE TABLE request_messages (
        id {id},
        request_id {ref} NOT NULL REFERENCES requests (id),
        key TEXT NOT NULL,
        at {instant} NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('requester', 'reply', 'note')),
        person_id {ref} REFERENCES people (id),
        author TEXT NOT NULL,
        body TEXT NOT NULL CHECK (body <> ''),
        resolution TEXT,
        UNIQUE (request_id, key),
        CHECK ((kind = 'reply') = (resolution IS NOT NULL)),
        CHECK (kind = 'requester' OR person_id IS NOT NULL)
    );
    "
);
