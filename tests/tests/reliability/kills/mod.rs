//! The server's process is killed. This proves what the death of a process leaves, not what the loss of power does.
//!
//! Steps are not listed: each harness lets its operation run once to its end, writes down the failpoints that it reaches, and kills at each of them.

mod any_time;
mod batch;
mod files;
mod mail;
mod requests;
mod start;
mod upgrade;
mod vendor;

pub(crate) use any_time::generate_on;

use reqwest::StatusCode;
use sea_orm::{ConnectionTrait, Database, FromQueryResult, Statement};
use server::Secret;
use tests::{Browser, Home, NEW, Size, form, lasting};

/// The database of `home`, opened by the test itself.
pub(crate) async fn database(home: &Home) -> sea_orm::DatabaseConnection {
    let url = match &home.settings.database_url {
        Some(Secret(url)) => url.clone(),
        None => format!("sqlite://{}", home.data().join("demo.sqlite").display()),
    };
    Database::connect(lasting(url)).await.expect("the database opens")
}

#[derive(FromQueryResult)]
struct Number {
    number: i64,
}

/// Number of rows of `what`.
pub(crate) async fn number(home: &Home, what: &str) -> i64 {
    let database = database(home).await;
    let statement = Statement::from_string(database.get_database_backend(), format!("SELECT COUNT(*) AS number FROM {what}"));
    let row = Number::find_by_statement(statement).one(&database).await.expect(what).expect("a row");
    database.close().await.expect("closed");
    row.number
}

/// As an order would: more of everything than any harness needs.
pub(crate) async fn order_more(home: &Home) {
    let database = database(home).await;
    database.execute_unprepared("UPDATE entitlements SET owned_assigned = 1000000").await.expect("ordered");
    database.close().await.expect("closed");
}

/// Everything that one submission leaves is there once: its file, its event and its mail.
pub(crate) async fn assert_files(home: &Home, files: i64) {
    assert_eq!(number(home, "activation_files").await, files);
    assert_eq!(number(home, "audit_events WHERE action = 'generate'").await, files);
    assert_eq!(number(home, "jobs WHERE kind = 'mail'").await, files);
    home.assert_healthy().await;
}

/// One machine of its own for each submission, so that nothing but the kill can keep a file from being generated.
pub(crate) fn fields(key: &str, machine: u64) -> Vec<(String, String)> {
    form(
        key,
        &[
            ("machine_name", &format!("IC-{machine}")),
            ("host_id", &format!("02{:010X}", 2 * machine)),
            ("switchover_machine_name", &format!("IC-{machine}-B")),
            ("switchover_host_id", &format!("02{:010X}", 2 * machine + 1)),
            ("assigned.SW-001-4.0-AL02", "1"),
        ],
    )
}

/// Sends `fields` until there is an answer: the file's address.
async fn resubmit(browser: &Browser, fields: &[(String, String)]) -> String {
    resubmit_to(browser, NEW, fields).await
}

async fn resubmit_to(browser: &Browser, path: &str, fields: &[(String, String)]) -> String {
    let answer = browser.post(path, fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{:?}", answer.problems());
    answer.header("location").to_owned()
}

/// Last step of an operation: all is committed, nobody has been told.
const COMMITTED: &str = "committed";

/// Times that each step of an operation is killed.
fn times() -> u64 {
    Size::of_run().pick(1, 20)
}
