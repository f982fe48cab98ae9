//! Proves on a live database what must always be true of it. Domain §6.
//!
//! Everything is read in one snapshot: writes go on meanwhile and are not mixed in.

pub(crate) mod rule;

use crate::{
    access,
    ctx::Ctx,
    error::Error,
    files,
    observe::Observed,
    orders,
    overview::searched,
    people, requests, signing,
    signing::{
        KeyFile,
        key_file::Opened,
        signer::{CURRENT, verifier_key},
    },
    store::{
        address::DatabaseAddress,
        database::Database,
        entity::signing_key,
        statement::{count, known, parsed, rows},
    },
    submission,
};
use chrono::{DateTime, NaiveDate, SubsecRound, TimeDelta, Utc};
use licensing::{
    LicenceType,
    activation_file::{ActivationFile, Expected, KeyRing, Verdict},
    folded,
};
use migration::{Migrator, MigratorTrait};
use rule::Rule;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, FromQueryResult};
use sha2::{Digest, Sha256};
use std::{sync::Arc, time::Duration};

/// The rules of each feature.
const RULES: [&[Rule]; 9] = [
    orders::doctor::RULES,
    orders::import::doctor::RULES,
    files::doctor::RULES,
    files::batch::doctor::RULES,
    access::doctor::RULES,
    submission::doctor::RULES,
    people::doctor::RULES,
    signing::doctor::RULES,
    requests::doctor::RULES,
];

/// One thing that was examined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule, as a sentence that should hold.
    pub rule: &'static str,
    /// Breaks of the rule, each with its subject. None: the rule holds.
    pub broken: Vec<String>,
}

impl Finding {
    /// A rule, and the facts that break it.
    #[must_use]
    pub fn new(rule: &'static str, broken: Vec<String>) -> Self {
        Self { rule, broken }
    }
}

#[derive(FromQueryResult)]
struct Broken {
    broken: String,
}

/// Examines the database at `address`; with `key`, whether that is the key it signs with. Nothing is changed.
///
/// # Errors
/// [`Error`]: the database cannot be opened or read, so that nothing can be said about it.
pub async fn examine(address: &DatabaseAddress, key: Option<&KeyFile>, ctx: &Ctx) -> Result<Vec<Finding>, Error> {
    let database = Database::connect(address, ctx, &Arc::new(Observed::new(Duration::MAX))).await?;
    let on = database.snapshot().await?;
    let schema = schema(&on).await?;
    if !schema.broken.is_empty() {
        // The rules are about the tables of this version.
        return Ok(vec![schema]);
    }
    let integrity = integrity(&on).await?;
    let damaged = !integrity.broken.is_empty();
    let mut findings = vec![schema, integrity];
    match rules(&database, &on, key, ctx, &mut findings).await {
        // Of a damaged database some things cannot be read, and what was found until then is the answer.
        Err(error) if damaged => {
            findings.push(Finding::new("everything else can be read", vec![reason(&error)]));
            Ok(findings)
        }
        Err(error) => Err(error),
        Ok(()) => Ok(findings),
    }
}

async fn rules(
    database: &Database,
    on: &DatabaseTransaction,
    key: Option<&KeyFile>,
    ctx: &Ctx,
    findings: &mut Vec<Finding>,
) -> Result<(), Error> {
    findings.push(durability(on, database).await?);
    findings.push(orphans(on).await?);
    for Rule { name, rule, sql } in RULES.iter().copied().flatten() {
        let broken: Vec<Broken> = rows(on, name, sql, []).await?;
        findings.push(Finding::new(rule, broken.into_iter().map(|row| row.broken).collect()));
    }
    findings.push(serial_numbers(on).await?);
    let keys = signing_key::Entity::find().all(on).await?;
    if let Some(key) = key {
        findings.push(key_file(key, &keys));
    }
    findings.push(files(on, &keys).await?);
    findings.push(names(on).await?);
    findings.push(clock(on, ctx).await?);
    Ok(())
}

async fn schema(on: &DatabaseTransaction) -> Result<Finding, Error> {
    const RULE: &str = "the schema is this version's";
    let broken = match Migrator::get_pending_migrations_read_only(on).await {
        Ok(pending) => {
            pending.iter().map(|step| format!("{}: is still to be made; starting the server does that", step.name())).collect()
        }
        Err(sea_orm::DbErr::Custom(newer)) => vec![format!("a newer version was here: {newer}")],
        Err(error) => return Err(error.into()),
    };
    Ok(Finding::new(RULE, broken))
}

