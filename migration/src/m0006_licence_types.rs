//! Columns that licence types beyond production need, filled for the shipped catalogue in databases that have it.
super::step!(
    "
    ALTER TABLE accounts ADD COLUMN cloud_organization TEXT;
    ALTER TABLE accounts ADD COLUMN cloud_connected BOOLEAN NOT NULL DEFAULT FALSE;

    ALTER TABLE products ADD COLUMN cloud_beside TEXT REFERENCES products (code);
    ALTER TABLE product_versions ADD COLUMN virtual_cloud BOOLEAN NOT NULL DEFAULT FALSE;
    ALTER TABLE parts ADD COLUMN development TEXT CHECK (development IN ('small', 'large'));
    ALTER TABLE entitlements ADD COLUMN term_days BIGINT CHECK (term_days BETWEEN 1 AND 3650);

    CREATE TABLE unordered_parts (
        revision_id {ref} NOT NULL REFERENCES file_revisions (id),
        part_id {ref} NOT NULL REFERENCES parts (id),
        assigned BIGINT NOT NULL CHECK (assigned >= 0),
        pooled BIGINT NOT NULL CHECK (pooled >= 0),
        PRIMARY KEY (revision_id, part_id),
        CHECK (assigned + pooled > 0)
    );

    UPDATE products SET cloud_beside = 'CIC' WHERE code = 'MediaServer';
    UPDATE product_versions SET virtual_cloud = TRUE
        WHERE name IN ('2020 R2', '2020 R3', '2020 R4') AND product_id IN (SELECT id FROM products WHERE code IN ('CIC', 'MediaServer'));
    UPDATE parts SET development = 'small' WHERE number IN ('SW-001-4.0-SV01', 'SW-001-4.0-SV02', 'SW-001-4.0-DV01');
    UPDATE parts SET development = 'large' WHERE number IN ('SW-001-4.0-SV03', 'SW-001-4.0-DV02');
    "
);
