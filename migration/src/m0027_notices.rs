//! Notices: what each person is sent, and the day of their last daily one.
super::step!(
    "
    CREATE TABLE notice_settings (
        person_id {ref} NOT NULL PRIMARY KEY REFERENCES people (id),
        notices TEXT NOT NULL,
        secret TEXT NOT NULL UNIQUE,
        told_on {date}
    );
    CREATE INDEX line_changes_by_time ON line_changes (at);
    "
);
