//! Kills on the way of an upgrade.

use super::{COMMITTED, number, resubmit_to, times};
use crate::EXECUTABLE;
use std::time::Instant;
use tests::{Backend, Browser, Home, PETRA, changed, report};

/// Address at which Nordic's parts are upgraded.
const UPGRADE: &str = "/accounts/NORDIC-3003/upgrade";

/// Fields of the form, complete.
async fn upgrade_form(browser: &Browser) -> Vec<(String, String)> {
    let targets = [("to.SW-001-3.0-SV02", "SW-001-4.0-SV03"), ("to.SW-001-3.0-SO02", "SW-001-4.0-SO03")];
    changed(browser.get(UPGRADE).await.fields("generate"), &targets)
}

async fn killed_on_the_way_of_an_upgrade(backend: Backend) {
    let (times, began) = (times(), Instant::now());
    let home = Home::new(EXECUTABLE, backend).await;
    let mut running = home.start();
    let petra = home.browser();
    petra.sign_in(PETRA).await;
    let whole = upgrade_form(&petra).await;
    let steps = running.trace(async { drop(resubmit_to(&petra, UPGRADE, &whole).await) }, COMMITTED).await;
    running.terminate();
    assert!(steps.len() >= 6, "steps were lost: {steps:?}");
    let mut killed = 0;
    for _ in 0..times {
        for failpoint in &steps {
            // An account upgrades once: each kill has a database of its own.
            let home = Home::new(EXECUTABLE, backend).await;
            let mut running = home.start();
            let petra = home.browser();
            petra.sign_in(PETRA).await;
            let fields = upgrade_form(&petra).await;
            running.arm(failpoint);
            assert!(petra.try_post(UPGRADE, &fields).await.is_err(), "{failpoint:?}: nobody was told");
            running.assert_killed();
            killed += 1;
            let old = "entitlements e JOIN parts p ON p.id = e.part_id WHERE p.generation = '3.0'";
            let done = failpoint == COMMITTED;
            assert_eq!(
                (number(&home, old).await, number(&home, "upgrades").await),
                if done { (0, 1) } else { (5, 0) },
                "{failpoint:?}"
            );
            home.assert_healthy().await;
            running = home.start();
            let first = resubmit_to(&petra, UPGRADE, &fields).await;
            assert_eq!(resubmit_to(&petra, UPGRADE, &fields).await, first, "{failpoint:?}");
            assert_eq!((number(&home, old).await, number(&home, "upgrade_lines").await), (0, 5));
            assert_eq!(number(&home, "audit_events WHERE action = 'upgrade'").await, 1);
            home.assert_healthy().await;
            running.terminate();
        }
    }
    let (points, seconds) = (steps.len(), began.elapsed().as_secs());
    report(&format!(
        "kills, {backend:?}: {times} × SIGKILL at each of {points} steps of upgrade: {killed} submissions sent again, each one upgrade, doctor \
         clean after every kill, {seconds} s"
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_that_was_killed_leaves_all_or_nothing_on_sqlite() {
    killed_on_the_way_of_an_upgrade(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_that_was_killed_leaves_all_or_nothing_on_postgres() {
    killed_on_the_way_of_an_upgrade(Backend::Postgres).await;
}
