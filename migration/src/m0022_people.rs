//! How people come in, and what they may do in an account.
super::step!(
    "
    ALTER TABLE memberships ADD COLUMN permissions TEXT NOT NULL DEFAULT 'files sites usage billing';

    CREATE TABLE invitations (
        id {id},
        secret_sha256 {bytes} NOT NULL UNIQUE,
        email TEXT NOT NULL CHECK (email = lower(email)),
        staff_role TEXT CHECK (staff_role IN ('analyst', 'administrator')),
        account_id {ref} REFERENCES accounts (id),
        permissions TEXT NOT NULL,
        invited_by {ref} REFERENCES people (id),
        invited_at {instant} NOT NULL,
        ends_at {instant} NOT NULL,
        withdrawn_at {instant},
        accepted_at {instant},
        accepted_by {ref} REFERENCES people (id),
        CHECK ((staff_role IS NULL) <> (account_id IS NULL)),
        CHECK (staff_role IS NULL OR permissions = ''),
        CHECK ((accepted_at IS NULL) = (accepted_by IS NULL)),
        CHECK (accepted_at IS NULL OR withdrawn_at IS NULL)
    );
    CREATE INDEX invitations_open ON invitations (account_id, id) WHERE accepted_at IS NULL AND withdrawn_at IS NULL;
    CREATE TABLE password_resets (
        id {id},
        secret_sha256 {bytes} NOT NULL UNIQUE,
        person_id {ref} NOT NULL REFERENCES people (id),
        asked_at {instant} NOT NULL,
        ends_at {instant} NOT NULL,
        used_at {instant}
    );
    CREATE INDEX password_resets_by_person ON password_resets (person_id);
    CREATE INDEX invitations_by_inviter ON invitations (invited_by, invited_at);
    "
);
