//! (f) A batch of ten thousand files in one transaction, made and verified.

use super::{Figures, connect};
use anyhow::{Context, Result, bail};
use licensing::files::{
    batch::{BeginRequest, Kind},
    request::NewFileForm,
};
use portal::{
    AccountAccess, Ctx, MailSettings, Portal,
    files::batch::{LineCounts, Lines, NewBatch},
    people::PasswordCost,
    requests::Keep,
};
use sea_orm::ConnectionTrait;
use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};
use tests::{AMELIA, Home};

const FILES: usize = 10_000;
const TURNS: usize = 3;
const GARN: &str = "ACME-1001";

/// Fields that all files share.
const PATTERN: [(&str, &str); 11] = [
    ("site", "1"),
    ("product", "CIC"),
    ("version", "2020 R2"),
    ("type", "production"),
    ("system_type", "media-server-based"),
    ("mail_connector", "exchange"),
    ("server_item", "SW-001-4.0-SV03"),
    ("assigned.SW-001-4.0-AL02", "40"),
    ("pooled.SW-001-4.0-AL02", "10"),
    ("assigned.SW-001-4.0-AL04", "20"),
    ("assigned.SW-001-4.0-AL03", "60"),
];

/// The server of `home` must have started once, and ended.
pub async fn measure(home: &Home, title: &str) -> Result<String> {
    let database = connect(home, 1).await?;
    let more = "UPDATE entitlements SET owned_assigned = 1000000, owned_pooled = 1000000 WHERE account_id = 1";
    database.execute_unprepared(more).await?;
    let settings = portal::Settings {
        database: home.settings.database()?,
        blobs: portal::store::BlobAddress::Folder(std::env::temp_dir()),
        public_url: "http://127.0.0.1".into(),
        vendor: "Meridian Contact Software".into(),
        mail: MailSettings { from: "licensing@meridian.example".parse().expect("an address"), replies_to: None, authority: None },
        scanner: None,
        keep: Keep::default(),
        password_cost: PasswordCost::Least,
        slow_query: Duration::MAX,
    };
    let portal = Portal::open(settings, &home.settings.key_file()?, Ctx::system()).await?;
    let token = tests::signed_in(&portal, AMELIA).await;
    let access = portal.authenticate(token.as_str()).await?.context("a session")?.account(GARN).await?;
    let pattern: NewFileForm = PATTERN.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let (mut planned, mut made, mut refreshed, mut ended) =
        (Figures::default(), Figures::default(), Figures::default(), Figures::default());
    for turn in 0..TURNS {
        let machines = (0..FILES).map(|number| format!("IC-{turn}-{number},02{:010X}\n", turn * FILES + number));
        let table = format!("machine_name,host_id\n{}", machines.collect::<String>());
        let lines = Lines::Table(table.into_bytes());
        let generate = NewBatch { kind: Kind::Generate, pattern: pattern.clone(), repeats: false, lines };
        let began = Instant::now();
        let reference = planned_batch(&portal, &access, generate).await?;
        planned.0.push(rate(began));
        made.0.push(run(&portal, &access, &reference, &[]).await?);
        // Renewed maintenance gives every file a further revision; then all are given back.
        let renewed = format!("UPDATE entitlements SET maintenance_end = '{}-06-30' WHERE account_id = 1", 2030 + turn);
        database.execute_unprepared(&renewed).await?;
        for (kind, figures) in [(Kind::Refresh, &mut refreshed), (Kind::Deactivate, &mut ended)] {
            let names = (0..FILES).map(|number| format!("IC-{turn}-{number}\n")).collect::<String>();
            let lines = Lines::Table(format!("machine_name\n{names}").into_bytes());
            let batch = NewBatch { kind, pattern: NewFileForm::default(), repeats: false, lines };
            let reference = planned_batch(&portal, &access, batch).await?;
            let typed = [("reason", "reallocation"), ("count", "10000")];
            figures.0.push(run(&portal, &access, &reference, &typed).await?);
        }
    }
    let mut table = format!(
        "### Batches, {title}\n\n{FILES} files in one transaction that is on the disk when it returns: lines read, quantities drawn, files made, signed \
         and verified by both cores, stored with their ledger, lists and events. Files a second, median of {TURNS} batches (least–most).\n\n\
         | | files/s |\n| --- | --- |\n"
    );
    writeln!(table, "| plan: what each line would come to | {} |", planned.show())?;
    writeln!(table, "| generate | {} |", made.show())?;
    writeln!(table, "| refresh | {} |", refreshed.show())?;
    writeln!(table, "| deactivate | {} |\n", ended.show())?;
    Ok(table)
}

async fn planned_batch(portal: &Portal, access: &AccountAccess, batch: NewBatch) -> Result<String> {
    Ok(portal::files::batch::plan(access, batch, &portal.new_submission_key()).await?)
}

/// Begins a planned batch and works on it until it is done; files a second.
async fn run(portal: &Portal, access: &AccountAccess, reference: &str, typed: &[(&str, &'static str)]) -> Result<f64> {
    let value = |name: &str| match name {
        "mode" => "all-or-nothing",
        name => typed.iter().find(|(field, _)| *field == name).map_or("", |(_, value)| *value),
    };
    portal::files::batch::begin(access, reference, &BeginRequest::of_form(value)).await?;
    let began = Instant::now();
    tests::finish_batches(portal).await;
    let rate = rate(began);
    let batch = portal::files::batch::view(access, reference, None, 0, 1).await?;
    let LineCounts { done, .. } = batch.row.counts;
    if usize::try_from(done)? != FILES {
        bail!("{reference}: {:?} {:?} {:?}", batch.row.counts, batch.told, batch.lines);
    }
    Ok(rate)
}

fn rate(began: Instant) -> f64 {
    f64::from(u32::try_from(FILES).unwrap_or_default()) / began.elapsed().as_secs_f64()
}
