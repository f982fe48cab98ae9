//! Lists find files that end by their last day, those of each facet in an order of their own, and files without an order by their parts.
super::step!(
    "
    CREATE INDEX listed_files_by_end ON listed_files
        (account_id, facet, valid_through, file_id, generated_at, site_id, generated_by, machine, switchover_machine)
        WHERE valid_through < '2100-01-01';

    CREATE TABLE unordered_parts_of_accounts (
        revision_id {ref} NOT NULL REFERENCES file_revisions (id),
        part_id {ref} NOT NULL REFERENCES parts (id),
        account_id {ref} NOT NULL REFERENCES accounts (id),
        assigned BIGINT NOT NULL CHECK (assigned >= 0),
        pooled BIGINT NOT NULL CHECK (pooled >= 0),
        PRIMARY KEY (revision_id, part_id),
        CHECK (assigned + pooled > 0)
    );
    INSERT INTO unordered_parts_of_accounts
        SELECT u.revision_id, u.part_id, f.account_id, u.assigned, u.pooled
        FROM unordered_parts u JOIN file_revisions r ON r.id = u.revision_id JOIN activation_files f ON f.id = r.file_id;
    DROP TABLE unordered_parts;
    ALTER TABLE unordered_parts_of_accounts RENAME TO unordered_parts;
    CREATE INDEX unordered_parts_by_part ON unordered_parts (account_id, part_id);
    "
);
