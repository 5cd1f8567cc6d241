//! What a registrar counts and measures. Names get the prefix `chancery_`.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use service::metrics::latency_buckets;

const SUBMISSIONS: &str = "registrar_submissions";
const EVENTS: &str = "registrar_events";
const RETRIES: &str = "registrar_retries";
const APPEND_SECONDS: &str = "registrar_append_seconds";
const FOLDS: &str = "registrar_folds";
const UNKNOWN_KINDS: &str = "registrar_unknown_kinds";

/// The registrar's metrics. Clones share their values.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    submissions: Family<Outcome, Counter>,
    folds: Family<Found, Counter>,
    /// Events recorded.
    pub(crate) events: Counter,
    /// Decisions taken again because the log had moved on.
    pub(crate) retries: Counter,
    /// From the append's start to the log's acknowledgement.
    pub(crate) append_seconds: Histogram,
    /// Events in the log of a type this version does not know.
    pub(crate) unknown_kinds: Counter,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Found {
    found: &'static str,
}

impl Metrics {
    /// Registers every metric.
    pub(crate) fn new(registry: &mut Registry) -> Self {
        let metrics = Self {
            submissions: Family::default(),
            folds: Family::default(),
            events: Counter::default(),
            retries: Counter::default(),
            append_seconds: Histogram::new(latency_buckets()),
            unknown_kinds: Counter::default(),
        };
        registry.register(SUBMISSIONS, "Submissions by outcome", metrics.submissions.clone());
        registry.register(EVENTS, "Events recorded", metrics.events.clone());
        registry.register(
            RETRIES,
            "Decisions taken again because the log had moved on",
            metrics.retries.clone(),
        );
        registry.register(APPEND_SECONDS, "Time until the log acknowledges", metrics.append_seconds.clone());
        registry.register(FOLDS, "Where the fold of a record was found", metrics.folds.clone());
        registry.register(UNKNOWN_KINDS, "Events of unknown type in the log", metrics.unknown_kinds.clone());
        metrics
    }

    /// Counts a submission: `recorded`, `duplicate`, `dry-run` or the kind of its problem.
    pub(crate) fn submission(&self, outcome: &'static str) {
        self.submissions.get_or_create(&Outcome { outcome }).inc();
    }

    /// Counts a fold: `cache`, `log`, or `new` for a record that is taken to have no events yet.
    pub(crate) fn fold(&self, found: &'static str) {
        self.folds.get_or_create(&Found { found }).inc();
    }
}
