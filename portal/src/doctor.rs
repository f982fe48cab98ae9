//! Proves on a live database what must always be true of it. Domain §6.
//!
//! Everything is read in one snapshot: writes go on meanwhile and are not mixed in.

use crate::{
    Ctx, DatabaseAddress, Error, KeyFile,
    database::{Database, count, known, parsed, rows},
    entity::signing_key,
    observe::Observed,
    signing_key::{CURRENT, verifier_key},
};
use chrono::{DateTime, NaiveDate, SubsecRound, TimeDelta, Utc};
use licensing::{
    LicenceType,
    file::{ActivationFile, Expected, KeyRing, Verdict},
};
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, FromQueryResult};
use sha2::{Digest, Sha256};
use std::{sync::Arc, time::Duration};

/// One thing that was examined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What should be the case.
    pub rule: &'static str,
    /// What is not, each with its subject. None: the rule holds.
    pub broken: Vec<String>,
}

impl Finding {
    /// A rule, and the facts that break it.
    #[must_use]
    pub fn new(rule: &'static str, broken: Vec<String>) -> Self {
        Self { rule, broken }
    }
}

/// A rule that one query proves: each of its rows names, as `broken`, one thing that breaks it.
struct Rule {
    name: &'static str,
    rule: &'static str,
    sql: &'static str,
}

/// What submissions led to, of forms and of the lines of batches: person, key, account, action and subject.
macro_rules! led_to {
    () => {
        "(SELECT person_id, key, account_id, action, subject FROM submissions
          UNION ALL
          SELECT b.person_id, 'BT-' || b.id || '/' || l.line, b.account_id, CASE b.kind WHEN 'refresh' THEN 'update' ELSE b.kind END,
              CASE b.kind WHEN 'refresh' THEN f.serial || '/' || l.revision ELSE f.serial END
          FROM batch_lines l JOIN batches b ON b.id = l.batch_id JOIN activation_files f ON f.id = l.file_id)"
    };
}

