//! Flows over real HTTP: exact status, exact words, and what the database holds afterwards.

mod accounts;
mod catalogue;
mod cloud;
mod doctor;
mod files;
mod history;
mod http;
mod jobs;
mod mail;
mod notices;
mod orders;
mod people;
mod requests;
mod signing;
mod sites;
mod store;
mod telling;
mod ways;

use reqwest::StatusCode;
use tests::{Answer, Browser, NEW, UNUSED_KEY, form, fresh_key};

/// Generates a file for Acme and returns its address.
async fn generated(browser: &Browser, changes: &[(&str, &str)]) -> String {
    let key = fresh_key(browser).await;
    address(&browser.post(NEW, &form(&key, changes)).await)
}

/// Address that a generation led to.
fn address(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{:?}", answer.problems());
    answer.header("location").trim_end_matches("?generated").to_owned()
}

/// (allocated assigned, allocated pooled) of an order line.
async fn allocated(server: &tests::Server, id: i64) -> (i64, i64) {
    let rows = server.rows(&format!("SELECT allocated_assigned, allocated_pooled FROM entitlements WHERE id = {id}")).await;
    let count = |name: &str| rows[0][name].as_i64().expect("a count");
    (count("allocated_assigned"), count("allocated_pooled"))
}

/// The text of a downloaded file.
async fn downloaded(browser: &Browser, address: &str) -> String {
    let answer = browser.get(&format!("{address}/download")).await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.text()
}
