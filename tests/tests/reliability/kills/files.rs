//! Kills on the way of *generate*, *update* and *deactivate*.

use super::{COMMITTED, assert_files, fields, number, order_more, resubmit, resubmit_to, times};
use crate::EXECUTABLE;
use std::time::Instant;
use tests::{AMELIA, Backend, Browser, Home, NEW, changed, fresh_key, report};

async fn killed_on_the_way_of_generate(backend: Backend) {
    let (times, began) = (times(), Instant::now());
    let home = Home::new(EXECUTABLE, backend).await;
    let mut running = home.start();
    order_more(&home).await;
    let amelia = home.browser();
    amelia.sign_in(AMELIA).await;
    let mut files = 1i64;
    let whole = fields(&fresh_key(&amelia).await, 1);
    let steps = running.trace(async { drop(resubmit(&amelia, &whole).await) }, COMMITTED).await;
    assert!(steps.len() >= 12, "steps were lost: {steps:?}");
    for _ in 0..times {
        for failpoint in &steps {
            let key = fresh_key(&amelia).await;
            files += 1;
            let fields = fields(&key, files.unsigned_abs());
            running.arm(failpoint);
            let answer = amelia.try_post(NEW, &fields).await;
            assert!(answer.is_err(), "{failpoint:?}: nobody was told");
            running.assert_killed();
            let left = number(&home, "activation_files").await;
            assert_eq!(left, if failpoint == COMMITTED { files } else { files - 1 }, "{failpoint:?}");
            home.assert_healthy().await;
            running = home.start();
            let first = resubmit(&amelia, &fields).await;
            assert_eq!(resubmit(&amelia, &fields).await, first, "{failpoint:?}");
            assert_files(&home, files).await;
        }
    }
    running.terminate();
    let (points, seconds) = (steps.len(), began.elapsed().as_secs());
    let killed = files - 1;
    report(&format!(
        "kills, {backend:?}: {times} × SIGKILL at each of {points} steps of generate: {killed} submissions sent again, {files} files, \
         doctor clean after every kill, {seconds} s"
    ));
}

/// Operation on an existing file.
#[derive(Clone, Copy, Debug)]
enum Change {
    Update,
    Deactivate,
}

impl Change {
    /// Minimum number of its steps.
    const fn least(self) -> usize {
        match self {
            Self::Update => 10,
            Self::Deactivate => 8,
        }
    }

    /// Address and fields of a form that changes `file`, complete.
    async fn form(self, browser: &Browser, file: &str, machine: u64) -> (String, Vec<(String, String)>) {
        let (path, changes) = match self {
            Self::Update => {
                (format!("{file}/update"), vec![("assigned.SW-001-4.0-AL02", "3"), ("assigned.SW-001-4.0-AL04", "2")])
            }
            Self::Deactivate => (format!("{file}/deactivate"), vec![("reason", "reallocation")]),
        };
        let page = browser.get(&path).await;
        let mut fields = changed(page.fields("generate"), &changes);
        if matches!(self, Self::Deactivate) {
            fields = changed(fields, &[("machine", &format!("IC-{machine}"))]);
        }
        (path, fields)
    }

    /// Address and fields of a form that changes a file which is generated for it.
    async fn of_new_file(self, browser: &Browser, machine: u64) -> (String, Vec<(String, String)>) {
        let answer = resubmit(browser, &fields(&fresh_key(browser).await, machine)).await;
        self.form(browser, answer.trim_end_matches("?generated"), machine).await
    }

    /// Files that the change was made to.
    const fn done(self) -> &'static str {
        match self {
            Self::Update => "activation_files WHERE revision = 2",
            Self::Deactivate => "activation_files WHERE state = 'deactivated'",
        }
    }

    const fn events(self) -> &'static str {
        match self {
            Self::Update => "audit_events WHERE action = 'update'",
            Self::Deactivate => "audit_events WHERE action = 'deactivate'",
        }
    }
}

async fn killed_on_the_way_of_a_change(backend: Backend, change: Change) {
    let (times, began) = (times(), Instant::now());
    let home = Home::new(EXECUTABLE, backend).await;
    let mut running = home.start();
    order_more(&home).await;
    let amelia = home.browser();
    amelia.sign_in(AMELIA).await;
    let mut files = 1i64;
    let (path, whole) = change.of_new_file(&amelia, 1).await;
    let steps = running.trace(async { drop(resubmit_to(&amelia, &path, &whole).await) }, COMMITTED).await;
    assert!(steps.len() >= change.least(), "steps were lost: {steps:?}");
    for _ in 0..times {
        for failpoint in &steps {
            files += 1;
            let (path, fields) = change.of_new_file(&amelia, files.unsigned_abs()).await;
            running.arm(failpoint);
            let answer = amelia.try_post(&path, &fields).await;
            assert!(answer.is_err(), "{failpoint:?}: nobody was told");
            running.assert_killed();
            let left = number(&home, change.done()).await;
            assert_eq!(left, if failpoint == COMMITTED { files } else { files - 1 }, "{failpoint:?}");
            home.assert_healthy().await;
            running = home.start();
            let first = resubmit_to(&amelia, &path, &fields).await;
            assert_eq!(resubmit_to(&amelia, &path, &fields).await, first, "{failpoint:?}");
            // Once, with one event and one mail for each change.
            assert_eq!(number(&home, change.done()).await, files);
            assert_eq!(number(&home, change.events()).await, files);
            assert_eq!(number(&home, "jobs WHERE kind = 'mail'").await, 2 * files);
            home.assert_healthy().await;
        }
    }
    running.terminate();
    let (points, seconds) = (steps.len(), began.elapsed().as_secs());
    report(&format!(
        "kills, {backend:?}: {times} × SIGKILL at each of {points} steps of {}: {} submissions sent again, {files} changes, \
         doctor clean after every kill, {seconds} s",
        format!("{change:?}").to_lowercase(),
        files - 1
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generation_that_was_killed_leaves_all_or_nothing_on_sqlite() {
    killed_on_the_way_of_generate(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generation_that_was_killed_leaves_all_or_nothing_on_postgres() {
    killed_on_the_way_of_generate(Backend::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_was_killed_leaves_all_or_nothing_on_sqlite() {
    killed_on_the_way_of_a_change(Backend::Sqlite, Change::Update).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_was_killed_leaves_all_or_nothing_on_postgres() {
    killed_on_the_way_of_a_change(Backend::Postgres, Change::Update).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deactivation_that_was_killed_leaves_all_or_nothing_on_sqlite() {
    killed_on_the_way_of_a_change(Backend::Sqlite, Change::Deactivate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deactivation_that_was_killed_leaves_all_or_nothing_on_postgres() {
    killed_on_the_way_of_a_change(Backend::Postgres, Change::Deactivate).await;
}
