use crate::generated;
use crate::requests;
use chrono::TimeDelta;
use server::{Secret, Settings};
use std::{fs, os::unix::fs::PermissionsExt};
use tests::{AMELIA, Backend, HANNA, Server, free_port};

/// A server with two files of Acme, on the database of this run.
async fn server() -> Server {
    let server = Server::durable(Backend::of_run()).await;
    let amelia = server.signed_in(AMELIA).await;
    generated(&amelia, &[("assigned.SW-001-4.0-AL02", "5")]).await;
    let alone =
        [("host_id", "00505684e9a1"), ("switchover_later", "yes"), ("switchover_host_id", ""), ("switchover_machine_name", "")];
    generated(&amelia, &alone).await;
    let stranger = server.browser();
    for subject in ["one", "two"] {
        requests::sent(&stranger, &requests::question(&[("subject", subject)])).await;
    }
    server
}

#[tokio::test]
async fn a_sound_database_is_healthy() {
    let server = server().await;
    server.signed_in(HANNA).await;
    server.assert_healthy().await;
    let (_, said) = server.doctor(server.settings()).await;
    assert!(said.contains(&"ok      each stored file verifies and says what its record says".to_owned()), "{said:#?}");
}

/// Statements that break a rule by hand, on SQLite and on PostgreSQL, and doctor's line about it.
struct Break {
    sqlite: &'static str,
    postgres: &'static str,
    said: &'static str,
}

const fn on_both(sql: &'static str, said: &'static str) -> Break {
    Break { sqlite: sql, postgres: sql, said }
}

