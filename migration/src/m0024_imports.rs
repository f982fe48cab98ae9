//! Accounts, install sites and order lines come in from tables: each line is planned first, and all of them are applied together.
super::step!(
    "
    ALTER TABLE accounts ADD COLUMN activated_on {date};
    ALTER TABLE accounts ADD COLUMN billable BOOLEAN NOT NULL DEFAULT FALSE;
    ALTER TABLE accounts ADD COLUMN billing {json};
    ALTER TABLE accounts ADD COLUMN landlord_id {ref} REFERENCES accounts (id);

    CREATE TABLE line_changes (
        id {id},
        order_id {ref} NOT NULL REFERENCES orders (id),
        line BIGINT NOT NULL CHECK (line >= 1),
        entitlement_id {ref} NOT NULL REFERENCES entitlements (id),
        owned_assigned BIGINT NOT NULL CHECK (owned_assigned BETWEEN 0 AND 1000000),
        owned_pooled BIGINT NOT NULL CHECK (owned_pooled BETWEEN 0 AND 1000000),
        maintenance_end {date},
        at {instant} NOT NULL,
        UNIQUE (order_id, line)
    );
    CREATE INDEX line_changes_by_entitlement ON line_changes (entitlement_id, id);

    CREATE TABLE imports (
        id {id},
        name TEXT NOT NULL,
        person_id {ref} REFERENCES people (id),
        submitted_by TEXT NOT NULL,
        submitted_at {instant} NOT NULL,
        object TEXT,
        state TEXT NOT NULL CHECK (state IN ('reading', 'planned', 'applying', 'applied', 'failed', 'discarded')),
        reason TEXT,
        new_lines BIGINT NOT NULL DEFAULT 0 CHECK (new_lines >= 0),
        changed_lines BIGINT NOT NULL DEFAULT 0 CHECK (changed_lines >= 0),
        there_lines BIGINT NOT NULL DEFAULT 0 CHECK (there_lines >= 0),
        refused_lines BIGINT NOT NULL DEFAULT 0 CHECK (refused_lines >= 0),
        changed_at {instant} NOT NULL,
        CHECK ((state = 'failed') = (reason IS NOT NULL)),
        CHECK (state NOT IN ('applying', 'applied') OR refused_lines = 0)
    );

    CREATE TABLE import_accounts (
        import_id {ref} NOT NULL REFERENCES imports (id),
        garn TEXT NOT NULL,
        account_id {ref} REFERENCES accounts (id),
        name TEXT NOT NULL,
        kind TEXT NOT NULL,
        licence_model TEXT NOT NULL,
        time_zone TEXT NOT NULL,
        mirrored BOOLEAN NOT NULL,
        folded TEXT NOT NULL,
        activated_on {date},
        billable BOOLEAN NOT NULL,
        billing {json},
        landlord TEXT,
        PRIMARY KEY (import_id, garn)
    );

    CREATE TABLE import_sites (
        import_id {ref} NOT NULL REFERENCES imports (id),
        line BIGINT NOT NULL,
        garn TEXT NOT NULL,
        name TEXT NOT NULL,
        address TEXT NOT NULL,
        city TEXT NOT NULL,
        state TEXT NOT NULL,
        postal_code TEXT NOT NULL,
        country TEXT NOT NULL,
        contact TEXT NOT NULL,
        phone TEXT NOT NULL,
        email TEXT NOT NULL,
        PRIMARY KEY (import_id, line)
    );

    CREATE TABLE import_lines (
        import_id {ref} NOT NULL REFERENCES imports (id),
        line BIGINT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('new', 'changed', 'there', 'refused')),
        told TEXT NOT NULL,
        garn TEXT NOT NULL,
        sales_order TEXT NOT NULL,
        order_line BIGINT NOT NULL,
        first_of_order BOOLEAN NOT NULL,
        purchase_order TEXT NOT NULL,
        ordered_on {date},
        part_id {ref} REFERENCES parts (id),
        assigned BIGINT NOT NULL,
        pooled BIGINT NOT NULL,
        unlimited BOOLEAN NOT NULL,
        maintenance_end {date},
        term_days BIGINT,
        target_order TEXT,
        target_line BIGINT,
        was_assigned BIGINT,
        was_pooled BIGINT,
        was_maintenance_end {date},
        PRIMARY KEY (import_id, line)
    );
    CREATE INDEX import_lines_by_state ON import_lines (import_id, state, line);
    "
);
