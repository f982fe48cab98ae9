//! Orders and what their lines give. The database itself refuses to allocate more than is owned.
super::step!(
    "
    CREATE TABLE orders (
        id {id},
        account_id {ref} NOT NULL REFERENCES accounts (id),
        sales_order TEXT NOT NULL UNIQUE,
        purchase_order TEXT NOT NULL DEFAULT '',
        ordered_on {date} NOT NULL
    );

    CREATE TABLE entitlements (
        id {id},
        account_id {ref} NOT NULL REFERENCES accounts (id),
        order_id {ref} NOT NULL REFERENCES orders (id),
        line BIGINT NOT NULL CHECK (line >= 1),
        part_id {ref} NOT NULL REFERENCES parts (id),
        owned_assigned BIGINT NOT NULL CHECK (owned_assigned BETWEEN 0 AND 1000000),
        owned_pooled BIGINT NOT NULL CHECK (owned_pooled BETWEEN 0 AND 1000000),
        allocated_assigned BIGINT NOT NULL DEFAULT 0 CHECK (allocated_assigned >= 0),
        allocated_pooled BIGINT NOT NULL DEFAULT 0 CHECK (allocated_pooled >= 0),
        unlimited BOOLEAN NOT NULL,
        maintenance_end {date},
        UNIQUE (order_id, line),
        CHECK (unlimited OR (allocated_assigned <= owned_assigned AND allocated_pooled <= owned_pooled))
    );
    CREATE INDEX entitlements_by_account ON entitlements (account_id, part_id);
    "
);
