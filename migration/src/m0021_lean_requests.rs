//! Indexes of requests that have only the rows which are looked for by them: most requests name no account, and each index is written with each request.
super::step!(
    "
    DROP INDEX requests_by_account;
    CREATE INDEX requests_by_account ON requests (account_id, id) WHERE account_id IS NOT NULL;
    DROP INDEX requests_by_garn;
    CREATE INDEX requests_by_garn ON requests (garn, id) WHERE garn IS NOT NULL;
    DROP INDEX requests_by_person;
    CREATE INDEX requests_by_person ON requests (person_id, id) WHERE person_id IS NOT NULL;
    DROP INDEX requests_by_analyst;
    CREATE INDEX requests_by_analyst ON requests (assigned_to, id) WHERE assigned_to IS NOT NULL;
    DROP INDEX requests_open_of_analyst;
    CREATE INDEX requests_open_of_analyst ON requests (assigned_to, id) WHERE assigned_to IS NOT NULL AND ended_at IS NULL;
    DROP INDEX requests_by_need;
    CREATE INDEX requests_by_need ON requests (needed_by, id) WHERE needed_by IS NOT NULL AND ended_at IS NULL;
    "
);
