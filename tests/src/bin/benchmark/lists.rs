//! (e) The list of an account with a million files, among ten thousand accounts: every filter and order that its page offers.

use super::{Client, connect, percentiles, resident_mebibytes};
use anyhow::{Context, Result};
use licensing::{
    LicenceType,
    files::list::{Active, Filter, Sort},
};
use portal::{AccountAccess, Ctx, files::Cursor, people::PasswordCost};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use std::{fmt::Write as _, time::Instant};
use tests::{Backend, Home, LENA, Process};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const FILES: u32 = 1_000_000;
const ACCOUNTS: u32 = 10_000;
const SITES: u32 = 400;
/// Number of tries of each filter in each order, on the first page and on a page from anywhere.
const TRIES: usize = 5;
const GARN: &str = "BENCH-MILLION";

pub async fn measure(home: &Home, running: &Process, backend: Backend, title: &str) -> Result<String> {
    let began = Instant::now();
    let database = connect(home, 1).await?;
    fill(&database, backend).await?;
    let filled = began.elapsed();
    let mut settings = home.settings.clone();
    settings.listen = ([127, 0, 0, 1], 0).into();
    let server = server::start(&settings, Ctx::system(), PasswordCost::Least).await?;
    let token = tests::signed_in(&server.portal, LENA).await;
    let caller = server.portal.authenticate(token.as_str()).await?.context("a session")?;
    let access = caller.account(GARN).await?;
    let mut table = format!(
        "### Lists, {title}\n\nOne account of {FILES} files among {ACCOUNTS} accounts, filled in {} s. Milliseconds of all statements of a page \
         of 25 rows, asked for one after the other by the portal itself; {TRIES} random values for each filter, in each order, on the first page \
         and on one near the end: median / 95 % / most.\n\n| filter | first page | deep page |\n| --- | --- | --- |\n",
        filled.as_secs()
    );
    let mut random = StdRng::seed_from_u64(7);
    let mut all = [Vec::new(), Vec::new()];
    for name in [
        "none",
        "site",
        "from",
        "to",
        "active: no",
        "active: all",
        "line",
        "type",
        "by",
        "machine, few",
        "machine, many",
        "part, few",
        "part, many",
        "part, the oldest",
        "ends",
        "two or three of them",
    ] {
        let mut times = [Vec::new(), Vec::new()];
        for sort in Sort::ALL {
            for _ in 0..TRIES {
                let filter = Filter { sort: *sort, ..filter(name, &database, &mut random).await? };
                let began = Instant::now();
                let page =
                    portal::files::activity(&access, &portal::files::activity_choices(&access).await?, &filter, None, 25).await?;
                times[0].push(began.elapsed());
                if let (Some(_), Some(cursor)) = (&page.next, anywhere(&access, &filter, &mut random).await?) {
                    let began = Instant::now();
                    portal::files::activity(
                        &access,
                        &portal::files::activity_choices(&access).await?,
                        &filter,
                        Some(&cursor),
                        25,
                    )
                    .await?;
                    times[1].push(began.elapsed());
                }
            }
        }
        let [first, deep] = times.clone().map(percentiles);
        writeln!(table, "| {name} | {first} | {deep} |")?;
        for (all, times) in all.iter_mut().zip(times) {
            all.extend(times);
        }
    }
    let [first, deep] = all.map(percentiles);
    writeln!(table, "| **all of them** | {first} | {deep} |\n")?;
    let (rows, seconds, before, most) = csv(home, running).await?;
    writeln!(
        table,
        "CSV of all of them: {rows} lines in {seconds:.0} s; the server's memory was {before:.1} MiB before and {most:.1} MiB at most.\n"
    )?;
    server.stop().await?;
    Ok(table)
}

