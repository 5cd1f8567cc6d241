//! What the auditor counts; names get the prefix `chancery_`.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;

/// Events in the tree.
pub(crate) const TREE: &str = "audit_tree_events";

/// Events under the last signed checkpoint.
pub(crate) const SIGNED: &str = "audit_signed_events";

/// Checkpoints signed.
pub(crate) const CHECKPOINTS: &str = "audit_checkpoints";

/// Whether nothing is signed any more.
pub(crate) const REFUSES: &str = "audit_refuses";

#[derive(Clone, Debug, Default)]
pub(crate) struct Metrics {
    pub(crate) tree: Gauge,
    pub(crate) signed: Gauge,
    pub(crate) checkpoints: Counter,
    pub(crate) refuses: Gauge,
}

impl Metrics {
    pub(crate) fn register(metrics: &service::Metrics) -> Self {
        let new = Self::default();
        metrics.register(|registry| {
            registry.register(TREE, "Events in the tree", new.tree.clone());
            registry.register(SIGNED, "Events under the last signed checkpoint", new.signed.clone());
            registry.register(CHECKPOINTS, "Checkpoints signed", new.checkpoints.clone());
            registry.register(REFUSES, "1: the tree is not what was signed", new.refuses.clone());
        });
        new
    }
}