/// The database's own check of its pages and indexes.
async fn integrity(on: &DatabaseTransaction) -> Result<Finding, Error> {
    const RULE: &str = "the database's own structure is sound";
    let sql = match on.get_database_backend() {
        DbBackend::Sqlite => "SELECT integrity_check AS broken FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
        _ => {
            "SELECT c.relname || ': the index is not valid' AS broken FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
             WHERE NOT i.indisvalid
             UNION ALL
             SELECT conrelid::regclass || ': ' || conname || ' was not checked' FROM pg_constraint WHERE NOT convalidated"
        }
    };
    let broken: Vec<Broken> = rows(on, "doctor: integrity", sql, []).await?;
    Ok(Finding::new(RULE, broken.into_iter().map(|row| row.broken).collect()))
}

/// A commit must be on the disk when it returns.
async fn durability(on: &DatabaseTransaction, database: &Database) -> Result<Finding, Error> {
    const RULE: &str = "a commit is on the disk when it returns";
    let broken: Vec<Broken> = match database.backend() {
        DbBackend::Sqlite => {
            let sql = "SELECT 'synchronous is ' || s.synchronous || ' instead of FULL (2)' AS broken FROM pragma_synchronous s
                       WHERE s.synchronous < 2
                       UNION ALL
                       SELECT 'journal_mode is ' || j.journal_mode || ' instead of wal' FROM pragma_journal_mode j
                       WHERE j.journal_mode <> 'wal'";
            rows(database.bookkeeping(), "doctor: durability", sql, []).await?
        }
        _ => {
            let sql = "SELECT name || ' is ' || setting AS broken FROM pg_settings
                       WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes') AND setting = 'off' ORDER BY name";
            rows(on, "doctor: durability", sql, []).await?
        }
    };
    Ok(Finding::new(RULE, broken.into_iter().map(|row| row.broken).collect()))
}

/// Every reference of the schema leads somewhere.
async fn orphans(on: &DatabaseTransaction) -> Result<Finding, Error> {
    const RULE: &str = "nothing is orphaned";
    let mut found = Vec::new();
    if on.get_database_backend() == DbBackend::Sqlite {
        let sql = r#"SELECT "table" || ': row ' || COALESCE(rowid, '?') || ' refers to nothing in ' || parent AS broken
                     FROM pragma_foreign_key_check"#;
        found.extend(rows::<Broken>(on, "doctor: references", sql, []).await?);
    } else {
        #[derive(FromQueryResult)]
        struct Reference {
            child: String,
            child_column: String,
            parent: String,
            parent_column: String,
        }
        let sql = "SELECT c.conrelid::regclass::text AS child, a.attname::text AS child_column,
                       c.confrelid::regclass::text AS parent, b.attname::text AS parent_column
                   FROM pg_constraint c
                   JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
                   JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = c.confkey[1]
                   WHERE c.contype = 'f' ORDER BY 1, 2";
        for Reference { child, child_column, parent, parent_column } in rows(on, "doctor: references", sql, []).await? {
            // Names from the database's own catalogue.
            let sql = format!(
                "SELECT '{child}: ' || c.{child_column} || ' refers to nothing in {parent}' AS broken FROM {child} c
                 LEFT JOIN {parent} p ON p.{parent_column} = c.{child_column}
                 WHERE c.{child_column} IS NOT NULL AND p.{parent_column} IS NULL"
            );
            found.extend(rows::<Broken>(on, "doctor: reference", &sql, []).await?);
        }
    }
    Ok(Finding::new(RULE, found.into_iter().map(|row| row.broken).collect()))
}

async fn serial_numbers(on: &DatabaseTransaction) -> Result<Finding, Error> {
    const RULE: &str = "no serial number will be given twice";
    let last = match on.get_database_backend() {
        DbBackend::Sqlite => "COALESCE((SELECT last FROM serial_numbers), 0)",
        _ => "(SELECT last_value FROM serial_numbers)",
    };
    let sql = format!(
        "SELECT f.serial || ': is higher than the last number given, ' || {last} AS broken FROM activation_files f
         WHERE CAST(substr(f.serial, 4) AS BIGINT) > {last} ORDER BY f.id"
    );
    let broken: Vec<Broken> = rows(on, "doctor: serial numbers", &sql, []).await?;
    Ok(Finding::new(RULE, broken.into_iter().map(|row| row.broken).collect()))
}