/// A filter of the kind `name`, with a value that some file has.
async fn filter(name: &str, database: &DatabaseConnection, random: &mut StdRng) -> Result<Filter> {
    let usual = Filter::default();
    let day = |random: &mut StdRng| {
        chrono::NaiveDate::from_ymd_opt(2018, 1, 1).map(|first| first + chrono::Days::new(random.random_range(0..2_900)))
    };
    let site = |random: &mut StdRng| -> Option<String> { Some(random.random_range(0..SITES).to_string()) };
    let filter = match name {
        "site" => Filter { site: site(random), ..usual },
        "from" => Filter { from: day(random), ..usual },
        "to" => Filter { to: day(random), ..usual },
        "active: no" => Filter { active: Active::No, ..usual },
        "active: all" => Filter { active: Active::All, ..usual },
        "line" => Filter { line: Some("CIC products".into()), ..usual },
        "type" => Filter { licence_type: LicenceType::ALL.choose(random).copied(), ..usual },
        "by" => Filter { by: Some(format!("Bench {:02}", random.random_range(0..40))), ..usual },
        "machine, few" => Filter {
            machine: Some(format!("site{:03}-ic-{:03}*", random.random_range(0..SITES), random.random_range(0..900))),
            ..usual
        },
        "machine, many" => Filter { machine: Some(format!("SITE{}*", random.random_range(0..4))), ..usual },
        "part, few" => Filter { part: "SW-001-4.0-AL05".parse().ok(), ..usual },
        "part, many" => Filter { part: "SW-001-4.0-SV03".parse().ok(), ..usual },
        "part, the oldest" => Filter { part: "SW-001-4.0-AL04".parse().ok(), ..usual },
        "ends" => Filter {
            ends_to: chrono::NaiveDate::from_ymd_opt(2027, 1, 1)
                .map(|first| first + chrono::Days::new(random.random_range(0..700))),
            ..usual
        },
        "two or three of them" => {
            let mut filter = usual;
            for _ in 0..random.random_range(2..=3) {
                match random.random_range(0..7) {
                    0 => filter.site = site(random),
                    1 => filter.from = day(random),
                    2 => filter.active = Active::All,
                    3 => filter.licence_type = [LicenceType::Production, LicenceType::BundledDevelopment].choose(random).copied(),
                    4 => filter.by = Some(format!("Bench {:02}", random.random_range(0..40))),
                    5 => filter.machine = Some(format!("site{:03}*", random.random_range(0..SITES))),
                    _ => filter.to = day(random),
                }
            }
            filter
        }
        _ => usual,
    };
    // Ids of sites are the database's own.
    let site = match filter.site {
        None => None,
        Some(number) => {
            let sql = format!("SELECT s.id FROM install_sites s WHERE s.name = 'Bench site {number}'");
            let row = database.query_one_raw(sea_orm::Statement::from_string(database.get_database_backend(), sql)).await?;
            Some(row.context("a site")?.try_get::<i64>("", "id")?.to_string())
        }
    };
    Ok(Filter { site, ..filter })
}

/// A place far behind in the list that `filter` finds: up to two thousand files before its end.
async fn anywhere(access: &AccountAccess, filter: &Filter, random: &mut StdRng) -> Result<Option<Cursor>> {
    let backwards = Filter { sort: filter.sort.reversed(), ..filter.clone() };
    let page = portal::files::activity(
        access,
        &portal::files::activity_choices(access).await?,
        &backwards,
        None,
        random.random_range(1..2_000),
    )
    .await?;
    Ok(page.next)
}

/// Bytes that a client reads of the CSV of all files, and memory of the server's process meanwhile.
async fn csv(home: &Home, running: &Process) -> Result<(u64, f64, f64, f64)> {
    let cookie = Client::sign_in(home).await?.cookie;
    let before = resident_mebibytes(running)?;
    let began = Instant::now();
    let mut stream = tokio::net::TcpStream::connect(home.settings.listen).await?;
    let request = format!(
        "GET /accounts/{GARN}/files.csv?active=all HTTP/1.1\r\nhost: {}\r\ncookie: {cookie}\r\nconnection: close\r\n\r\n",
        home.settings.listen
    );
    stream.write_all(request.as_bytes()).await?;
    let (mut lines, mut most, mut buffer, mut tail) = (0u64, before, vec![0; 1 << 16], Vec::new());
    for reads in 0u64.. {
        let read = stream.read(&mut buffer).await?;
        if read == 0 {
            break;
        }
        // What stands across two reads counts, too.
        tail.extend_from_slice(&buffer[..read]);
        lines += tail.windows(3).filter(|window| window == b"\nAF").count() as u64;
        tail.drain(..tail.len().saturating_sub(2));
        if reads.is_multiple_of(64) {
            most = most.max(resident_mebibytes(running)?);
        }
    }
    Ok((lines, began.elapsed().as_secs_f64(), before, most))
}

