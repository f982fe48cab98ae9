//! Counters of the server's answers, for Prometheus.

use axum::http::StatusCode;
use portal::Portal;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
        info::Info,
    },
    registry::Registry,
};
use std::{fmt, time::Duration};

/// A database that takes longer to answer does not answer.
const PATIENCE: Duration = Duration::from_secs(4);

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AnswerLabel {
    method: String,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabel {
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabel {
    state: &'static str,
}

/// Everything that `/metrics` shows.
pub(crate) struct Metrics {
    registry: Registry,
    answers: Family<AnswerLabel, Counter>,
    durations: Family<RouteLabel, Histogram>,
    pub(crate) connections: Gauge,
    database_up: Gauge,
    mail: Family<StateLabel, Gauge>,
    resident_bytes: Gauge,
    open_files: Gauge,
}

impl Metrics {
    pub(crate) fn new(portal: &Portal) -> Self {
        let mut metrics = Self {
            registry: Registry::default(),
            answers: Family::default(),
            // 250 µs to 16 s.
            durations: Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.00025, 4.0, 9))),
            connections: Gauge::default(),
            database_up: Gauge::default(),
            mail: Family::default(),
            resident_bytes: Gauge::default(),
            open_files: Gauge::default(),
        };
        let registry = &mut metrics.registry;
        let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("afmt_build", "This version", build);
        registry.register("afmt_http_answers", "Requests answered", metrics.answers.clone());
        registry.register("afmt_http_duration_seconds", "Time until a request was answered", metrics.durations.clone());
        registry.register("afmt_http_connections", "Connections that are open", metrics.connections.clone());
        registry.register("afmt_database_up", "Whether the database answers", metrics.database_up.clone());
        registry.register("afmt_mail_in_outbox", "Mail that was not sent, by state", metrics.mail.clone());
        registry.register("process_resident_memory_bytes", "Memory of this process", metrics.resident_bytes.clone());
        registry.register("process_open_fds", "Files and connections of this process", metrics.open_files.clone());
        portal.register_metrics(registry);
        metrics
    }

    pub(crate) fn answered(&self, method: &str, route: &str, status: StatusCode, duration: Duration) {
        let answer = AnswerLabel { method: method.to_owned(), route: route.to_owned(), status: status.as_u16() };
        self.answers.get_or_create(&answer).inc();
        self.durations.get_or_create(&RouteLabel { route: route.to_owned() }).observe(duration.as_secs_f64());
    }

    /// In the text format of OpenMetrics. A database that does not answer is a fact to be shown, not a fault of this page.
    pub(crate) async fn show(&self, portal: &Portal) -> Result<String, fmt::Error> {
        let outbox = tokio::time::timeout(PATIENCE, portal::jobs::unsent_mail(portal)).await;
        let outbox = outbox.ok().and_then(Result::ok);
        self.database_up.set(i64::from(outbox.is_some()));
        if let Some(depth) = outbox {
            self.mail.get_or_create(&StateLabel { state: "queued" }).set(depth.queued + depth.running);
            self.mail.get_or_create(&StateLabel { state: "parked" }).set(depth.parked);
        }
        let (resident_bytes, open_files) = process();
        self.resident_bytes.set(resident_bytes);
        self.open_files.set(open_files);
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// Resident bytes and open files of this process; zero where the system does not say.
fn process() -> (i64, i64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).and_then(|rest| rest.split_whitespace().next());
    let kibibytes: i64 = resident.and_then(|number| number.parse().ok()).unwrap_or(0);
    let files = std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    (kibibytes * 1024, i64::try_from(files).unwrap_or(i64::MAX))
}
