//! Accounts, the people who work for them, and their install sites.
super::step!(
    "
    CREATE TABLE accounts (
        id {id},
        garn TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('customer', 'partner')),
        licence_model TEXT NOT NULL CHECK (licence_model IN ('perpetual', 'subscription', 'mixed')),
        time_zone TEXT NOT NULL
    );
    CREATE INDEX accounts_by_name ON accounts (name);

    CREATE TABLE people (
        id {id},
        email TEXT NOT NULL UNIQUE CHECK (email = lower(email)),
        name TEXT NOT NULL,
        password_hash TEXT NOT NULL,
        staff_role TEXT CHECK (staff_role IN ('analyst', 'administrator')),
        time_zone TEXT NOT NULL,
        active BOOLEAN NOT NULL DEFAULT TRUE
    );

    CREATE TABLE memberships (
        person_id {ref} NOT NULL REFERENCES people (id),
        account_id {ref} NOT NULL REFERENCES accounts (id),
        PRIMARY KEY (person_id, account_id)
    );
    CREATE INDEX memberships_by_account ON memberships (account_id);

    CREATE TABLE partner_grants (
        partner_id {ref} NOT NULL REFERENCES accounts (id),
        customer_id {ref} NOT NULL REFERENCES accounts (id),
        PRIMARY KEY (partner_id, customer_id),
        CHECK (partner_id <> customer_id)
    );
    CREATE INDEX partner_grants_by_customer ON partner_grants (customer_id);

    CREATE TABLE install_sites (
        id {id},
        account_id {ref} NOT NULL REFERENCES accounts (id),
        name TEXT NOT NULL,
        address TEXT NOT NULL DEFAULT '',
        city TEXT NOT NULL DEFAULT '',
        state TEXT NOT NULL DEFAULT '',
        postal_code TEXT NOT NULL DEFAULT '',
        country TEXT NOT NULL,
        contact TEXT NOT NULL DEFAULT '',
        phone TEXT NOT NULL DEFAULT '',
        email TEXT NOT NULL DEFAULT '',
        active BOOLEAN NOT NULL DEFAULT TRUE,
        UNIQUE (account_id, name)
    );
    "
);