const RULES: [Rule; 19] = [
    Rule {
        name: "doctor: ceilings",
        rule: "no more is allocated than is owned",
        sql: "SELECT o.sales_order || ' line ' || e.line || ': ' || e.allocated_assigned || ' assigned and ' || e.allocated_pooled
                || ' pooled are allocated of ' || e.owned_assigned || ' and ' || e.owned_pooled AS broken
              FROM entitlements e JOIN orders o ON o.id = e.order_id
              WHERE e.allocated_assigned < 0 OR e.allocated_pooled < 0
                 OR (NOT e.unlimited AND (e.allocated_assigned > e.owned_assigned OR e.allocated_pooled > e.owned_pooled))
              ORDER BY e.id",
    },
    Rule {
        name: "doctor: allocations",
        rule: "what is allocated is what active files hold",
        sql: "SELECT o.sales_order || ' line ' || e.line || ': ' || e.allocated_assigned || ' assigned and ' || e.allocated_pooled
                || ' pooled are allocated, active files hold ' || COALESCE(h.assigned, 0) || ' and ' || COALESCE(h.pooled, 0) AS broken
              FROM entitlements e JOIN orders o ON o.id = e.order_id
              LEFT JOIN (SELECT a.entitlement_id, SUM(a.assigned) AS assigned, SUM(a.pooled) AS pooled
                         FROM allocations a JOIN file_revisions r ON r.id = a.revision_id
                         JOIN activation_files f ON f.id = r.file_id AND f.revision = r.revision
                         WHERE f.state = 'active' GROUP BY a.entitlement_id) h ON h.entitlement_id = e.id
              WHERE e.allocated_assigned <> COALESCE(h.assigned, 0) OR e.allocated_pooled <> COALESCE(h.pooled, 0)
              ORDER BY e.id",
    },
    Rule {
        name: "doctor: revisions",
        rule: "each file has its revisions without gaps",
        sql: "SELECT f.serial || ': is at revision ' || f.revision || ' and has ' || COUNT(r.id) || ', the last '
                || COALESCE(MAX(r.revision), 0) AS broken
              FROM activation_files f LEFT JOIN file_revisions r ON r.file_id = f.id
              GROUP BY f.id, f.serial, f.revision HAVING COUNT(r.id) <> f.revision OR COALESCE(MAX(r.revision), 0) <> f.revision
              ORDER BY f.id",
    },
    Rule {
        name: "doctor: submissions",
        rule: "each file was led to by one submission, of the person who generated it",
        sql: concat!(
            "SELECT f.serial || ': ' || COALESCE(s.of_generator, 0) || ' submissions of its generator led to it' AS broken
              FROM activation_files f
              LEFT JOIN (SELECT s.subject, COUNT(*) AS of_anybody,
                             COUNT(CASE WHEN s.person_id = r.generated_by AND s.account_id = f.account_id THEN 1 END) AS of_generator
                         FROM ",
            led_to!(),
            " s LEFT JOIN activation_files f ON f.serial = s.subject
                         LEFT JOIN file_revisions r ON r.file_id = f.id AND r.revision = 1
                         WHERE s.action = 'generate' GROUP BY s.subject) s ON s.subject = f.serial
              WHERE COALESCE(s.of_generator, 0) <> 1 OR s.of_anybody <> 1
              ORDER BY f.id"
        ),
    },
    Rule {
        name: "doctor: submissions of updates",
        rule: "each further revision was led to by one submission, of the person who made it",
        sql: concat!(
            "SELECT f.serial || ': ' || COUNT(s.key) || ' submissions led to revision ' || r.revision AS broken
              FROM file_revisions r JOIN activation_files f ON f.id = r.file_id
              LEFT JOIN ",
            led_to!(),
            " s ON s.subject = f.serial || '/' || r.revision AND s.action = 'update'
                  AND s.person_id = r.generated_by AND s.account_id = f.account_id
              WHERE r.revision > 1 GROUP BY f.id, f.serial, r.revision HAVING COUNT(s.key) <> 1
              ORDER BY f.id, r.revision"
        ),
    },
    Rule {
        name: "doctor: ends",
        rule: "each deactivated file was given back by one submission, and left its event",
        sql: concat!(
            "SELECT f.serial || ': ' || COUNT(DISTINCT s.key) || ' submissions and ' || COUNT(DISTINCT a.id) || ' events deactivated it' AS broken
              FROM activation_files f
              LEFT JOIN ",
            led_to!(),
            " s ON s.subject = f.serial AND s.action = 'deactivate' AND s.person_id = f.ended_by
              LEFT JOIN audit_events a ON a.subject = f.serial AND a.action = 'deactivate' AND a.account_id = f.account_id
                  AND a.person_id = f.ended_by AND a.at = f.ended_at
              WHERE f.state = 'deactivated' GROUP BY f.id, f.serial
              HAVING COUNT(DISTINCT s.key) <> 1 OR COUNT(DISTINCT a.id) <> 1
              ORDER BY f.id"
        ),
    },
    Rule {
        name: "doctor: lists",
        rule: "lists and searches find each file as its current revision has it",
        sql: "SELECT f.serial || ': the list says something else than revision ' || f.revision AS broken
              FROM activation_files f JOIN products p ON p.id = f.product_id
              JOIN file_revisions r ON r.file_id = f.id AND r.revision = f.revision
              LEFT JOIN listed_files l ON l.file_id = f.id
              WHERE l.file_id IS NULL OR l.account_id <> f.account_id
                 OR l.facet <> f.state || '/' || f.licence_type || '/' || p.code
                 OR l.site_id <> r.site_id OR l.generated_by <> r.generated_by OR l.generated_at <> r.generated_at
                 OR l.valid_through <> r.valid_through OR l.machine <> lower(r.primary_machine)
                 OR COALESCE(l.switchover_machine, '') <> COALESCE(lower(r.switchover_machine), '')
                 OR l.updates_through <> COALESCE(r.updates_through, '0001-01-01')
                 OR (l.server_line IS NOT NULL) <> (f.state = 'active' AND f.licence_type IN ('production', 'evaluation'))
                 OR (l.server_line IS NOT NULL AND NOT EXISTS (SELECT 1 FROM allocations a WHERE a.revision_id = r.id AND a.entitlement_id = l.server_line))
                 OR (SELECT COUNT(CASE WHEN m.account_id = f.account_id AND m.facet = l.facet
                        AND ((m.name = l.machine AND COALESCE(m.other, m.name) = COALESCE(l.switchover_machine, l.machine))
                            OR (m.name = l.switchover_machine AND m.other = l.machine)) THEN 1 END)
                     FROM file_machines m WHERE m.file_id = f.id)
                    <> 1 + CASE WHEN l.switchover_machine <> l.machine THEN 1 ELSE 0 END
                 OR (SELECT COUNT(*) FROM file_machines m WHERE m.file_id = f.id)
                    <> 1 + CASE WHEN l.switchover_machine <> l.machine THEN 1 ELSE 0 END
              ORDER BY f.id",
    },
    Rule {
        name: "doctor: submission keys",
        rule: "one submission led to one file",
        sql: "SELECT 'person ' || s.person_id || ': submission ' || s.key || ' led to ' || COUNT(*) || ' files' AS broken
              FROM submissions s GROUP BY s.person_id, s.key HAVING COUNT(*) > 1 ORDER BY s.person_id, s.key",
    },
    Rule {
        name: "doctor: events of revisions",
        rule: "each revision left its event",
        sql: "SELECT f.serial || ': revision ' || r.revision || ' left no event of its account, person and time' AS broken
              FROM file_revisions r JOIN activation_files f ON f.id = r.file_id
              WHERE NOT EXISTS (SELECT 1 FROM audit_events a WHERE a.account_id = f.account_id AND a.subject = f.serial
                                AND a.person_id = r.generated_by AND a.at = r.generated_at)
              ORDER BY f.id, r.revision",
    },
    Rule {
        name: "doctor: events of generations",
        rule: "each event of a generation has its file",
        sql: "SELECT a.subject || ': event ' || a.id || ' tells of a file that is not there' AS broken
              FROM audit_events a WHERE a.action = 'generate'
                AND NOT EXISTS (SELECT 1 FROM activation_files f WHERE f.serial = a.subject AND f.account_id = a.account_id)
              ORDER BY a.id",
    },
    Rule {
        name: "doctor: events of sessions",
        rule: "each session left its event",
        sql: "SELECT 'person ' || s.person_id || ': a session began without an event' AS broken
              FROM sessions s
              WHERE (s.person_id, s.began_at) NOT IN (SELECT a.person_id, a.at FROM audit_events a
                                                      WHERE a.action = 'sign-in' AND a.person_id IS NOT NULL)
              ORDER BY s.person_id",
    },
    Rule {
        name: "doctor: events of keys",
        rule: "each signing key left its event",
        sql: "SELECT k.name || ': was taken into use without an event' AS broken FROM signing_keys k
              WHERE k.state <> 'next' AND NOT EXISTS (SELECT 1 FROM audit_events a
                                                      WHERE a.action = 'signing key in use' AND a.subject = k.name)
              ORDER BY k.name",
    },
    Rule {
        name: "doctor: ledgers",
        rule: "each revision holds order lines, or parts that need no order, as its type does",
        sql: "SELECT x.serial || ': revision ' || x.revision || ' of type ' || x.licence_type || ' holds ' || x.ordered
                || ' order lines and ' || x.unordered || ' parts without an order' AS broken
              FROM (SELECT f.id, f.serial, r.revision, f.licence_type,
                        (SELECT COUNT(*) FROM allocations a WHERE a.revision_id = r.id) AS ordered,
                        (SELECT COUNT(*) FROM unordered_parts u WHERE u.revision_id = r.id) AS unordered
                    FROM file_revisions r JOIN activation_files f ON f.id = r.file_id) x
              WHERE CASE WHEN x.licence_type IN ('development-bundled', 'development-partner', 'trial')
                         THEN x.ordered > 0 OR x.unordered = 0 ELSE x.ordered = 0 OR x.unordered > 0 END
              ORDER BY x.id, x.revision",
    },
    Rule {
        name: "doctor: bundled licences",
        rule: "each server comes with one development licence",
        sql: "SELECT a.garn || ': ' || COUNT(*) || ' active development files come with ' || p.number AS broken
              FROM unordered_parts u JOIN file_revisions r ON r.id = u.revision_id
              JOIN activation_files f ON f.id = r.file_id AND f.revision = r.revision
              JOIN accounts a ON a.id = f.account_id JOIN parts p ON p.id = u.part_id
              WHERE f.licence_type = 'development-bundled' AND f.state = 'active'
              GROUP BY a.id, a.garn, p.id, p.number
              HAVING COUNT(*) > (SELECT COALESCE(SUM(CASE WHEN e.unlimited THEN 1000000 ELSE e.owned_assigned END), 0)
                                 FROM entitlements e WHERE e.account_id = a.id AND e.part_id = p.id)
              ORDER BY a.id, p.id",
    },
    Rule {
        name: "doctor: terms",
        rule: "all files of an order line that is sold for a term end on one day",
        sql: "SELECT o.sales_order || ' line ' || e.line || ': its files end on ' || MIN(r.valid_through) || ' to ' || MAX(r.valid_through) AS broken
              FROM allocations a JOIN file_revisions r ON r.id = a.revision_id
              JOIN entitlements e ON e.id = a.entitlement_id JOIN orders o ON o.id = e.order_id JOIN parts p ON p.id = e.part_id
              WHERE p.class IN ('development-bundle', 'evaluation')
              GROUP BY e.id, e.line, o.sales_order HAVING MIN(r.valid_through) <> MAX(r.valid_through)
              ORDER BY e.id",
    },
    Rule {
        name: "doctor: upgrades",
        rule: "each upgrade left its event and was asked for by one submission, and its order lines are what they became",
        sql: "SELECT 'UP-' || u.id || ': ' || COUNT(DISTINCT s.key) || ' submissions and ' || COUNT(DISTINCT a.id) || ' events of it' AS broken
              FROM upgrades u
              LEFT JOIN submissions s ON s.action = 'upgrade' AND s.person_id = u.person_id AND s.account_id = u.account_id
                  AND s.subject LIKE 'UP-%' AND CAST(substr(s.subject, 4) AS INTEGER) = u.id
              LEFT JOIN audit_events a ON a.action = 'upgrade' AND a.account_id = u.account_id AND a.person_id = u.person_id AND a.at = u.at
                  AND a.subject = s.subject
              GROUP BY u.id HAVING COUNT(DISTINCT s.key) <> 1 OR COUNT(DISTINCT a.id) <> 1
              UNION ALL
              SELECT 'UP-' || l.upgrade_id || ': ' || o.sales_order || ' line ' || e.line || ' is not what it became'
              FROM upgrade_lines l JOIN entitlements e ON e.id = l.entitlement_id JOIN orders o ON o.id = e.order_id
              WHERE e.part_id <> l.target_part_id
                AND NOT EXISTS (SELECT 1 FROM upgrade_lines n WHERE n.entitlement_id = l.entitlement_id AND n.upgrade_id > l.upgrade_id)
              UNION ALL
              SELECT f.serial || ': revision ' || r.revision || ' is made of a part that ' || o.sales_order || ' line ' || e.line || ' never was'
              FROM allocations a JOIN entitlements e ON e.id = a.entitlement_id JOIN orders o ON o.id = e.order_id
              JOIN file_revisions r ON r.id = a.revision_id JOIN activation_files f ON f.id = r.file_id
              WHERE a.part_id <> e.part_id
                AND NOT EXISTS (SELECT 1 FROM upgrade_lines n WHERE n.entitlement_id = a.entitlement_id AND n.part_id = a.part_id)",
    },
    Rule {
        name: "doctor: batches",
        rule: "each batch was asked for by one submission, left its events, and did what it says",
        sql: "SELECT 'BT-' || b.id || ': ' || (SELECT COUNT(*) FROM submissions s WHERE s.action = 'batch' AND s.person_id = b.person_id
                    AND s.account_id = b.account_id AND s.subject LIKE 'BT-%' AND CAST(substr(s.subject, 4) AS INTEGER) = b.id)
                || ' submissions of it' AS broken
              FROM batches b
              WHERE (SELECT COUNT(*) FROM submissions s WHERE s.action = 'batch' AND s.person_id = b.person_id
                    AND s.account_id = b.account_id AND s.subject LIKE 'BT-%' AND CAST(substr(s.subject, 4) AS INTEGER) = b.id) <> 1
              UNION ALL
              SELECT 'BT-' || b.id || ': ended without an event'
              FROM batches b WHERE b.state = 'done' AND NOT EXISTS (SELECT 1 FROM audit_events a WHERE a.action = 'batch'
                    AND a.account_id = b.account_id AND a.person_id = b.person_id AND a.at = b.ended_at AND a.subject LIKE 'BT-%'
                    AND CAST(substr(a.subject, 4) AS INTEGER) = b.id)
              UNION ALL
              SELECT 'BT-' || b.id || ': has ended, and ' || COUNT(*) || ' of its lines wait'
              FROM batches b JOIN batch_lines l ON l.batch_id = b.id WHERE b.state = 'done' AND l.state = 'ready' GROUP BY b.id
              UNION ALL
              SELECT 'BT-' || b.id || ': all or nothing did ' || COUNT(CASE WHEN l.state = 'done' THEN 1 END) || ' lines of '
                || COUNT(CASE WHEN l.state <> 'left' THEN 1 END)
              FROM batches b JOIN batch_lines l ON l.batch_id = b.id WHERE b.mode = 'all-or-nothing' AND b.state = 'done'
              GROUP BY b.id
              HAVING COUNT(CASE WHEN l.state = 'done' THEN 1 END) NOT IN (0, COUNT(CASE WHEN l.state <> 'left' THEN 1 END))
              UNION ALL
              SELECT 'BT-' || b.id || ': line ' || l.line || ' led to ' || f.serial || ', which is of another account'
              FROM batch_lines l JOIN batches b ON b.id = l.batch_id JOIN activation_files f ON f.id = l.file_id
              WHERE f.account_id <> b.account_id
              UNION ALL
              SELECT 'BT-' || b.id || ': line ' || l.line || ' led to revision ' || l.revision || ' of ' || f.serial || ', which is not there'
              FROM batch_lines l JOIN batches b ON b.id = l.batch_id JOIN activation_files f ON f.id = l.file_id
              WHERE l.revision > f.revision OR l.revision < 1",
    },
    Rule {
        name: "doctor: accounts",
        rule: "what belongs together belongs to one account and one product",
        sql: "SELECT f.serial || ': holds ' || o.sales_order || ' line ' || e.line || ' of another account' AS broken
              FROM allocations a JOIN entitlements e ON e.id = a.entitlement_id JOIN orders o ON o.id = e.order_id
              JOIN file_revisions r ON r.id = a.revision_id JOIN activation_files f ON f.id = r.file_id
              WHERE e.account_id <> f.account_id
              UNION ALL
              SELECT f.serial || ': is for install site ' || s.id || ' of another account'
              FROM file_revisions r JOIN activation_files f ON f.id = r.file_id JOIN install_sites s ON s.id = r.site_id
              WHERE s.account_id <> f.account_id
              UNION ALL
              SELECT o.sales_order || ' line ' || e.line || ': is of another account than its order'
              FROM entitlements e JOIN orders o ON o.id = e.order_id WHERE e.account_id <> o.account_id
              UNION ALL
              SELECT f.serial || ': is for version ' || v.name || ' of another product'
              FROM file_revisions r JOIN activation_files f ON f.id = r.file_id JOIN product_versions v ON v.id = r.version_id
              WHERE v.product_id <> f.product_id
              UNION ALL
              SELECT p.garn || ': was granted access to ' || c.garn || ', but they are no partner and customer'
              FROM partner_grants g JOIN accounts p ON p.id = g.partner_id JOIN accounts c ON c.id = g.customer_id
              WHERE p.kind <> 'partner' OR c.kind <> 'customer'",
    },
    Rule {
        name: "doctor: current key",
        rule: "one signing key is in use",
        sql: "SELECT COUNT(*) || ' signing keys are in use' AS broken FROM signing_keys WHERE state = 'current' HAVING COUNT(*) <> 1",
    },
];

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
    for Rule { name, rule, sql } in RULES {
        let broken: Vec<Broken> = rows(on, name, sql, []).await?;
        findings.push(Finding::new(rule, broken.into_iter().map(|row| row.broken).collect()));
    }
    findings.push(serial_numbers(on).await?);
    let keys = signing_key::Entity::find().all(on).await?;
    if let Some(key) = key {
        findings.push(key_file(key, &keys));
    }
    findings.push(files(on, &keys).await?);
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

/// What the database itself says about its pages and indexes.
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
        Ok((_, sha256)) => match keys.iter().find(|known| known.state == CURRENT) {
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
struct Stored {
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

/// What lies beneath an error of ours, for the operator who asked.
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

    /// What the file says differently than the record. Names of accounts and sites are left out: they may be changed later.
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
