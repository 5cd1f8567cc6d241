//! What the witness counts; names get the prefix `chancery_`.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

/// Requests for a cosignature, by the status of the answer.
pub(crate) const ANSWERS: &str = "witness_answers";

/// Leaves under the last checkpoint that was cosigned, by log.
pub(crate) const COSIGNED: &str = "witness_cosigned_leaves";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfLog {
    origin: String,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Metrics {
    answers: Family<Answered, Counter>,
    cosigned: Family<OfLog, Gauge>,
}

impl Metrics {
    pub(crate) fn register(metrics: &service::Metrics) -> Self {
        let new = Self::default();
        metrics.register(|registry| {
            registry.register(ANSWERS, "Requests for a cosignature", new.answers.clone());
            registry.register(COSIGNED, "Leaves under the last cosigned checkpoint", new.cosigned.clone());
        });
        new
    }

    pub(crate) fn answered(&self, status: u16) {
        self.answers.get_or_create(&Answered { status }).inc();
    }

    /// `origin` is one of the known logs: a stranger cannot make the series grow.
    pub(crate) fn cosigned(&self, origin: &str, size: u64) {
        let log = OfLog { origin: origin.to_owned() };
        self.cosigned.get_or_create(&log).set(size.try_into().unwrap_or(i64::MAX));
    }
}
