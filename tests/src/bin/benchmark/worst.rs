//! (g) The worst that a signed-in person can ask for, a request of each kind: how long it takes, and what it leaves in memory and in the database.

use super::connect;
use anyhow::{Context, Result, ensure};
use licensing::files::{
    batch::{LONGEST_CELL, MOST_CELLS, MOST_LINES},
    deactivation::LONGEST_NOTE,
};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use std::{
    fmt::Write as _,
    fs,
    time::{Duration, Instant},
};
use tests::{Answer, Browser, Home, LENA, Process, UNUSED_KEY, workbook};

const ACCOUNT: &str = "/accounts/ACME-1001";
/// Largest form, in bytes.
const LARGEST_FORM: usize = 64 * 1024;
/// A table that fits with the fields beside it, in bytes.
const LARGEST_TABLE: usize = 4 * 1024 * 1024 - 4096;

/// A running server with somebody who asks for too much.
struct Measured<'a> {
    running: &'a Process,
    database: DatabaseConnection,
    lena: Browser,
    table: String,
}

pub async fn measure(home: &Home, running: &Process) -> Result<String> {
    let lena = home.browser();
    lena.sign_in(LENA).await;
    let table = "### Worst requests\n\nSQLite. Time from the request to the end of its answer; memory is the most that the process held meanwhile; \
        stored is what the database grew by.\n\n| asked | input | limit | answer | seconds | resident, MiB | stored, KiB |\n| --- | --- | --- | --- | --- | --- | --- |\n"
        .to_owned();
    let mut measured = Measured { running, database: connect(home, 1).await?, lena, table };
    measured.refused_tables().await?;
    measured.workbooks().await?;
    let batch = measured.largest_batch().await?;
    measured.lists(&batch).await?;
    measured.forms().await?;
    Ok(measured.table)
}

/// Cells that lines of a table share: a type that needs no order, so that nothing bounds it but the table.
const COMMON: [(&str, &str); 7] = [
    ("site", "1"),
    ("product", "CIC"),
    ("version", "2020 R2"),
    ("type", "trial"),
    ("server_item", "SW-001-4.0-SV03"),
    ("system_type", "media-server-based"),
    ("mail_connector", "exchange"),
];

/// A table of machines with further columns, each of which says `cell` in each line.
fn machines(lines: usize, columns: &[String], cell: &str) -> String {
    let head: String = columns.iter().map(|column| format!(",{column}")).collect();
    let rest = format!(",{cell}").repeat(columns.len());
    let lines: String = (0..lines).map(|line| format!("IC-{line:05},0050{line:08X}{rest}\n")).collect();
    format!("machine_name,host_id{head}\n{lines}")
}