/// The account with its sites, people and files, and other accounts with ten files each.
async fn fill(database: &DatabaseConnection, backend: Backend) -> Result<()> {
    let numbers = |most: u32| match backend {
        Backend::Sqlite => {
            format!("(WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {most} - 1) SELECT i FROM n) n")
        }
        Backend::Postgres => format!("(SELECT generate_series(0, {most} - 1) AS i) n"),
    };
    let pad = |number: &str, width: u32| match backend {
        Backend::Sqlite => format!("printf('%0{width}d', {number})"),
        Backend::Postgres => format!("lpad(({number})::text, {width}, '0')"),
    };
    let (at, day, bytes) = match backend {
        Backend::Sqlite => (
            "strftime('%Y-%m-%dT%H:%M:%S+00:00', 1514764800 + n.i * 250, 'unixepoch')",
            "date(1798761600 + (n.i % 700) * 86400, 'unixepoch')",
            "zeroblob(16)",
        ),
        Backend::Postgres => ("to_timestamp(1514764800 + n.i * 250.0)", "(DATE '2027-01-01' + n.i % 700)", "'\\x00'::bytea"),
    };
    let other = |i: &str| format!("'BENCH-' || {}", pad(i, 5));
    let machine = format!("'SITE' || {} || '-ic-' || {}", pad("n.i * 7 % 400", 3), pad("n.i", 7));
    let statements = [
        format!("INSERT INTO accounts (garn, name, kind, licence_model, time_zone, folded) VALUES ('{GARN}', 'A million', 'customer', 'perpetual', 'Europe/Berlin', 'a million')"),
        format!("INSERT INTO accounts (garn, name, kind, licence_model, time_zone, folded) SELECT {}, 'Other ' || n.i, 'customer', 'perpetual', 'UTC', 'other ' || n.i FROM {}", other("n.i"), numbers(ACCOUNTS - 1)),
        format!("INSERT INTO install_sites (account_id, name, country) SELECT a.id, 'Bench site ' || n.i, 'Norway' FROM accounts a, {} WHERE a.garn = '{GARN}'", numbers(SITES)),
        "INSERT INTO install_sites (account_id, name, country) SELECT a.id, 'Site', 'Norway' FROM accounts a WHERE a.name LIKE 'Other %'".to_owned(),
        format!("INSERT INTO people (email, name, password_hash, time_zone) SELECT 'bench' || n.i || '@bench.example', 'Bench ' || {}, '', 'UTC' FROM {}", pad("n.i", 2), numbers(40)),
        // Nine of ten are production, four of five active; two of three are of the first product.
        format!(
            "INSERT INTO activation_files (serial, account_id, product_id, licence_type, revision, state, ended_at)
             SELECT 'AF-' || {}, a.id, CASE WHEN n.i % 3 = 0 THEN 2 ELSE 1 END,
                CASE WHEN n.i % 10 <> 3 THEN 'production' WHEN n.i % 20 = 3 THEN 'development-bundled' ELSE 'trial' END, 1,
                CASE WHEN n.i % 5 = 1 THEN 'deactivated' ELSE 'active' END, CASE WHEN n.i % 5 = 1 THEN {at} END
             FROM accounts a, {} WHERE a.garn = '{GARN}'",
            pad("1000000 + n.i", 7),
            numbers(FILES)
        ),
        format!(
            "INSERT INTO activation_files (serial, account_id, product_id, licence_type, revision, state)
             SELECT 'AF-' || {}, a.id, 1, 'production', 1, 'active' FROM accounts a, {} WHERE a.name LIKE 'Other %'",
            pad("3000000 + a.id * 10 + n.i", 7),
            numbers(10)
        ),
        format!(
            "INSERT INTO file_revisions (file_id, revision, site_id, version_id, primary_machine, primary_host, switchover_machine, switchover_host,
                valid_through, generated_by, generated_at, signing_key, bytes, sha256)
             SELECT f.id, 1, (SELECT MIN(id) FROM install_sites WHERE name = 'Bench site 0') + n.i * 7 % 400, 1, {machine}, 'A' || n.i,
                CASE WHEN n.i % 2 = 0 THEN {machine} || '-b' END, CASE WHEN n.i % 2 = 0 THEN 'B' || n.i END,
                CASE WHEN f.licence_type = 'production' THEN '2100-01-01' ELSE {day} END,
                (SELECT MIN(id) FROM people WHERE name = 'Bench 00') + n.i * 13 % 40, {at}, (SELECT name FROM signing_keys LIMIT 1), {bytes}, {bytes}
             FROM {} JOIN activation_files f ON f.serial = 'AF-' || {}",
            numbers(FILES),
            pad("1000000 + n.i", 7)
        ),
        format!(
            "INSERT INTO file_revisions (file_id, revision, site_id, version_id, primary_machine, primary_host, valid_through, generated_by,
                generated_at, signing_key, bytes, sha256)
             SELECT f.id, 1, s.id, 1, 'other-' || f.id, 'C' || f.id, '2100-01-01', 1, '2024-01-01T00:00:00+00:00', (SELECT name FROM signing_keys LIMIT 1), {bytes}, {bytes}
             FROM activation_files f JOIN accounts a ON a.id = f.account_id JOIN install_sites s ON s.account_id = a.id WHERE a.name LIKE 'Other %'"
        ),
        "INSERT INTO listed_files
             SELECT f.id, f.account_id, f.state || '/' || f.licence_type || '/' || p.code, r.site_id, r.generated_by, r.generated_at, r.valid_through,
                lower(r.primary_machine), lower(r.switchover_machine), NULL, '0001-01-01'
             FROM activation_files f JOIN products p ON p.id = f.product_id JOIN file_revisions r ON r.file_id = f.id
             WHERE f.id NOT IN (SELECT file_id FROM listed_files)"
            .to_owned(),
        "INSERT INTO file_machines (account_id, facet, name, file_id, other, site_id, generated_by, generated_at, valid_through)
             SELECT account_id, facet, machine, file_id, switchover_machine, site_id, generated_by, generated_at, valid_through FROM listed_files"
            .to_owned(),
        "INSERT INTO file_machines (account_id, facet, name, file_id, other, site_id, generated_by, generated_at, valid_through)
             SELECT account_id, facet, switchover_machine, file_id, machine, site_id, generated_by, generated_at, valid_through FROM listed_files
             WHERE switchover_machine IS NOT NULL"
            .to_owned(),
        format!("INSERT INTO orders (account_id, sales_order, purchase_order, ordered_on) SELECT id, 'SO-BENCH', '', '2018-01-01' FROM accounts WHERE garn = '{GARN}'"),
        format!(
            "INSERT INTO entitlements (order_id, account_id, line, part_id, owned_assigned, owned_pooled, unlimited)
             SELECT o.id, o.account_id, p.id, p.id, {FILES}, 0, FALSE FROM orders o, parts p
             WHERE o.sales_order = 'SO-BENCH' AND p.number IN ('SW-001-4.0-SV03', 'SW-001-4.0-AL04', 'SW-001-4.0-AL05')"
        ),
        // A server item in each file, one part in every two-hundredth, and one in the oldest files.
        format!(
            "INSERT INTO allocations (revision_id, entitlement_id, part_id, assigned, pooled)
             SELECT r.id, e.id, p.id, 1, 0 FROM {} JOIN activation_files f ON f.serial = 'AF-' || {} JOIN file_revisions r ON r.file_id = f.id
             JOIN entitlements e ON e.order_id = (SELECT id FROM orders WHERE sales_order = 'SO-BENCH') JOIN parts p ON p.id = e.part_id
             WHERE p.number = 'SW-001-4.0-SV03' OR p.number = 'SW-001-4.0-AL05' AND n.i % 200 = 0 OR p.number = 'SW-001-4.0-AL04' AND n.i < 15000",
            numbers(FILES),
            pad("1000000 + n.i", 7)
        ),
        match backend {
            Backend::Sqlite => "PRAGMA wal_checkpoint(TRUNCATE)".to_owned(),
            // As the database's own housekeeping does in the background.
            Backend::Postgres => "VACUUM ANALYZE".to_owned(),
        },
    ];
    for statement in statements {
        database.execute_unprepared(&statement).await.with_context(|| statement.clone())?;
    }
    Ok(())
}
