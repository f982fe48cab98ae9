use crate::{NEW, address, form, fresh_key};
use reqwest::StatusCode;
use sea_orm::ConnectionTrait;
use tests::{AMELIA, Backend, Server};

#[tokio::test]
async fn while_the_database_cannot_be_written_nothing_is_lost_and_it_recovers_by_itself() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let fields = form(&fresh_key(&amelia).await, &[]);
    let before = server.contents().await;
    let other = server.database().await;
    let lock = match server.backend() {
        Backend::Sqlite => "BEGIN IMMEDIATE",
        Backend::Postgres => "BEGIN; LOCK TABLE accounts IN EXCLUSIVE MODE",
    };
    other.execute_unprepared(lock).await.expect("the write lock");
    let answer = amelia.post(NEW, &fields).await;
    assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "5"));
    let reference = answer.header("x-request-id");
    let words = format!("The database cannot be reached. Nothing was changed. Reference: {reference}.");
    assert_eq!((reference.len(), answer.all("main .lead")), (12, vec![words]));
    assert_eq!(amelia.get("/accounts/ACME-1001").await.status, StatusCode::OK, "reading goes on");
    other.execute_unprepared("ROLLBACK").await.expect("the lock is given back");
    assert_eq!(server.contents().await, before);
    address(&amelia.post(NEW, &fields).await);
}

#[tokio::test]
async fn while_the_database_cannot_be_read_every_page_says_so_and_it_recovers_by_itself() {
    let server = Server::on(Backend::Sqlite).await;
    let amelia = server.signed_in(AMELIA).await;
    assert_eq!(amelia.get("/readyz").await.status, StatusCode::OK);
    // A write and a checkpoint: readers then have to read the file itself again.
    server.execute("UPDATE serial_numbers SET last = last; PRAGMA wal_checkpoint(TRUNCATE)").await;
    let content = std::fs::read(server.database_file()).expect("the database file");
    std::fs::write(server.database_file(), vec![0; content.len()]).expect("the file is overwritten");
    for path in ["/accounts/ACME-1001", "/accounts", "/keys", "/readyz"] {
        let answer = amelia.get(path).await;
        assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "5"), "{path}");
    }
    assert_eq!(amelia.get("/healthz").await.status, StatusCode::OK);
    std::fs::write(server.database_file(), content).expect("the file is restored");
    // SQLite keeps what it read until the next write: signing in is one.
    server.signed_in(AMELIA).await;
    assert_eq!(amelia.get("/accounts/ACME-1001").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_database_that_was_taken_away_is_not_written_and_is_taken_up_again() {
    let server = Server::on(Backend::Sqlite).await;
    let amelia = server.signed_in(AMELIA).await;
    let fields = form(&fresh_key(&amelia).await, &[]);
    let away = server.database_file().with_extension("away");
    std::fs::rename(server.database_file(), &away).expect("the file is taken away");
    assert_eq!(amelia.get("/readyz").await.status, StatusCode::SERVICE_UNAVAILABLE);
    let answer = amelia.post(NEW, &fields).await;
    assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "5"));
    assert!(!server.database_file().exists(), "no empty database is put in its place");
    std::fs::rename(&away, server.database_file()).expect("the file is put back");
    assert_eq!(amelia.get("/readyz").await.status, StatusCode::OK);
    address(&amelia.post(NEW, &fields).await);
}

#[tokio::test]
async fn a_generation_that_fails_on_its_way_leaves_nothing() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let fields = form(&fresh_key(&amelia).await, &[]);
    let before = server.contents().await;
    for table in [
        "activation_files",
        "file_revisions",
        "allocations",
        "listed_files",
        "file_machines",
        "submissions",
        "jobs",
        "audit_events",
    ] {
        let (fault, repaired) = match server.backend() {
            Backend::Sqlite => (
                format!("CREATE TRIGGER fails BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'a fault of the test'); END"),
                "DROP TRIGGER fails".to_owned(),
            ),
            Backend::Postgres => (
                format!(
                    "CREATE FUNCTION fail() RETURNS trigger AS 'BEGIN RAISE ''a fault of the test''; END' LANGUAGE plpgsql;
                     CREATE TRIGGER fails BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION fail()"
                ),
                "DROP FUNCTION fail CASCADE".to_owned(),
            ),
        };
        server.execute(&fault).await;
        let answer = amelia.post(NEW, &fields).await;
        server.execute(&repaired).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{table}");
        assert_eq!(server.contents().await, before, "{table}");
    }
    address(&amelia.post(NEW, &fields).await);
}

#[tokio::test]
async fn the_same_submission_sent_eight_times_at_once_gives_one_file() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let fields = form(&fresh_key(&amelia).await, &[]);
    let amelia = std::sync::Arc::new(amelia);
    let mut sending = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (amelia, fields) = (std::sync::Arc::clone(&amelia), fields.clone());
        sending.spawn(async move { address(&amelia.post(NEW, &fields).await) });
    }
    let mut addresses = sending.join_all().await;
    addresses.dedup();
    assert_eq!(addresses, ["/accounts/ACME-1001/files/AF-0000001"]);
    assert_eq!(server.rows("SELECT id FROM activation_files").await.len(), 1);
}

#[tokio::test]
async fn a_defect_of_ours_shows_a_reference_and_nothing_else() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    server.execute("ALTER TABLE install_sites RENAME TO elsewhere").await;
    let answer = amelia.get("/accounts/ACME-1001").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(answer.all("main .lead")[0].starts_with("An internal error occurred. Reference: "));
    assert!(!answer.text().contains("install_sites"));
}

#[tokio::test]
async fn clients_at_the_last_unit_get_it_once() {
    let server = Server::start().await;
    let basic = [("server_item", "SW-001-4.0-SV01"), ("switchover_later", "yes")];
    let mut clients = Vec::new();
    for _ in 0..8 {
        let browser = server.signed_in(AMELIA).await;
        let key = fresh_key(&browser).await;
        clients.push((browser, form(&key, &basic)));
    }
    let mut sending = tokio::task::JoinSet::new();
    for (browser, fields) in clients {
        sending.spawn(async move { browser.post(NEW, &fields).await.status });
    }
    let mut statuses = sending.join_all().await;
    statuses.sort();
    let mut expected = vec![StatusCode::SEE_OTHER];
    expected.extend([StatusCode::UNPROCESSABLE_ENTITY; 7]);
    assert_eq!(statuses, expected);
    let rows = server.rows("SELECT owned_assigned, allocated_assigned FROM entitlements e JOIN parts p ON p.id = e.part_id WHERE p.number = 'SW-001-4.0-SV01'").await;
    assert_eq!((rows[0]["owned_assigned"].as_i64(), rows[0]["allocated_assigned"].as_i64()), (Some(1), Some(1)));
}