const BREAKS: [Break; 60] = [
    Break {
        sqlite: "PRAGMA ignore_check_constraints = ON; UPDATE entitlements SET owned_assigned = 1 WHERE id = 1",
        postgres: "ALTER TABLE entitlements DROP CONSTRAINT entitlements_check; UPDATE entitlements SET owned_assigned = 1 WHERE id = 1",
        said: "no more is allocated than is owned: SO-104417 line 1: 2 assigned and 0 pooled are allocated of 1 and 0",
    },
    on_both(
        "UPDATE entitlements SET allocated_assigned = allocated_assigned + 1 WHERE id = 4",
        "what is allocated is what active files hold: SO-104417 line 4: 6 assigned and 0 pooled are allocated, active files hold 5 and 0",
    ),
    on_both(
        "UPDATE activation_files SET state = 'deactivated', ended_at = '2026-11-22T10:15:30+00:00' WHERE id = 2",
        "what is allocated is what active files hold: SO-104417 line 1: 2 assigned and 0 pooled are allocated, active files hold 1 and 0",
    ),
    on_both(
        "UPDATE activation_files SET revision = 2 WHERE id = 1",
        "each file has its revisions without gaps: AF-0000001: is at revision 2 and has 1, the last 1",
    ),
    on_both(
        "UPDATE file_revisions SET revision = 3 WHERE file_id = 1",
        "each file has its revisions without gaps: AF-0000001: is at revision 1 and has 1, the last 3",
    ),
    on_both(
        "DELETE FROM submissions WHERE subject = 'AF-0000001'",
        "each file was led to by one submission, of the person who generated it: AF-0000001: 0 submissions of its generator led to it",
    ),
    on_both(
        "UPDATE submissions SET person_id = 2 WHERE subject = 'AF-0000001'",
        "each file was led to by one submission, of the person who generated it: AF-0000001: 0 submissions of its generator led to it",
    ),
    on_both(
        "UPDATE activation_files SET state = 'deactivated', ended_by = 1, ended_at = '2026-11-22T10:15:30+00:00' WHERE id = 2",
        "each file that ended was given or taken back by one submission, and left its event: \
         AF-0000002: 0 submissions and 0 events ended it",
    ),
    on_both(
        "INSERT INTO file_revisions (file_id, revision, site_id, version_id, primary_machine, primary_host, valid_through, generated_by,
            generated_at, signing_key, bytes, sha256)
         SELECT file_id, 2, site_id, version_id, primary_machine, primary_host, valid_through, generated_by, generated_at, signing_key,
            bytes, sha256 FROM file_revisions WHERE id = 2",
        "each further revision was led to by one submission, of the person who made it: AF-0000002: 0 submissions led to revision 2",
    ),
    on_both(
        "UPDATE listed_files SET machine = 'ic-prd-99' WHERE file_id = 1",
        "lists and searches find each account by its name and GARN, each file by the names of its machines: AF-0000001: the list has other machines than the file",
    ),
    on_both(
        "UPDATE listed_files SET generated_by = (SELECT id FROM people WHERE email = 'lena.fischer@meridian.example') WHERE file_id = 1",
        "lists and searches find each file as its current revision has it: AF-0000001: the list says something else than revision 1",
    ),
    on_both(
        "UPDATE accounts SET folded = 'Acme' WHERE garn = 'ACME-1001'",
        "lists and searches find each account by its name and GARN, each file by the names of its machines: ACME-1001: the search knows it by another name",
    ),
    on_both(
        "DELETE FROM file_machines WHERE name = 'ic-prd-02'",
        "lists and searches find each file as its current revision has it: AF-0000001: the list says something else than revision 1",
    ),
    on_both(
        "INSERT INTO upgrades (account_id, person_id, at) VALUES (1, 1, '2026-11-22T10:15:30+00:00')",
        "each upgrade left its event and was asked for by one submission, and its order lines are what they became: \
         UP-1: 0 submissions and 0 events of it",
    ),
    on_both(
        "INSERT INTO upgrades (account_id, person_id, at) VALUES (1, 1, '2026-11-22T10:15:30+00:00');
         INSERT INTO upgrade_lines (upgrade_id, entitlement_id, part_id, target_part_id) VALUES (1, 1, 1, 2)",
        "each upgrade left its event and was asked for by one submission, and its order lines are what they became: \
         UP-1: SO-104417 line 1 is not what it became",
    ),
    on_both(
        "UPDATE allocations SET part_id = 1 WHERE revision_id = 1 AND entitlement_id = 1",
        "each upgrade left its event and was asked for by one submission, and its order lines are what they became: \
         AF-0000001: revision 1 is made of a part that SO-104417 line 1 never was",
    ),
    on_both(
        "INSERT INTO batches (account_id, person_id, made_at, kind, pattern, repeats, moves, state, mode, begun_at, ended_at)
         VALUES (1, 1, '2026-11-22T10:15:30+00:00', 'generate', '[]', FALSE, '{}', 'planned', NULL, NULL, NULL)",
        "each batch was asked for by one submission, left its events, and did what it says: BT-1: 0 submissions of it",
    ),
    on_both(
        "INSERT INTO batches (account_id, person_id, made_at, kind, pattern, repeats, moves, state, mode, begun_at, ended_at)
         VALUES (1, 1, '2026-11-22T10:15:30+00:00', 'generate', '[]', FALSE, '{}', 'done', 'line-by-line', '2026-11-22T10:15:30+00:00', '2026-11-22T10:15:30+00:00')",
        "each batch was asked for by one submission, left its events, and did what it says: BT-1: ended without an event",
    ),
    on_both(
        "INSERT INTO batches (account_id, person_id, made_at, kind, pattern, repeats, moves, state, mode, begun_at, ended_at)
         VALUES (1, 1, '2026-11-22T10:15:30+00:00', 'generate', '[]', FALSE, '{}', 'done', 'line-by-line', '2026-11-22T10:15:30+00:00', '2026-11-22T10:15:30+00:00');
         INSERT INTO batch_lines (batch_id, line, asked, state, words, file_id, revision) VALUES (1, 1, '{}', 'ready', NULL, NULL, NULL)",
        "each batch was asked for by one submission, left its events, and did what it says: BT-1: has ended, and 1 of its lines wait",
    ),
    on_both(
        "INSERT INTO batches (account_id, person_id, made_at, kind, pattern, repeats, moves, state, mode, begun_at, ended_at)
         VALUES (1, 1, '2026-11-22T10:15:30+00:00', 'generate', '[]', FALSE, '{}', 'done', 'all-or-nothing', '2026-11-22T10:15:30+00:00', '2026-11-22T10:15:30+00:00');
         INSERT INTO batch_lines (batch_id, line, asked, state, words, file_id, revision) VALUES (1, 1, '{}', 'refused', 'why', NULL, NULL);
         INSERT INTO batch_lines (batch_id, line, asked, state, words, file_id, revision) VALUES (1, 2, '{}', 'done', NULL, 1, 1)",
        "each batch was asked for by one submission, left its events, and did what it says: BT-1: all or nothing did 1 lines of 2",
    ),
    on_both(
        "INSERT INTO batches (account_id, person_id, made_at, kind, pattern, repeats, moves, state, mode, begun_at, ended_at)
         VALUES (2, 1, '2026-11-22T10:15:30+00:00', 'generate', '[]', FALSE, '{}', 'running', 'line-by-line', '2026-11-22T10:15:30+00:00', NULL);
         INSERT INTO batch_lines (batch_id, line, asked, state, words, file_id, revision) VALUES (1, 1, '{}', 'done', NULL, 1, 1)",
        "each batch was asked for by one submission, left its events, and did what it says: BT-1: line 1 led to AF-0000001, which is of another account",
    ),
    on_both(
        "INSERT INTO batches (account_id, person_id, made_at, kind, pattern, repeats, moves, state, mode, begun_at, ended_at)
         VALUES (1, 1, '2026-11-22T10:15:30+00:00', 'generate', '[]', FALSE, '{}', 'running', 'line-by-line', '2026-11-22T10:15:30+00:00', NULL);
         INSERT INTO batch_lines (batch_id, line, asked, state, words, file_id, revision) VALUES (1, 1, '{}', 'done', NULL, 1, 7)",
        "each batch was asked for by one submission, left its events, and did what it says: BT-1: line 1 led to revision 7 of AF-0000001, which is not there",
    ),
    on_both(
        "INSERT INTO batches (account_id, person_id, made_at, kind, pattern, repeats, moves, state, mode, begun_at, ended_at)
         VALUES (1, 1, '2026-11-22T10:15:30+00:00', 'generate', '[]', FALSE, '{}', 'running', 'line-by-line', '2026-11-22T10:15:30+00:00', NULL)",
        "each batch that is under way has a job: BT-1: is under way, and no job works on it",
    ),
    on_both(
        "DELETE FROM listed_files WHERE file_id = 2",
        "lists and searches find each file as its current revision has it: AF-0000002: the list says something else than revision 1",
    ),
    on_both(
        "CREATE TABLE copied AS SELECT * FROM submissions; DROP TABLE submissions; ALTER TABLE copied RENAME TO submissions;
         UPDATE submissions SET key = 'AAAAAAAAAAAAAAAAAAAAAA'",
        "one submission led to one file: person 1: submission AAAAAAAAAAAAAAAAAAAAAA led to 2 files",
    ),
    on_both(
        "DELETE FROM audit_events WHERE subject = 'AF-0000001'",
        "each revision left its event: AF-0000001: revision 1 left no event of its account, person and time",
    ),
    on_both(
        "UPDATE audit_events SET subject = 'AF-0000099' WHERE subject = 'AF-0000001'",
        "each event of a generation has its file: AF-0000099: event 4 tells of a file that is not there",
    ),
    on_both("DELETE FROM audit_events WHERE action = 'sign-in'", "each session left its event: person 1: a session began without an event"),
    on_both(
        "DELETE FROM audit_events WHERE action = 'signing key in use'",
        "each signing key left its event: licensing.meridian.example/2026a: was taken into use without an event",
    ),
    on_both(
        "DELETE FROM allocations WHERE revision_id = 1",
        "each revision holds order lines, or parts that need no order, as its type does: \
         AF-0000001: revision 1 of type production holds 0 order lines and 0 parts without an order",
    ),
    on_both(
        "INSERT INTO unordered_parts (revision_id, part_id, account_id, assigned, pooled) VALUES (2, 4, 1, 1, 0)",
        "each revision holds order lines, or parts that need no order, as its type does: \
         AF-0000002: revision 1 of type production holds 1 order lines and 1 parts without an order",
    ),
    on_both(
        "UPDATE activation_files SET licence_type = 'development-bundled';
         INSERT INTO unordered_parts (revision_id, part_id, account_id, assigned, pooled) SELECT id, 1, 1, 1, 0 FROM file_revisions",
        "each server comes with one development licence: ACME-1001: 2 active development files come with SW-001-4.0-SV01",
    ),
    on_both(
        "UPDATE parts SET class = 'evaluation' WHERE number = 'SW-001-4.0-SV03';
         UPDATE file_revisions SET valid_through = '2027-01-01' WHERE id = 1",
        "all files of an order line that is sold for a term end on one day: SO-104417 line 1: its files end on 2027-01-01 to 2100-01-01",
    ),
    on_both(
        "UPDATE activation_files SET licence_type = 'development-bundled'; DELETE FROM allocations;
         INSERT INTO unordered_parts (revision_id, part_id, account_id, assigned, pooled) VALUES (1, 1, 2, 1, 0)",
        "what belongs together belongs to one account and one product: AF-0000001: holds SW-001-4.0-SV01 of another account",
    ),
    on_both(
        "UPDATE entitlements SET account_id = 2, order_id = 4, line = 99 WHERE id = 4",
        "what belongs together belongs to one account and one product: AF-0000001: holds SO-201155 line 99 of another account",
    ),
    on_both(
        "UPDATE install_sites SET account_id = 2 WHERE id = 1",
        "what belongs together belongs to one account and one product: AF-0000001: is for install site 1 of another account",
    ),
    on_both(
        "UPDATE orders SET account_id = 2 WHERE id = 1",
        "what belongs together belongs to one account and one product: SO-104417 line 4: is of another account than its order",
    ),
    on_both(
        "UPDATE activation_files SET product_id = 2 WHERE id = 1",
        "what belongs together belongs to one account and one product: AF-0000001: is for version 2020 R2 of another product",
    ),
    on_both(
        "UPDATE partner_grants SET partner_id = 1",
        "what belongs together belongs to one account and one product: ACME-1001: was granted access to NORDIC-3003, but they are no partner and customer",
    ),
    on_both("UPDATE signing_keys SET state = 'retired'", "one signing key is in use: 0 signing keys are in use"),
    Break {
        sqlite: "PRAGMA foreign_keys = OFF; DELETE FROM people WHERE id = 1",
        postgres: "SET session_replication_role = replica; DELETE FROM people WHERE id = 1",
        said: "nothing is orphaned: memberships: ",
    },
    Break {
        sqlite: "UPDATE serial_numbers SET last = 1",
        postgres: "SELECT setval('serial_numbers', 1)",
        said: "no serial number will be given twice: AF-0000002: is higher than the last number given, 1",
    },
    on_both(
        "UPDATE file_revisions SET primary_host = '0123456789AB', valid_through = '2027-01-01' WHERE file_id = 1",
        "each stored file verifies and says what its record says: AF-0000001 revision 1: the file says another host ids than the record",
    ),
    on_both(
        "UPDATE activation_files SET licence_type = 'evaluation' WHERE id = 1",
        "each stored file verifies and says what its record says: AF-0000001 revision 1: the file says another licence type than the record",
    ),
    on_both(
        "UPDATE activation_files SET product_id = 2 WHERE id = 1",
        "each stored file verifies and says what its record says: AF-0000001 revision 1: the file says another product than the record",
    ),
    on_both(
        "UPDATE activation_files SET account_id = 2 WHERE id = 1",
        "each stored file verifies and says what its record says: AF-0000001 revision 1: the file says another account than the record",
    ),
    on_both(
        "UPDATE file_revisions SET switchover_host = '0123456789AB' WHERE file_id = 1",
        "each stored file verifies and says what its record says: AF-0000001 revision 1: the file says another host ids than the record",
    ),
    on_both(
        "UPDATE file_revisions SET bytes = (SELECT bytes FROM file_revisions WHERE file_id = 2) WHERE file_id = 1",
        "each stored file verifies and says what its record says: AF-0000001 revision 1: the bytes have another SHA-256 than was noted",
    ),
    Break {
        sqlite: "UPDATE file_revisions SET bytes = CAST(replace(CAST(bytes AS TEXT), 'IC-PRD-01', 'IC-PRD-99') AS BLOB)",
        postgres: "UPDATE file_revisions SET bytes = convert_to(replace(convert_from(bytes, 'UTF8'), 'IC-PRD-01', 'IC-PRD-99'), 'UTF8')",
        said: "each stored file verifies and says what its record says: AF-0000001 revision 1: The text was changed after it was signed.",
    },
    Break {
        sqlite: "PRAGMA writable_schema = ON;
                 UPDATE sqlite_schema SET sql = 'CREATE INDEX accounts_by_name ON accounts (garn)' WHERE name = 'accounts_by_name'",
        postgres: "UPDATE pg_index SET indisvalid = FALSE WHERE indexrelid = 'accounts_by_name'::regclass",
        said: "the database's own structure is sound: ",
    },
    on_both(
        "DELETE FROM audit_events WHERE action = 'request submitted'",
        "each activation file request left the event of its submission: AFR-1: 0 events of its submission",
    ),
    on_both(
        "UPDATE request_messages SET key = 'AAAAAAAAAAAAAAAAAAAAAA'",
        "each activation file request begins with what was submitted, and is open while its requester waits for an answer: AFR-1: its \
         conversation does not begin with what was submitted",
    ),
    on_both(
        "UPDATE requests SET state = 'answered', ended_at = submitted_at",
        "each activation file request begins with what was submitted, and is open while its requester waits for an answer: AFR-1: it is \
         answered and its requester wrote last",
    ),
    on_both(
        "UPDATE requests SET answered_at = '2026-11-25T00:00:00+00:00'",
        "each activation file request begins with what was submitted, and is open while its requester waits for an answer: AFR-1: the instant \
         of its first answer is not that of its first reply",
    ),
    on_both(
        "DELETE FROM jobs WHERE kind = 'request-confirmation'",
        "each activation file request is confirmed, or its confirmation is queued: AFR-1: nothing confirms it",
    ),
    on_both(
        "UPDATE requests SET mailbox_confirmed_at = submitted_at WHERE id = 2; UPDATE requests SET held = TRUE WHERE id = 1",
        "no activation file request waits for a mailbox that was confirmed: AFR-1: it waits, and AFR-2 confirmed its mailbox",
    ),
    Break {
        sqlite: "INSERT INTO received_mails (mail_sha256, received_at, sender, subject, outcome, reason, body, request_id, kept_bytes)
                 VALUES (x'00', '2026-11-25T00:00:00+00:00', 'a@b.example', 's', 'message', '', '', 1, 0)",
        postgres: "INSERT INTO received_mails (mail_sha256, received_at, sender, subject, outcome, reason, body, request_id, kept_bytes)
                   VALUES ('\\x00', '2026-11-25T00:00:00+00:00', 'a@b.example', 's', 'message', '', '', 1, 0)",
        said: "each mail that was taken as a message is one message of its request, and no other mail is any: mail 1 (message) is 0 messages of AFR-1",
    },
    on_both(
        "UPDATE activation_files SET state = 'revoked', ended_by = 1, ended_at = '2026-11-22T10:15:30+00:00' WHERE id = 2",
        "each file that ended was given or taken back by one submission, and left its event: AF-0000002: 0 submissions and 0 events ended it",
    ),
    on_both(
        "UPDATE second_factors SET since = '2026-11-25T00:00:00+00:00' WHERE person_id = 8",
        "whoever has a second factor has no session without it, and it left its event: person 8: has a second factor without an event",
    ),
    on_both(
        "DELETE FROM seaql_migrations WHERE version = 'm0006_licence_types'",
        "the schema is this version's: m0006_licence_types: is still to be made; starting the server does that",
    ),
];