fn key_file(key: &KeyFile, keys: &[signing_key::Model]) -> Finding {
    const RULE: &str = "the signing key is the one that the database signs with";
    let broken = match key.read() {
        Err(error) => Some(error.to_string()),
        Ok(Opened { sha256, .. }) => match keys.iter().find(|known| known.state == CURRENT) {
            Some(current) if current.name != key.name => Some(format!("{}: the database signs with {}", key.name, current.name)),
            Some(current) if current.private_key_sha256 != sha256 => {
                Some(format!("{}: the database knows another key of this name", key.name))
            }
            _ => None,
        },
    };
    Finding::new(RULE, broken.into_iter().collect())
}

/// A revision as the record has it.
#[derive(FromQueryResult)]
pub(crate) struct Stored {
    id: i64,
    serial: String,
    revision: i64,
    product: String,
    version: String,
    licence_type: String,
    garn: String,
    primary_machine: String,
    primary_host: Option<String>,
    switchover_machine: Option<String>,
    switchover_host: Option<String>,
    valid_through: NaiveDate,
    updates_through: Option<NaiveDate>,
    generated_at: DateTime<Utc>,
    signing_key: String,
    bytes: Vec<u8>,
    sha256: Vec<u8>,
}

/// Revisions that are held in memory at a time.
const BATCH: usize = 500;

/// Every stored file verifies, and says what its record says.
async fn files(on: &DatabaseTransaction, keys: &[signing_key::Model]) -> Result<Finding, Error> {
    const RULE: &str = "each stored file verifies and says what its record says";
    let mut broken = Vec::new();
    let mut ring = Vec::new();
    for key in keys {
        match verifier_key(key) {
            Ok(key) => ring.push(key),
            Err(error) => broken.push(format!("{}: {}", key.name, reason(&error))),
        }
    }
    let ring: KeyRing = ring.into_iter().collect();
    let mut after = 0;
    loop {
        let sql = format!(
            "SELECT r.id, f.serial, r.revision, p.code AS product, v.name AS version, f.licence_type, a.garn, r.primary_machine,
                r.primary_host, r.switchover_machine, r.switchover_host, r.valid_through, r.updates_through, r.generated_at,
                r.signing_key, r.bytes, r.sha256
             FROM file_revisions r JOIN activation_files f ON f.id = r.file_id JOIN accounts a ON a.id = f.account_id
             JOIN products p ON p.id = f.product_id JOIN product_versions v ON v.id = r.version_id
             WHERE r.id > $1 ORDER BY r.id LIMIT {BATCH}"
        );
        let batch: Vec<Stored> = rows(on, "doctor: files", &sql, [after.into()]).await?;
        let Some(last) = batch.last() else { return Ok(Finding::new(RULE, broken)) };
        after = last.id;
        for stored in &batch {
            let subject = format!("{} revision {}", stored.serial, stored.revision);
            let faults =
                stored.faults(&ring).unwrap_or_else(|error| vec![format!("the record cannot be read: {}", reason(&error))]);
            broken.extend(faults.into_iter().map(|fault| format!("{subject}: {fault}")));
        }
    }
}

