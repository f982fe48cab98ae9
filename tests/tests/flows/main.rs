//! Flows over real HTTP: exact status, exact words, and what the database holds afterwards.

mod access;
mod accounts;
mod check_file;
mod cloud;
mod copy;
mod doctor;
mod faults;
mod files;
mod generate;
mod keys;
mod licence_types;
mod mail;
mod refusals;
mod sign_in;

use reqwest::StatusCode;
use tests::{Answer, Browser, NEW, UNUSED_KEY, form, fresh_key};

/// Generates a file for Acme and returns its address.
async fn generated(browser: &Browser, changes: &[(&str, &str)]) -> String {
    let key = fresh_key(browser).await;
    address(&browser.post(NEW, &form(&key, changes)).await)
}

/// Where a generation led.
fn address(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{:?}", answer.problems());
    answer.header("location").trim_end_matches("?generated").to_owned()
}

/// The text of a downloaded file.
async fn downloaded(browser: &Browser, address: &str) -> String {
    let answer = browser.get(&format!("{address}/download")).await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.text()
}