#[tokio::test]
async fn each_rule_that_is_broken_is_named() {
    for Break { sqlite, postgres, said } in BREAKS {
        let server = server().await;
        let sql = if server.backend() == Backend::Sqlite { sqlite } else { postgres };
        server.execute(sql).await;
        let (holds, lines) = server.doctor(server.settings()).await;
        assert!(!holds, "{sql}");
        let broken: Vec<_> = lines.iter().filter_map(|line| line.strip_prefix("BROKEN  ")).collect();
        assert!(broken.iter().any(|line| line.starts_with(said)), "{sql}\n{said}\n{broken:#?}");
    }
}

#[tokio::test]
async fn a_commit_that_is_not_on_the_disk_is_named() {
    let server = Server::durable(Backend::Postgres).await;
    server
        .execute("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$")
        .await;
    let (holds, said) = server.doctor(server.settings()).await;
    assert!(!holds);
    assert!(said.contains(&"BROKEN  a commit is on the disk when it returns: synchronous_commit is off".to_owned()), "{said:#?}");
}

#[tokio::test]
async fn a_newer_version_and_a_clock_that_was_set_back_are_named() {
    let server = server().await;
    server.advance(-TimeDelta::hours(2));
    let (holds, said) = server.doctor(server.settings()).await;
    assert!(!holds);
    assert!(
        said.contains(
            &"BROKEN  the clock has not been set back: the latest event is of 2026-11-22T10:15:30+00:00, and now it is \
              2026-11-22T08:15:30+00:00"
                .to_owned()
        ),
        "{said:#?}"
    );
    server.execute("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m0099_later', 0)").await;
    let (holds, said) = server.doctor(server.settings()).await;
    assert!(!holds);
    let newer = "BROKEN  the schema is this version's: a newer version was here: ";
    assert!(said.iter().any(|line| line.starts_with(newer) && line.contains("m0099_later")), "{said:#?}");
}

