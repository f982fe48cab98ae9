//! Counters of the portal for `/metrics`, and the log of slow queries.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{
        counter::Counter,
        family::Family,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};
use sea_orm::metric;
use std::{borrow::Cow, time::Duration};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct QueryLabel {
    query: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: &'static str,
}

/// Counters of one portal.
pub(crate) struct Observed {
    slow_query: Duration,
    queries: Family<QueryLabel, Histogram>,
    failed_queries: Family<QueryLabel, Counter>,
    generations: Family<OutcomeLabel, Counter>,
    sign_ins: Family<OutcomeLabel, Counter>,
    mail: Family<OutcomeLabel, Counter>,
}

impl Observed {
    /// Queries that take longer than `slow_query` are logged.
    pub(crate) fn new(slow_query: Duration) -> Self {
        Self {
            slow_query,
            // 100 µs to 6.5 s.
            queries: Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.0001, 4.0, 9))),
            failed_queries: Family::default(),
            generations: Family::default(),
            sign_ins: Family::default(),
            mail: Family::default(),
        }
    }

    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register("afmt_query_duration_seconds", "Time of database queries, by name", self.queries.clone());
        registry.register("afmt_failed_queries", "Database queries that failed, by name", self.failed_queries.clone());
        registry.register("afmt_generations", "Generations of activation files, by outcome", self.generations.clone());
        registry.register("afmt_sign_ins", "Attempts to sign in, by outcome", self.sign_ins.clone());
        registry.register("afmt_mail", "Attempts to send mail, by outcome", self.mail.clone());
    }

    /// One query that was run. Its values are not looked at: they belong to people.
    pub(crate) fn query(&self, info: &metric::Info<'_>) {
        let name = query_name(&info.statement.sql);
        if info.elapsed >= self.slow_query {
            let duration_ms = info.elapsed.as_secs_f64() * 1000.0;
            tracing::warn!(query = %name, duration_ms, failed = info.failed, "slow query");
        }
        let label = QueryLabel { query: name.into_owned() };
        if info.failed {
            self.failed_queries.get_or_create(&label).inc();
        }
        self.queries.get_or_create(&label).observe(info.elapsed.as_secs_f64());
    }

    pub(crate) fn generation(&self, outcome: &'static str) {
        self.generations.get_or_create(&OutcomeLabel { outcome }).inc();
    }

    pub(crate) fn sign_in(&self, outcome: &'static str) {
        self.sign_ins.get_or_create(&OutcomeLabel { outcome }).inc();
    }

    pub(crate) fn mail(&self, outcome: &'static str) {
        self.mail.get_or_create(&OutcomeLabel { outcome }).inc();
    }
}

/// The name that the statement begins with. A statement on one table, as entities write it, is called after verb and table.
fn query_name(sql: &str) -> Cow<'_, str> {
    if let Some((name, _)) = sql.strip_prefix("/* ").and_then(|rest| rest.split_once(" */")) {
        return name.into();
    }
    let verb = sql.split(' ').next().unwrap_or_default();
    let table = match verb {
        "INSERT" => sql.split("INTO ").nth(1),
        "UPDATE" => sql.split("UPDATE ").nth(1),
        _ => sql.split("FROM ").nth(1),
    };
    let table = table.and_then(|rest| rest.split([' ', '(']).next()).unwrap_or_default();
    format!("{} {}", verb.to_ascii_lowercase(), table.trim_matches('"')).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_query_has_a_name() {
        for (sql, name) in [
            ("/* files: first page */ SELECT 1", "files: first page"),
            (r#"INSERT INTO "audit_events" ("at") VALUES ($1)"#, "insert audit_events"),
            (r#"SELECT "people"."id" FROM "people" WHERE "people"."email" = $1"#, "select people"),
            (r#"DELETE FROM "sessions" WHERE "began_at" < $1"#, "delete sessions"),
            (r#"UPDATE "signing_keys" SET "state" = $1"#, "update signing_keys"),
            ("PRAGMA foreign_keys", "pragma "),
        ] {
            assert_eq!(query_name(sql), name);
        }
    }
}
