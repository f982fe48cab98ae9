use crate::{
    generated,
    mail::{FROM, clock, mails, portal_with_mail},
};
use chrono::TimeDelta;
use portal::{
    jobs::{JobCounts, Lane, Stop, run_due, unsent_mail},
    mail::Mailer,
};
use reqwest::StatusCode;
use std::{net::TcpListener, time::Duration};
use tests::{AMELIA, BATCHES, Backend, PATIENCE, SAM, Server, UNUSED_KEY};

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

#[tokio::test]
async fn an_administrator_retries_and_discards_what_was_parked() {
    let server = Server::durable(Backend::of_run()).await;
    let (amelia, sam) = (server.signed_in(AMELIA).await, server.signed_in(SAM).await);
    assert_eq!(sam.get("/").await.header("location"), "/setup");
    assert_eq!(sam.get("/jobs").await.all(".empty"), ["Nothing waits: all jobs are done."]);
    generated(&amelia, &[]).await;
    let waits = sam.get("/jobs").await;
    assert_eq!(waits.all(".count"), ["0 parked, 0 running, 1 waiting"]);
    assert_eq!(waits.all("main form"), Vec::<String>::new(), "nothing is to be done by hand");
    let refused = "550 no such mailbox";
    let park = format!("UPDATE jobs SET state = 'parked', attempts = 10, reason = '{refused}'");
    server.execute(&park).await;
    let parked = sam.get("/jobs").await;
    assert_eq!(parked.all(".count"), ["1 parked, 0 running, 0 waiting"]);
    let row = parked.all("tbody tr").remove(0);
    for said in ["mail 1", "to amelia.hart@acme.example", "Parked", refused, "10"] {
        assert!(row.contains(said), "{said}: {row}");
    }
    let nobody: [(&str, &str); 0] = [];
    let retried = sam.post("/jobs/1/retry", &nobody).await;
    assert_eq!((retried.status, retried.header("location")), (StatusCode::SEE_OTHER, "/jobs?retried"));
    assert_eq!(sam.get("/jobs?retried").await.all(".count"), ["0 parked, 0 running, 1 waiting"]);
    // Who comes second is told, and nothing happens twice.
    let again = sam.post("/jobs/1/retry", &nobody).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let otherwise = "Job 1 is not parked: it was retried, discarded or done meanwhile. The list shows how it is now.";
    assert_eq!(again.all(".note.bad"), [otherwise]);
    server.execute(&park).await;
    let discarded = sam.post("/jobs/1/discard", &nobody).await;
    assert_eq!((discarded.status, discarded.header("location")), (StatusCode::SEE_OTHER, "/jobs?discarded"));
    assert_eq!(sam.post("/jobs/1/discard", &nobody).await.status, StatusCode::CONFLICT);
    let events = server.rows("SELECT action, subject, actor FROM audit_events WHERE subject = 'job 1' ORDER BY id").await;
    assert_eq!(
        events.iter().map(|event| format!("{} {} {}", event["actor"], event["action"], event["subject"])).collect::<Vec<_>>(),
        [r#""Sam Okafor" "retry job" "job 1""#, r#""Sam Okafor" "discard job" "job 1""#]
    );
    server.assert_healthy().await;
}

#[tokio::test]
async fn a_batch_that_was_parked_can_be_retried_and_not_discarded() {
    let server = Server::durable(Backend::of_run()).await;
    let (amelia, sam) = (server.signed_in(AMELIA).await, server.signed_in(SAM).await);
    generated(&amelia, &[]).await;
    let selected = [("key", UNUSED_KEY), ("kind", "deactivate"), ("serial", "AF-0000001")];
    let planned = amelia.post(&format!("{BATCHES}/selection"), &selected).await;
    let batch = planned.header("location").to_owned();
    let begun = amelia.post(&batch, &[("mode", "line-by-line"), ("reason", "reallocation"), ("count", "1")]).await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER, "{:?}", begun.problems());
    tests::finish_batches(server.portal()).await;
    // A batch that is done is run again without harm.
    server.execute("DELETE FROM jobs WHERE kind <> 'batch'").await;
    server.execute("UPDATE jobs SET state = 'parked', reason = 'an internal error'").await;
    let parked = sam.get("/jobs").await;
    assert!(parked.all("tbody tr")[0].contains("BT-0000001"), "{:?}", parked.all("tbody tr"));
    let retry = parked.attribute("main form", "action").expect("it can be retried");
    assert_eq!(parked.all("main form").len(), 1, "and that is all");
    let nobody: [(&str, &str); 0] = [];
    let discarded = sam.post(&retry.replace("retry", "discard"), &nobody).await;
    assert_eq!(discarded.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(discarded.all(".note.bad")[0].ends_with("belongs to what it works on and cannot be discarded. Retry it."));
    assert_eq!(sam.post(&retry, &nobody).await.status, StatusCode::SEE_OTHER);
    tests::finish_batches(server.portal()).await;
    assert!(amelia.get(&batch).await.all("h1")[0].ends_with("– done"));
    server.assert_healthy().await;
}
