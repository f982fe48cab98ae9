//! Each index that a list reads its rows through has the columns that it filters and sorts by, also that of the names of machines. There it repeats
//! what `listed_files` has, which bears the references.
super::step!(
    "
    CREATE TABLE listed_machines (
        account_id {ref} NOT NULL,
        facet {ordered} NOT NULL,
        name {ordered} NOT NULL,
        file_id BIGINT NOT NULL REFERENCES activation_files (id),
        other {ordered},
        site_id {ref} NOT NULL,
        generated_by {ref} NOT NULL,
        generated_at {instant} NOT NULL,
        valid_through {date} NOT NULL,
        PRIMARY KEY (file_id, name)
    );
    INSERT INTO listed_machines
        SELECT m.account_id, m.facet, m.name, m.file_id, m.other, l.site_id, l.generated_by, l.generated_at, l.valid_through
        FROM file_machines m JOIN listed_files l ON l.file_id = m.file_id;
    DROP TABLE file_machines;
    ALTER TABLE listed_machines RENAME TO file_machines;
    CREATE INDEX file_machines_by_name ON file_machines
        (account_id, facet, name, file_id, other, site_id, generated_by, generated_at, valid_through);

    DROP INDEX listed_files_by_time;
    DROP INDEX listed_files_by_machine;
    DROP INDEX listed_files_by_site_time;
    DROP INDEX listed_files_by_site_machine;
    DROP INDEX listed_files_by_person_time;
    DROP INDEX listed_files_by_person_machine;
    CREATE INDEX listed_files_by_time ON listed_files
        (account_id, facet, generated_at, file_id, site_id, generated_by, valid_through, machine, switchover_machine);
    CREATE INDEX listed_files_by_machine ON listed_files
        (account_id, facet, machine, file_id, switchover_machine, generated_at, site_id, generated_by);
    CREATE INDEX listed_files_by_site_time ON listed_files
        (site_id, facet, generated_at, file_id, generated_by, valid_through, machine, switchover_machine);
    CREATE INDEX listed_files_by_site_machine ON listed_files
        (site_id, facet, machine, file_id, switchover_machine, generated_at, generated_by);
    CREATE INDEX listed_files_by_person_time ON listed_files
        (account_id, generated_by, facet, generated_at, file_id, site_id, valid_through, machine, switchover_machine);
    CREATE INDEX listed_files_by_person_machine ON listed_files
        (account_id, generated_by, facet, machine, file_id, switchover_machine, generated_at, site_id);
    "
);
