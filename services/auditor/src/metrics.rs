//! What the auditor counts; names get the prefix `chancery_`.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

use crate::witnesses::Report;

/// Events in the tree.
pub(crate) const TREE: &str = "audit_tree_events";

/// Events under the last signed checkpoint.
pub(crate) const SIGNED: &str = "audit_signed_events";

/// Checkpoints signed.
pub(crate) const CHECKPOINTS: &str = "audit_checkpoints";

/// Whether nothing is signed any more.
pub(crate) const REFUSES: &str = "audit_refuses";

/// The same of the log of reads.
pub(crate) const READS_TREE: &str = "audit_reads_tree_entries";
pub(crate) const READS_SIGNED: &str = "audit_reads_signed_entries";
pub(crate) const READS_CHECKPOINTS: &str = "audit_reads_checkpoints";
pub(crate) const READS_REFUSES: &str = "audit_reads_refuses";

/// How many witnesses must have cosigned.
pub(crate) const WITNESSES_REQUIRED: &str = "audit_witnesses_required";

/// How many that count have cosigned the checkpoint that they were last asked about.
pub(crate) const WITNESSES_COSIGNED: &str = "audit_witnesses_cosigned";

/// Events under the last checkpoint that enough witnesses have cosigned.
pub(crate) const WITNESSED: &str = "audit_witnessed_events";

/// Questions to witnesses that did not end in a cosignature, by witness.
pub(crate) const WITNESS_FAILURES: &str = "audit_witness_failures";

/// Events under the last checkpoint that a time stamp authority has stamped.
pub(crate) const STAMPED: &str = "audit_stamped_events";

/// Questions to authorities that did not end in a time stamp, by authority.
pub(crate) const STAMP_FAILURES: &str = "audit_timestamp_failures";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfWitness {
    witness: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfAuthority {
    authority: String,
}

/// What is counted of a log that is signed.
#[derive(Clone, Debug, Default)]
pub(crate) struct OfLog {
    pub(crate) tree: Gauge,
    pub(crate) signed: Gauge,
    pub(crate) checkpoints: Counter,
    pub(crate) refuses: Gauge,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Metrics {
    pub(crate) events: OfLog,
    pub(crate) reads: OfLog,
    required: Gauge,
    cosigned: Gauge,
    witnessed: Gauge,
    failures: Family<OfWitness, Counter>,
    stamped: Gauge,
    stamp_failures: Family<OfAuthority, Counter>,
}

impl Metrics {
    pub(crate) fn register(metrics: &service::Metrics) -> Self {
        let new = Self::default();
        metrics.register(|registry| {
            registry.register(TREE, "Events in the tree", new.events.tree.clone());
            registry.register(SIGNED, "Events under the last signed checkpoint", new.events.signed.clone());
            registry.register(CHECKPOINTS, "Checkpoints signed", new.events.checkpoints.clone());
            registry.register(REFUSES, "1: the tree is not what was signed", new.events.refuses.clone());
            let reads = &new.reads;
            registry.register(READS_TREE, "Entries of the log of reads in its tree", reads.tree.clone());
            registry.register(READS_SIGNED, "Those under its last signed checkpoint", reads.signed.clone());
            registry.register(READS_CHECKPOINTS, "Checkpoints of it signed", reads.checkpoints.clone());
            registry.register(READS_REFUSES, "1: it is not what was signed", reads.refuses.clone());
            registry.register(WITNESSES_REQUIRED, "Witnesses that must have cosigned", new.required.clone());
            registry.register(WITNESSES_COSIGNED, "Witnesses that have", new.cosigned.clone());
            registry.register(WITNESSED, "Events that enough have cosigned", new.witnessed.clone());
            registry.register(WITNESS_FAILURES, "Questions without a cosignature", new.failures.clone());
            registry.register(STAMPED, "Events that were stamped with a time", new.stamped.clone());
            registry.register(STAMP_FAILURES, "Questions without a stamp", new.stamp_failures.clone());
        });
        new
    }

    pub(crate) fn witnessed(&self, report: &Report) {
        let gauge = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        self.required.set(gauge(report.required as u64));
        self.cosigned.set(gauge(report.cosigned as u64));
        self.witnessed.set(gauge(report.witnessed.unwrap_or(0)));
    }

    pub(crate) fn witness_failed(&self, witness: &str) {
        self.failures.get_or_create(&OfWitness { witness: witness.to_owned() }).inc();
    }

    pub(crate) fn stamped(&self, size: u64) {
        self.stamped.set(i64::try_from(size).unwrap_or(i64::MAX));
    }

    pub(crate) fn stamp_failed(&self, authority: &str) {
        self.stamp_failures.get_or_create(&OfAuthority { authority: authority.to_owned() }).inc();
    }
}
