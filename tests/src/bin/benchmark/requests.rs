//! (g) The queue with a million requests: every view, order, filter and kind of search; submissions against bare commits; and an upload's memory.

use super::{Figures, LONG, TURNS, bare_commit, by_clients, connect, percentiles, resident_mebibytes};
use anyhow::{Context, Result};
use licensing::{
    EmailAddress,
    requests::{RequestDetails, RequestKind},
};
use portal::{
    AnalystAccess, Ctx, Portal,
    people::PasswordCost,
    requests::{QueueOrder, QueueView, Sender, Sought},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use sea_orm::{ConnectionTrait, DatabaseConnection, TransactionTrait};
use std::{
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};
use tests::{Backend, Home, LENA, Process};

const REQUESTS: u32 = 1_000_000;
/// Those that are open: the latest.
const OPEN: u32 = 5_000;
const TRIES: usize = 20;
const CLIENTS: usize = 8;
/// Size of the upload, in bytes.
const UPLOAD: usize = 10_000_000;

/// What is sought, by the name of the row of the table.
const SEARCHES: [&str; 11] = [
    "a number",
    "an address",
    "a host id",
    "a word of one request",
    "a word of a hundred",
    "a word of 20,000",
    "a word of a third of all",
    "the beginning of 50 words, in all",
    "a rare and a common word",
    "two common words",
    "two common words, never together",
];

pub async fn measure(home: &Home, running: &Process, backend: Backend, title: &str) -> Result<String> {
    let (before, after) = upload(home, running).await?;
    let database = connect(home, u32::try_from(CLIENTS)?).await?;
    let mut settings = home.settings.clone();
    settings.listen = ([127, 0, 0, 1], 0).into();
    let server = server::start(&settings, Ctx::system(), PasswordCost::Least).await?;
    let (bares, submissions) = submissions(&server.portal, database.clone()).await?;
    let mut table = format!(
        "### Requests, {title}\n\n{CLIENTS} clients, per second, median of {TURNS} turns of {} s (least–most): bare commits of two rows {}, requests \
         submitted {}, {} of bare. An upload of 10 MB: the server's memory was {before:.1} MiB before and {after:.1} MiB after it.\n\n",
        LONG.as_secs(),
        bares.show(),
        submissions.show(),
        submissions.of(&bares)
    );
    let began = Instant::now();
    fill(&database, backend).await?;
    writeln!(
        table,
        "{REQUESTS} requests, {OPEN} of them open, ten words each, filled in {} s. Milliseconds of all statements of a page of 50 rows with its counts, \
         asked for one after the other by the portal itself; {TRIES} tries on the first page and on one from anywhere: median / 95 % / most.\n\n\
         | | first page | deep page |\n| --- | --- | --- |",
        began.elapsed().as_secs()
    )?;
    let token = tests::signed_in(&server.portal, LENA).await;
    let caller = server.portal.authenticate(token.as_str()).await?.context("a session")?;
    let access = caller.analyst().map_err(|_| anyhow::anyhow!("an analyst"))?;
    let mut random = StdRng::seed_from_u64(7);
    let mut all = [Vec::new(), Vec::new()];
    let views = QueueView::ALL.into_iter().map(|view| (format!("view: {}", view.label()), Sought { view, ..Sought::default() }));
    let orders = QueueOrder::ALL
        .into_iter()
        .map(|order| (format!("all open, {}", order.label()), Sought { view: QueueView::Open, order, ..Sought::default() }));
    let categories = ["question", "third-party", "pay-per-use"].into_iter().map(|category| {
        (format!("all, category {category}"), Sought { view: QueueView::All, category: category.into(), ..Sought::default() })
    });
    let searches = SEARCHES.into_iter().map(|name| (name.to_owned(), Sought { view: QueueView::All, ..Sought::default() }));
    for (name, sought) in views.chain(orders).chain(categories).chain(searches) {
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..TRIES {
            let text = if SEARCHES.contains(&name.as_str()) { words(&name, &mut random) } else { String::new() };
            let first = Sought { text, ..sought.clone() };
            times[0].push(page(&access, &first).await?);
            let from = random.random_range(1..=REQUESTS);
            let after =
                if sought.order == QueueOrder::Needed { format!("2026-06-01~AFR-{from:07}") } else { format!("AFR-{from:07}") };
            times[1].push(page(&access, &Sought { after: after.parse().ok(), ..first }).await?);
        }
        let [first, deep] = times.clone().map(percentiles);
        writeln!(table, "| {name} | {first} | {deep} |")?;
        for (all, times) in all.iter_mut().zip(times) {
            all.extend(times);
        }
    }
    let [first, deep] = all.map(percentiles);
    writeln!(table, "| **all of them** | {first} | {deep} |\n")?;
    server.stop().await?;
    Ok(table)
}

async fn page(access: &AnalystAccess, sought: &Sought) -> Result<std::time::Duration> {
    let began = Instant::now();
    portal::requests::queue(access, sought).await?;
    portal::requests::view_counts(access).await?;
    Ok(began.elapsed())
}

fn words(name: &str, random: &mut StdRng) -> String {
    let number = random.random_range(1..=REQUESTS);
    match name {
        "a number" => format!("AFR-{number:07}"),
        "an address" => format!("p{}@c{}.example", number % 200_000, number % 5_000),
        "a host id" => format!("02{number:010X}"),
        "a word of one request" => format!("w7x{}", random.random_range(0..700_000)),
        "a word of a hundred" => format!("w3x{}x", random.random_range(0..3_200)),
        "a word of 20,000" => format!("w0x{}x", random.random_range(0..50)),
        "a word of a third of all" => "server".to_owned(),
        "the beginning of 50 words, in all" => "w0".to_owned(),
        "a rare and a common word" => format!("server w3x{}x", random.random_range(0..3_200)),
        "two common words" => format!("server w0x{}x", random.random_range(0..50)),
        _ => "w0x1x w0x2x".to_owned(),
    }
}

/// Bare commits and submissions, by turns.
async fn submissions(portal: &Portal, database: DatabaseConnection) -> Result<(Figures, Figures)> {
    let database = Arc::new(database);
    database.execute_unprepared("CREATE TABLE bench_rows (id BIGINT NOT NULL, what TEXT NOT NULL)").await?;
    let number = Arc::new(AtomicU64::new(0));
    let (mut bares, mut submitted) = (Figures::default(), Figures::default());
    for _ in 0..TURNS {
        let commit = |_| {
            let database = Arc::clone(&database);
            move || {
                let database = Arc::clone(&database);
                async move { bare_commit(&database).await }
            }
        };
        bares.0.push(by_clients(CLIENTS, commit).await?);
        let submit = |_| {
            let (portal, number) = (portal.clone(), Arc::clone(&number));
            move || {
                let (portal, number) = (portal.clone(), number.fetch_add(1, Ordering::Relaxed));
                async move { submit(&portal, number).await }
            }
        };
        submitted.0.push(by_clients(CLIENTS, submit).await?);
    }
    Ok((bares, submitted))
}

/// A question from a mailbox, a company and a network of its own: the limits of a day are not what is measured.
async fn submit(portal: &Portal, number: u64) -> Result<()> {
    let browser = portal.browser(&format!("bench {number}"));
    let details = RequestDetails {
        kind: RequestKind::Question,
        category: None,
        file_type: None,
        urgent: false,
        needed_by: None,
        name: "Dana Reyes".into(),
        email: EmailAddress::typed(&format!("dana@c{number}.example"))?,
        copies: Vec::new(),
        garn: None,
        subject: "Where is the host id?".into(),
        description: "We look for the host id of the server on Windows, and do not find it where the help says that it is."
            .into(),
        hosts: Vec::new(),
        answers: Vec::new(),
    };
    let [.., a, b, c] = number.to_be_bytes();
    let sender = Sender { browser: &browser, address: [10, a, b, c].into(), caller: None };
    portal::requests::submit(&sender, &portal.new_submission_key(), &details).await?;
    Ok(())
}

/// The server's memory before an upload and after it, in MiB.
async fn upload(home: &Home, running: &Process) -> Result<(f64, f64)> {
    let stranger = home.browser();
    let action = tests::ask(&stranger, "dana@contoso.example").await;
    let address = format!("{action}/attachments");
    let small = b"A line of a log.\n".repeat(10);
    let large = b"A line of a log.\n".repeat(UPLOAD / 17);
    // What the first upload of all needs is not the second one's.
    stranger.post_parts(&address, &[("files", Some("small.log"), &small[..])]).await;
    let before = resident_mebibytes(running)?;
    stranger.post_parts(&address, &[("files", Some("large.log"), &large[..])]).await;
    Ok((before, resident_mebibytes(running)?))
}

async fn fill(database: &DatabaseConnection, backend: Backend) -> Result<()> {
    let numbers = match backend {
        Backend::Sqlite => {
            format!("(WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {REQUESTS}) SELECT i FROM n) n")
        }
        Backend::Postgres => format!("(SELECT generate_series(1, {REQUESTS}) AS i) n"),
    };
    let open = REQUESTS - OPEN;
    let (at, ended, day, host, bytes, yes, no) = match backend {
        Backend::Sqlite => (
            "strftime('%Y-%m-%dT%H:%M:%S+00:00', 1514764800 + n.i * 250, 'unixepoch')",
            "strftime('%Y-%m-%dT%H:%M:%S+00:00', 1514764800 + n.i * 250 + 86400, 'unixepoch')",
            "date(1514764800 + n.i * 250 + 864000, 'unixepoch')",
            "printf('02%010X', n.i)",
            "zeroblob(32)",
            "TRUE",
            "FALSE",
        ),
        Backend::Postgres => (
            "to_timestamp(1514764800 + n.i * 250.0)",
            "to_timestamp(1514764800 + n.i * 250.0 + 86400)",
            "(to_timestamp(1514764800 + n.i * 250.0 + 864000) AT TIME ZONE 'UTC')::date",
            "'02' || upper(lpad(to_hex(n.i), 10, '0'))",
            "'\\x00'::bytea",
            "TRUE",
            "FALSE",
        ),
    };
    let category = "CASE WHEN n.i % 4 = 0 THEN NULL WHEN n.i % 100 = 3 THEN 'third-party' WHEN n.i % 10 = 7 THEN 'pay-per-use' ELSE 'genesys' END";
    let mut statements = vec![
        "DELETE FROM request_words".to_owned(),
        "DELETE FROM request_messages".to_owned(),
        "DELETE FROM request_attachments".to_owned(),
        "DELETE FROM requests".to_owned(),
        format!(
            "INSERT INTO requests (id, draft_key, browser_sha256, request_sha256, link, mailbox_key, held, network, kind, category, file_type, urgent,
                needed_by, name, email, domain, copies, garn, subject, answers, submitted_at, confirmed_at, state, assigned_to, changed_at, answered_at,
                ended_at, revision)
             SELECT n.i, 'key' || n.i, {bytes}, {bytes}, 'link' || n.i, 'secret' || n.i, {no}, 'n' || (n.i % 5000),
                CASE WHEN n.i % 4 = 0 THEN 'question' ELSE 'file' END, {category}, CASE WHEN n.i % 4 = 0 THEN NULL ELSE 'upgrade' END,
                CASE WHEN n.i % 52 = 1 THEN {yes} ELSE {no} END, CASE WHEN n.i % 5 = 0 THEN {day} END, 'Person ' || n.i,
                'p' || (n.i % 200000) || '@c' || (n.i % 5000) || '.example', 'c' || (n.i % 5000) || '.example', '[]',
                CASE WHEN n.i % 50 = 0 THEN 'ACME-1001' END, 'Subject ' || n.i, '[]', {at}, {at},
                CASE WHEN n.i <= {open} THEN 'answered' WHEN n.i % 3 = 0 THEN 'new' WHEN n.i % 3 = 1 THEN 'in-review' ELSE 'waiting' END,
                CASE WHEN n.i <= {open} OR n.i % 3 <> 0 THEN (SELECT p.id FROM people p WHERE p.email = '{LENA}') END, {at},
                CASE WHEN n.i <= {open} THEN {ended} END, CASE WHEN n.i <= {open} THEN {ended} END, 1 FROM {numbers}"
        ),
        format!("INSERT INTO request_hosts (request_id, host_id) SELECT n.i, {host} FROM {numbers} WHERE n.i % 4 <> 0"),
        format!("INSERT INTO request_words (word, request_id) SELECT 'server', n.i FROM {numbers} WHERE n.i % 3 = 0"),
    ];
    // Words of eight kinds, each four times as many as those before: the first stand in 20,000 requests each, the last in one or two.
    for kind in 0..8_u32 {
        let many = 50 * 4_u64.pow(kind);
        statements.push(format!(
            "INSERT INTO request_words (word, request_id) SELECT 'w{kind}x' || ((n.i * 31 + {kind} * 7919) % {many}) || 'x', n.i FROM {numbers}"
        ));
    }
    if backend == Backend::Postgres {
        // Rows that refer to each other by construction: fourteen million look-ups that would only say so.
        statements.insert(0, "SET LOCAL session_replication_role = replica".to_owned());
    }
    let transaction = database.begin().await?;
    for statement in statements {
        transaction.execute_unprepared(&statement).await?;
    }
    transaction.commit().await?;
    if backend == Backend::Postgres {
        // As autovacuum leaves a table that has been there for a while.
        database.execute_unprepared("VACUUM ANALYZE").await?;
    }
    Ok(())
}
