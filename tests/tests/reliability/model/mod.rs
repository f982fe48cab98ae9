//! Random sequences of operations, each compared with a model that fits on a page and shares no code with the product.

mod ask;
mod driver;
mod ledger;
mod requests;

use ask::{Ask, Request};
use driver::Driver;
use ledger::Model;
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use std::time::Instant;
use tests::{AMELIA, Backend, HANNA, LENA, OWEN, PETRA, SAM, Server, Size, report, seed};

/// (assigned, pooled)
type Pools = (u32, u32);

const ACCOUNTS: [&str; 3] = ["ACME-1001", "HELIOS-2002", "NORDIC-3003"];
const PEOPLE: [&str; 6] = [AMELIA, OWEN, HANNA, PETRA, LENA, SAM];
const ANALYST: usize = 4;

/// Outcomes that a meaningful run has seen.
const SEEN: [&str; 16] = [
    "generated",
    "updated",
    "deactivated",
    "upgraded",
    "batches done",
    "batches refused",
    "refused",
    "same again",
    "key reused",
    "ineligible",
    "not found",
    "not active",
    "superseded",
    "unchanged",
    "orders changed",
    "orders refused",
];

async fn random_operations(backend: Backend) {
    let (steps, seed, began) = (Size::of_run().pick(1_000, 10_000), seed(), Instant::now());
    // Before anything can go wrong, so that it is known whatever does.
    eprintln!("model, {backend:?}: {steps} steps, seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let server = Server::durable(backend).await;
    let mut model = Model::read(&server).await;
    let mut driver = Driver::new(server);
    driver.note_day(&mut model);
    for step in 0..steps {
        // Half of the time the analyst, who may generate everywhere.
        let person = if random.random_bool(0.5) { ANALYST } else { random.random_range(0..PEOPLE.len()) };
        let key = format!("step{step:018}");
        match random.random_range(0..100) {
            0..30 => {
                let ask = Ask::Generate(Request::random(&model, &mut random));
                driver.send(&mut model, person, &key, &ask).await;
            }
            30..52 => {
                let ask = Ask::of_a_file(&model, &mut random);
                driver.send(&mut model, person, &key, &ask).await;
            }
            52..56 => {
                let ask = Ask::upgrade(&model, &mut random);
                driver.send(&mut model, person, &key, &ask).await;
            }
            56..62 => {
                let ask = Ask::batch(&model, &mut random);
                driver.send(&mut model, person, &key, &ask).await;
            }
            62..75 => {
                // Sent before, and sent again: the same, or something else under the same key.
                let sent: Vec<_> = model.submissions.iter().map(|((p, key), (ask, _))| (*p, key.clone(), ask.clone())).collect();
                if let Some((person, key, ask)) = sent.choose(&mut random).cloned() {
                    let changed = random.random_bool(0.3);
                    let ask = if changed { Ask::Generate(Request::random(&model, &mut random)) } else { ask };
                    driver.send(&mut model, person, &key, &ask).await;
                }
            }
            75..87 => driver.look(&model, &mut random).await,
            87..95 => driver.order(&mut model, &mut random).await,
            _ => driver.wait(&mut model, &mut random),
        }
    }
    for garn in ACCOUNTS {
        driver.compare(&model, garn).await;
    }
    driver.server.assert_healthy().await;
    let done: Vec<String> = driver.counts.iter().map(|(name, count)| format!("{count} {name}")).collect();
    for name in SEEN {
        assert!(driver.counts.contains_key(name), "no step was {name}: {done:?}");
    }
    let seconds = began.elapsed().as_secs();
    report(&format!("model, {backend:?}: {steps} steps, seed {seed}: {}; doctor clean, {seconds} s", done.join(", ")));
}

#[tokio::test(flavor = "multi_thread")]
async fn random_operations_do_what_the_model_does_on_sqlite() {
    random_operations(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn random_operations_do_what_the_model_does_on_postgres() {
    random_operations(Backend::Postgres).await;
}