/// Accounts and files are found by names that are compared as people compare names, which no two databases do alike.
async fn names(on: &DatabaseTransaction) -> Result<Finding, Error> {
    const RULE: &str = "lists and searches find each account by its name and GARN, each file by the names of its machines";
    #[derive(FromQueryResult)]
    struct Searched {
        garn: String,
        name: String,
        folded: String,
    }
    #[derive(FromQueryResult)]
    struct Names {
        id: i64,
        serial: String,
        primary_machine: String,
        switchover_machine: Option<String>,
        listed: String,
        listed_switchover: Option<String>,
    }
    let accounts = "SELECT garn, name, folded FROM accounts ORDER BY id";
    let accounts: Vec<Searched> = rows(on, "doctor: names of accounts", accounts, []).await?;
    let wrong = accounts.iter().filter(|account| account.folded != searched(&account.name, &account.garn));
    let mut broken: Vec<_> = wrong.map(|account| format!("{}: the search knows it by another name", account.garn)).collect();
    let mut after = 0;
    loop {
        let sql = format!(
            "SELECT f.id, f.serial, r.primary_machine, r.switchover_machine, l.machine AS listed, l.switchover_machine AS listed_switchover
             FROM activation_files f JOIN file_revisions r ON r.file_id = f.id AND r.revision = f.revision
             JOIN listed_files l ON l.file_id = f.id
             WHERE f.id > $1 ORDER BY f.id LIMIT {BATCH}"
        );
        let batch: Vec<Names> = rows(on, "doctor: names", &sql, [after.into()]).await?;
        let Some(last) = batch.last() else { return Ok(Finding::new(RULE, broken)) };
        after = last.id;
        let wrong = batch.iter().filter(|names| {
            names.listed != folded(&names.primary_machine)
                || names.listed_switchover != names.switchover_machine.as_deref().map(folded)
        });
        broken.extend(wrong.map(|names| format!("{}: the list has other machines than the file", names.serial)));
    }
}

/// Cause of one of our errors, for the operator who asked.
fn reason(error: &Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

impl Stored {
    fn faults(&self, ring: &KeyRing) -> Result<Vec<String>, Error> {
        let mut faults = Vec::new();
        if Sha256::digest(&self.bytes).as_slice() != self.sha256 {
            faults.push("the bytes have another SHA-256 than was noted".to_owned());
        }
        let verified = match ring.verify(&self.bytes, &Expected::default()) {
            Verdict::Valid(verified) => verified,
            verdict => {
                faults.push(verdict.to_string());
                return Ok(faults);
            }
        };
        if verified.signed_by.as_str() != self.signing_key {
            faults.push(format!("is signed by {}, noted is {}", verified.signed_by, self.signing_key));
        }
        faults.extend(self.differences(&verified.file)?);
        Ok(faults)
    }

    /// Differences between the file and the record. Names of accounts and sites are left out: they may be changed later.
    fn differences(&self, file: &ActivationFile) -> Result<Vec<String>, Error> {
        let servers = file.binding.servers();
        let hosts = [0, 1].map(|of| servers.get(of).and_then(|server| server.host_id.as_ref()).map(ToString::to_string));
        let machines = [0, 1].map(|of| servers.get(of).map(|server| server.machine_name.to_string()));
        let compared = [
            ("serial", file.serial.as_str() == self.serial),
            ("revision", file.revision == count(self.revision)?),
            ("product", file.product.as_str() == self.product),
            ("product version", file.product_version.as_str() == self.version),
            ("licence type", file.license_type == known(LicenceType::from_code(&self.licence_type), &self.licence_type)?),
            ("account", file.account.garn == parsed(&self.garn)?),
            ("host ids", hosts == [self.primary_host.clone(), self.switchover_host.clone()]),
            ("machine names", machines == [Some(self.primary_machine.clone()), self.switchover_machine.clone()]),
            ("last day", file.valid_through == self.valid_through),
            ("last day of updates", file.updates_through == self.updates_through),
            ("time of issue", file.issued_at == self.generated_at.trunc_subsecs(0)),
        ];
        let differs = compared.into_iter().filter(|(_, same)| !same);
        Ok(differs.map(|(what, _)| format!("the file says another {what} than the record")).collect())
    }
}

/// Events are not from the future, or the clock was set back.
async fn clock(on: &DatabaseTransaction, ctx: &Ctx) -> Result<Finding, Error> {
    const RULE: &str = "the clock has not been set back";
    #[derive(FromQueryResult)]
    struct Latest {
        at: Option<DateTime<Utc>>,
    }
    let latest: Vec<Latest> = rows(on, "doctor: clock", "SELECT MAX(at) AS at FROM audit_events", []).await?;
    let now = ctx.now();
    let ahead = latest.into_iter().filter_map(|latest| latest.at).find(|at| *at > now + TimeDelta::minutes(1));
    let broken = ahead.map(|at| format!("the latest event is of {}, and now it is {}", at.to_rfc3339(), now.to_rfc3339()));
    Ok(Finding::new(RULE, broken.into_iter().collect()))
}
