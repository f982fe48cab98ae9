use crate::mail::{FROM, clock, mails, portal_with_mail};
use chrono::TimeDelta;
use portal::{
    jobs::{JobCounts, Lane, Stop, run_due, unsent_mail},
    mail::Mailer,
};
use std::{net::TcpListener, time::Duration};
use tests::PATIENCE;

fn folder(path: &std::path::Path) -> Lane {
    Lane::Mail(Box::new(Mailer::folder(path.to_owned(), FROM).expect("a mailer")))
}

#[tokio::test]
async fn a_job_that_fails_every_time_is_parked() {
    let data = tempfile::tempdir().expect("a folder");
    let clock = clock();
    let portal = portal_with_mail(data.path(), &clock).await;
    // A port that was free a moment ago: nobody listens there.
    let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
    let down = Mailer::smtp(&format!("smtp://127.0.0.1:{port}"), FROM).expect("a mailer");
    let lane = Lane::Mail(Box::new(down));
    for attempt in 1..=10 {
        assert_eq!(run_due(&portal, &lane, &Stop::default()).await.expect("no error"), 0);
        let parked = i64::from(attempt == 10);
        let counts = JobCounts { queued: 1 - parked, running: 0, parked };
        assert_eq!(unsent_mail(&portal).await.expect("counted"), counts, "after attempt {attempt}");
        *clock.lock().expect("the clock") += TimeDelta::hours(5);
    }
}

#[tokio::test]
async fn a_job_whose_worker_died_is_run_when_its_claim_has_ended() {
    let (data, sent) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let clock = clock();
    let portal = portal_with_mail(data.path(), &clock).await;
    // A mail server that takes the connection and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("smtp://{}", silent.local_addr().expect("an address"));
    let lane = Lane::Mail(Box::new(Mailer::smtp(&url, FROM).expect("a mailer")));
    let worker = tokio::spawn({
        let portal = portal.clone();
        async move { run_due(&portal, &lane, &Stop::default()).await }
    });
    let running = JobCounts { running: 1, ..JobCounts::default() };
    tokio::time::timeout(PATIENCE, async {
        while unsent_mail(&portal).await.expect("counted") != running {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("the mail is claimed");
    worker.abort();
    assert!(worker.await.expect_err("it was ended").is_cancelled());
    let folder = folder(sent.path());
    assert_eq!(run_due(&portal, &folder, &Stop::default()).await.expect("still claimed"), 0);
    *clock.lock().expect("the clock") += TimeDelta::minutes(6);
    assert_eq!(run_due(&portal, &folder, &Stop::default()).await.expect("anybody's"), 1);
    assert_eq!(mails(sent.path()).len(), 1);
    assert_eq!(unsent_mail(&portal).await.expect("counted"), JobCounts::default());
}

#[tokio::test]
async fn a_worker_that_is_told_to_stop_leaves_what_waits() {
    let (data, sent) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let portal = portal_with_mail(data.path(), &clock()).await;
    let (lane, stop) = (folder(sent.path()), Stop::default());
    stop.stop();
    assert_eq!(run_due(&portal, &lane, &stop).await.expect("stopped"), 0);
    assert_eq!(unsent_mail(&portal).await.expect("counted"), JobCounts { queued: 1, ..JobCounts::default() });
    assert_eq!(run_due(&portal, &lane, &Stop::default()).await.expect("sent"), 1);
}

#[tokio::test]
async fn two_workers_share_the_jobs_and_run_each_once() {
    let (data, sent) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let portal = portal_with_mail(data.path(), &clock()).await;
    let (one, other) = (folder(sent.path()), folder(sent.path()));
    let stop = Stop::default();
    let (one, other) = tokio::join!(run_due(&portal, &one, &stop), run_due(&portal, &other, &stop));
    assert_eq!(one.expect("no error") + other.expect("no error"), 1);
    assert_eq!(mails(sent.path()).len(), 1);
}
