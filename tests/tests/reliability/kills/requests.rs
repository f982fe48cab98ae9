//! Kills on the way of an activation file request: sent, confirmed, claimed, answered.

use super::{COMMITTED, number, times};
use crate::EXECUTABLE;
use reqwest::StatusCode;
use std::time::Instant;
use tests::{Backend, Browser, Home, LENA, changed, question_of, report};

/// What is done with a request, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Submit,
    Finish,
    Claim,
    Answer,
}

impl Step {
    const ALL: [Self; 4] = [Self::Submit, Self::Finish, Self::Claim, Self::Answer];

    /// Rows that it leaves for each request, once.
    const fn effect(self) -> &'static str {
        match self {
            Self::Submit => "audit_events WHERE action = 'request submitted'",
            Self::Finish => "audit_events WHERE action = 'request confirmed'",
            Self::Claim => "audit_events WHERE action = 'request claimed'",
            Self::Answer => "request_messages WHERE kind = 'reply'",
        }
    }
}

/// A stranger, an analyst, and the requests that were made so far.
struct People {
    stranger: Browser,
    lena: Browser,
    requests: u64,
}

/// A form to be posted: by whom, where, and its fields.
struct Post<'a>(&'a Browser, String, Vec<(String, String)>);

impl Post<'_> {
    async fn send(&self) {
        let answer = self.0.post(&self.1, &self.2).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}: {:?}", self.1, answer.problems());
    }
}

impl People {
    /// A new request that has gone all steps before `step`, and the form of that.
    async fn before(&mut self, step: Step) -> Post<'_> {
        self.requests += 1;
        let this = &*self;
        let mut action = String::new();
        for earlier in Step::ALL {
            let post = this.post(earlier, &mut action).await;
            if earlier == step {
                return post;
            }
            post.send().await;
        }
        unreachable!("each step is among all of them");
    }

    /// The form of `step` for the latest request, whose form was opened at `action`.
    async fn post(&self, step: Step, action: &mut String) -> Post<'_> {
        let work = format!("/requests/AFR-{:07}", self.requests);
        match step {
            Step::Submit => {
                let form = self.stranger.get("/request/new").await;
                *action = form.attribute("main form", "action").expect("a form");
                // A mailbox of its own for each.
                let email = format!("dana.{}@contoso.example", self.requests);
                Post(&self.stranger, action.clone(), question_of(&email))
            }
            Step::Finish => Post(&self.stranger, format!("{action}/done"), Vec::new()),
            Step::Claim => Post(&self.lena, format!("{work}/claim"), Vec::new()),
            Step::Answer => {
                let page = self.lena.get(&work).await;
                let fields = page.fields_of(&format!("form[action='{work}/answer']"));
                Post(
                    &self.lena,
                    format!("{work}/answer"),
                    changed(fields, &[("reply", "GetHostID shows it."), ("resolution", "answer")]),
                )
            }
        }
    }
}

async fn killed_on_the_way_of_requests(backend: Backend) {
    let (times, began) = (times().min(2), Instant::now());
    let home = Home::new(EXECUTABLE, backend).await;
    let mut running = home.start();
    let mut people = People { stranger: home.browser(), lena: home.browser(), requests: 0 };
    people.lena.sign_in(LENA).await;
    let (mut points, mut killed) = (0, 0);
    for step in Step::ALL {
        // A process is traced once.
        running.terminate();
        running = home.start();
        let post = people.before(step).await;
        let failpoints = running.trace(post.send(), COMMITTED).await;
        assert!(failpoints.len() >= 2, "{step:?}: steps were lost: {failpoints:?}");
        points += failpoints.len();
        for _ in 0..times {
            for failpoint in &failpoints {
                let before = number(&home, step.effect()).await;
                let post = people.before(step).await;
                running.arm(failpoint);
                assert!(post.0.try_post(&post.1, &post.2).await.is_err(), "{step:?}, {failpoint:?}: nobody was told");
                running.assert_killed();
                killed += 1;
                let done = i64::from(failpoint == COMMITTED);
                assert_eq!(number(&home, step.effect()).await, before + done, "{step:?}, {failpoint:?}");
                home.assert_healthy().await;
                running = home.start();
                // Done, or done now; and once more, which changes nothing.
                post.send().await;
                post.send().await;
                assert_eq!(number(&home, step.effect()).await, before + 1, "{step:?}, {failpoint:?}");
                home.assert_healthy().await;
            }
        }
    }
    running.terminate();
    let seconds = began.elapsed().as_secs();
    report(&format!(
        "kills, {backend:?}: {times} × SIGKILL at each of {points} steps of sending, confirming, claiming and answering a request: {killed} \
         forms sent again, each one effect, doctor clean after every kill, {seconds} s"
    ));
}

/// Number of blobs in the folder.
fn blobs(home: &Home) -> i64 {
    let blobs = std::fs::read_dir(home.data().join("attachments")).expect("a folder").count();
    i64::try_from(blobs).expect("a count")
}

async fn killed_on_the_way_of_attachments(backend: Backend) {
    let began = Instant::now();
    let home = Home::new(EXECUTABLE, backend).await;
    let mut running = home.start();
    let mut people = People { stranger: home.browser(), lena: home.browser(), requests: 0 };
    people.lena.sign_in(LENA).await;
    let Post(_, finish, _) = people.before(Step::Finish).await;
    let address = finish.replace("/done", "/attachments");
    let upload = async || people.stranger.try_post_parts(&address, &[("files", Some("notes.txt"), b"notes")]).await;
    let failpoints = running.trace(async { drop(upload().await) }, COMMITTED).await;
    assert!(failpoints.iter().any(|failpoint| failpoint == "blob written"), "{failpoints:?}");
    let mut attached = 1;
    for failpoint in &failpoints {
        running.arm(failpoint);
        assert!(upload().await.is_err(), "{failpoint:?}: nobody was told");
        running.assert_killed();
        attached += i64::from(failpoint == COMMITTED);
        assert_eq!(number(&home, "request_attachments").await, attached, "{failpoint:?}");
        // A blob may be nobody's, until it is swept; a record without its blob there is none.
        assert!(blobs(&home) >= attached, "{failpoint:?}");
        home.assert_healthy().await;
        running = home.start();
        let again = upload().await.expect("an answer");
        assert_eq!(again.status, StatusCode::SEE_OTHER, "{:?}", again.problems());
        attached += 1;
        assert_eq!(number(&home, "request_attachments").await, attached, "{failpoint:?}");
    }
    running.terminate();
    report(&format!(
        "kills, {backend:?}: SIGKILL at each of {} steps of attaching a file: attached or not, no record without its blob, sent again each time, \
         doctor clean after every kill, {} s",
        failpoints.len(),
        began.elapsed().as_secs()
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attachment_that_was_killed_is_there_whole_or_not_at_all_on_sqlite() {
    killed_on_the_way_of_attachments(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attachment_that_was_killed_is_there_whole_or_not_at_all_on_postgres() {
    killed_on_the_way_of_attachments(Backend::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_was_killed_leaves_all_or_nothing_on_sqlite() {
    killed_on_the_way_of_requests(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_was_killed_leaves_all_or_nothing_on_postgres() {
    killed_on_the_way_of_requests(Backend::Postgres).await;
}
