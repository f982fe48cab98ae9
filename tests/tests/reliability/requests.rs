//! Faults on the way of an activation file request.

use crate::{
    EXECUTABLE,
    faults::prlimit,
    kills::{database, number},
};
use reqwest::StatusCode;
use sea_orm::ConnectionTrait;
use std::time::{Duration, Instant};
use tests::{Backend, Home, LENA, MailServers, PATIENCE, ask, changed, report};

/// No mail goes out while a request is sent, claimed and answered: nobody notices, and all of it arrives afterwards, once.
#[tokio::test(flavor = "multi_thread")]
async fn the_mail_server_is_down_for_a_whole_request() {
    let mut servers = MailServers::start();
    let home = Home::new(EXECUTABLE, Backend::Sqlite).await;
    let mut command = home.command(&[]);
    command.env("AFMT_SMTP_URL", servers.smtp_url()).env("SSL_CERT_FILE", servers.certificate());
    servers.stop();
    let running = home.start_with(command);
    let stranger = home.browser();
    let action = ask(&stranger, "dana@contoso.example").await;
    assert_eq!(stranger.press(&format!("{action}/done")).await.status, StatusCode::SEE_OTHER);
    let lena = home.browser();
    lena.sign_in(LENA).await;
    let work = "/requests/AFR-0000001";
    assert_eq!(lena.press(&format!("{work}/claim")).await.status, StatusCode::SEE_OTHER);
    let form = lena.get(work).await.fields_of(&format!("form[action='{work}/answer']"));
    let reply = changed(form, &[("reply", "GetHostID shows it."), ("resolution", "answer")]);
    assert_eq!(lena.post(&format!("{work}/answer"), &reply).await.status, StatusCode::SEE_OTHER);
    let began = Instant::now();
    while number(&home, "jobs WHERE kind = 'mail' AND attempts > 0 AND reason IS NOT NULL").await < 2 {
        assert!(began.elapsed() < PATIENCE, "no attempt failed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(servers.arrived().is_empty());
    servers.resume();
    // Tried again now instead of some minutes later.
    let database = database(&home).await;
    database
        .execute_unprepared("UPDATE jobs SET due_at = queued_at WHERE kind = 'mail' AND state = 'queued'")
        .await
        .expect("due");
    database.close().await.expect("closed");
    let began = Instant::now();
    while servers.arrived().len() < 2 || number(&home, "jobs WHERE kind = 'mail' AND state = 'done'").await < 2 {
        assert!(began.elapsed() < PATIENCE, "it does not arrive");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let arrived = servers.arrived();
    assert_eq!(arrived.len(), 2);
    assert_eq!(arrived.iter().filter(|mail| mail.contains("GetHostID shows it.")).count(), 1);
    running.terminate();
    report(
        "faults: mail server down while a request is sent, claimed and answered: nobody is told, all mail arrives afterwards, once",
    );
}

/// Files that may not grow are to attachments what a full disk is: that is said, nothing is recorded, and with room it goes on.
#[tokio::test(flavor = "multi_thread")]
async fn the_disk_is_full_under_an_attachment() {
    // The database is elsewhere, and has room.
    let home = Home::new(EXECUTABLE, Backend::Postgres).await;
    let running = home.start_with(home.command(&["/bin/sh", "-c", "trap '' XFSZ; exec \"$@\"", "sh"]));
    let stranger = home.browser();
    let address = format!("{}/attachments", ask(&stranger, "dana@contoso.example").await);
    let log = b"A line of a log.\n".repeat(500_000);
    let upload = async || stranger.post_parts(&address, &[("files", Some("server.log"), &log[..])]).await;
    prlimit(running.id(), "--fsize=1048576:unlimited");
    let full = upload().await;
    assert_eq!((full.status, full.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "5"), "{}", full.text());
    assert_eq!(number(&home, "request_attachments").await, 0);
    assert_eq!(std::fs::read_dir(home.data().join("attachments")).expect("a folder").count(), 0);
    prlimit(running.id(), "--fsize=unlimited:unlimited");
    assert_eq!(upload().await.status, StatusCode::SEE_OTHER);
    assert_eq!(number(&home, "request_attachments").await, 1);
    running.terminate();
    home.assert_healthy().await;
    report(
        "faults: disk full under an attachment: 503 with Retry-After, nothing recorded, with room the same upload is taken, doctor clean",
    );
}

/// A server that is killed when the mail server has a mail, before that is noted, sends it once more under the same message id: who gets both sees one.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_is_killed_in_the_middle_of_sending() {
    let servers = MailServers::start();
    let home = Home::new(EXECUTABLE, Backend::Sqlite).await;
    let command = || {
        let mut command = home.command(&[]);
        command.env("AFMT_SMTP_URL", servers.smtp_url()).env("SSL_CERT_FILE", servers.certificate());
        command
    };
    let mut running = home.start_with(command());
    let stranger = home.browser();
    let action = ask(&stranger, "dana@contoso.example").await;
    running.arm("mail sent");
    // The worker may be faster than the answer.
    let _ = stranger.try_post(&format!("{action}/done"), &[] as &[(&str, &str)]).await;
    running.assert_killed();
    assert_eq!((servers.arrived().len(), number(&home, "jobs WHERE kind = 'mail' AND state = 'running'").await), (1, 1));
    // As if its claim had ended.
    let database = database(&home).await;
    database.execute_unprepared("UPDATE jobs SET due_at = queued_at WHERE kind = 'mail'").await.expect("due");
    database.close().await.expect("closed");
    let running = home.start_with(command());
    let began = Instant::now();
    while number(&home, "jobs WHERE kind = 'mail' AND state = 'done'").await < 1 {
        assert!(began.elapsed() < PATIENCE, "it is not sent again");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let id = |mail: &String| mail.lines().find(|line| line.starts_with("Message-ID: ")).expect("an id").trim_end().to_owned();
    let ids: Vec<_> = servers.arrived().iter().map(id).collect();
    assert_eq!((ids.len(), ids[0] == ids[1]), (2, true), "{ids:?}");
    running.terminate();
    report("faults: worker killed between mail server and note: the mail is sent once more, under the same message id");
}
