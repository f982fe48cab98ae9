//! Nobody finds out whether an address is known: the answer is the same, and so is the work, counted in hashes and statements.

use crate::mail::{clock, portal_with_mail};
use licensing::EmailAddress;
use portal::{
    Portal,
    people::{SignIn, SignInRefused, ask_for_reset, invite_member},
};
use prometheus_client::registry::Registry;
use std::{
    collections::BTreeMap,
    net::IpAddr,
    time::{Duration, Instant},
};
use tests::{AMELIA, HANNA, LENA, OWEN, PETRA, report};

const TRIES: u8 = 200;
const KNOWN: [&str; 4] = [AMELIA, OWEN, HANNA, PETRA];

/// Number of statements of each name, and of hashes, that a portal has run so far.
fn work(portal: &Portal) -> BTreeMap<String, f64> {
    let mut registry = Registry::default();
    portal.register_metrics(&mut registry);
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).expect("encoded");
    let counts = text
        .lines()
        .filter(|line| line.starts_with("afmt_query_duration_seconds_count") || line.starts_with("afmt_password_hashes_total"));
    let count = |line: &str| line.rsplit_once(' ').map(|(name, count)| (name.to_owned(), count.parse().expect("a number")));
    counts.filter_map(count).collect()
}

/// What `operation` does, in hashes and statements, and how long it takes.
async fn done(portal: &Portal, operation: impl Future<Output = ()>) -> (BTreeMap<String, f64>, Duration) {
    let before = work(portal);
    let began = Instant::now();
    operation.await;
    let took = began.elapsed();
    let after = work(portal).into_iter().map(|(name, count)| (name.clone(), count - before.get(&name).copied().unwrap_or(0.0)));
    (after.filter(|(_, count)| *count > 0.0).collect(), took)
}

/// Does the same for a known and an unknown address, again and again: the work is equal each time. The ratio of the medians is said, not asserted: it is
/// the machine's as much as ours.
async fn alike<'a, O: Future<Output = ()> + 'a>(portal: &'a Portal, what: &str, tries: u8, operation: impl Fn(String, u8) -> O) {
    let mut times: [Vec<Duration>; 2] = Default::default();
    for attempt in 0..tries {
        let known = KNOWN[usize::from(attempt) % KNOWN.len()].to_owned();
        let (of_known, first) = done(portal, operation(known, attempt)).await;
        let (of_unknown, second) = done(portal, operation(format!("nobody-{attempt}@acme.example"), attempt)).await;
        assert_eq!(of_known, of_unknown, "{what}");
        assert!(!of_known.is_empty());
        times[0].push(first);
        times[1].push(second);
    }
    let [known, unknown] = times.map(|mut of| {
        of.sort_unstable();
        of[of.len() / 2].as_secs_f64()
    });
    report(&format!(
        "{what}: {tries} tries each, the same hashes and statements; median of known to unknown addresses {:.3}",
        known / unknown
    ));
}

#[tokio::test]
async fn known_and_unknown_addresses_cost_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let portal = portal_with_mail(folder.path(), &clock()).await;
    alike(&portal, "sign-in", TRIES, |email, attempt| {
        let portal = portal.clone();
        async move {
            let address = IpAddr::from([10, 0, attempt, u8::from(email.starts_with("nobody"))]);
            let sign_in = SignIn { email, password: "wrong".into(), address, device: None, replaces: None };
            let refused = portal.sign_in(sign_in).await.err().expect("refused");
            assert!(matches!(refused, SignInRefused::Incorrect), "{refused}");
        }
    })
    .await;
    // Of each address three are free.
    alike(&portal, "reset of a password", 12, |email, attempt| {
        let portal = portal.clone();
        async move {
            let email = EmailAddress::typed(&email).expect("an address");
            ask_for_reset(&portal, &email, IpAddr::from([10, 1, attempt, 0])).await.expect("asked");
        }
    })
    .await;
    let token = tests::signed_in(&portal, LENA).await;
    let lena = portal.authenticate(token.as_str()).await.expect("answered").expect("a session");
    let nordic = lena.account("NORDIC-3003").await.expect("an account").manage_people().expect("an analyst");
    alike(&portal, "invitation", 4, |email, _| {
        let nordic = nordic.clone();
        async move { invite_member(&nordic, &email, &"files".parse().expect("permissions")).await.expect("invited") }
    })
    .await;
}
