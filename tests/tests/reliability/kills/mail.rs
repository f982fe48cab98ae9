//! Kills on the way of a mail that is piped in: it is delivered again, and is one message.

use super::{number, times};
use crate::EXECUTABLE;
use std::time::Instant;
use tests::{Backend, Home, TRACE, ask, report};

/// A reply with an attachment, the one with this number.
fn reply(number: usize) -> Vec<u8> {
    format!(
        "From: dana@contoso.example\r\nSubject: Re: AFR-0000001\r\nMessage-ID: <{number}@contoso.example>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nReply {number}\r\n--b\r\nContent-Type: text/plain\r\n\
         Content-Disposition: attachment; filename=notes.txt\r\n\r\nnotes\r\n--b--\r\n"
    )
    .into_bytes()
}

async fn killed_on_the_way_of_mail(backend: Backend) {
    let (times, began) = (times().min(1), Instant::now());
    let home = Home::new(EXECUTABLE, backend).await;
    let running = home.start();
    ask(&home.browser(), "dana@contoso.example").await;
    let message = "Message(RequestNumber(1))";
    let (receipt, failpoints) = home.receive(&reply(0), Some(TRACE)).received();
    assert_eq!(receipt, message);
    for way in ["mail noted", "message stored", "attachment stored", "committed"] {
        assert!(failpoints.iter().any(|failpoint| failpoint == way), "{way}: {failpoints:?}");
    }
    let (mut killed, mut mails) = (0, 1);
    for _ in 0..times {
        for failpoint in &failpoints {
            let mail = reply(mails);
            let before = number(&home, "request_messages").await;
            home.receive(&mail, Some(failpoint)).assert_killed();
            killed += 1;
            home.assert_healthy().await;
            let was_taken = number(&home, "request_messages").await == before + 1;
            assert_eq!(home.receive(&mail, None).received().0, if was_taken { "Twice" } else { message }, "{failpoint}");
            assert_eq!(home.receive(&mail, None).received().0, "Twice", "{failpoint}");
            assert_eq!(number(&home, "request_messages").await, before + 1, "{failpoint}");
            assert_eq!(number(&home, "request_attachments").await, before, "{failpoint}");
            mails += 1;
            // As many as a day takes.
            assert!(mails < 50);
        }
    }
    home.assert_healthy().await;
    running.terminate();
    let seconds = began.elapsed().as_secs();
    report(&format!(
        "kills, {backend:?}: {times} × SIGKILL at each of {} steps of receiving a mail: {killed} mails delivered again, each one message, doctor \
         clean after every kill, {seconds} s",
        failpoints.len()
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_was_killed_is_received_once_on_sqlite() {
    killed_on_the_way_of_mail(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_was_killed_is_received_once_on_postgres() {
    killed_on_the_way_of_mail(Backend::Postgres).await;
}