#[tokio::test]
async fn settings_that_are_not_right_are_named() {
    let server = server().await;
    let settings = server.settings();
    let passphrase = settings.data.join("wrong");
    portal::write_private(&passphrase, b"wrong").expect("written");
    let key = settings.data.join("demo_licensing.meridian.example_2026a.key");
    let open = settings.data.join("mail/open.eml");
    fs::write(&open, "Subject: open").expect("written");
    fs::set_permissions(&open, fs::Permissions::from_mode(0o644)).expect("the mode is set");
    let closed = free_port();
    let cases = [
        (
            Settings { public_url: Some("https://licences.example".parse().expect("a URL")), demo: false, ..settings.clone() },
            "the proxy in front is trusted: behind a proxy, all people share one limit of attempts to sign in".to_owned(),
        ),
        (
            Settings { listen: ([0, 0, 0, 0], 0).into(), ..settings.clone() },
            "the settings are safe to serve with: --demo is for trying out".to_owned(),
        ),
        (
            Settings { passphrase_file: Some(passphrase), ..settings.clone() },
            format!(
                "the signing key is the one that the database signs with: The signing key at {} does not open",
                key.display()
            ),
        ),
        (
            settings.clone(),
            format!("data and secrets are readable by their owner only: {} has mode 644; give it 600", open.display()),
        ),
        (
            Settings { smtp_url: Some(Secret(format!("smtp://127.0.0.1:{closed}"))), ..settings.clone() },
            "the mail server answers: The mail server cannot be used: ".to_owned(),
        ),
    ];
    for (settings, expected) in cases {
        // Another database would be missing: it is the settings that are looked at.
        let settings = Settings { demo: true, ..settings };
        let (holds, said) = server.doctor(&settings).await;
        assert!(!holds);
        assert!(said.iter().any(|line| line.starts_with(&format!("BROKEN  {expected}"))), "{expected}\n{said:#?}");
    }
}

#[tokio::test]
async fn of_a_database_that_is_not_there_nothing_is_said_and_none_is_made() {
    let server = Server::on(Backend::Sqlite).await;
    let elsewhere = Settings { data: server.settings().data.join("elsewhere"), ..server.settings().clone() };
    let mut said = Vec::new();
    let error = server::doctor(&elsewhere, &portal::Ctx::system(), &mut said).await.expect_err("no database");
    assert!(format!("{error:#}").contains("cannot be reached"), "{error:#}");
    assert!(!elsewhere.data.exists());
}