impl Measured<'_> {
    /// One request; `said` is the status that it must lead to.
    async fn take(
        &mut self,
        asked: &str,
        [input, limit]: [&str; 2],
        said: u16,
        request: impl AsyncFnOnce(&Browser) -> Answer,
    ) -> Result<Answer> {
        let process = format!("/proc/{}", self.running.id());
        // The most that was resident counts from here.
        fs::write(format!("{process}/clear_refs"), "5")?;
        let (stored, began) = (stored(&self.database).await?, Instant::now());
        let answer = request(&self.lena).await;
        let seconds = began.elapsed().as_secs_f64();
        ensure!(answer.status.as_u16() == said, "{asked}: {} {:?}", answer.status, answer.problems());
        let status = fs::read_to_string(format!("{process}/status"))?;
        let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("its memory")?;
        let most = most.split_whitespace().next().unwrap_or_default().parse::<u64>()? / 1024;
        let grown = (self::stored(&self.database).await? - stored) / 1024;
        writeln!(self.table, "| {asked} | {input} | {limit} | {said} | {seconds:.2} | {most} | {grown} |")?;
        Ok(answer)
    }

    async fn plan(&mut self, asked: &str, bounds: [&str; 2], said: u16, table: &[u8]) -> Result<Answer> {
        let page = self.lena.get(&format!("{ACCOUNT}/batches")).await;
        let key = page.value("key").context("a key")?;
        let own: [(&str, &[u8]); 3] = [("key", key.as_bytes()), ("kind", b"generate"), ("table", table)];
        let fields: Vec<_> = own.into_iter().chain(COMMON.map(|(name, value)| (name, value.as_bytes()))).collect();
        self.take(asked, bounds, said, async |lena| lena.post_files(&format!("{ACCOUNT}/batches"), &fields).await).await
    }

    async fn refused_tables(&mut self) -> Result<()> {
        let limits = ["200,000 filled cells", "columns of the offer"];
        for (columns, said, limit) in [(190, 413, limits[0]), (MOST_CELLS / MOST_LINES - 2, 422, limits[1])] {
            let strangers: Vec<String> = (0..columns).map(|column| format!("assigned.X-{column}")).collect();
            let table = machines(MOST_LINES, &strangers, "1");
            let input = format!("{columns} columns, 10,000 lines");
            self.plan("a table with columns of no part", [&input, limit], said, table.as_bytes()).await?;
        }
        let lines = format!("{},{}\n", "W".repeat(LONGEST_CELL), "x".repeat(LONGEST_CELL)).repeat(MOST_LINES);
        let table = format!("machine_name,host_id\n{lines}");
        let refused = self
            .plan(
                "a plan whose lines are all refused",
                ["10,000 lines of the longest cells", "10,000 lines, 200 characters a cell"],
                303,
                table.as_bytes(),
            )
            .await?;
        let discard = format!("{}/discard", refused.header("location"));
        self.take("the same plan, discarded", ["10,000 lines", "10 plans a person"], 303, async |lena| {
            lena.post(&discard, &[("key", UNUSED_KEY)]).await
        })
        .await?;
        let all = ",".repeat(LARGEST_TABLE - 100) + "\n";
        self.plan("a table of nothing but commas", ["4 MiB, one line", "4 MiB"], 422, all.as_bytes()).await?;
        Ok(())
    }

    async fn workbooks(&mut self) -> Result<()> {
        let row = |cell: &str| format!("<row><c t=\"inlineStr\"><is><t>{cell}</t></is></c></row>");
        let empty = row("");
        for (mebibytes, said, limit) in [(34, 422, "32 MiB unpacked"), (30, 413, "10,000 lines")] {
            let sheet = format!(
                "{}{}",
                row("machine_name"),
                empty.repeat(mebibytes * 1024 * 1024 / empty.len()) + &row("IC").repeat(MOST_LINES + 1)
            );
            let input = format!("{mebibytes} MiB in {} KiB", workbook(&sheet).len() / 1024);
            self.plan("a workbook of next to nothing", [&input, limit], said, &workbook(&sheet)).await?;
        }
        Ok(())
    }

    /// Ten thousand files of as many parts as a table can name; returns where the batch is.
    async fn largest_batch(&mut self) -> Result<String> {
        let form = self.lena.get(&format!("{ACCOUNT}/files/new?product=CIC&version=2020+R2&type=trial")).await;
        let parts =
            form.fields("check").into_iter().map(|(name, _)| name).filter(|name| name.starts_with("assigned.SW-001-4.0-A"));
        let free = |part: &String| !["AA03", "AA09", "AA10", "AA11", "AA12"].iter().any(|other| part.ends_with(other));
        let columns: Vec<String> = parts.filter(free).take(MOST_CELLS / MOST_LINES - 2).collect();
        let table = machines(MOST_LINES, &columns, "1000");
        let input = format!("10,000 lines, {} quantities each", columns.len());
        let planned = self.plan("a plan", [&input, "10,000 lines, 200,000 cells"], 303, table.as_bytes()).await?;
        let batch = planned.header("location").to_owned();
        self.take("the same plan, worked out again", ["", "10 plans a person, 7 days"], 303, async |lena| {
            lena.post(&format!("{batch}/plan"), &[("key", UNUSED_KEY)]).await
        })
        .await?;
        self.take("the plan's lines as CSV", ["10,000 lines", "a batch at a time"], 200, async |lena| {
            lena.get(&format!("{batch}/lines.csv")).await
        })
        .await?;
        let database = self.database.clone();
        self.take("the batch, begun, until its files are there", ["10,000 files", "10,000 lines"], 303, async |lena| {
            let begun = lena.post(&batch, &[("mode", "all-or-nothing"), ("count", "10000")]).await;
            // A batch goes on by itself; what it has made says when it is done.
            let made = async {
                while files(&database).await < 10_000 {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            };
            if begun.status.as_u16() == 303 {
                tokio::time::timeout(Duration::from_mins(5), made)
                    .await
                    .expect("a batch of 10,000 files is made within five minutes");
            }
            begun
        })
        .await?;
        Ok(batch)
    }

    async fn lists(&mut self, batch: &str) -> Result<()> {
        self.take("all of its files as ZIP", ["10,000 files", "a file at a time"], 200, async |lena| {
            lena.get(&format!("{batch}/files.zip")).await
        })
        .await?;
        self.take("all files of the account as CSV", ["10,000 files", "1,000 lines at a time"], 200, async |lena| {
            lena.get(&format!("{ACCOUNT}/files.csv?active=all&sort=machine")).await
        })
        .await?;
        self.take("a page of files, every filter", ["10,000 files", "100 rows, counted to 10,000"], 200, async |lena| {
            let filters = "active=all&from=2000-01-01&to=9999-12-31&by=L*&machine=IC*&site=1&type=trial&line=CIC+products&part=SW-001-4.0-SV03&ends_from=2000-01-01&ends_to=9999-12-31";
            lena.get(&format!("{ACCOUNT}/files?{filters}&rows=100&sort=machine-down")).await
        })
        .await?;
        self.take("a filter that is too long", ["a machine of 7,000 letters", "100 characters"], 422, async |lena| {
            lena.get(&format!("{ACCOUNT}/files?machine={}", "W".repeat(7_000))).await
        })
        .await?;
        self.take(
            "a page of files in an order without an index",
            ["10,000 files", "100 rows, sorted whole to 10,000"],
            200,
            async |lena| lena.get(&format!("{ACCOUNT}/files?active=all&part=SW-001-4.0-SV03&rows=100&sort=site")).await,
        )
        .await?;
        self.take("a search over all", ["a letter that most names have", "20 hits of a kind"], 200, async |lena| {
            lena.get("/search?account=ACME-1001&q=i").await
        })
        .await?;
        self.take("a search over all that is too long", ["7,000 letters", "100 characters"], 200, async |lena| {
            lena.get(&format!("/search?account=ACME-1001&q={}", "w".repeat(7_000))).await
        })
        .await?;
        self.take("a search for accounts", ["7,000 letters", "50 accounts"], 200, async |lena| {
            lena.get(&format!("/accounts?q={}", "w".repeat(7_000))).await
        })
        .await?;
        self.take("an address that is too long", ["50,000 letters", "8 KiB"], 414, async |lena| {
            lena.get(&format!("/accounts?q={}", "w".repeat(50_000))).await
        })
        .await?;
        self.take("a download", ["1 file", "the bytes of the file"], 200, async |lena| {
            lena.get(&format!("{ACCOUNT}/files/AF-0000001/download")).await
        })
        .await?;
        Ok(())
    }

    async fn forms(&mut self) -> Result<()> {
        let address = format!("{ACCOUNT}/files/new");
        let form = self.lena.get(&format!("{address}?product=CIC&version=2020+R2&type=trial")).await;
        let mut fields = form.fields("check");
        for (name, value) in &mut fields {
            if name.starts_with("assigned.") || name.starts_with("pooled.") {
                *value = "1000000".to_owned();
            }
        }
        self.take(
            "a form with the most of every part",
            ["all quantities 1,000,000", "1,000,000 each, 2³² of a key"],
            422,
            async |lena| lena.post(&address, &fields).await,
        )
        .await?;
        let strangers = fields.iter().filter(|(name, _)| !name.contains('.')).cloned();
        let strangers: Vec<(String, String)> =
            strangers.chain((0..2_400).map(|n| (format!("assigned.X-{n}"), "1000000".to_owned()))).collect();
        self.take("a form of quantities that are of no part", ["2,400 of them, 63 KiB", "20 are named"], 422, async |lena| {
            lena.post(&address, &strangers).await
        })
        .await?;
        let over = "x".repeat(LARGEST_FORM);
        self.take("a form that is too large", ["over 64 KiB", "64 KiB"], 413, async |lena| {
            lena.post(&address, &[("machine_name", &over)]).await
        })
        .await?;
        let signature = "— licensing.meridian.example/2026a AAAA\n";
        let half = format!("activation-file/1\n\n{}", signature.repeat(250 * 1024 / signature.len()));
        let files = [("file", half.as_bytes()), ("second", half.as_bytes())];
        self.take("the checker without script", ["two files of 250 KiB, all signatures", "512 KiB"], 200, async |lena| {
            lena.post_files("/check", &files).await
        })
        .await?;
        let note = "ü".repeat(10 * LONGEST_NOTE);
        self.take("a note that is too long", ["5,000 letters", "500 characters"], 422, async |lena| {
            lena.post(&format!("{ACCOUNT}/files/AF-0000001/deactivate"), &[("key", UNUSED_KEY), ("note", note.as_str())]).await
        })
        .await?;
        let password = "p".repeat(LARGEST_FORM / 2);
        self.take("a sign-in with a long password", ["32 KiB", "64 KiB with what was typed before"], 401, async |lena| {
            lena.post("/sign-in", &[("email", LENA), ("password", &password)]).await
        })
        .await?;
        Ok(())
    }
}

/// Size of the database, in bytes, its log included.
async fn stored(database: &DatabaseConnection) -> Result<i64> {
    let sql = "SELECT (p.page_count - f.freelist_count) * s.page_size AS stored
        FROM pragma_page_count() p, pragma_freelist_count() f, pragma_page_size() s";
    number(database, sql, "stored").await
}

async fn files(database: &DatabaseConnection) -> i64 {
    number(database, "SELECT COUNT(*) AS files FROM activation_files", "files").await.unwrap_or_default()
}

async fn number(database: &DatabaseConnection, sql: &str, name: &str) -> Result<i64> {
    let row = database.query_one_raw(Statement::from_string(database.get_database_backend(), sql)).await?;
    Ok(row.context("a row")?.try_get("", name)?)
}
