//! Activation file requests: the public form, the private link, and the workbench.

mod attachments;
mod follow;
mod form;
mod mail;
mod mail_servers;
mod stores;
mod work;
mod workbench;

pub(crate) use tests::question;
use tests::{Browser, Server};

/// Address that the form of a browser is sent to, just opened.
async fn opened(browser: &Browser) -> String {
    browser.get("/request/new").await.attribute("main form", "action").expect("a form")
}

/// Sends a request; the address of its step 2.
pub(crate) async fn sent(browser: &Browser, fields: &[(String, String)]) -> String {
    let answer = browser.post(&opened(browser).await, fields).await;
    assert_eq!(answer.status, reqwest::StatusCode::SEE_OTHER, "{:?}", answer.problems());
    answer.header("location").to_owned()
}

/// Sends a request and the confirmation; its private link.
async fn finished(server: &Server, browser: &Browser, fields: &[(String, String)]) -> String {
    let attachments = sent(browser, fields).await;
    browser.press(&form::end_of(&attachments)).await;
    let rows = server.rows("SELECT link FROM requests ORDER BY id DESC LIMIT 1").await;
    format!("/request/{}", rows[0]["link"].as_str().expect("a link"))
}
