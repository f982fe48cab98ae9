//! A part as a filter: which files hold it.

use super::model::MOST_COUNTED;
use crate::{
    error::Error,
    store::statement::{row, rows},
};
use licensing::PartNumber;
use sea_orm::{ConnectionTrait, FromQueryResult, Value};

/// A part that files are narrowed to.
pub(super) struct HeldPart {
    part: i64,
    /// Order lines of the account that are of this part, or were until they were upgraded.
    lines: Vec<i64>,
}

/// Table of what revisions hold of order lines.
const ALLOCATIONS: &str = "allocations";
/// Table of what revisions hold without an order.
const UNORDERED: &str = "unordered_parts";
/// Narrows revisions `r` to those that are current.
const CURRENT: &str = "JOIN activation_files f ON f.id = r.file_id AND f.revision = r.revision";

impl HeldPart {
    /// `None`: there is no such part.
    pub(super) async fn of(on: &impl ConnectionTrait, account: i64, number: &PartNumber) -> Result<Option<Self>, Error> {
        #[derive(FromQueryResult)]
        struct Id {
            id: i64,
        }
        let sql = "SELECT id FROM parts WHERE number = $1";
        let Some(Id { id: part }) = row(on, "activity: part", sql, [number.as_str().into()]).await? else { return Ok(None) };
        let sql = "SELECT id FROM entitlements WHERE account_id = $1 AND part_id = $2
                   UNION
                   SELECT l.entitlement_id AS id FROM upgrades u JOIN upgrade_lines l ON l.upgrade_id = u.id
                   WHERE u.account_id = $1 AND l.part_id = $2";
        let lines: Vec<Id> = rows(on, "activity: order lines of the part", sql, [account.into(), part.into()]).await?;
        Ok(Some(Self { part, lines: lines.into_iter().map(|line| line.id).collect() }))
    }

    /// A number that the files which hold it do not exceed, revisions counted: more than [`MOST_COUNTED`] stands for any number beyond.
    pub(super) async fn most_files(&self, on: &impl ConnectionTrait, account: i64) -> Result<u64, Error> {
        #[derive(FromQueryResult)]
        struct Count {
            found: i64,
        }
        let mut values: Vec<Value> = Vec::new();
        let sources = self.sources(account, |value| {
            values.push(value);
            format!("${}", values.len())
        });
        let most = MOST_COUNTED + 1;
        let count = |(table, of_part): (_, _)| {
            format!("(SELECT COUNT(*) FROM (SELECT 1 AS one FROM {table} h WHERE {of_part} LIMIT {most}) c)")
        };
        let sql = format!("SELECT {} AS found", sources.into_iter().map(count).collect::<Vec<_>>().join(" + "));
        let count: Option<Count> = row(on, "activity: files of the part", &sql, values).await?;
        count.map_or(Ok(0), |count| u64::try_from(count.found)).map_err(Error::internal)
    }

    /// Condition of `l` that leads to the files which hold the part.
    pub(super) fn leads(&self, account: i64, mut bind: impl FnMut(Value) -> String) -> String {
        let sources = self.sources(account, &mut bind);
        let files = sources.into_iter().map(|(table, of_part)| {
            let holds = self.holds(table, &mut bind);
            format!(
                "SELECT f.id FROM {table} h JOIN file_revisions r ON r.id = h.revision_id {CURRENT} WHERE {of_part} AND {holds}"
            )
        });
        format!("l.file_id IN ({})", files.collect::<Vec<_>>().join(" UNION "))
    }

    /// Condition of `l`: the file holds the part.
    pub(super) fn held(&self, mut bind: impl FnMut(Value) -> String) -> String {
        let held = [ALLOCATIONS, UNORDERED].map(|table| {
            let holds = self.holds(table, &mut bind);
            format!(
                "EXISTS (SELECT 1 FROM file_revisions r {CURRENT} JOIN {table} h ON h.revision_id = r.id
                    WHERE r.file_id = l.file_id AND {holds})"
            )
        });
        format!("({})", held.join(" OR "))
    }

    /// Tables with the index by which rows of the part are found, and the condition of each.
    fn sources(&self, account: i64, mut bind: impl FnMut(Value) -> String) -> Vec<(&'static str, String)> {
        let mut sources = Vec::new();
        if !self.lines.is_empty() {
            let lines: Vec<String> = self.lines.iter().map(|line| bind((*line).into())).collect();
            sources.push((ALLOCATIONS, format!("h.entitlement_id IN ({})", lines.join(", "))));
        }
        let (account, part) = (bind(account.into()), bind(self.part.into()));
        sources.push((UNORDERED, format!("h.account_id = {account} AND h.part_id = {part}")));
        sources
    }

    /// Condition of `h`, a row of `table`: it is of the part, or of a line that was upgraded to it since.
    fn holds(&self, table: &str, mut bind: impl FnMut(Value) -> String) -> String {
        let part = bind(self.part.into());
        let upgraded = "EXISTS (SELECT 1 FROM entitlements e WHERE e.id = h.entitlement_id AND e.part_id";
        match table {
            ALLOCATIONS => format!("(h.part_id = {part} OR {upgraded} = {part}))"),
            _ => format!("h.part_id = {part}"),
        }
    }
}
